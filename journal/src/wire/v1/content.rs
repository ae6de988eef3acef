//! Stored shapes of the events of update files.

use wsusmigrate_core::event::content;

use crate::wire::field::Path;
use crate::wire::frozen::frozen;

frozen! {
    ManifestRecorded for content::ManifestRecorded {
        source: String,
        destination: String,
        manifest: [u8; 32],
        files: u64,
        bytes: u64,
        content_files: u64,
        package_files: u64,
        unexpected_files: u64,
        ignored_entries: u64,
    }

    EntryIgnored for content::EntryIgnored { path: Path, what: u8, detail: String }

    PassStarted for content::PassStarted {
        manifest: [u8; 32],
        worklist: [u8; 32],
        files: u64,
        bytes: u64,
        unchanged_files: u64,
        unchanged_bytes: u64,
        recheck: bool,
    }

    BatchStarted for content::BatchStarted {
        worklist: [u8; 32],
        first: u64,
        files: u32,
        bytes: u64,
        range: [u8; 32],
        found_before: Vec<u8>,
    }

    FileCopied for content::FileCopied { item: u32, path: Path, file: FileFacts, attempts: u8, replaced: bool }

    FileVerified for content::FileVerified { item: u32, path: Path, file: FileFacts, origin: u8 }

    FileFacts for content::FileFacts {
        bytes: u64,
        sha1: [u8; 20],
        sha256: [u8; 32],
        modified: i64,
        naming: u8,
    }

    FileFailed for content::FileFailed {
        item: u32,
        path: Path,
        bytes: u64,
        reason: u8,
        found: Option<[u8; 20]>,
        detail: String,
    }

    BatchFinished for content::BatchFinished { copied: u32, verified: u32, failed: u32, left: u32 }

    BatchReconciled for content::BatchReconciled { recorded: u32, happened: u32, not: u32, leftovers: u32 }

    LeftoverRemoved for content::LeftoverRemoved { path: Path, bytes: u64 }

    PassFinished for content::PassFinished {
        copied: u64,
        copied_bytes: u64,
        verified: u64,
        failed: u64,
        left: u64,
    }

    ReadBackStarted for content::ReadBackStarted { list: [u8; 32], files: u64, bytes: u64, from: u64 }

    ReadBackRecorded for content::ReadBackRecorded {
        first: u64,
        files: u32,
        bytes: u64,
        exceptions: u32,
        around_cache: u32,
    }

    ReadBackMismatched for content::ReadBackMismatched {
        path: Path,
        what: u8,
        expected: [u8; 32],
        found: Option<[u8; 32]>,
        detail: String,
    }

    SuspicionSettled for content::SuspicionSettled { path: Path, how: u8, sha256: [u8; 32] }

    ReadBackFinished for content::ReadBackFinished { files: u64, bytes: u64, exceptions: u64, left: u64 }

    ReplacementStarted for content::ReplacementStarted { item: u32, path: Path, found: FoundFile }

    StrayRecorded for content::StrayRecorded { item: u32, path: Path, file: FileFacts, replaced: bool }

    BatchExamined for content::BatchExamined { settled: Vec<u8>, in_doubt: u32 }

    CatalogueDiffered for content::CatalogueDiffered { path: Path, how: u8, detail: String }

    StatesCounted for content::StatesCounted { actual: i32, desired: i32, files: u64 }

    CatalogueCompared for content::CatalogueCompared {
        differences: [u8; 32],
        expected: u64,
        expected_bytes: u64,
        matched: u64,
        missing: u64,
        extra: u64,
        damaged: u64,
        encrypted: u64,
    }

    FoundFile for content::FoundFile {
        bytes: u64,
        sha1: Option<[u8; 20]>,
        sha256: Option<[u8; 32]>,
        modified: i64,
    }
}
