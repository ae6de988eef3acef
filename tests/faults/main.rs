//! Goal: whatever happens to the process, the power, the disk or the bytes, no acknowledged event is lost, no damage
//! goes unnoticed, and nobody is told what is not so.
//!
//! Method: real processes, files, mounts and system calls; one file a fault. The faults are done to the program in
//! `program/`, which tells each acknowledgement on its standard output, and to `wsusmigrate` itself. What was counted is
//! printed as a table at the end. `cargo test` takes small sizes; the campaign takes minutes:
//!
//! ```text
//! CAMPAIGN=full cargo test --release -p wsusmigrate-tests --test faults -- --nocapture
//! CAMPAIGN_SEED=7 cargo test -p wsusmigrate-tests --test faults kill      the moments of another seed
//! ```
//!
//! Mounts are made in a mount namespace of their own and vanish with the process. What the system does not let us do
//! (loop mounts, tracing) is said loudly and stands in the table; under `CI` a missing tool fails.

mod campaign;
mod clock_back;
mod counts;
mod flips;
#[cfg(target_os = "linux")]
mod full_disk;
mod kill;
mod ledger;
#[cfg(target_os = "linux")]
mod mount;
#[cfg(target_os = "linux")]
mod order;
#[cfg(target_os = "linux")]
mod power_cut;
mod process;
#[cfg(target_os = "linux")]
mod read_only;
mod site;
#[cfg(target_os = "linux")]
mod syscalls;
mod tail;
#[cfg(target_os = "linux")]
mod trace;
mod two_writers;
#[cfg(target_os = "linux")]
mod unreadable;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// How a fault's test ends: well, not run at all (it has said so), or with what was found.
type Outcome = Result<(), String>;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(code) = mount::in_own_namespace() {
        return code;
    }
    println!("seed {}, {}", campaign::seed(), if campaign::is_full() { "full" } else { "small sizes" });
    let mut trials = vec![
        trial("kill", kill::acknowledged_events_survive),
        trial("flips_of_a_copy", flips::of_a_copy),
        trial("truncations_of_a_copy", flips::truncations_of_a_copy),
        trial("flips_of_a_bundle", flips::of_a_bundle),
        trial("flips_of_a_live_folder", flips::of_a_live_folder),
        trial("two_writers", two_writers::the_second_is_refused),
        trial("clock_back", clock_back::is_recorded_and_reported),
        trial("tail", tail::sees_what_is_durable_and_no_damage),
    ];
    #[cfg(target_os = "linux")]
    trials.extend([
        trial("power_cut", power_cut::acknowledged_events_survive),
        trial("power_cut_of_sled_alone", power_cut::sled_alone_loses_events),
        trial("syscalls", syscalls::each_fails_and_each_is_the_last),
        trial("failed_sync", syscalls::a_failed_sync_is_final),
        trial("head_before_signing", order::the_head_is_durable_before_anything_is_signed),
        trial("folders_before_files", order::a_folder_is_durable_before_anything_in_it),
        trial("unreadable_log", unreadable::a_log_that_cannot_be_read_is_named_and_kept),
        trial("full_disk", full_disk::appends_stop_and_go_on),
        trial("full_disk_mended", full_disk::what_was_mended_is_recorded),
        trial("full_disk_of_the_program", full_disk::the_program_says_so),
        trial("read_only", read_only::readers_work_and_the_writer_says_so),
    ]);
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    counts::print();
    conclusion.exit_code()
}

fn trial(name: &'static str, test: fn() -> Outcome) -> Trial {
    Trial::test(name, move || test().map_err(Failed::from))
}
