//! `stand-in HOSTDIR TOOL ARGUMENTS`: the tools of a simulated server, which a rehearsal calls in the place of the real
//! ones. No command for people, and no grammar of ours: what follows is the tool's own.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use wsusmigrate_fixtures::tools;

/// The word that stands first.
const WORD: &str = "stand-in";

/// Is a tool of a simulated server, if that is asked for; the exit code is the tool's.
pub(super) fn run() -> Option<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    if arguments.next()? != WORD {
        return None;
    }
    Some(tools::main(&arguments.collect::<Vec<OsString>>()))
}
