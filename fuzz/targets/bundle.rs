//! Any bytes as a bundle: reading ends with a bundle or with an error that says where, and what is accepted is exactly
//! what would be exported from it, byte by byte.
//!
//! The first byte says whether the headers of the archive, the checksums and the chain are put right before: otherwise
//! hardly anything comes past them.

#![no_main]

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use wsusmigrate_core::status::Status;
use wsusmigrate_fuzz::log::walk;
use wsusmigrate_journal::RecordSource;
use wsusmigrate_journal::bundle::{Bundle, BundleError, export};

const BLOCK_BYTES: usize = 512;

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| {
    let Some((how, bundle)) = data.split_first() else { return };
    let mut bundle = bundle.to_vec();
    if how & 1 == 1 {
        mend(&mut bundle);
    }
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| tempfile::tempdir().expect("a temporary folder"));
        judge(folder.path(), &bundle);
    });
});

fn judge(folder: &Path, bytes: &[u8]) {
    let (path, again) = (folder.join("bundle.tar"), folder.join("again.tar"));
    fs::write(&path, bytes).expect("a file");
    let mut status = Status::default();
    let mut legal = |recorded: &_| status.advance(recorded).map_err(|illegal| illegal.to_string());
    match Bundle::open_with(&path, &mut legal) {
        Ok(bundle) => {
            let whole =
                bundle.records(0..bundle.size()).all(|record| record.is_ok_and(|raw| raw.decode().is_ok()));
            assert!(whole, "what is accepted cannot be read");
            export(&bundle, None, &again).expect("what is accepted can be exported");
            assert!(
                fs::read(&again).expect("a bundle") == bytes,
                "accepted, and not the one way to write it"
            );
            fs::remove_file(&again).expect("a file");
        }
        Err(BundleError::Damaged(damage)) => assert!(damage.offset <= bytes.len() as u64, "{damage}"),
        Err(BundleError::NewerFormat { .. } | BundleError::NotABundle { .. }) => {}
        Err(BundleError::File(error)) => panic!("{error}"),
    }
}

/// Puts the checksums of the archive's headers right, and inside of its log files checksums and chain.
fn mend(bundle: &mut [u8]) {
    let (mut at, mut leaf) = (0, [0; 32]);
    while let Some(header) = bundle.get_mut(at..at + BLOCK_BYTES) {
        if header[0] == 0 {
            return;
        }
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let digits = header[124..135].iter().map(|digit| usize::from(digit & 7));
        let length = digits.fold(0_usize, |length, digit| length * 8 + digit);
        let is_log = header.starts_with(b"log/");
        let content = at + BLOCK_BYTES;
        let Some(end) = content.checked_add(length).filter(|end| *end <= bundle.len()) else { return };
        if is_log {
            leaf = walk(&mut bundle[content..end], true, leaf).leaf;
        }
        at = content + length.next_multiple_of(BLOCK_BYTES);
    }
}
