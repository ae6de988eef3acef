use super::*;
use crate::database::row::Cell;

fn sha1(byte: u8) -> Sha1 {
    Sha1([byte; 20])
}

fn expected(byte: u8) -> ExpectedFile {
    ExpectedFile {
        sha1: sha1(byte),
        sha256: Some(Sha256([byte; 32])),
        bytes: 10,
        path: content_path(sha1(byte), "update.cab").unwrap(),
        is_encrypted: false,
        is_eula: false,
        actual_state: STATE_VERIFIED,
        desired_state: STATE_VERIFIED,
    }
}

fn disk(byte: u8) -> FileOnDisk {
    let read = ReadDigests { sha1: sha1(byte), sha256: Sha256([byte; 32]) };
    FileOnDisk { named: sha1(byte), path: expected(byte).path, bytes: 10, read: Some(read) }
}

#[test]
fn a_real_servers_path_comes_of_digest_and_name() {
    let digest: Sha1 = "86542C97261C46D5B379A43EC895F97EAF409BA2".parse().unwrap();
    let path = content_path(digest, "windows10.0-kb5001716-x64.cab").unwrap();
    assert_eq!(path.to_string(), "WsusContent/A2/86542C97261C46D5B379A43EC895F97EAF409BA2.cab");
    // Bytes below 16 keep their zero: a known defect of another tool drops it.
    assert!(content_path(sha1(0x0A), "a.txt").unwrap().to_string().starts_with("WsusContent/0A/0A0A"));
    assert_eq!(crate::content::promised(&path), Some(digest));
    assert!(content_path(digest, "no-extension").unwrap().to_string().ends_with("9BA2"));
    for name in ["a./../x", "a.c:b", "a.b\\c", "a.b\0"] {
        assert_eq!(content_path(digest, name), None, "{name}");
    }
}

#[test]
fn rows_become_files_with_what_a_build_has() {
    let row = |digest: Vec<u8>, hash: Cell| {
        Row::of([
            ("FileDigest", Cell::Bytes(digest)),
            ("FileName", Cell::Text("AM_Delta.exe".into())),
            ("Size", Cell::Int(11_610_576)),
            ("ActualState", Cell::Int(12)),
            ("DesiredState", Cell::Int(12)),
            ("AdditionalHash", hash),
        ])
    };
    let file = ExpectedFile::from_row(&row(vec![1; 20], Cell::Bytes(vec![2; 32]))).unwrap();
    assert_eq!((file.bytes, file.sha256, file.is_encrypted), (11_610_576, Some(Sha256([2; 32])), false));
    assert_eq!(ExpectedFile::from_row(&row(vec![1; 20], Cell::Null)).unwrap().sha256, None);
    assert_eq!(ExpectedFile::from_row(&row(vec![1; 19], Cell::Null)), Err(NotAFile::Digest(19)));
}

#[test]
fn missing_extra_damaged_and_encrypted_are_told_apart() {
    let with_disk = |change: fn(&mut FileOnDisk)| {
        let mut disk = disk(1);
        change(&mut disk);
        FileVerdict::of(&expected(1), &disk)
    };
    assert_eq!(with_disk(|_| ()), FileVerdict::Right);
    assert_eq!(with_disk(|disk| disk.read = None), FileVerdict::Right);
    assert_eq!(with_disk(|disk| disk.bytes = 9), FileVerdict::WrongSize);
    assert_eq!(with_disk(|disk| disk.read.as_mut().unwrap().sha1 = sha1(9)), FileVerdict::WrongSha1);
    assert_eq!(
        with_disk(|disk| disk.read.as_mut().unwrap().sha256 = Sha256([9; 32])),
        FileVerdict::WrongSha256
    );
    assert_eq!(with_disk(|disk| disk.path = content_path(sha1(1), "a.exe").unwrap()), FileVerdict::OtherName);
    let lower = |disk: &mut FileOnDisk| {
        disk.path = RelPath::from_bytes(disk.path.as_bytes().to_ascii_lowercase()).unwrap();
    };
    assert_eq!(with_disk(lower), FileVerdict::Right);
    let encrypted = ExpectedFile { is_encrypted: true, ..expected(1) };
    assert_eq!(FileVerdict::of(&encrypted, &FileOnDisk { bytes: 9, ..disk(1) }), FileVerdict::Encrypted);
}

#[test]
fn the_walk_meets_every_file_of_both_sides_once() {
    let not_fetched = ExpectedFile { actual_state: 1, ..expected(4) };
    let twin = ExpectedFile { desired_state: 1, ..expected(3) };
    let other_name = FileOnDisk { path: content_path(sha1(3), "a.exe").unwrap(), ..disk(3) };
    let seen: Vec<_> =
        walk([expected(1), expected(3), twin, not_fetched], [disk(2), disk(3), other_name, disk(5)])
            .map(|step| {
                step.map(|file| (file.expected.is_some(), file.disk.is_some(), file.verdict)).unwrap()
            })
            .collect();
    assert_eq!(
        seen,
        [
            (true, false, FileVerdict::Missing),
            (false, true, FileVerdict::Extra),
            (true, true, FileVerdict::Right),
            (true, true, FileVerdict::OtherName),
            (true, false, FileVerdict::NotFetched),
            (false, true, FileVerdict::Extra),
        ]
    );
}

#[test]
fn a_side_out_of_order_ends_the_walk() {
    let mut steps = walk([expected(2), expected(1)], []);
    assert_eq!(steps.next(), Some(Err(OutOfOrder { side: "manifest of SUSDB", sha1: sha1(1) })));
    assert_eq!(steps.next(), None);
    let last = walk([], [disk(2), disk(1)]).last().unwrap();
    assert_eq!(last, Err(OutOfOrder { side: "listing of the disk", sha1: sha1(1) }));
}

#[test]
fn states_are_counted_and_not_interpreted() {
    let row = |actual, desired, files| {
        Row::of([
            ("ActualState", Cell::Int(actual)),
            ("DesiredState", Cell::Int(desired)),
            ("file_count", Cell::Int(files)),
        ])
    };
    let states = FileStates::from_rows(&[row(1, 1, 5), row(12, 1, 2), row(12, 12, 3)]).unwrap();
    assert_eq!(states.iter().collect::<Vec<_>>(), [(1, 1, 5), (12, 1, 2), (12, 12, 3)]);
}
