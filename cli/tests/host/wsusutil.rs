//! The post-installation, on the stand-in `wsusutil`.

use std::fs;
use std::time::{Duration, SystemTime};

use wsusmigrate::adapter::host::{Ended, Limits, PostInstalled, Request};
use wsusmigrate_core::postinstall::{Command, Lack, Storage, lacks};
use wsusmigrate_fixtures::tools::{Fault, LogStyle, ROLES_KEY, RegistryValue, Sql, State, ToolName};

use crate::bench::{Bench, LONG};
use crate::instance::Instance;

/// A server with its instance, which answers as long as both live.
fn with_susdb(bench: Bench, state: Option<&'static str>) -> (Bench, Instance) {
    let instance = Instance::with_susdb(state);
    bench.simulated.connect(&instance.sql()).unwrap();
    (bench, instance)
}

fn online(bench: Bench) -> (Bench, Instance) {
    with_susdb(bench, Some("ONLINE"))
}

fn command(bench: &Bench) -> Command {
    Command::new(bench.path("W S U S").to_str().unwrap(), None).unwrap()
}

fn run(bench: &Bench, timeout: Duration) -> PostInstalled {
    bench.host().post_install(&command(bench), SystemTime::now(), timeout).unwrap().wait()
}

fn found(bench: &Bench, done: &PostInstalled) -> Vec<Lack> {
    let setup = bench.host().setup().unwrap();
    lacks(&done.evidence(Some(&setup.installed_role_services), Storage::Wid))
}

#[test]
fn it_is_proved_and_the_server_is_configured() {
    for style in [LogStyle::Current, LogStyle::Older] {
        let (bench, _instance) = online(Bench::new());
        bench
            .simulated
            .change(|state| {
                state.log_style = style;
                state.registry.remove(ROLES_KEY);
                state.services.get_mut("WsusService").unwrap().state = State::Stopped;
            })
            .unwrap();
        let before = bench.host().setup().unwrap();
        let done = run(&bench, LONG);
        assert_eq!(found(&bench, &done), []);
        let log = done.log.unwrap();
        assert!(
            log.is_newer && log.text().contains("Detected role services: Api, UI, WidDatabase, Services")
        );
        assert!(log.path.starts_with(bench.simulated.temporary()));
        let after = bench.host().setup().unwrap();
        assert_eq!(after.content_dir.as_deref(), bench.path("W S U S").to_str());
        assert_ne!(after.encryption_key, before.encryption_key);
        assert_eq!(bench.simulated.state().unwrap().services["WsusService"].state, State::Running);
        assert!(bench.path("W S U S/WsusContent").is_dir());
    }
}

#[test]
fn for_sql_server_another_component_is_finished() {
    let (bench, _instance) = online(Bench::new());
    bench.simulated.change(|state| state.registry.remove(ROLES_KEY)).unwrap();
    let command = Command::new(bench.path("WSUS").to_str().unwrap(), Some(r"SQL01\SUS")).unwrap();
    let done = bench.host().post_install(&command, SystemTime::now(), LONG).unwrap().wait();
    let setup = bench.host().setup().unwrap();
    let roles = Some(&setup.installed_role_services);
    assert_eq!(lacks(&done.evidence(roles, Storage::Sql)), []);
    assert_eq!(
        lacks(&done.evidence(roles, Storage::Wid)),
        [Lack::Role { name: "UpdateServices-WidDatabase", value: None }]
    );
    assert_eq!(setup.sql_server_name.as_deref(), Some(r"SQL01\SUS"));
}

#[test]
fn without_susdb_it_gives_up_and_changes_nothing() {
    for state in [None, Some("RESTORING")] {
        let (bench, _instance) = with_susdb(Bench::new(), state);
        let before = bench.simulated.state().unwrap();
        let done = run(&bench, LONG);
        let fatal = "Fatal Error: Cannot open database \"SUSDB\" requested by the login. The login failed.";
        assert_eq!(found(&bench, &done), [Lack::ExitCode(1), Lack::Fatal(fatal.to_owned())]);
        assert_eq!(bench.simulated.state().unwrap(), before);
    }
}

#[test]
fn an_instance_that_refuses_or_is_not_there_is_told_in_its_words() {
    let (bench, instance) = online(Bench::new());
    bench.simulated.connect(&Sql { password: "wrong".to_owned(), ..instance.sql() }).unwrap();
    let refused = Lack::Fatal("Fatal Error: Login failed for user 'sa'.".to_owned());
    assert_eq!(found(&bench, &run(&bench, LONG)), [Lack::ExitCode(1), refused]);
    bench.simulated.connect(&instance.sql()).unwrap();
    drop(instance);
    let done = run(&bench, LONG);
    assert!(
        matches!(&found(&bench, &done)[..], [Lack::ExitCode(1), Lack::Fatal(said)] if said.contains("network-related"))
    );
}

#[test]
fn what_it_cannot_work_with_it_refuses() {
    let (bench, _instance) = online(Bench::new());
    let tools = bench.tools();
    let call = |arguments: &[&str]| {
        let request = Request {
            tool: tools.wsusutil.clone(),
            arguments: arguments.iter().map(Into::into).collect(),
            folder: None,
            input: Vec::new(),
            is_attended: true,
            limits: Limits { timeout: LONG, kept_bytes_max: 1 << 16 },
            hidden_variables: Vec::new(),
        };
        let finished = request.start().unwrap().wait();
        assert_eq!(finished.ended, Ended::Done { code: 1 });
        finished.stdout.text() + &finished.stderr.text()
    };
    assert!(
        call(&["postinstall"])
            .contains("Fatal Error: A required configuration value was not found in the system.")
    );
    assert!(
        call(&["postinstall", "CONTENT_DIR=D:\\WSUS\\"]).contains("Fatal Error: Illegal characters in path.")
    );
    assert!(call(&["reset"]).contains("Unknown command."));
}

#[test]
fn every_fault_leaves_no_proof() {
    let cases: [(Fault, &[Lack]); 7] = [
        (
            Fault::Refused,
            &[Lack::ExitCode(1), Lack::Fatal("Fatal Error: Access is denied.".to_owned()), Lack::NoLog],
        ),
        (Fault::Silent, &[Lack::NoSuccessLine, Lack::NoLog]),
        (Fault::Garbage, &[Lack::NoSuccessLine, Lack::NoLog]),
        (Fault::KilledBefore, &[Lack::NoExitCode, Lack::NoSuccessLine, Lack::NoLog]),
        (Fault::KilledAfter, &[Lack::NoExitCode, Lack::NoSuccessLine, Lack::NoLog]),
        (
            Fault::DoneButFailed,
            &[Lack::ExitCode(1), Lack::Fatal("Fatal Error: The operation has timed out.".to_owned())],
        ),
        (Fault::Localised, &[Lack::NoSuccessLine]),
    ];
    for (fault, expected) in cases {
        let (bench, _instance) = online(Bench::with(ToolName::Wsusutil, None, fault));
        let done = run(&bench, LONG);
        assert_eq!(found(&bench, &done), expected, "{fault:?}: {done:?}");
    }
}

/// What it leaves running works on SUSDB too: it is waited for as long as wsusutil itself, then ended.
#[test]
fn what_it_leaves_running_is_waited_for_or_nothing_is_known() {
    let leaving = |ms, limit| {
        let (bench, _instance) = online(Bench::with(ToolName::Wsusutil, None, Fault::Outlived { ms }));
        let done = run(&bench, limit);
        (found(&bench, &done), done.finished.took)
    };
    let (found, took) = leaving(3_000, LONG);
    assert!(found.is_empty() && took >= Duration::from_secs(3), "{found:?} after {took:?}");
    let (found, took) = leaving(600_000, Duration::from_secs(5));
    assert!(found == [Lack::Outlived] && took < LONG, "{found:?} after {took:?}");
}

#[test]
fn one_that_takes_too_long_is_ended_and_nothing_is_known() {
    let (bench, _instance) =
        online(Bench::with(ToolName::Wsusutil, Some("postinstall"), Fault::Slow { ms: 60_000 }));
    let done = run(&bench, Duration::from_millis(300));
    assert_eq!(done.finished.ended, Ended::TimedOut);
    assert!(found(&bench, &done).contains(&Lack::NoExitCode));
}

#[test]
fn an_older_log_is_not_this_one_s_and_a_later_run_finds_the_new_one() {
    let (bench, _instance) = online(Bench::new());
    let old = bench.simulated.temporary().join("WSUS_PostInstall_20200101T000000.log");
    fs::write(&old, "Postinstall started\r\nPost install has successfully completed\r\n").unwrap();
    fs::File::options().write(true).open(&old).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let since = SystemTime::now();
    assert_eq!(bench.host().post_install_log(since), None);
    let (silent, _its) = online(Bench::with(ToolName::Wsusutil, None, Fault::Silent));
    assert_eq!(run(&silent, LONG).log, None);
    let done = run(&bench, LONG);
    assert_eq!(bench.host().post_install_log(since), done.log);
    assert_ne!(done.log.unwrap().path, old);
}

#[test]
fn the_values_of_an_installation_from_before_prove_nothing() {
    let (bench, _instance) = with_susdb(Bench::new(), None);
    let roles = bench.simulated.state().unwrap().registry[ROLES_KEY].clone();
    assert!(roles.values().all(|value| *value == RegistryValue::Dword(2)));
    assert!(!found(&bench, &run(&bench, LONG)).is_empty());
}
