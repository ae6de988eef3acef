//! The system's log: the Windows event log, in "Application".

use std::ffi::OsStr;
use std::io;
use std::ptr::{null, null_mut};

use windows_sys::Win32::System::EventLog::{
    DeregisterEventSource, EVENTLOG_INFORMATION_TYPE, RegisterEventSourceW, ReportEventW,
};

use super::{checked, wide};

/// The source's name. It is not registered, so the viewer shows the line with a remark that the description is missing.
const SOURCE: &str = "wsusmigrate";
/// The event's number under that source.
const EVENT: u32 = 1;

/// Writes one line to the system's log; where that is, for people.
pub fn write_system_log(line: &str) -> io::Result<String> {
    let (source, line) = (wide(OsStr::new(SOURCE)), wide(OsStr::new(line)));
    // SAFETY: no server means this machine; the name ends in a NUL.
    let log = unsafe { RegisterEventSourceW(null(), source.as_ptr()) };
    if log.is_null() {
        return Err(io::Error::last_os_error());
    }
    let lines = [line.as_ptr()];
    // SAFETY: the handle is open; there is one string, it ends in a NUL and lives until the call returns; there are
    // neither an account nor data.
    let reported = checked(unsafe {
        ReportEventW(log, EVENTLOG_INFORMATION_TYPE, 0, EVENT, null_mut(), 1, 0, lines.as_ptr(), null())
    });
    // SAFETY: the handle is open and not used again.
    unsafe { DeregisterEventSource(log) };
    reported.map(|()| format!("Windows event log, source {SOURCE}"))
}
