//! Every event there ever was: code, name, schema version, one line. Append-only; codes are never reused.
//!
//! The high byte of a code is the noun's, the low byte counts within it. A name is `noun.past-tense`. The version is
//! that of the newest stored shape; older shapes stay readable for ever. `docs/EVENTS.md` is generated from here.

/// One line of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventType {
    /// The number in the record.
    pub code: u16,
    /// The dotted name people and scripts use.
    pub name: &'static str,
    /// The newest schema version.
    pub version: u16,
    /// What happened, in one line.
    pub summary: &'static str,
}

macro_rules! registry {
    ($( $code:literal $kind:ident $name:literal $version:literal $summary:literal; )+) => {
        /// The kind of an event, without its fields.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum Kind {
            $( #[doc = $summary] #[serde(rename = $name)] $kind, )+
        }

        /// Every event type, in the order of its code.
        pub const REGISTRY: &[EventType] = &[
            $( EventType { code: $code, name: $name, version: $version, summary: $summary }, )+
        ];

        impl Kind {
            /// Every kind, in the order of the registry.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The kind's line in the registry.
            #[must_use]
            pub const fn event_type(self) -> &'static EventType {
                &REGISTRY[self as usize]
            }

            /// The kind a stored code stands for, if this version knows it.
            #[must_use]
            pub const fn from_code(code: u16) -> Option<Self> {
                match code { $($code => Some(Self::$kind),)+ _ => None }
            }

            /// The dotted name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                self.event_type().name
            }
        }
    };
}

registry! {
    0x0101 RunJournalCreated "run.journal-created" 1 "The journal of a migration begins.";
    0x0102 RunJournalRecovered "run.journal-recovered" 1 "Opening the journal found something to mend and mended it.";
    0x0103 RunInterruptionFound "run.interruption-found" 1 "An earlier run ended without saying so: crash, kill or power cut.";
    0x0104 RunStarted "run.started" 2 "A run that may act begins: who, where, with which plan.";
    0x0105 RunStepStarted "run.step-started" 1 "A step begins.";
    0x0106 RunStepFinished "run.step-finished" 1 "A step ends with a verdict.";
    0x0107 RunStepSkipped "run.step-skipped" 1 "A step is not needed.";
    0x0108 RunStopRequested "run.stop-requested" 1 "Somebody asked the run to stop after the files in flight.";
    0x0109 RunFinished "run.finished" 1 "A run ends with a verdict.";
    0x010A RunFailed "run.failed" 1 "A run ends because something it needs is not to be had; what was in flight is in doubt.";
    0x010B RunKeyRotated "run.key-rotated" 1 "Another key signs the checkpoints from the next record on.";
    0x010C RunCheckpointAnchored "run.checkpoint-anchored" 1 "A checkpoint was put somewhere outside the journal.";
    0x010D RunStreamImported "run.stream-imported" 1 "Another journal's stream was verified and taken in; its records count from here on.";
    0x010E RunJournalSealed "run.journal-sealed" 1 "The journal is ended for good; nothing may follow.";
    0x0201 InventoryFieldRecorded "inventory.field-recorded" 1 "One field of the worksheet: its value and where it was read.";
    0x0202 InventoryFinished "inventory.finished" 1 "The worksheet is filled as far as this version fills it.";
    0x0301 PreflightChecked "preflight.checked" 1 "One named check: pass, warn or stop, and what to do.";
    0x0302 PreflightFinished "preflight.finished" 1 "All checks were made.";
    0x0401 ContentManifestRecorded "content.manifest-recorded" 1 "The files the source holds, as a digest of their list.";
    0x0402 ContentEntryIgnored "content.entry-ignored" 1 "Something in the source that is not copied, such as a link.";
    0x0403 ContentPassStarted "content.pass-started" 1 "A pass over the manifest begins: how much is new or changed.";
    0x0404 ContentBatchStarted "content.batch-started" 1 "Intent: the files of a range of the worklist are about to be copied.";
    0x0405 ContentFileCopied "content.file-copied" 1 "A file was copied, synced and put in place under its name.";
    0x0406 ContentFileVerified "content.file-verified" 1 "A file was found in place with the right digest and not copied.";
    0x0407 ContentFileFailed "content.file-failed" 1 "A file could not be brought over; the destination is as it was.";
    0x0408 ContentBatchFinished "content.batch-finished" 1 "Outcome: every file of a range has its own outcome or is left.";
    0x0409 ContentBatchReconciled "content.batch-reconciled" 1 "A batch in doubt was looked at after an interruption.";
    0x040A ContentLeftoverRemoved "content.leftover-removed" 1 "A temporary file of an interrupted copy was removed.";
    0x040B ContentPassFinished "content.pass-finished" 1 "A pass over the manifest ends.";
    0x040C ContentReadBackStarted "content.read-back-started" 1 "Reading the copy back from the disk begins.";
    0x040D ContentReadBackRecorded "content.read-back-recorded" 1 "A batch was read back; its exceptions were named before.";
    0x040E ContentReadBackMismatched "content.read-back-mismatched" 1 "A file at the destination is not what was recorded.";
    0x040F ContentReadBackFinished "content.read-back-finished" 1 "Reading the copy back ends.";
    0x0410 ContentReplacementStarted "content.replacement-started" 1 "Intent: a wrong file is about to be replaced, and what it is.";
    0x0411 ContentSuspicionSettled "content.suspicion-settled" 1 "A file found wrong was read right again, or is gone from both sides.";
    0x0412 ContentStrayRecorded "content.stray-recorded" 1 "A file that an interrupted batch put in place and the source holds no more.";
    0x0413 ContentBatchExamined "content.batch-examined" 1 "The files of a batch in doubt that the source holds no more were looked at.";
}

const _: () = {
    let mut at = 1;
    while at < REGISTRY.len() {
        assert!(REGISTRY[at - 1].code < REGISTRY[at].code, "codes run upwards and are unique");
        at += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_lines_agree() {
        assert_eq!(Kind::ALL.len(), REGISTRY.len());
        for kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.event_type().code), Some(*kind));
        }
        assert_eq!(Kind::from_code(0xFFFF), None);
    }
}
