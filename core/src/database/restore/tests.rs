//! Method: the guide's own messages and files are accepted; every change of one of them is not.

use super::*;
use crate::unit::TimeMicros;

fn message(number: i32, class: u8, text: &str) -> ServerMessage {
    ServerMessage {
        is_error: class > 10,
        number: Some(number),
        class: Some(class),
        state: Some(1),
        line: Some(5),
        text: text.into(),
    }
}

fn verification() -> ServerMessage {
    message(3605, 16, "Schema verification failed for database 'SUSDB'.")
}

fn ending() -> ServerMessage {
    message(3013, 16, "RESTORE DATABASE is terminating abnormally.")
}

#[test]
fn exactly_the_pair_on_wid_is_accepted_and_only_when_online() {
    let info = message(3211, 0, "100 percent processed.");
    let pair = [info.clone(), verification(), ending()];
    let read = RestoreAnswer::read(EngineKind::Wid, &pair);
    assert_eq!(read, RestoreAnswer::IfOnline);
    assert!(read.is_accepted(&proof(Some(&database()), &files())));
    assert!(!read.is_accepted(&proof(None, &[])));
    assert!(!RestoreAnswer::Clean.is_accepted(&proof(None, &[])), "a clean restore is proved too");
    for (engine, messages) in [
        (EngineKind::SqlServer, vec![verification(), ending()]),
        (EngineKind::Wid, vec![ending(), verification()]),
        (EngineKind::Wid, vec![verification()]),
        (EngineKind::Wid, vec![ending()]),
        (EngineKind::Wid, vec![verification(), ending(), ending()]),
        (EngineKind::Wid, vec![message(3203, 16, "Read failed"), verification(), ending()]),
        (
            EngineKind::Wid,
            vec![message(3605, 16, "Schema verification failed for database 'WSUS'."), ending()],
        ),
    ] {
        let read = RestoreAnswer::read(engine, &messages);
        assert_eq!(read, RestoreAnswer::Failed(messages));
        assert!(!read.is_accepted(&proof(Some(&database()), &files())));
    }
    assert_eq!(RestoreAnswer::read(EngineKind::SqlServer, &[info]), RestoreAnswer::Clean);
}

fn path(text: &str) -> EnginePath {
    EnginePath::new(text).unwrap()
}

fn moves() -> Vec<MoveFile> {
    [("SUSDB", "C:\\Windows\\WID\\Data\\SUSDB.mdf"), ("SUSDB_log", "C:\\Windows\\WID\\Data\\SUSDB_log.ldf")]
        .map(|(name, target)| MoveFile { logical_name: name.into(), target: path(target) })
        .to_vec()
}

fn database() -> DatabaseFacts {
    DatabaseFacts {
        name: "SUSDB".into(),
        state: "ONLINE".into(),
        is_read_only: false,
        user_access: "MULTI_USER".into(),
        recovery_model: "SIMPLE".into(),
        compatibility_level: 110,
        is_encrypted: Some(false),
        is_replicated: Some(false),
        owner: None,
        created: TimeMicros(0),
        internal_version: crate::database::version::DatabaseVersion(706),
        is_in_group: false,
    }
}

fn files() -> Vec<DatabaseFile> {
    let file = |moved: MoveFile| DatabaseFile {
        file_id: 1,
        logical_name: moved.logical_name,
        kind: FileKind::Data,
        type_desc: "ROWS".into(),
        // The server need not write a path as it was told it.
        path: moved.target.as_str().to_uppercase(),
        bytes: 0,
        state: "ONLINE".into(),
    };
    moves().into_iter().map(file).collect()
}

fn proof(database: Option<&DatabaseFacts>, files: &[DatabaseFile]) -> OnlineProof {
    OnlineProof::of(database, files, &moves())
}

#[test]
fn a_database_that_is_not_as_it_should_be_is_told_by_what_is_wrong() {
    assert!(proof(Some(&database()), &files()).is_online());
    let with = |change: fn(&mut Vec<DatabaseFile>)| {
        let mut files = files();
        change(&mut files);
        proof(Some(&database()), &files).faults().to_vec()
    };
    let state = DatabaseFacts { state: "RESTORING".into(), ..database() };
    assert_eq!(proof(Some(&state), &files()).faults(), [NotOnline::State("RESTORING".into())]);
    let read_only = DatabaseFacts { is_read_only: true, ..database() };
    assert_eq!(proof(Some(&read_only), &files()).faults(), [NotOnline::ReadOnly]);
    assert_eq!(proof(None, &files()).faults(), [NotOnline::Absent]);
    assert_eq!(with(|files| drop(files.pop())), [NotOnline::FileMissing("SUSDB_log".into())]);
    assert!(matches!(
        with(|files| files[0].path = "D:\\SUSDB.mdf".into())[..],
        [NotOnline::FileElsewhere { .. }]
    ));
    assert!(matches!(with(|files| files[1].state = "OFFLINE".into())[..], [NotOnline::FileState { .. }]));
    let extra = with(|files| {
        let more = DatabaseFile { logical_name: "more".into(), ..files[0].clone() };
        files.push(more);
    });
    assert_eq!(extra, [NotOnline::FileExtra("more".into())]);
}

fn backup_file(name: &str, physical: &str, kind: FileKind) -> BackupFile {
    BackupFile {
        logical_name: name.into(),
        physical_name: physical.into(),
        kind,
        bytes: 10,
        is_present: true,
    }
}

fn folders(data: &str, log: &str) -> TargetFolders {
    TargetFolders { data: path(data), log: path(log) }
}

#[test]
fn files_go_to_the_folder_of_their_kind_in_the_style_of_the_new_host() {
    let files = [
        backup_file("SUSDB", "C:\\WSUS\\UpdateServicesDbFiles\\SUSDB.mdf", FileKind::Data),
        backup_file("SUSDB_log", "C:\\WSUS\\UpdateServicesDbFiles\\SUSDB_log.ldf", FileKind::Log),
    ];
    let moved = targets(&files, &folders("/var/opt/mssql/data/", "/var/opt/mssql/log")).unwrap();
    assert_eq!(moved[0].target.as_str(), "/var/opt/mssql/data/SUSDB.mdf");
    assert_eq!(moved[1].target.as_str(), "/var/opt/mssql/log/SUSDB_log.ldf");
}

#[test]
fn one_name_in_one_folder_is_told_apart() {
    let files = [
        backup_file("a", "C:\\one\\SUSDB.mdf", FileKind::Data),
        backup_file("b", "/two/susdb.MDF", FileKind::Data),
        backup_file("c", "C:\\three\\SUSDB.mdf", FileKind::Log),
    ];
    let names = |folders| -> Vec<String> {
        targets(&files, &folders).unwrap().iter().map(|file| file.target.file_name().to_owned()).collect()
    };
    assert_eq!(names(folders("D:\\d", "D:\\d")), ["SUSDB.mdf", "susdb_2.MDF", "SUSDB_3.mdf"]);
    assert_eq!(names(folders("D:\\d", "D:\\l")), ["SUSDB.mdf", "susdb_2.MDF", "SUSDB.mdf"]);
}

#[test]
fn a_name_the_new_host_cannot_hold_gives_way_to_the_logical_one() {
    let files = [backup_file("SUS:DB", "/data/sus?db.mdf", FileKind::Data)];
    let moved = targets(&files, &folders("D:\\d", "D:\\d")).unwrap();
    assert_eq!(moved[0].target.as_str(), "D:\\d\\SUS_DB.mdf");
    let moved = targets(&files, &folders("/d", "/d")).unwrap();
    assert_eq!(moved[0].target.as_str(), "/d/sus?db.mdf");
}

#[test]
fn what_is_no_susdb_has_no_targets() {
    let at = folders("D:\\d", "D:\\d");
    let stream = [backup_file("fs", "C:\\fs", FileKind::Other)];
    assert_eq!(targets(&stream, &at), Err(NoTargets::Kind("fs".into())));
    let twice = [backup_file("a", "a.mdf", FileKind::Data), backup_file("a", "b.mdf", FileKind::Data)];
    assert_eq!(targets(&twice, &at), Err(NoTargets::Names));
    assert_eq!(targets(&[], &at), Err(NoTargets::Names));
}

#[test]
fn only_the_dropped_databases_files_may_stand_there() {
    let moves = moves();
    let [data, log] = [moves[0].target.clone(), path("c:\\windows\\wid\\data\\susdb_LOG.ldf")];
    assert_eq!(conflicts(&moves, &[], &[]), Vec::<&MoveFile>::new());
    assert_eq!(conflicts(&moves, std::slice::from_ref(&log), &[]), [&moves[1]]);
    assert!(conflicts(&moves, &[data.clone(), log.clone()], &[data, log]).is_empty());
}

#[test]
fn the_instances_own_folders_are_found_and_masters_stand_in() {
    let facts = |data: Option<&str>| ServerFacts {
        server_name: "S".into(),
        machine: "S".into(),
        instance: String::new(),
        edition: String::new(),
        product_version: String::new(),
        version_text: String::new(),
        product_level: String::new(),
        default_data_path: data.map(str::to_owned),
        default_log_path: None,
        database_version: crate::database::version::DatabaseVersion(661),
        session_id: 51,
        login_name: String::new(),
        is_sysadmin: None,
        utc_now: TimeMicros(0),
    };
    let master = |name: &str, kind, at: &str| DatabaseFile {
        file_id: 1,
        logical_name: name.into(),
        kind,
        type_desc: String::new(),
        path: at.into(),
        bytes: 0,
        state: "ONLINE".into(),
    };
    let master = [
        master("master", FileKind::Data, "E:\\d\\master.mdf"),
        master("mastlog", FileKind::Log, "E:\\l\\mastlog.ldf"),
    ];
    assert_eq!(TargetFolders::of_instance(&facts(None), &master), Some(folders("E:\\d\\", "E:\\l\\")));
    assert_eq!(
        TargetFolders::of_instance(&facts(Some("D:\\sql")), &master),
        Some(folders("D:\\sql", "E:\\l\\"))
    );
    assert_eq!(TargetFolders::of_instance(&facts(Some("D:\\sql")), &[]), None);
}
