//! The preflight checks: from facts to pass, warn or stop, with what to do. Pure; the facts are gathered by the shell.

mod database;

pub use database::{
    BackupFolder, DatabaseFacts, DestinationFacts as DatabaseDestination, EngineFacts, NoEngine, PlaceFacts,
    SourceFacts as DatabaseSource, SusdbFacts, UseMade, database,
};

use crate::content::Storage;
use crate::event::preflight::{CheckVerdict, Checked};

/// The largest file FAT32 can hold, in bytes.
const FAT32_FILE_BYTES_MAX: u64 = (4 << 30) - 1;
/// Space that should stay free beyond what is copied: a tenth of it.
const MARGIN_DIVISOR: u64 = 10;

/// What is known about the two folders before anything is touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentFacts {
    /// Where update files are stored.
    pub storage: Storage,
    /// The source's content root, as people read it.
    pub source_shown: String,
    /// The destination's.
    pub destination_shown: String,
    /// The source as it was listed, or why it could not be.
    pub source: Result<SourceFacts, String>,
    /// The destination, or why it cannot be used.
    pub destination: Result<DestinationFacts, String>,
    /// Whether one of the two lies inside the other or both are one.
    pub nested: bool,
    /// Whether the journal lies inside the source or the destination.
    pub journal_inside: bool,
}

/// What the source holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFacts {
    /// Files.
    pub files: u64,
    /// Their sizes together, in bytes.
    pub bytes: u64,
    /// Size of the largest, in bytes.
    pub largest_bytes: u64,
    /// What became of `UpdateServicesPackages`.
    pub packages: Packages,
    /// Folders that could not be listed.
    pub unlisted_folders: u64,
    /// Links and other entries that are not copied.
    pub ignored_entries: u64,
    /// Files it held when it was last listed for a pass, where it was.
    pub files_before: Option<u64>,
}

/// What the source has of `UpdateServicesPackages`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packages {
    /// No such folder.
    Absent,
    /// The folder, with nothing in it to copy.
    Empty,
    /// The folder, with files.
    Filled,
}

/// What the destination offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationFacts {
    /// Free space for this account, in bytes.
    pub free_bytes: u64,
    /// Bytes that are still to be copied, at most.
    pub needed_bytes: u64,
    /// The file system's name, where the system tells.
    pub file_system: Option<String>,
    /// Which of the two content folders is a link or a junction there.
    pub linked_folder: Option<String>,
    /// Folders and files there that cannot be looked at, with the system's words.
    pub untold: Vec<String>,
}

/// Makes every check of the content step, in a fixed order.
#[must_use]
pub fn content(facts: &ContentFacts) -> Vec<Checked> {
    let says = facts.storage.says();
    if facts.storage.on_microsoft_update {
        let told = format!("updates are stored on Microsoft Update{says}: there is nothing to copy");
        return vec![pass("content.storage", told)];
    }
    vec![
        pass("content.storage", format!("updates are stored locally{says}")),
        source_readable(facts),
        source_whole(facts),
        source_expected(facts),
        packages(facts),
        folders_apart(facts),
        journal_apart(facts),
        destination_writable(facts),
        destination_real(facts),
        destination_whole(facts),
        free_space(facts),
        file_system(facts),
    ]
}

fn checked(check: &str, verdict: CheckVerdict, finding: String, remedy: &str) -> Checked {
    Checked { check: check.into(), verdict, finding: finding.into(), remedy: remedy.into() }
}

fn pass(check: &str, finding: String) -> Checked {
    checked(check, CheckVerdict::Pass, finding, "")
}

fn warn(check: &str, finding: String, remedy: &str) -> Checked {
    checked(check, CheckVerdict::Warn, finding, remedy)
}

fn stop(check: &str, finding: String, remedy: &str) -> Checked {
    checked(check, CheckVerdict::Stop, finding, remedy)
}

fn source_readable(facts: &ContentFacts) -> Checked {
    const NAME: &str = "content.source-readable";
    match &facts.source {
        Ok(source) => {
            pass(NAME, format!("{}: {} files, {} bytes", facts.source_shown, source.files, source.bytes))
        }
        Err(why) => stop(
            NAME,
            format!("{}: {why}", facts.source_shown),
            "Set content.source to the folder that holds WsusContent, and run as an account that may read it.",
        ),
    }
}

fn source_whole(facts: &ContentFacts) -> Checked {
    const NAME: &str = "content.source-whole";
    match &facts.source {
        Ok(source) if source.unlisted_folders > 0 => warn(
            NAME,
            format!("{} folders or files cannot be looked at; they will be missing", source.unlisted_folders),
            "Give the account the right to list them, or accept that the step ends with failures.",
        ),
        Ok(source) if source.ignored_entries > 0 => warn(
            NAME,
            format!("{} links or special files are not copied", source.ignored_entries),
            "See `wsusmigrate report audit`; WSUS itself makes no links below WsusContent.",
        ),
        Ok(_) => pass(NAME, "every folder could be listed, no links".into()),
        Err(_) => pass(NAME, "not looked at: the source cannot be read".into()),
    }
}

/// Whether the source looks like another one than before: empty, or less than half of what it held. Then nothing is
/// said to have left it.
#[must_use]
pub const fn has_shrunk(files: u64, before: Option<u64>) -> bool {
    match before {
        None => files == 0,
        Some(before) => files == 0 || files < before.div_ceil(2),
    }
}

fn source_expected(facts: &ContentFacts) -> Checked {
    const NAME: &str = "content.source-expected";
    let Ok(source) = &facts.source else {
        return pass(NAME, "not looked at: the source cannot be read".into());
    };
    let finding = match source.files_before {
        None => format!("{} files", source.files),
        Some(before) => format!("{} files, {before} when it was listed before", source.files),
    };
    if !has_shrunk(source.files, source.files_before) {
        return pass(NAME, finding);
    }
    let remedy = match source.files {
        0 => {
            "See that it is the right share, and that its volume is mounted: nothing is taken for gone from it."
        }
        _ => "See that it is the right share, and that its volume is mounted. If it did shrink, run again.",
    };
    warn(NAME, finding, remedy)
}

fn packages(facts: &ContentFacts) -> Checked {
    let finding = match facts.source.as_ref().map_or(Packages::Absent, |source| source.packages) {
        Packages::Absent => "no UpdateServicesPackages",
        Packages::Empty => "UpdateServicesPackages is there and holds no files",
        Packages::Filled => "UpdateServicesPackages is there and is copied",
    };
    pass("content.packages", finding.into())
}

fn folders_apart(facts: &ContentFacts) -> Checked {
    const NAME: &str = "content.folders-apart";
    if facts.nested {
        return stop(
            NAME,
            format!("{} and {} lie inside each other", facts.source_shown, facts.destination_shown),
            "Choose a destination outside the source.",
        );
    }
    pass(NAME, "source and destination lie apart".into())
}

fn journal_apart(facts: &ContentFacts) -> Checked {
    const NAME: &str = "content.journal-apart";
    if facts.journal_inside {
        return stop(
            NAME,
            "the journal lies inside the source or the destination".into(),
            "Put it elsewhere with --journal: content folders are cleaned up and moved.",
        );
    }
    pass(NAME, "the journal lies outside both folders".into())
}

fn destination_writable(facts: &ContentFacts) -> Checked {
    const NAME: &str = "content.destination-writable";
    match &facts.destination {
        Ok(_) => pass(NAME, format!("{} can be written", facts.destination_shown)),
        Err(why) => stop(
            NAME,
            format!("{}: {why}", facts.destination_shown),
            "Create the folder, check content.destination, and run as an account that may write there.",
        ),
    }
}

fn destination_real(facts: &ContentFacts) -> Checked {
    const NAME: &str = "content.destination-real";
    match facts.destination.as_ref().map(|destination| &destination.linked_folder) {
        Ok(Some(folder)) => stop(
            NAME,
            format!("{folder} at the destination is a link or a junction; links are not followed"),
            "Set content.destination to the folder that really holds it.",
        ),
        Ok(None) => pass(NAME, "no link stands for a content folder".into()),
        Err(_) => pass(NAME, "not looked at: the destination cannot be written".into()),
    }
}

fn destination_whole(facts: &ContentFacts) -> Checked {
    const NAME: &str = "content.destination-whole";
    match facts.destination.as_ref().map(|destination| &destination.untold[..]) {
        Ok([]) => pass(NAME, "every folder could be listed".into()),
        Ok([first, more @ ..]) => warn(
            NAME,
            match more.len() {
                0 => format!("cannot be looked at: {first}"),
                more => format!("cannot be looked at: {first}, and {more} more"),
            },
            "Give the account the right to list and read it: what is there is taken for missing.",
        ),
        Err(_) => pass(NAME, "not looked at: the destination cannot be written".into()),
    }
}

fn free_space(facts: &ContentFacts) -> Checked {
    const NAME: &str = "content.free-space";
    let Ok(destination) = &facts.destination else {
        return pass(NAME, "not looked at: the destination cannot be written".into());
    };
    let (free, needed) = (destination.free_bytes, destination.needed_bytes);
    let finding = format!("{free} bytes free, {needed} bytes to copy");
    if free < needed {
        return stop(NAME, finding, "Free space at the destination, or choose a larger volume.");
    }
    if needed > 0 && free - needed < needed / MARGIN_DIVISOR {
        return warn(NAME, finding, "Less than a tenth stays free: new updates will need space soon.");
    }
    pass(NAME, finding)
}

fn file_system(facts: &ContentFacts) -> Checked {
    const NAME: &str = "content.file-system";
    let Ok(destination) = &facts.destination else {
        return pass(NAME, "not looked at: the destination cannot be written".into());
    };
    let name = destination.file_system.as_deref().unwrap_or("unknown");
    let fat = ["fat32", "vfat", "msdos", "fat", "exfat"].contains(&name.to_ascii_lowercase().as_str());
    let largest = facts.source.as_ref().map_or(0, |source| source.largest_bytes);
    if fat && !name.eq_ignore_ascii_case("exfat") && largest > FAT32_FILE_BYTES_MAX {
        return stop(
            NAME,
            format!("{name} cannot hold a file of {largest} bytes"),
            "Use a volume with NTFS: FAT32 ends at 4 GB a file.",
        );
    }
    if fat {
        return warn(NAME, format!("the destination is {name}"), "WSUS needs NTFS for its content folder.");
    }
    pass(NAME, format!("the destination is {name}"))
}

#[cfg(test)]
mod tests {
    //! Goal: each fault is found by its own check and by no other; a healthy pair of folders passes them all.

    use super::*;
    use crate::content::SaidBy;

    fn healthy() -> ContentFacts {
        ContentFacts {
            storage: Storage { on_microsoft_update: false, said_by: SaidBy::Plan },
            source_shown: "S".into(),
            destination_shown: "D".into(),
            source: Ok(SourceFacts {
                files: 10,
                bytes: 1000,
                largest_bytes: 5 << 30,
                packages: Packages::Filled,
                unlisted_folders: 0,
                ignored_entries: 0,
                files_before: Some(20),
            }),
            destination: Ok(DestinationFacts {
                free_bytes: 5000,
                needed_bytes: 1000,
                file_system: Some("NTFS".into()),
                linked_folder: None,
                untold: Vec::new(),
            }),
            nested: false,
            journal_inside: false,
        }
    }

    fn not_passed(facts: &ContentFacts) -> Vec<(String, CheckVerdict)> {
        content(facts)
            .into_iter()
            .filter(|check| check.verdict != CheckVerdict::Pass)
            .inspect(|check| assert!(!check.remedy.as_str().is_empty(), "{} has no remedy", check.check))
            .map(|check| (check.check.to_string(), check.verdict))
            .collect()
    }

    fn with(change: impl Fn(&mut ContentFacts)) -> ContentFacts {
        let mut facts = healthy();
        change(&mut facts);
        facts
    }

    #[test]
    fn each_fault_is_found_by_its_check_alone() {
        use CheckVerdict::{Stop, Warn};
        assert_eq!(not_passed(&healthy()), []);
        let destination = |facts: &mut ContentFacts, free, system: &str| {
            facts.destination = Ok(DestinationFacts {
                free_bytes: free,
                needed_bytes: 1000,
                file_system: Some(system.into()),
                linked_folder: None,
                untold: Vec::new(),
            });
        };
        let linked = |facts: &mut ContentFacts| {
            facts.destination.as_mut().unwrap().linked_folder = Some("WsusContent".into());
        };
        let held = |facts: &mut ContentFacts, files, before| {
            let source = facts.source.as_mut().unwrap();
            (source.files, source.files_before) = (files, before);
        };
        let untold = |facts: &mut ContentFacts| {
            facts.destination.as_mut().unwrap().untold = vec!["WsusContent/AB: denied".into()];
        };
        let faults: [(&str, CheckVerdict, ContentFacts); 14] = [
            ("content.source-expected", Warn, with(|facts| held(facts, 0, None))),
            ("content.source-expected", Warn, with(|facts| held(facts, 0, Some(0)))),
            ("content.source-expected", Warn, with(|facts| held(facts, 10, Some(21)))),
            ("content.destination-whole", Warn, with(untold)),
            ("content.destination-real", Stop, with(linked)),
            ("content.source-readable", Stop, with(|facts| facts.source = Err("no such folder".into()))),
            ("content.source-whole", Warn, with(|facts| facts.source.as_mut().unwrap().unlisted_folders = 1)),
            ("content.source-whole", Warn, with(|facts| facts.source.as_mut().unwrap().ignored_entries = 1)),
            ("content.folders-apart", Stop, with(|facts| facts.nested = true)),
            ("content.journal-apart", Stop, with(|facts| facts.journal_inside = true)),
            ("content.destination-writable", Stop, with(|facts| facts.destination = Err("denied".into()))),
            ("content.free-space", Stop, with(|facts| destination(facts, 999, "NTFS"))),
            ("content.free-space", Warn, with(|facts| destination(facts, 1050, "NTFS"))),
            ("content.file-system", Stop, with(|facts| destination(facts, 5000, "vfat"))),
        ];
        for (check, verdict, facts) in faults {
            assert_eq!(not_passed(&facts), [(check.to_owned(), verdict)]);
        }
    }

    #[test]
    fn with_updates_on_microsoft_update_the_folders_do_not_matter() {
        let facts = with(|facts| {
            facts.storage.on_microsoft_update = true;
            facts.source = Err("no such folder".into());
        });
        assert_eq!(not_passed(&facts), []);
    }
}
