//! The checks of this host's own SUSDB: whether it can be used, and what would break where it is dropped or moved.

use super::{DatabaseFacts, SusdbFacts, UseMade, not_asked, pass, stop, warn};
use crate::database::topology::{Encryption, Told};
use crate::event::preflight::Checked;
use crate::event::run::Role;

/// What to do where an engine did not answer.
const ASK_BY_HAND: &str = "Nothing stops here, and nothing is proved: look by hand, or let the login see it (VIEW SERVER STATE, VIEW ANY DEFINITION).";

/// Every check of this host's SUSDB, in a fixed order.
pub(super) fn checks(facts: &DatabaseFacts) -> Vec<Checked> {
    let mut checks = vec![usable(facts)];
    let Some(susdb) = &facts.susdb else { return checks };
    let topology = &susdb.topology;
    checks.extend([
        availability(&topology.group),
        mirroring(&topology.mirroring),
        replication(&topology.replication),
    ]);
    // The encryption of what is to be dropped concerns nobody: its safety backup comes back on this very engine.
    if facts.role == Role::Source {
        checks.push(encryption(&susdb.encryption));
    }
    checks.push(front_ends(susdb, facts));
    checks
}

fn usable(facts: &DatabaseFacts) -> Checked {
    const NAME: &str = "database.susdb-usable";
    if let Some(passed) = not_asked(NAME, facts) {
        return passed;
    }
    match (&facts.susdb, facts.role) {
        (None, Role::Destination) => pass(NAME, "there is no SUSDB: nothing has to be dropped".into()),
        (None, Role::Source) => stop(
            NAME,
            "there is no SUSDB on this engine".into(),
            "Set database.server to the engine WSUS uses: its registry value SqlServerName says which.",
        ),
        (Some(susdb), _) if susdb.state != "ONLINE" || susdb.is_read_only => stop(
            NAME,
            format!("SUSDB is {}{}", susdb.state, if susdb.is_read_only { ", read-only" } else { "" }),
            "Bring it online and make it writable first; a read-only one often lacks rights on its files.",
        ),
        (Some(susdb), _) => pass(NAME, format!("SUSDB is {}", susdb.state)),
    }
}

fn availability(told: &Told) -> Checked {
    const NAME: &str = "database.availability-group";
    match told {
        Ok(false) => pass(NAME, "SUSDB belongs to no availability group".into()),
        Ok(true) => stop(
            NAME,
            "SUSDB belongs to an availability group".into(),
            "Take it out first: ALTER AVAILABILITY GROUP ... REMOVE DATABASE. Dropped or restored inside it breaks the replicas.",
        ),
        Err(why) => warn(
            NAME,
            format!("whether SUSDB belongs to an availability group is not known: {why}"),
            ASK_BY_HAND,
        ),
    }
}

fn mirroring(told: &Told) -> Checked {
    const NAME: &str = "database.mirroring";
    match told {
        Ok(false) => pass(NAME, "SUSDB is not mirrored".into()),
        Ok(true) => stop(
            NAME,
            "SUSDB is mirrored".into(),
            "End the mirroring first: ALTER DATABASE [SUSDB] SET PARTNER OFF. A mirrored database can neither be dropped nor restored.",
        ),
        Err(why) => warn(NAME, format!("whether SUSDB is mirrored is not known: {why}"), ASK_BY_HAND),
    }
}

fn replication(told: &Told) -> Checked {
    const NAME: &str = "database.replication";
    match told {
        Ok(false) => pass(NAME, "SUSDB is not replicated".into()),
        Ok(true) => stop(
            NAME,
            "SUSDB is published or subscribed for replication, or distributes it".into(),
            "Remove the publications and subscriptions first: sp_removedbreplication N'SUSDB'. A restore does not keep them.",
        ),
        Err(why) => warn(NAME, format!("whether SUSDB is replicated is not known: {why}"), ASK_BY_HAND),
    }
}

/// At the source: its destination decides, which knows its own certificates.
fn encryption(encryption: &Encryption) -> Checked {
    const NAME: &str = "database.encryption";
    match encryption {
        Encryption::Plain => pass(NAME, "SUSDB is not encrypted as a whole".into()),
        Encryption::With(thumbprint) => warn(
            NAME,
            format!("SUSDB is encrypted as a whole (TDE) with the certificate 0x{thumbprint}"),
            "Take the certificate with its private key to the destination's engine first: BACKUP CERTIFICATE here, CREATE CERTIFICATE there.",
        ),
        Encryption::Untold(why) => {
            warn(NAME, format!("whether SUSDB is encrypted as a whole is not known: {why}"), ASK_BY_HAND)
        }
    }
}

/// SUSDB's own table says which servers work on it. Sessions only hint: a console or a report on another host is one too.
fn front_ends(susdb: &SusdbFacts, facts: &DatabaseFacts) -> Checked {
    const NAME: &str = "database.front-ends";
    if let Some(passed) = not_asked(NAME, facts) {
        return passed;
    }
    let names = match &susdb.front_ends {
        Ok(names) => names,
        Err(why) => {
            return warn(
                NAME,
                format!("which WSUS servers work on SUSDB is not known: {why}"),
                "See `wsusutil listfrontendservers`: with several, each has to be moved.",
            );
        }
    };
    if names.len() > 1 {
        return stop(
            NAME,
            format!("{} WSUS servers work on this SUSDB: {}", names.len(), names.join(", ")),
            "Each has to be moved or taken off: `wsusutil listfrontendservers` shows which are alive, deletefrontendserver removes one that is gone.",
        );
    }
    let known = names.first().map_or_else(
        || "no WSUS server has reported to SUSDB".to_owned(),
        |name| format!("one WSUS server works on SUSDB: {name}"),
    );
    match &susdb.session_hosts {
        Ok(hosts) if hosts.len() > 1 => warn(
            NAME,
            format!("{known}; but sessions of {} hosts are in it: {}", hosts.len(), hosts.join(", ")),
            "See that none of them is a WSUS server of its own: `wsusutil listfrontendservers`.",
        ),
        Ok(_) => pass(NAME, known),
        Err(why) => {
            warn(NAME, format!("{known}; but whose sessions are in it is not known: {why}"), ASK_BY_HAND)
        }
    }
}

impl UseMade {
    /// Whether anybody would miss it.
    pub(super) const fn is_in_use(self) -> bool {
        self.computers > 0 || self.approvals > 0 || self.downstreams > 0
    }

    /// What is lost with it, in words.
    pub(super) fn shown(self) -> String {
        format!(
            "{} computers, {} approvals, {} downstream servers",
            self.computers, self.approvals, self.downstreams
        )
    }
}
