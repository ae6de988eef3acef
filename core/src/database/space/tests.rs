//! Goal: a restore that does not fit is found before anything is dropped, whichever files share a volume. Method: the same four
//! pieces of 100 to 400 bytes over one, two and four volumes, each with exactly enough and with one byte less.

use super::*;
use crate::database::row::Cell;

fn path(text: &str) -> EnginePath {
    EnginePath::new(text).unwrap()
}

fn volume(mount: &str, free_bytes: u64) -> Volume {
    Volume { mount: path(mount), free_bytes }
}

fn need(piece: Piece, file: &str, bytes: u64) -> Need {
    Need { piece, path: path(file), bytes }
}

fn file(physical: &str, bytes: u64) -> DatabaseFile {
    DatabaseFile {
        file_id: 1,
        logical_name: "SUSDB".into(),
        kind: if physical.ends_with("ldf") { FileKind::Log } else { FileKind::Data },
        type_desc: "ROWS".into(),
        path: physical.into(),
        bytes,
        state: "ONLINE".into(),
    }
}

/// The folders of the four pieces, and what each volume then has to hold.
type Case = ([&'static str; 4], &'static [(&'static str, u64)]);

/// The pieces of a destination, with the folders of backup, safety backup, data and log.
fn needs(folders: [&str; 4]) -> Vec<Need> {
    let pieces = [Piece::CarriedBackup, Piece::SafetyBackup, Piece::Data, Piece::Log];
    let each = pieces.into_iter().zip(folders).zip([100, 200, 300, 400]);
    each.map(|((piece, folder), bytes)| need(piece, &format!("{folder}file"), bytes)).collect()
}

fn short(room: &Room) -> Vec<&str> {
    room.shortages().map(|volume| volume.volume.mount.as_str()).collect()
}

#[test]
fn each_volume_has_to_hold_the_sum_of_what_goes_there() {
    // Where the four go, and what each volume then has to hold.
    let cases: [Case; 4] = [
        (["C:\\", "C:\\", "C:\\", "C:\\"], &[("C:\\", 1000)]),
        (["C:\\", "C:\\", "D:\\", "D:\\"], &[("C:\\", 300), ("D:\\", 700)]),
        (["C:\\", "D:\\", "C:\\", "D:\\"], &[("C:\\", 400), ("D:\\", 600)]),
        (["C:\\", "D:\\", "E:\\", "F:\\"], &[("C:\\", 100), ("D:\\", 200), ("E:\\", 300), ("F:\\", 400)]),
    ];
    for (folders, held) in cases {
        let enough: Vec<_> = held.iter().map(|(mount, bytes)| volume(mount, *bytes)).collect();
        let room = Room::judge(&enough, &needs(folders), &[]);
        assert_eq!(short(&room), Vec::<&str>::new(), "{folders:?}");
        for (at, (mount, _)) in held.iter().enumerate() {
            let mut volumes = enough.clone();
            volumes[at].free_bytes -= 1;
            let room = Room::judge(&volumes, &needs(folders), &[]);
            assert_eq!(short(&room), [*mount], "{folders:?}");
        }
    }
}

#[test]
fn what_is_dropped_makes_room_for_the_restore_and_for_no_backup_of_it() {
    let needs = needs(["C:\\", "C:\\", "C:\\", "D:\\"]);
    let dropped = [file("C:\\SUSDB.mdf", 250), file("D:\\SUSDB_log.ldf", 100)];
    let judge = |c, d| Room::judge(&[volume("C:\\", c), volume("D:\\", d)], &needs, &dropped);
    assert_eq!(short(&judge(350, 300)), Vec::<&str>::new());
    assert_eq!(short(&judge(349, 300)), ["C:\\"]);
    assert_eq!(short(&judge(350, 299)), ["D:\\"]);
    // Backup and safety backup, 300 bytes, lie there before the drop gives anything back.
    let late = [file("C:\\SUSDB.mdf", 5000)];
    let judge = |c| Room::judge(&[volume("C:\\", c), volume("D:\\", 400)], &needs, &late);
    assert_eq!(short(&judge(299)), ["C:\\"]);
    assert_eq!(short(&judge(300)), Vec::<&str>::new());
}

#[test]
fn a_shortage_names_volume_bytes_and_the_next_step() {
    let dropped = [file("C:\\SUSDB.mdf", 50)];
    let volumes = [volume("C:\\", 120), volume("D:\\", 1)];
    let room = Room::judge(&volumes, &needs(["C:\\", "C:\\", "C:\\", "D:\\"]), &dropped);
    let told: Vec<_> = room.shortages().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "volume C:\\: 600 bytes are needed (the source's backup 100, the safety backup 200, data 300), 120 are free, \
             50 more once the SUSDB that is there was dropped: make room there, or lead database.backup_folder or \
             database.data_folder to another volume",
            "volume D:\\: 400 bytes are needed (log 400), 1 are free: make room there, or lead database.log_folder to \
             another volume",
        ]
    );
}

#[test]
fn a_mounted_folder_is_a_volume_of_its_own_and_a_share_is_untold() {
    let volumes = [volume("C:\\", 10), volume("C:\\Data\\", 300)];
    let needs = [
        need(Piece::Data, "c:\\data\\SUSDB.mdf", 300),
        need(Piece::Log, "C:\\Database\\SUSDB_log.ldf", 10),
        need(Piece::Backup, "\\\\files\\store\\SUSDB.bak", u64::MAX),
    ];
    let room = Room::judge(&volumes, &needs, &[]);
    assert_eq!(short(&room), Vec::<&str>::new());
    assert_eq!(room.untold(), [path("\\\\files\\store\\")]);
    assert!(is_told(&volumes, &needs[0].path) && !is_told(&volumes, &needs[2].path));
}

#[test]
fn both_answers_of_engines_are_read_and_the_smaller_figure_counts() {
    let told = |mount: &str, free| {
        Row::of([("volume_mount_point", Cell::Text(mount.into())), ("available_bytes", Cell::Int(free))])
    };
    let rows = [told("C:\\", 7), told("c:\\", 5), told("D:\\", 9), told("?", 1)];
    assert_eq!(Volume::from_rows(&rows), [volume("C:\\", 5), volume("D:\\", 9)]);
    // Engines before SQL Server 2008 R2 SP1.
    let drive = Row::of([("drive", Cell::Text("C".into())), ("MB free", Cell::Int(3))]);
    assert_eq!(Volume::from_rows(&[drive]), [volume("C:\\", 3 << 20)]);
}

#[test]
fn a_backup_takes_the_pages_and_a_restore_each_file_where_it_goes() {
    assert_eq!(backup_bytes_max(&[file("C:\\a.mdf", 3), file("C:\\a.ldf", 4)]), 3);
    let listed = |name: &str, kind, bytes| BackupFile {
        logical_name: name.into(),
        physical_name: String::new(),
        kind,
        bytes,
        is_present: true,
    };
    let files = [listed("SUSDB", FileKind::Data, 3), listed("SUSDB_log", FileKind::Log, 4)];
    let to = |name: &str, target: &str| MoveFile { logical_name: name.into(), target: path(target) };
    let moves = [to("SUSDB_log", "D:\\l"), to("SUSDB", "C:\\d")];
    assert_eq!(restored(&files, &moves), [need(Piece::Data, "C:\\d", 3), need(Piece::Log, "D:\\l", 4)]);
}
