//! Stored shapes of the events of runs, steps and the journal itself.

use wsusmigrate_core::event::run;

use crate::wire::frozen::frozen;
use crate::wire::v1;

frozen! {
    /// Version 1 did not say how far the host's civil time was from UTC, so that nothing written in local time beside
    /// the journal (event logs, IIS logs, the guide's own check-lists) could be laid next to it.
    Started for run::Started {
        run: [u8; 16],
        host: String,
        account: String,
        sid: String,
        program: String,
        system: String,
        process: u32,
        plan: [u8; 32],
        scope: u8,
        utc_offset_s: Option<i32>,
    }
}

impl From<v1::run::Started> for Started {
    fn from(old: v1::run::Started) -> Self {
        let v1::run::Started { run, host, account, sid, program, system, process, plan, scope } = old;
        Self { run, host, account, sid, program, system, process, plan, scope, utc_offset_s: None }
    }
}
