//! Goal: a log file that is there and cannot be read is refused with its name and the byte, and nothing is put in its place,
//! whatever the store could give back.
//!
//! Method: the memory of this process in a file's place: the system answers EIO where nothing is mapped, such as at its
//! beginning. What cannot be read in the middle of a file is looked at by `tests/faults`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use support::{Bench, read, samples};
use wsusmigrate_journal::{OpenError, Severity};

fn segment(bench: &Bench, first: u64) -> PathBuf {
    bench.log().join(format!("{first:020}.log"))
}

fn assert_refused(bench: &Bench, file: &Path) {
    let entries = || fs::read_dir(bench.dir()).unwrap().count();
    let before = entries();
    match bench.try_open() {
        Err(OpenError::Unreadable(error)) => {
            assert_eq!((&*error.path, error.offset), (file, Some(0)));
            assert_eq!(error.to_string(), format!("cannot read {}, byte 0", file.display()));
            assert_eq!(error.source.raw_os_error(), Some(5), "EIO");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(entries(), before, "nothing was put aside");
}

#[test]
fn a_log_file_that_cannot_be_read_is_refused() {
    let bench = Bench::filled(5, 5);
    // The first, which the store could give back, and one behind the end.
    let (first, kept) = (segment(&bench, 0), bench.root().join("kept"));
    fs::rename(&first, &kept).unwrap();
    symlink("/proc/self/mem", &first).unwrap();
    assert_refused(&bench, &first);
    let found = bench.verify();
    let told = found.findings.iter().find(|it| it.file == first && it.severity == Severity::Damage).unwrap();
    assert!(told.what.starts_with("the log file cannot be read"), "{told:?}");
    fs::rename(&kept, &first).unwrap();
    let next = segment(&bench, 6);
    symlink("/proc/self/mem", &next).unwrap();
    assert_refused(&bench, &next);
    fs::remove_file(&next).unwrap();
    // Nothing was changed by it: all is well once it can be read.
    bench.open(&[]).close().unwrap();
    assert_eq!(read(&bench.reader()), (0..5).map(samples::copied).collect::<Vec<_>>());
    bench.assert_sound();
}
