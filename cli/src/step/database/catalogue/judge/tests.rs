//! Goal: every file counts once, and each difference has its name. Method: both sides by hand, through the real walk.

use wsusmigrate_core::database::manifest::{ReadDigests, STATE_VERIFIED, content_path, walk};
use wsusmigrate_core::digest::Sha1;
use wsusmigrate_core::event::content::{Mismatch, Naming};
use wsusmigrate_core::projection::content::{FileRecord, How};
use wsusmigrate_core::unit::{ModifiedNanos, Seq};

use super::*;

fn expected(byte: u8) -> ExpectedFile {
    let sha1 = Sha1([byte; 20]);
    ExpectedFile {
        sha1,
        sha256: Some(Sha256([byte; 32])),
        bytes: 10,
        path: content_path(sha1, "x.cab").unwrap(),
        is_encrypted: false,
        is_eula: false,
        actual_state: STATE_VERIFIED,
        desired_state: 1,
    }
}

fn disk(byte: u8, name: &str) -> FileOnDisk {
    let named = Sha1([byte; 20]);
    let read = Some(ReadDigests { sha1: named, sha256: Sha256([byte; 32]) });
    FileOnDisk { named, path: content_path(named, name).unwrap(), bytes: 10, read }
}

fn judge(
    expected: Vec<ExpectedFile>,
    disk: Vec<FileOnDisk>,
    content: &ContentState,
) -> (Vec<Judged>, CatalogueCompared) {
    let mut judge = Judge::new(content);
    let mut judged = Vec::new();
    for file in walk(expected, disk) {
        judged.extend(judge.take(file.unwrap()));
    }
    judged.extend(judge.finish());
    (judged, judge.counts().clone())
}

#[test]
fn every_difference_has_its_name_and_every_file_counts_once() {
    use CatalogueDifference::{Digest, Encrypted, Extra, Missing, Size};
    let not_fetched = ExpectedFile { actual_state: 1, ..expected(2) };
    let encrypted = ExpectedFile { is_encrypted: true, ..expected(6) };
    let short = FileOnDisk { bytes: 9, ..disk(4, "x.cab") };
    let other_bytes = ReadDigests { sha1: Sha1([5; 20]), sha256: Sha256([0; 32]) };
    let damaged = FileOnDisk { read: Some(other_bytes), ..disk(5, "x.cab") };
    let (judged, counts) = judge(
        vec![expected(1), not_fetched, expected(3), expected(4), expected(5), encrypted],
        vec![disk(1, "x.cab"), short, damaged, disk(6, "x.cab"), disk(7, "x.cab")],
        &ContentState::default(),
    );
    let hows: Vec<_> = judged.iter().map(|one| (one.path.as_bytes()[12..14].to_vec(), one.how)).collect();
    let at = |byte: u8, how| (format!("{byte:02X}").into_bytes(), how);
    assert_eq!(hows, [at(3, Missing), at(4, Size), at(5, Digest), at(6, Encrypted), at(7, Extra)]);
    let whole = CatalogueCompared {
        expected: 5,
        expected_bytes: 50,
        matched: 1,
        missing: 1,
        extra: 1,
        damaged: 2,
        encrypted: 1,
        ..nothing()
    };
    assert_eq!(counts, whole);
}

#[test]
fn of_two_files_of_one_digest_one_is_expected() {
    let content = ContentState::default();
    let (judged, counts) = judge(vec![expected(1)], vec![disk(1, "x.aaa"), disk(1, "x.cab")], &content);
    assert_eq!(judged.len(), 1);
    assert_eq!((judged[0].how, &judged[0].path), (CatalogueDifference::Extra, &disk(1, "x.aaa").path));
    assert_eq!((counts.expected, counts.matched, counts.missing), (1, 1, 0));
    // Under another name WSUS does not find it.
    let (judged, counts) = judge(vec![expected(1)], vec![disk(1, "x.aaa")], &content);
    assert!(judged[0].how == CatalogueDifference::Missing && judged[0].detail.contains(".aaa"));
    assert_eq!((counts.expected, counts.matched, counts.missing), (1, 0, 1));
}

#[test]
fn what_a_read_back_found_wrong_is_damaged() {
    let mut content = ContentState::default();
    let file = disk(1, "x.cab");
    let record = FileRecord {
        seq: Seq(1),
        bytes: 10,
        modified: ModifiedNanos(0),
        sha256: Sha256([1; 32]),
        naming: Naming::Digest,
        how: How::Brought,
        replaced: false,
        suspect: Some(Mismatch::Different),
    };
    content.in_place.insert(PathRef::of(&file.path), record);
    let (judged, counts) = judge(vec![expected(1)], vec![file], &content);
    assert_eq!((judged[0].how, counts.damaged, counts.matched), (CatalogueDifference::Digest, 1, 0));
}
