//! Child processes: a job object for each, creation times for recognising one.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::ptr::null;

use windows_sys::Win32::Foundation::{
    ERROR_INVALID_PARAMETER, FILETIME, HANDLE, INVALID_HANDLE_VALUE, WAIT_OBJECT_0,
};
use windows_sys::Win32::Globalization::{CP_ACP, CP_OEMCP, MultiByteToWideChar};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation, SetInformationJobObject,
    TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_NO_WINDOW, CREATE_SUSPENDED, GetProcessTimes, INFINITE, OpenProcess, OpenThread,
    PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE, ResumeThread, THREAD_SUSPEND_RESUME,
    TerminateProcess, WaitForSingleObject,
};

use super::checked;
use crate::platform::CodePage;

/// The exit code of what was ended here, as `taskkill` and the task manager give it.
const KILLED: u32 = 1;

/// A child with everything it started.
#[derive(Debug)]
pub struct Tree {
    process: OwnedHandle,
    /// Missing where the system does not let a job be inside another (before 2012): then the child alone is ended.
    job: Option<OwnedHandle>,
}

impl Tree {
    /// Starts a child in a job of its own and with a console of its own that nobody sees: Ctrl-C does not reach it, and
    /// all of it can be ended at once. It survives this process: the job does not end with its last handle.
    ///
    /// It begins suspended, so that it cannot start anything before it is in the job.
    pub fn start(command: &mut Command) -> io::Result<(Child, Self)> {
        let (mut child, tree) = Self::suspended(command, |_| Ok(()))?;
        if let Err(error) = resume(child.id()) {
            give_up(&mut child);
            return Err(error);
        }
        Ok((child, tree))
    }

    /// The same of a child that stays suspended until [`Tree::let_go`]. Until then its job ends with its last handle, so that
    /// nothing is left of the child where this process ends before it.
    pub fn start_held(command: &mut Command) -> io::Result<(Child, Self)> {
        Self::suspended(command, |job| limit(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE))
    }

    /// Lets a child go that is held back. It survives this process from then on: a moment earlier it may end with it, but is
    /// never left behind suspended.
    pub fn let_go(&self, child: &mut Child) -> io::Result<()> {
        resume(child.id())?;
        self.job.as_ref().map_or(Ok(()), |job| limit(job, 0))
    }

    fn suspended(
        command: &mut Command,
        prepare: impl FnOnce(&OwnedHandle) -> io::Result<()>,
    ) -> io::Result<(Child, Self)> {
        let mut child = command.creation_flags(CREATE_NO_WINDOW | CREATE_SUSPENDED).spawn()?;
        let process = std::os::windows::io::AsHandle::as_handle(&child).try_clone_to_owned();
        let tree = process.and_then(|process| {
            let tree = Self { job: job_with(&process), process };
            tree.job.as_ref().map_or(Ok(()), prepare).map(|()| tree)
        });
        match tree {
            Ok(tree) => Ok((child, tree)),
            Err(error) => {
                give_up(&mut child);
                Err(error)
            }
        }
    }

    /// Waits until the child has ended.
    pub fn wait(&self) -> io::Result<()> {
        // SAFETY: the handle is open as long as `self`.
        match unsafe { WaitForSingleObject(self.process.as_raw_handle(), INFINITE) } {
            WAIT_OBJECT_0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Ends all of it at once. Well where nothing of it is left.
    pub fn kill(&self) -> io::Result<()> {
        if let Some(job) = &self.job {
            // SAFETY: the handle is open as long as `self`.
            return checked(unsafe { TerminateJobObject(job.as_raw_handle(), KILLED) });
        }
        // SAFETY: as above.
        let ended = unsafe { WaitForSingleObject(self.process.as_raw_handle(), 0) } == WAIT_OBJECT_0;
        if ended {
            return Ok(());
        }
        // SAFETY: as above.
        checked(unsafe { TerminateProcess(self.process.as_raw_handle(), KILLED) })
    }
}

/// The command that starts a program held back, to be completed with its arguments.
pub fn held(program: &Path) -> io::Result<Command> {
    Ok(Command::new(program))
}

/// Ends a child that never ran. A refusal leaves a suspended process, and nothing better is left to do.
fn give_up(child: &mut Child) {
    let _ = child.kill();
}

/// Sets the limits of a job, in the place of those it had.
fn limit(job: &OwnedHandle, flags: JOB_OBJECT_LIMIT) -> io::Result<()> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = flags;
    let size = u32::try_from(size_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>()).unwrap_or(0);
    // SAFETY: the handle is open, the limits are live and their size is theirs.
    checked(unsafe {
        SetInformationJobObject(
            job.as_raw_handle(),
            JobObjectExtendedLimitInformation,
            (&raw const limits).cast(),
            size,
        )
    })
}

/// A job that holds the process, where the system allows it.
fn job_with(process: &OwnedHandle) -> Option<OwnedHandle> {
    // SAFETY: neither security attributes nor a name.
    let job = owned(unsafe { CreateJobObjectW(null(), null()) }).ok()?;
    // SAFETY: both handles are open.
    checked(unsafe { AssignProcessToJobObject(job.as_raw_handle(), process.as_raw_handle()) }).ok()?;
    Some(job)
}

/// Lets a process run that was started suspended: it has one thread.
fn resume(process: u32) -> io::Result<()> {
    // SAFETY: takes plain numbers.
    let snapshot = owned(unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0) })?;
    let size = u32::try_from(size_of::<THREADENTRY32>()).unwrap_or(0);
    let mut entry = THREADENTRY32 { dwSize: size, ..THREADENTRY32::default() };
    // SAFETY: the snapshot is open, the entry is live and states its own size.
    let mut more = unsafe { Thread32First(snapshot.as_raw_handle(), &raw mut entry) };
    while more != 0 {
        if entry.th32OwnerProcessID == process {
            // SAFETY: takes plain numbers.
            let thread = owned(unsafe { OpenThread(THREAD_SUSPEND_RESUME, 0, entry.th32ThreadID) })?;
            // SAFETY: the handle is open.
            let before = unsafe { ResumeThread(thread.as_raw_handle()) };
            return if before == u32::MAX { Err(io::Error::last_os_error()) } else { Ok(()) };
        }
        // SAFETY: as above.
        more = unsafe { Thread32Next(snapshot.as_raw_handle(), &raw mut entry) };
    }
    Err(io::Error::other("the system shows no thread of the new process"))
}

/// A handle of the system's, closed when dropped.
fn owned(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle.is_null() || handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle is open, was just made for this caller and has no other owner.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// When a process started: nothing where there is none, or only what is left of one.
pub fn started(id: u32) -> io::Result<Option<String>> {
    let rights = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE;
    // SAFETY: takes plain numbers.
    let process = match owned(unsafe { OpenProcess(rights, 0, id) }) {
        Err(error) if error.raw_os_error() == i32::try_from(ERROR_INVALID_PARAMETER).ok() => return Ok(None),
        answer => answer?,
    };
    // SAFETY: the handle is open.
    if unsafe { WaitForSingleObject(process.as_raw_handle(), 0) } == WAIT_OBJECT_0 {
        return Ok(None);
    }
    let [mut created, mut exited, mut kernel, mut user] = [FILETIME::default(); 4];
    // SAFETY: the handle is open and all pointers are to live values.
    checked(unsafe {
        GetProcessTimes(
            process.as_raw_handle(),
            &raw mut created,
            &raw mut exited,
            &raw mut kernel,
            &raw mut user,
        )
    })?;
    Ok(Some(format!("{}", u64::from(created.dwHighDateTime) << 32 | u64::from(created.dwLowDateTime))))
}

/// Text of a tool that said nothing about its encoding. What the code page does not know becomes a mark.
#[must_use]
pub fn decode(bytes: &[u8], page: CodePage) -> String {
    let page = match page {
        CodePage::Oem => CP_OEMCP,
        CodePage::Ansi => CP_ACP,
    };
    let mut text = String::new();
    // A piece at a time: lengths are 32-bit numbers, and a broken character at a seam shows as a mark.
    for piece in bytes.chunks(1 << 20) {
        let length = i32::try_from(piece.len()).unwrap_or(i32::MAX);
        let mut units = vec![0_u16; piece.len()];
        // SAFETY: both lengths are those of their buffers; a piece never becomes more units than it has bytes.
        let written =
            unsafe { MultiByteToWideChar(page, 0, piece.as_ptr(), length, units.as_mut_ptr(), length) };
        text += &String::from_utf16_lossy(&units[..usize::try_from(written).unwrap_or(0)]);
    }
    text
}

/// The signal a process ended by: there are none here.
#[must_use]
pub fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

/// Makes a folder. Whom it lets in is inherited: below the journal's folder, which is private.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}
