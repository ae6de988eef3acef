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
    0x010F RunPlanApproved "run.plan-approved" 1 "Somebody approved the plan, and with it what destroys something.";
    0x0110 RunRoleDeclared "run.role-declared" 1 "What this host is in the migration: source or destination.";
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
    0x0414 ContentCatalogueDiffered "content.catalogue-differed" 1 "A file is not as SUSDB expects it.";
    0x0415 ContentStatesCounted "content.states-counted" 1 "Files by the states SUSDB has them in.";
    0x0416 ContentCatalogueCompared "content.catalogue-compared" 1 "The copy was held against what SUSDB expects.";
    0x0601 DatabaseConnected "database.connected" 1 "A connection to the engine was opened: which server, as whom, how protected.";
    0x0602 DatabaseOperationStarted "database.operation-started" 1 "Intent: a statement, a child process or a copy is about to begin.";
    0x0603 DatabaseMessageReceived "database.message-received" 1 "Something the server said, with number, class, state and text.";
    0x0604 DatabaseOperationFinished "database.operation-finished" 1 "Outcome of an operation: done, failed or unknown.";
    0x0605 DatabaseOperationReconciled "database.operation-reconciled" 1 "An operation in doubt was looked at.";
    0x0606 DatabaseOperationResolved "database.operation-resolved" 1 "A person said what became of an operation in doubt.";
    0x0607 DatabaseBackupRecorded "database.backup-recorded" 1 "What a backup set is: LSNs, versions, sizes, digest.";
    0x0608 DatabaseBackupJudged "database.backup-judged" 1 "Whether a backup counts as verified, and why.";
    0x0609 DatabaseStateRecorded "database.state-recorded" 1 "What the engine says of SUSDB, or that there is none.";
    0x060A DatabaseFileRecorded "database.file-recorded" 1 "One file of SUSDB: its names and its size.";
    0x060B DatabaseMediaSetRecorded "database.media-set-recorded" 1 "A backup set that is on the media already.";
    0x060C DatabaseTargetCompared "database.target-compared" 1 "One comparison of the proof that the target is not the source.";
    0x060D DatabaseTargetJudged "database.target-judged" 1 "Whether the target is proved not to be the source.";
    0x060E DatabaseTableSummed "database.table-summed" 1 "Rows of a table, counted and summed.";
    0x060F DatabaseTableCompared "database.table-compared" 1 "A table, source against destination.";
    0x0610 DatabaseRowDiffered "database.row-differed" 1 "A row is not the same on both sides.";
    0x0611 DatabaseMarkRecorded "database.mark-recorded" 1 "A high-water mark of the source, before or after its backup.";
    0x0612 DatabaseUserFound "database.user-found" 1 "A database user without its login, and what is done about it.";
    0x0613 DatabaseServiceRecorded "database.service-recorded" 1 "A service as it was before it was touched.";
    0x0614 DatabaseSettingRecorded "database.setting-recorded" 1 "A setting as it was before it was put to sleep.";
    0x0615 DatabaseSessionSeen "database.session-seen" 1 "A session that was in SUSDB before it was dropped.";
    0x0616 DatabaseEvidenceKept "database.evidence-kept" 1 "A log or an output was kept as evidence.";
    0x0617 DatabaseChildStarted "database.child-started" 1 "The child process of an operation runs: by this it is recognised later.";
    0x0618 DatabaseStatementRead "database.statement-read" 1 "A statement that only reads was sent: its text, rows, and what the server said.";
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
