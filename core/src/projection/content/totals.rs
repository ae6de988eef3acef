//! Sums over the files in place, kept as files come and go.

use serde::{Deserialize, Serialize};

use super::{FileRecord, How};
use crate::event::content::Naming;

/// Sums over the files in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Files in place.
    pub files: u64,
    /// Their sizes together, in bytes.
    pub bytes: u64,
    /// Of them, files this migration brought.
    pub brought_files: u64,
    /// Sizes of those, in bytes.
    pub brought_bytes: u64,
    /// Files that are not named after their digest, outside `UpdateServicesPackages`.
    pub unexpected_files: u64,
    /// Files in `UpdateServicesPackages`.
    pub package_files: u64,
    /// Files of which `tbFile` says that they are encrypted.
    pub encrypted_files: u64,
    /// Files that replaced one with other bytes.
    pub replaced_files: u64,
}

impl Totals {
    pub(super) fn add(&mut self, record: &FileRecord) {
        self.change(record, |sum, value| *sum += value);
    }

    pub(super) fn remove(&mut self, record: &FileRecord) {
        self.change(record, |sum, value| *sum -= value);
    }

    fn change(&mut self, record: &FileRecord, by: impl Fn(&mut u64, u64)) {
        by(&mut self.files, 1);
        by(&mut self.bytes, record.bytes);
        if record.how == How::Brought {
            by(&mut self.brought_files, 1);
            by(&mut self.brought_bytes, record.bytes);
        }
        match record.naming {
            Naming::Digest => {}
            Naming::Unexpected => by(&mut self.unexpected_files, 1),
            Naming::Package => by(&mut self.package_files, 1),
            Naming::Encrypted => by(&mut self.encrypted_files, 1),
        }
        if record.replaced {
            by(&mut self.replaced_files, 1);
        }
    }
}
