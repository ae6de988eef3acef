//! The folders below one root, opened once and kept.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::platform::Folder;

/// Open folders kept at most: all 256 of `WsusContent` and a few more, well below the usual limit of 1,024
/// descriptors, for two roots.
const OPEN_MAX: usize = 320;

/// Open folders of one root, by their stored path. Every part was opened as a real folder: no link is followed.
#[derive(Debug)]
pub(super) struct Folders {
    root: Arc<Folder>,
    open: Mutex<HashMap<Box<[u8]>, Arc<Folder>>>,
}

impl Folders {
    pub(super) fn new(root: &Path) -> io::Result<Self> {
        Ok(Self { root: Arc::new(Folder::open_root(root)?), open: Mutex::default() })
    }

    /// A folder that must be there.
    pub(super) fn existing(&self, path: &[u8]) -> io::Result<Arc<Folder>> {
        self.get(path, &|parent, name| parent.open(name))
    }

    /// A folder, created where it is not there. A crash leaves an empty folder, which is harmless.
    pub(super) fn ensured(&self, path: &[u8]) -> io::Result<Arc<Folder>> {
        self.get(path, &|parent, name| match parent.open(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match parent.create(name) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                    Ok(()) | Err(_) => {} // another worker was faster
                }
                parent.open(name)
            }
            answer => answer,
        })
    }

    /// Makes the names in a folder, and in all above it up to the root, durable.
    pub(super) fn sync(&self, mut path: &[u8]) -> io::Result<()> {
        while !path.is_empty() {
            self.existing(path)?.sync()?;
            path = split(path).0;
        }
        self.root.sync()
    }

    fn get(
        &self,
        path: &[u8],
        open: &dyn Fn(&Folder, &[u8]) -> io::Result<Folder>,
    ) -> io::Result<Arc<Folder>> {
        if path.is_empty() {
            return Ok(Arc::clone(&self.root));
        }
        if let Some(folder) = self.lock().get(path) {
            return Ok(Arc::clone(folder));
        }
        let (above, name) = split(path);
        let folder = Arc::new(open(&*self.get(above, open)?, name)?);
        let mut kept = self.lock();
        if kept.len() >= OPEN_MAX {
            kept.clear();
        }
        kept.insert(path.into(), Arc::clone(&folder));
        Ok(folder)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Box<[u8]>, Arc<Folder>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The folder above, empty at the top, and the last part.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (&[], path),
    }
}
