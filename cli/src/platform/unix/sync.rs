//! Durability: one call for many files where the file system makes that sound.

use std::io;
use std::path::Path;

use super::folder::Folder;

/// Makes everything written below a root durable at once.
///
/// On Linux this is `syncfs`: one commit of the file system's journal instead of one a file. It also flushes what
/// other programs wrote to that file system, and is trusted only on local file systems whose `syncfs` is known to
/// write data, wait for it, and report errors. The handle is opened before the first write, because the kernel
/// reports each error once to every handle opened before it.
#[derive(Debug)]
pub struct GroupSync {
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    root: Folder,
}

impl GroupSync {
    /// Prepares for the file system that holds `root`; `None` where files must be synced one by one.
    pub fn open(root: &Path) -> io::Result<Option<Self>> {
        #[cfg(target_os = "linux")]
        if known_name(nix::sys::statfs::statfs(root)?.filesystem_type()).is_some() {
            return Ok(Some(Self { root: Folder::open_root(root)? }));
        }
        let _ = root;
        Ok(None)
    }

    /// Waits until everything written so far is durable, names included.
    pub fn sync(&self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        return Ok(nix::unistd::syncfs(self.root.handle())?);
        #[cfg(not(target_os = "linux"))]
        return Err(io::ErrorKind::Unsupported.into());
    }
}

/// The name of a local file system whose group sync is trusted.
#[cfg(target_os = "linux")]
pub(super) fn known_name(kind: nix::sys::statfs::FsType) -> Option<&'static str> {
    use nix::sys::statfs as fs;
    match kind {
        fs::EXT4_SUPER_MAGIC => Some("ext4"),
        fs::XFS_SUPER_MAGIC => Some("xfs"),
        fs::BTRFS_SUPER_MAGIC => Some("btrfs"),
        fs::F2FS_SUPER_MAGIC => Some("f2fs"),
        fs::TMPFS_MAGIC => Some("tmpfs"),
        _ => None,
    }
}
