//! Method: a header as the reference describes it is good; then one column at a time is changed.

use super::*;
use crate::database::row::Cell;

fn text(text: &str) -> Cell {
    Cell::Text(text.into())
}

fn header() -> Row {
    Row::of([
        ("BackupName", text("SUSDB-Full")),
        ("BackupDescription", Cell::Null),
        ("BackupType", Cell::Int(1)),
        ("ExpirationDate", Cell::Null),
        ("Compressed", Cell::Int(0)),
        ("Position", Cell::Int(2)),
        ("UserName", text("OLDWSUS\\admin")),
        ("ServerName", text("OLDWSUS\\MICROSOFT##WID")),
        ("DatabaseName", text("susdb")),
        ("DatabaseVersion", Cell::Int(706)),
        ("BackupSize", Cell::Decimal(47_185_920, 0)),
        ("FirstLSN", Cell::Decimal(1_234_000_000_123_400_037, 0)),
        ("LastLSN", Cell::Decimal(1_234_000_000_126_400_001, 0)),
        ("CheckpointLSN", Cell::Decimal(1_234_000_000_123_400_037, 0)),
        ("BackupStartDate", Cell::Time(TimeMicros(1))),
        ("BackupFinishDate", Cell::Time(TimeMicros(2))),
        ("BackupSetGUID", Cell::Guid(Guid([7; 16]))),
        ("BindingID", Cell::Guid(Guid([8; 16]))),
        ("RecoveryModel", text("SIMPLE")),
        ("HasBackupChecksums", Cell::Bit(true)),
        ("IsDamaged", Cell::Bit(false)),
        ("IsCopyOnly", Cell::Bit(true)),
        ("IsReadOnly", Cell::Bit(false)),
        ("IsSingleUser", Cell::Bit(false)),
        ("IsSnapshot", Cell::Bit(false)),
    ])
}

fn set() -> BackupSet {
    BackupSet::from_row(&header()).unwrap()
}

fn files() -> Vec<BackupFile> {
    let file = |name: &str, kind: &str| {
        BackupFile::from_row(&Row::of([
            ("LogicalName", text(name)),
            ("PhysicalName", text(&format!("C:\\WID\\{name}.x"))),
            ("Type", text(kind)),
            ("Size", Cell::Decimal(1 << 20, 0)),
        ]))
    };
    vec![file("SUSDB", "D").unwrap(), file("SUSDB_log", "L").unwrap()]
}

#[test]
fn a_header_is_read_and_a_good_set_counts_as_verified() {
    let set = set();
    assert_eq!((set.position, set.bytes, set.first_lsn.to_string().len()), (2, 47_185_920, 19));
    assert_eq!(set.family_guid, None);
    let judgement = BackupJudgement::of(&set, &files(), true);
    assert!(judgement.is_verified() && judgement.faults().is_empty());
}

#[test]
fn every_fault_is_found_alone_and_blocks_where_it_should() {
    let with = |change: fn(&mut BackupSet)| {
        let mut set = set();
        change(&mut set);
        (set, files(), true)
    };
    let mut absent = files();
    absent[1].is_present = false;
    let mut other = files();
    other[0].kind = FileKind::Other;
    let cases = [
        (with(|set| set.database = "WSUS".into()), BackupFault::OtherDatabase),
        (with(|set| set.kind = 5), BackupFault::NotFull),
        (with(|set| set.has_checksums = false), BackupFault::NoChecksums),
        (with(|set| set.is_damaged = true), BackupFault::Damaged),
        ((set(), files(), false), BackupFault::NotVerified),
        ((set(), absent, true), BackupFault::FileMissing),
        ((set(), other, true), BackupFault::OtherFiles),
        (with(|set| set.is_snapshot = true), BackupFault::Snapshot),
        (with(|set| set.is_read_only = true), BackupFault::ReadOnly),
        (with(|set| set.is_single_user = true), BackupFault::SingleUser),
        (with(|set| set.is_copy_only = false), BackupFault::NotCopyOnly),
    ];
    assert_eq!(cases.len(), BackupFault::ALL.len());
    for ((set, files, verified), fault) in cases {
        let judgement = BackupJudgement::of(&set, &files, verified);
        assert_eq!(judgement.faults(), [fault]);
        assert_eq!(judgement.is_verified(), !fault.is_blocking(), "{fault:?}");
    }
    assert!(!BackupJudgement::of(&set(), &[], true).is_verified(), "no list of files is no backup");
}

#[test]
fn a_header_without_a_checksum_column_is_no_header() {
    let Err(RowError::Missing(column)) =
        BackupSet::from_row(&Row::of([("Position", Cell::Int(1)), ("BackupType", Cell::Int(1))]))
    else {
        panic!("a header without a database was read")
    };
    assert_eq!(column, "DatabaseName");
}

#[test]
fn sets_are_found_by_their_identity_wherever_they_stand() {
    let at = |position, byte: u8| BackupSet { position, guid: Some(Guid([byte; 16])), ..set() };
    let sets = [at(1, 1), at(2, 2), at(3, 3)];
    assert_eq!(find(&sets, Guid([3; 16])).map(|set| set.position), Some(3));
    assert_eq!(find(&sets, Guid([4; 16])), None);
    let ours = BTreeSet::from([Guid([1; 16]), Guid([3; 16])]);
    assert_eq!(foreign(&sets, &ours).iter().map(|set| set.position).collect::<Vec<_>>(), [2]);
}
