//! Any bytes as a log file with a head that believes them: reading and verifying end with records or with an error, and
//! what verifies can be read.
//!
//! The first byte says whether the checksums and the chain are put right before: otherwise hardly anything comes
//! past them.

#![no_main]

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use wsusmigrate_fuzz::log::{End, walk};
use wsusmigrate_journal::{Reader, RecordSource, verify};

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| {
    let Some((how, log)) = data.split_first() else { return };
    let mut log = log.to_vec();
    let end = walk(&mut log, how & 1 == 1, [0; 32]);
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| tempfile::tempdir().expect("a temporary folder"));
        write(folder.path(), &log, &end);
        judge(folder.path());
    });
});

fn judge(journal: &Path) {
    let sound = verify(journal).is_ok_and(|verification| verification.is_sound());
    match Reader::open(journal) {
        Ok(reader) => {
            let mut records = reader.records(0..reader.size());
            let whole = records.all(|record| record.is_ok_and(|raw| raw.decode().is_ok()));
            assert!(whole || !sound, "what verifies cannot be read");
        }
        Err(error) => assert!(!sound, "what verifies cannot be opened: {error}"),
    }
}

fn write(journal: &Path, log: &[u8], end: &End) {
    fs::create_dir_all(journal.join("log")).expect("a folder");
    fs::write(journal.join(format!("log/{:020}.log", 0)), log).expect("a log file");
    let mut slot = b"WMHD\0\0\0\0".to_vec();
    slot.extend(2_u64.to_be_bytes());
    slot.extend(log.get(12..28).unwrap_or(&[0; 16]));
    slot.extend(end.size.to_be_bytes());
    slot.extend(0_u64.to_be_bytes());
    slot.extend((end.offset as u64).to_be_bytes());
    slot.extend(end.leaf);
    slot.extend(end.commit.to_be_bytes());
    let crc = crc32c::crc32c(&slot[8..]);
    slot[4..8].copy_from_slice(&crc.to_be_bytes());
    slot.resize(8192, 0);
    fs::write(journal.join("head"), slot).expect("a head");
}
