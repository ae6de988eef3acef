//! Services and registry through the scripts, on the stand-in PowerShell.

use std::fs;
use std::time::Duration;

use sha2::{Digest, Sha256 as Hasher};
use wsusmigrate::adapter::host::{
    Host, RegistryValue, ScriptError, Service, ServiceState, StartType, State, Tool, Tools,
};
use wsusmigrate_core::database::machine::{GroupKind, LocalGroup, Machine};
use wsusmigrate_fixtures::tools::{
    self, ADMINISTRATORS_SID, Fault, Group, HostState, KNOWN_SCRIPTS, Planted, ToolName,
};

use crate::bench::{Bench, LONG};

const RUNNING: ServiceState =
    ServiceState { exists: true, state: Some(State::Running), start_type: Some(StartType::Automatic) };
const STOPPED: ServiceState = ServiceState { state: Some(State::Stopped), ..RUNNING };
const SHORT: Duration = Duration::from_millis(300);

#[test]
fn the_stand_in_knows_every_script_as_it_is() {
    let bench = Bench::new();
    bench.host();
    let mut found: Vec<_> = fs::read_dir(bench.path("run/scripts"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let digest = Hasher::digest(fs::read(entry.path()).unwrap());
            let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"));
            (entry.file_name().into_string().unwrap(), hex)
        })
        .collect();
    found.sort();
    let known: Vec<_> = KNOWN_SCRIPTS.map(|(name, digest)| (name.to_owned(), digest.to_owned())).into();
    assert_eq!(
        found, known,
        "a script has changed: look at what the stand-in does in its place, then write this down"
    );
}

#[test]
fn a_server_tells_what_it_and_its_accounts_are_called() {
    let bench = Bench::new();
    let host = bench.host();
    let alone = Machine { name: "NEWWSUS".into(), ..Machine::default() };
    assert_eq!(host.machine().unwrap(), alone);
    let group = Group { name: "WSUS-Administratoren".into(), sid: "S-1-5-21-1-2-3-1001".into() };
    let joins = |state: &mut HostState| {
        *state = state.clone().in_domain("CORP").with_group(ADMINISTRATORS_SID, group.clone());
    };
    bench.simulated.change(joins).unwrap();
    let administrators = LocalGroup::new(
        GroupKind::Administrators,
        "S-1-5-21-1-2-3-1001",
        r"NEWWSUS\WSUS-Administratoren".into(),
    );
    let member = Machine {
        account: Some(r"CORP\NEWWSUS$".into()),
        groups: administrators.into_iter().collect(),
        ..alone
    };
    assert_eq!(host.machine().unwrap(), member);
    // Setup's identifier is still in the registry; the group is gone.
    bench.simulated.change(|state| state.groups.clear()).unwrap();
    assert_eq!(host.machine().unwrap(), Machine { groups: Vec::new(), ..member });
}

#[test]
fn services_stop_start_and_change_for_everybody() {
    let bench = Bench::new();
    let host = bench.host();
    for service in [Service::Wsus, Service::Web, Service::Pool] {
        assert_eq!(host.service(service).unwrap(), RUNNING);
        let change = host.stop(service, LONG).unwrap();
        assert_eq!((change.before, change.after), (RUNNING, STOPPED));
        // Another process asks.
        assert_eq!(bench.host().service(service).unwrap(), STOPPED);
        let again = host.stop(service, LONG).unwrap();
        assert_eq!((again.before, again.after), (STOPPED, STOPPED));
        let manual = host.set_start_type(service, StartType::Manual).unwrap();
        assert_eq!(manual.after, ServiceState { start_type: Some(StartType::Manual), ..STOPPED });
        let started = host.start(service, LONG).unwrap();
        assert_eq!(started.after, ServiceState { start_type: Some(StartType::Manual), ..RUNNING });
    }
    let delayed = host.set_start_type(Service::Wsus, StartType::AutomaticDelayed).unwrap();
    assert_eq!(delayed.after.start_type, Some(StartType::AutomaticDelayed));
    let state = bench.simulated.state().unwrap();
    assert_eq!(state.services["WsusService"].start_type, tools::StartType::AutomaticDelayed);
    assert_eq!(state.app_pools["WsusPool"].start_type, tools::StartType::Manual);
}

#[test]
fn a_service_that_is_not_there_is_a_fact_and_cannot_be_stopped() {
    let bench = Bench::new();
    bench.simulated.change(|state| state.services.remove("WsusService")).unwrap();
    let absent = ServiceState { exists: false, state: None, start_type: None };
    assert_eq!(bench.host().service(Service::Wsus).unwrap(), absent);
    assert!(matches!(bench.host().stop(Service::Wsus, LONG), Err(ScriptError::NotFound(_))));
}

#[test]
fn a_disabled_service_does_not_start() {
    let bench = Bench::new();
    bench.host().set_start_type(Service::Wsus, StartType::Disabled).unwrap();
    bench.host().stop(Service::Wsus, LONG).unwrap();
    let refused = bench.host().start(Service::Wsus, LONG);
    assert!(
        matches!(&refused, Err(ScriptError::Failed(told)) if told.hresult == Some(0x8007_0422_u32.cast_signed()))
    );
    assert_eq!(bench.host().service(Service::Wsus).unwrap().state, Some(State::Stopped));
}

#[test]
fn setup_tells_what_is_there_and_never_the_key() {
    let bench = Bench::new();
    let setup = bench.host().setup().unwrap();
    assert!(setup.exists);
    assert_eq!(setup.content_dir.as_deref(), Some("D:\\WSUS"));
    assert_eq!(setup.sql_server_name.as_deref(), Some("MICROSOFT##WID"));
    assert_eq!((setup.port, setup.using_ssl, setup.server_certificate_name), (Some(8530), Some(false), None));
    assert_eq!(setup.installed_role_services.len(), 4);
    assert!(setup.installed_role_services.values().all(|value| *value == 2));
    let secret = setup.encryption_key.unwrap();
    assert_eq!((secret.bytes, secret.sha256.0), (7, Hasher::digest(b"NEWWSUS").into()));
    assert_eq!(setup.values["PORTNUMBER"], RegistryValue::Dword(8530));
    assert_eq!(setup.values["ENCRYPTIONKEY"], RegistryValue::Secret(secret));
    bench.simulated.change(|state| state.registry.clear()).unwrap();
    let gone = bench.host().setup().unwrap();
    assert!(!gone.exists && gone.values.is_empty() && gone.installed_role_services.is_empty());
}

/// What goes wrong, how it is told, whether the service has stopped, and whether somebody has to look.
#[test]
fn every_fault_is_told_apart() {
    type Is = fn(&ScriptError) -> bool;
    let cases: [(Fault, Is, bool, bool); 13] = [
        (Fault::Refused, |error| matches!(error, ScriptError::AccessDenied(_)), false, false),
        (
            Fault::Localised,
            |error| matches!(error, ScriptError::AccessDenied(told) if told.message.contains('ö')),
            false,
            false,
        ),
        (Fault::Constrained, |error| matches!(error, ScriptError::ConstrainedLanguage), false, false),
        (Fault::TooOld, |error| matches!(error, ScriptError::TooOld), false, false),
        (Fault::PolicyRefused, |error| matches!(error, ScriptError::PolicyRefused { .. }), false, false),
        (Fault::ModuleMissing, |error| matches!(error, ScriptError::ModuleMissing(_)), false, false),
        (Fault::Silent, |error| matches!(error, ScriptError::Silent { code: 0, .. }), false, true),
        (
            Fault::Garbage,
            |error| matches!(error, ScriptError::Garbage { code: 0, stdout, .. } if stdout.starts_with("PowerShell")),
            false,
            true,
        ),
        (Fault::DoneButFailed, |error| matches!(error, ScriptError::Failed(_)), true, true),
        (Fault::KilledBefore, is_cut, false, true),
        (Fault::KilledAfter, is_cut, true, true),
        (Fault::Slow { ms: 60_000 }, |error| matches!(error, ScriptError::WaitTimedOut(_)), false, true),
        (Fault::Outlived { ms: 5_000 }, |_| false, true, false),
    ];
    for (fault, is, has_stopped, is_unknown) in cases {
        let bench = Bench::with(ToolName::Powershell, Some("stop"), fault);
        let host = bench.host();
        // Meant for another action: not used up by this one.
        assert_eq!(host.service(Service::Pool).unwrap(), RUNNING);
        match host.stop(Service::Pool, SHORT) {
            Err(error) => {
                assert!(is(&error), "{fault:?}: {error:?}");
                assert_eq!(error.is_unknown(), is_unknown, "{fault:?}");
            }
            Ok(change) => {
                assert!(matches!(fault, Fault::Outlived { .. }) && change.after == STOPPED, "{fault:?}");
            }
        }
        let is_stopped = host.service(Service::Pool).unwrap() == STOPPED;
        assert_eq!(is_stopped, has_stopped, "{fault:?}");
    }
}

/// An end from outside has no exit code on Unix, and an exit code without a word elsewhere.
fn is_cut(error: &ScriptError) -> bool {
    if cfg!(unix) {
        matches!(error, ScriptError::Cut { .. })
    } else {
        matches!(error, ScriptError::Silent { .. })
    }
}

#[test]
fn calls_at_the_same_time_do_not_lose_each_other_s_changes() {
    const CALLS: usize = 8;
    let bench = Bench::new();
    let fault = Planted { tool: ToolName::Powershell, action: None, fault: Fault::Silent };
    bench.simulated.plant(&vec![fault; CALLS]).unwrap();
    let host = bench.host();
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..CALLS).map(|_| scope.spawn(|| host.service(Service::Wsus))).collect();
        for call in calls {
            assert!(matches!(call.join().unwrap(), Err(ScriptError::Silent { .. })));
        }
    });
    assert_eq!(host.service(Service::Wsus).unwrap(), RUNNING);
}

#[test]
fn a_slow_service_is_waited_for() {
    let bench = Bench::with(ToolName::Powershell, Some("stop"), Fault::Slow { ms: 200 });
    assert_eq!(bench.host().stop(Service::Wsus, LONG).unwrap().after, STOPPED);
}

#[test]
fn a_script_nobody_knows_is_an_error() {
    let bench = Bench::new();
    let host = bench.host();
    let script = bench.path("run/scripts/services.ps1");
    fs::write(&script, fs::read_to_string(&script).unwrap() + "# changed\n").unwrap();
    let said = host.service(Service::Wsus).unwrap_err().to_string();
    assert!(said.contains("the stand-in does not know the script"), "{said}");
    let host = bench.host();
    fs::write(bench.path("run/scripts/answer.ps1"), "# nothing\n").unwrap();
    assert!(matches!(host.service(Service::Wsus), Err(ScriptError::Silent { .. })));
}

#[test]
fn without_a_powershell_nothing_is_started() {
    let bench = Bench::new();
    let tools = Tools { powershell: Tool::new(bench.path("powershell.exe")), ..bench.tools() };
    let host = Host::open(tools, &bench.path("scripts"), Vec::new()).unwrap();
    let error = host.setup().unwrap_err();
    assert!(matches!(error, ScriptError::NotStarted(_)) && !error.is_unknown());
}

#[cfg(unix)]
#[test]
fn no_child_sees_what_is_hidden_from_it() {
    use std::time::SystemTime;
    use wsusmigrate_core::postinstall::Command;
    let bench = Bench::new();
    // Every test has these; they play the secrets.
    let shell = Tool::new("/bin/sh")
        .with("-c")
        .with("echo \"${HOME-hidden} ${PATH-hidden} ${PSModulePath-hidden}\" >&2");
    let tools = Tools { powershell: shell.clone(), wsusutil: shell, ..bench.tools() };
    let hidden = vec!["HOME".to_owned(), "PATH".to_owned()];
    let host = Host::open(tools, &bench.path("scripts"), hidden).unwrap();
    let Err(ScriptError::Silent { stderr, .. }) = host.setup() else { panic!("the shell is no script") };
    assert!(stderr.starts_with("hidden "), "{stderr}");
    assert!(stderr.ends_with(" hidden"), "{stderr}");
    let command = Command::new("D:\\WSUS", None).unwrap();
    let done = host.post_install(&command, SystemTime::now(), LONG).unwrap().wait();
    assert!(done.finished.stderr.text().starts_with("hidden "));
}

#[cfg(unix)]
#[test]
fn scripts_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    bench.host();
    let mode = bench.path("run/scripts").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
