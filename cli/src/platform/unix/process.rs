//! Child processes: a process group for each, `/proc` for recognising one.

use std::fs::DirBuilder;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{AccessFlags, Pid, access};

use crate::platform::CodePage;

/// What stands in front of a child that is held back: a shell that waits for a line of its input and then becomes the program,
/// with the number and the start it has. Where whoever holds it back is gone, its input ends, and it ends without having become
/// anything.
const GATE: &str = "read -r _ && exec \"$0\" \"$@\"";

/// The command that starts a program held back, to be completed with its arguments. A program that cannot be started is told
/// now: behind the gate nobody would hear of it.
pub fn held(program: &Path) -> io::Result<Command> {
    if program.components().count() > 1 {
        access(program, AccessFlags::X_OK)?;
    }
    let mut command = Command::new("/bin/sh");
    command.args(["-c", GATE]).arg(program);
    Ok(command)
}

/// A child with everything it started, as far as that stays in its process group.
#[derive(Clone, Copy, Debug)]
pub struct Tree {
    leader: Pid,
}

impl Tree {
    /// Starts a child that heads a group of its own: Ctrl-C on the terminal does not reach it, and all of it can be
    /// ended at once. It survives this process.
    pub fn start(command: &mut Command) -> io::Result<(Child, Self)> {
        let child = command.process_group(0).spawn()?;
        let leader = i32::try_from(child.id()).map_err(io::Error::other)?;
        Ok((child, Self { leader: Pid::from_raw(leader) }))
    }

    /// The same of a child that was made by [`held`] and does nothing before [`Tree::let_go`].
    pub fn start_held(command: &mut Command) -> io::Result<(Child, Self)> {
        Self::start(command)
    }

    /// Lets a child go that is held back. Its input has to be a pipe; what follows there is the program's own.
    pub fn let_go(&self, child: &mut Child) -> io::Result<()> {
        let gate = child.stdin.as_mut().ok_or_else(|| io::Error::other("the child has no input"))?;
        gate.write_all(b"\n")
    }

    /// Waits until the child has ended. It stays a zombie, so that its number cannot become another's before
    /// [`Tree::kill`]: whoever calls this asks for the exit code afterwards.
    pub fn wait(&self) -> io::Result<()> {
        loop {
            match waitid(Id::Pid(self.leader), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
                Err(Errno::EINTR) => {}
                answer => return answer.map(drop).map_err(Into::into),
            }
        }
    }

    /// Ends all of it at once. Well where nothing of it is left. Only before the child's exit code was asked for.
    pub fn kill(&self) -> io::Result<()> {
        match killpg(self.leader, Signal::SIGKILL) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// When a process started: nothing where there is none, or only what is left of one.
#[cfg(target_os = "linux")]
pub fn started(id: u32) -> io::Result<Option<String>> {
    // The name stands in parentheses and may hold any character; what follows is split by spaces.
    const STATE: usize = 0;
    const START_TICKS: usize = 19;
    let stat = match std::fs::read_to_string(format!("/proc/{id}/stat")) {
        Err(error)
            if error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(Errno::ESRCH as i32) =>
        {
            return Ok(None);
        }
        answer => answer?,
    };
    let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ').collect();
    let (Some(state), Some(ticks)) = (fields.get(STATE), fields.get(START_TICKS)) else {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            "the system describes the process in an unknown form",
        ));
    };
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    Ok((!matches!(*state, "Z" | "X")).then(|| format!("{}+{ticks}", boot.trim())))
}

/// When a process started: nothing where there is none, or only what is left of one.
#[cfg(not(target_os = "linux"))]
pub fn started(id: u32) -> io::Result<Option<String>> {
    started_by_ps(id)
}

/// The same by way of `ps`, to the second, where there is no `/proc`.
#[cfg(any(test, not(target_os = "linux")))]
fn started_by_ps(id: u32) -> io::Result<Option<String>> {
    let asked = ["-o", "stat=,lstart=", "-p", &id.to_string()];
    let output = Command::new("ps").args(asked).env("LC_ALL", "C").output()?;
    let line = String::from_utf8_lossy(&output.stdout);
    let (state, started) = line.trim().split_once(' ').unwrap_or_default();
    Ok((!started.is_empty() && !state.starts_with('Z')).then(|| started.trim().to_owned()))
}

/// Text of a tool that said nothing about its encoding. There are no code pages here: it is UTF-8, with marks where it
/// is not.
#[must_use]
pub fn decode(bytes: &[u8], _page: CodePage) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The signal a process ended by.
#[must_use]
pub fn signal(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// Makes a folder that only this account may enter, or makes an existing one so; its name survives a power cut.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o700))?;
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    std::fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;
    use crate::platform::Process;

    #[test]
    fn a_process_is_recognised_and_a_dead_one_is_not() {
        let mut command = Command::new("cat");
        let (mut child, tree) = Tree::start(command.stdin(Stdio::piped())).unwrap();
        let process = Process::of(child.id()).unwrap().unwrap();
        assert!(process.is_running().unwrap());
        let by_ps = started_by_ps(child.id()).unwrap();
        assert!(by_ps.is_some() && by_ps == started_by_ps(child.id()).unwrap());
        let other = Process { started: "another time".into(), ..process.clone() };
        assert!(!other.is_running().unwrap());
        tree.kill().unwrap();
        tree.wait().unwrap();
        // A zombie now: its number is taken and it does nothing any more.
        assert!(!process.is_running().unwrap());
        assert_eq!(started_by_ps(child.id()).unwrap(), None);
        assert!(!child.wait().unwrap().success());
        assert_eq!(Process::of(child.id()).unwrap(), None);
        assert_eq!(started_by_ps(child.id()).unwrap(), None);
    }

    #[test]
    fn a_private_folder_is_made_and_mended() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        private_folder(&folder).unwrap();
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
        private_folder(&folder).unwrap();
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
}
