//! The program the faults are done to. It uses a journal through its public interface alone and tells on standard
//! output, a line at a time, what it was promised and what it saw: a line is there only after the promise.
//!
//! ```text
//! wsusmigrate-faulted write JOURNAL KEYS EPOCH THREADS BATCH BATCHES [step-by-step]
//! wsusmigrate-faulted tail JOURNAL
//! wsusmigrate-faulted verify JOURNAL                  once for each line of standard input
//! wsusmigrate-faulted verify-bundle BUNDLE            the same of a bundle
//! wsusmigrate-faulted repeat JOURNAL KEYS             opens, hands in every event there is again, closes
//! wsusmigrate-faulted write-store FOLDER              sled alone
//! wsusmigrate-faulted count-store FOLDER
//! ```

mod examine;
mod repeat;
mod store_alone;
mod tail;
mod write;

use std::fs::File;
use std::io::{IoSlice, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;

/// It did what it was asked to.
const WELL: u8 = 0;
/// The journal could not be opened, read or closed.
const REFUSED: u8 = 1;
/// The command line is wrong.
const MISUSED: u8 = 2;
/// An append was not acknowledged: the program's own code for a journal that cannot be written.
const STOPPED: u8 = 4;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let code = match args[..] {
        ["write", journal, keys, epoch, threads, batch, batches, ref rest @ ..] => {
            let numbers = [epoch, threads, batch, batches].map(str::parse);
            let [Ok(epoch), Ok(threads), Ok(batch), Ok(batches)] = numbers else { return MISUSED.into() };
            let step_by_step = rest == ["step-by-step"];
            write::write(
                Path::new(journal),
                Path::new(keys),
                &write::Shape { epoch, threads, batch, batches, step_by_step },
            )
        }
        ["tail", journal] => tail::tail(Path::new(journal)),
        ["verify", journal] => examine::each_line(Path::new(journal)),
        ["verify-bundle", bundle] => examine::bundle_each_line(Path::new(bundle)),
        ["repeat", journal, keys] => repeat::repeat(Path::new(journal), Path::new(keys)),
        ["write-store", folder] => store_alone::write(Path::new(folder)),
        ["count-store", folder] => store_alone::count(Path::new(folder)),
        _ => MISUSED,
    };
    code.into()
}

/// Tells one thing, at once: also a process that is killed next has told it. By a call of its own (`writev`), so that
/// the journal's `write`s can be made to fail without failing what is told of it.
fn tell(what: &str) {
    let line = what.replace('\n', " ") + "\n";
    let told = out().write_vectored(&[IoSlice::new(line.as_bytes())]);
    assert!(told.is_ok_and(|bytes| bytes == line.len()), "nobody listens");
}

/// Standard output without a buffer.
fn out() -> &'static File {
    static OUT: OnceLock<File> = OnceLock::new();
    OUT.get_or_init(|| {
        #[cfg(unix)]
        let out = std::os::fd::AsFd::as_fd(&std::io::stdout()).try_clone_to_owned();
        #[cfg(windows)]
        let out = std::os::windows::io::AsHandle::as_handle(&std::io::stdout()).try_clone_to_owned();
        File::from(out.expect("standard output"))
    })
}

/// An error with everything behind it, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
