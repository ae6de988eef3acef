//! Disks of our own: ext4 in a file behind a loop device, and small ones in memory.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use tempfile::TempDir;

use crate::counts::{Missing, did_not_run};
use crate::process::Process;

/// Set for the process inside the namespace.
const INSIDE: &str = "FAULTS_MOUNT_NAMESPACE";

/// `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`: as if the power went, with everything in the page cache and
/// all of the file system's journal that is not on the medium. The file is opened before, so that the cut is one call.
const CUT: &str = "
import fcntl, os, struct, sys
disk = os.open(sys.argv[1], os.O_RDONLY)
print('ready', flush=True)
sys.stdin.readline()
fcntl.ioctl(disk, 0x8004587D, struct.pack('I', 2))
print('cut', flush=True)
";

/// Runs this program again where its mounts are its own and end with it, whatever happens. None: it is inside, or there
/// is no such place, and mounting will say why.
pub(crate) fn in_own_namespace() -> Option<ExitCode> {
    if std::env::var_os(INSIDE).is_some() {
        return None;
    }
    let unshare = || {
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--propagation", "private", "--"]);
        unshare
    };
    if !unshare().arg("true").output().is_ok_and(|tried| tried.status.success()) {
        return None;
    }
    let program = std::env::current_exe().expect("our own path");
    let error = unshare().arg(program).args(std::env::args_os().skip(1)).env(INSIDE, "1").exec();
    println!("unshare: {error}");
    Some(ExitCode::FAILURE)
}

/// A disk, mounted or not. Removed when it is dropped.
pub(crate) struct Disk {
    /// Holds the image and the place it is mounted at.
    folder: TempDir,
    is_mounted: bool,
}

impl Disk {
    /// A new ext4 file system of so many MiB, mounted.
    pub(crate) fn ext4(mebibytes: u64) -> Result<Self, Missing> {
        let disk = Self::unmounted();
        let file = std::fs::File::create(disk.image()).expect("an image");
        file.set_len(mebibytes << 20).expect("an image");
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(disk.image()))?;
        let mut disk = disk;
        disk.mount("loop,nosuid,nodev")?;
        Ok(disk)
    }

    /// So many MiB of memory, mounted.
    pub(crate) fn memory(mebibytes: u64) -> Result<Self, Missing> {
        let mut disk = Self::unmounted();
        let size = format!("size={mebibytes}m");
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(disk.root()))?;
        disk.is_mounted = true;
        Ok(disk)
    }

    /// What there is here of both: their names, and the disks. The others have said that they are missing.
    pub(crate) fn each(fault: &'static str, mebibytes: u64) -> Result<Vec<(&'static str, Self)>, String> {
        let mut disks = Vec::new();
        for (kind, disk) in [("ext4", Self::ext4(mebibytes)), ("tmpfs", Self::memory(mebibytes))] {
            match disk {
                Ok(disk) => disks.push((kind, disk)),
                Err(why) => did_not_run(fault, &why)?,
            }
        }
        Ok(disks)
    }

    fn unmounted() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("disk")).expect("a folder");
        Self { folder, is_mounted: false }
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    /// Where it is mounted.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Mounts the image, which replays whatever the file system's journal has.
    pub(crate) fn mount(&mut self, options: &str) -> Result<(), Missing> {
        run(Command::new("mount").args(["-t", "ext4", "-o", options]).arg(self.image()).arg(self.root()))?;
        self.is_mounted = true;
        Ok(())
    }

    /// Unmounts it. What was only in its page cache is gone if it was cut off.
    pub(crate) fn unmount(&mut self) {
        if std::mem::take(&mut self.is_mounted) {
            run(Command::new("umount").arg(self.root()))
                .map_err(|_| ())
                .expect("a disk nobody uses any more");
        }
    }

    /// Mounts it anew, as the next start of the machine would.
    pub(crate) fn start_again(&mut self) -> Result<(), String> {
        self.unmount();
        self.mount("loop,nosuid,nodev").map_err(|_| "the disk cannot be mounted again".to_owned())
    }

    /// Makes everything on it read-only, or not.
    pub(crate) fn remount(&self, options: &str) -> Result<(), Missing> {
        run(Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.root()))
    }

    /// Fills it but for so many bytes. Says with which file.
    pub(crate) fn fill_up(&self, left: u64) -> PathBuf {
        let ballast = self.root().join("ballast");
        let file = std::fs::File::create(&ballast).expect("a file on a disk with space");
        let free = nix::sys::statvfs::statvfs(&self.root()).expect("the disk's figures");
        let free = free.blocks_available() * free.fragment_size();
        let (mut at, end) = (0, free.saturating_sub(left));
        let zeros = vec![1_u8; 64 << 10];
        while at < end {
            let length = usize::try_from((end - at).min(zeros.len() as u64)).expect("a length");
            if std::os::unix::fs::FileExt::write_all_at(&file, &zeros[..length], at).is_err() {
                break;
            }
            at += length as u64;
        }
        file.sync_all().expect("a file that is on the disk");
        ballast
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A test that failed may have left a process on it: the namespace takes the mount along.
        if self.is_mounted {
            let _ = Command::new("umount").arg("-l").arg(self.root()).output();
        }
    }
}

/// A power cut that only waits for the word.
pub(crate) struct Cut(Process);

impl Cut {
    pub(crate) fn prepare(disk: &Path) -> Result<Self, Missing> {
        run(Command::new("python3").args(["-c", "pass"]))?;
        let mut command = Command::new("python3");
        command.args(["-c", CUT]).arg(disk);
        let mut process = Process::of(command);
        if process.heard("ready") {
            Ok(Self(process))
        } else {
            Err(Missing::Right("no shutdown call".into()))
        }
    }

    /// Cuts the power.
    pub(crate) fn now(mut self) -> Result<(), Missing> {
        self.0.say("now");
        let ended = self.0.end();
        if ended.told("cut") { Ok(()) } else { Err(Missing::Right(ended.text())) }
    }
}

/// Runs a system tool to its end.
pub(crate) fn run(command: &mut Command) -> Result<(), Missing> {
    match command.output() {
        Ok(ran) if ran.status.success() => Ok(()),
        Ok(ran) => {
            let told = String::from_utf8_lossy(&ran.stderr).trim().to_owned();
            Err(Missing::Right(format!("{}: {told}", command.get_program().to_string_lossy())))
        }
        Err(error) => Err(Missing::Tool(format!("{}: {error}", command.get_program().to_string_lossy()))),
    }
}
