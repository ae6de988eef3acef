//! A process of the program under fault, heard line by line, never waited for without a bound.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// The program under fault.
pub(crate) const FAULTED: &str = env!("CARGO_BIN_EXE_wsusmigrate-faulted");

/// A process that says nothing for so long hangs.
const SILENCE_MAX: Duration = Duration::from_mins(2);

/// A running process.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    told: Vec<String>,
}

/// What a process told before it ended, and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) told: Vec<String>,
    /// None where a signal ended it.
    pub(crate) code: Option<i32>,
    /// It had to be ended because it said nothing any more.
    pub(crate) hung: bool,
}

impl Process {
    /// Starts the program under fault.
    pub(crate) fn start<A: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new(FAULTED);
        command.args(args);
        Self::of(command)
    }

    /// Starts any program; both its outputs are lines.
    pub(crate) fn of(mut command: Command) -> Self {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let stderr = writer.try_clone().expect("a pipe");
        command.stdin(Stdio::piped()).stdout(writer).stderr(stderr);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        // With the command go our ends of the pipe: it ends with the last process that writes into it.
        drop(command);
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    break;
                }
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, lines, told: Vec::new() }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line; none once it has ended, or hangs.
    pub(crate) fn next(&mut self) -> Result<&str, RecvTimeoutError> {
        let line = self.lines.recv_timeout(SILENCE_MAX)?;
        self.told.push(line);
        Ok(self.told.last().map_or("", String::as_str))
    }

    /// Waits for a line that begins so. Says whether it came.
    pub(crate) fn heard(&mut self, beginning: &str) -> bool {
        loop {
            match self.next() {
                Ok(line) if line.starts_with(beginning) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    /// Sends it a line, if it still listens.
    pub(crate) fn say(&mut self, line: &str) {
        if let Some(stdin) = &mut self.stdin {
            let _ = writeln!(stdin, "{line}");
        }
    }

    /// Ends it from outside (SIGKILL, `TerminateProcess`), if it goes on still.
    pub(crate) fn kill(mut self) -> Ended {
        // It may have ended by itself meanwhile.
        let _ = self.child.kill();
        self.end()
    }

    /// Hears it out. Its standard input ends.
    pub(crate) fn end(mut self) -> Ended {
        drop(self.stdin.take());
        let hung = loop {
            match self.next() {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    break true;
                }
                Err(RecvTimeoutError::Disconnected) => break false,
            }
        };
        let code = self.child.wait().expect("a child of ours").code();
        Ended { told: self.told, code, hung }
    }
}

impl Ended {
    /// Whether a line begins so.
    pub(crate) fn told(&self, beginning: &str) -> bool {
        self.told.iter().any(|line| line.starts_with(beginning))
    }

    /// Everything told, for a message.
    pub(crate) fn text(&self) -> String {
        let last = self.told.len().saturating_sub(12);
        format!("exit code {:?}, hung {}: {}", self.code, self.hung, self.told[last..].join(" | "))
    }
}
