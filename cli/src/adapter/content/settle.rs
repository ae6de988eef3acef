//! Names that an interrupted run left behind, made durable.

use std::collections::BTreeSet;
use std::path::Path;

use wsusmigrate_core::path::RelPath;

use super::engine::EngineError;
use super::folders::Folders;
use crate::platform::{self, GroupSync};

/// Makes the names of files durable that stand below a root and that an interrupted run may have put there: after a
/// kill they may exist in the system's memory alone, and nothing may be recorded on their strength before.
pub fn settle(root: &Path, files: &[&RelPath]) -> Result<(), EngineError> {
    let opened = platform::verbatim(root);
    let durable = || {
        if let Some(group) = GroupSync::open(&opened)? {
            return group.sync();
        }
        let below = Folders::new(&opened)?;
        let folders: BTreeSet<&[u8]> = files.iter().map(|path| path.folder()).collect();
        folders.into_iter().try_for_each(|folder| below.sync(folder))
    };
    let failed = |source| EngineError::Undurable { files: files.len(), destination: root.to_owned(), source };
    durable().map_err(failed)
}
