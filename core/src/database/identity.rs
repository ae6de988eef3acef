//! Proof that the target of a drop is not the source.
//!
//! The source's worksheet and the target's own words are compared, one by one. Any match refuses, and so does whatever could
//! not be compared: there is no override. It is asked before the first drop, and again before every later one; on a
//! destination that was restored already, `SUSDB` carries the source's `ServerID`, and the answer is no.
//!
//! Two servers of one short name in two domains count as one: `SERVERPROPERTY('ServerName')` has no domain to tell them by.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Guid;
use crate::coded::coded;

/// What identifies the engine and the SUSDB of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseIdentity {
    /// `SERVERPROPERTY('ServerName')`: machine, and instance where it is a named one.
    pub server_name: Option<String>,
    /// `SERVERPROPERTY('MachineName')`.
    pub machine: Option<String>,
    /// `SERVERPROPERTY('InstanceName')`; `None` means it was not asked for, an empty text the default instance.
    pub instance: Option<String>,
    /// The host WSUS itself runs on, as its operating system says.
    pub wsus_host: Option<String>,
    /// What SUSDB says of itself.
    pub database: DatabaseMarks,
}

/// What SUSDB says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseMarks {
    /// Nobody asked.
    #[default]
    Unasked,
    /// There is no SUSDB on that engine.
    Absent,
    /// There is one.
    Present {
        /// `sys.database_recovery_status.database_guid`; a restore gives a new one, a copy of the files does not.
        database_guid: Option<Guid>,
        /// `sys.database_recovery_status.family_guid`: stays through backups and restores.
        family_guid: Option<Guid>,
        /// `tbConfigurationA.ServerID`.
        server_id: Option<Guid>,
    },
}

/// The facts of the source, from its worksheet.
pub type SourceFacts = DatabaseIdentity;
/// The facts of the target, asked just now.
pub type TargetFacts = DatabaseIdentity;

coded! {
    /// What is compared.
    Compared {
        /// The engine's name, `SERVERPROPERTY('ServerName')`.
        ServerName = 1, "server-name";
        /// The engine's machine and instance together.
        Instance = 2, "instance";
        /// The host WSUS runs on.
        WsusHost = 3, "wsus-host";
        /// The identity of the database, `database_guid`.
        DatabaseGuid = 4, "database-guid";
        /// The identity of the database it was restored from, `family_guid`.
        FamilyGuid = 5, "family-guid";
        /// The identity of the WSUS server, `tbConfigurationA.ServerID`.
        ServerId = 6, "server-id";
    }
}

coded! {
    /// What a comparison found.
    IdentityVerdict {
        /// The two are different.
        Differs = 1, "differs";
        /// The two are the same: the target may be the source.
        Matches = 2, "matches";
        /// One of the two is not known.
        Unknown = 3, "unknown";
    }
}

impl Compared {
    /// Whether a proof needs it. The others refuse where they match, and are no obstacle where they are not known: older
    /// worksheets do not have them.
    #[must_use]
    pub const fn is_needed(self) -> bool {
        match self {
            Self::ServerName | Self::Instance | Self::DatabaseGuid | Self::ServerId => true,
            Self::WsusHost | Self::FamilyGuid => false,
        }
    }
}

/// One comparison, as it is shown and recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// What was compared.
    pub what: Compared,
    /// The source's; empty where it is not known.
    pub source: String,
    /// The target's; empty where it is not known.
    pub target: String,
    /// What came of it.
    pub verdict: IdentityVerdict,
}

/// Everything that was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProof {
    comparisons: Vec<Comparison>,
}

impl IdentityProof {
    /// Every comparison, in a fixed order; empty where there is no worksheet.
    #[must_use]
    pub fn comparisons(&self) -> &[Comparison] {
        &self.comparisons
    }

    /// Whether the target is proved not to be the source: every needed comparison differs, and none matches.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        !self.comparisons.is_empty() && self.refusals().next().is_none()
    }

    /// The comparisons that refuse.
    pub fn refusals(&self) -> impl Iterator<Item = &Comparison> {
        self.comparisons.iter().filter(|comparison| match comparison.verdict {
            IdentityVerdict::Differs => false,
            IdentityVerdict::Matches => true,
            IdentityVerdict::Unknown => comparison.what.is_needed(),
        })
    }
}

impl fmt::Display for IdentityProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.comparisons.is_empty() {
            return f.write_str("the source's worksheet is not here: import the source's journal first");
        }
        if self.is_proved() {
            return f.write_str("the target is not the source: everything that was compared differs");
        }
        let told = self.refusals().map(|one| match one.verdict {
            IdentityVerdict::Matches => format!("{} is {} on both", one.what.word(), one.target),
            IdentityVerdict::Differs | IdentityVerdict::Unknown => {
                format!("{} is not known", one.what.word())
            }
        });
        write!(f, "the target may be the source: {}", told.collect::<Vec<_>>().join("; "))
    }
}

/// Compares the target with the source. Without a worksheet nothing is compared, and nothing proved.
#[must_use]
pub fn prove_target_is_not_source(source: Option<&SourceFacts>, target: &TargetFacts) -> IdentityProof {
    let Some(source) = source else { return IdentityProof { comparisons: Vec::new() } };
    let name = |facts: &DatabaseIdentity| facts.server_name.as_deref().and_then(ServerName::parse);
    let instance =
        |facts: &DatabaseIdentity| ServerName::of(facts.machine.as_deref()?, facts.instance.as_deref()?);
    let host = |facts: &DatabaseIdentity| ServerName::of(facts.wsus_host.as_deref()?, "");
    let (source_marks, target_marks) = (source.database, target.database);
    let comparisons = vec![
        by_name(Compared::ServerName, name(source), name(target)),
        by_name(Compared::Instance, instance(source), instance(target)),
        by_name(Compared::WsusHost, host(source), host(target)),
        by_guid(Compared::DatabaseGuid, source_marks, target_marks, |guids| guids.0),
        by_guid(Compared::FamilyGuid, source_marks, target_marks, |guids| guids.1),
        by_guid(Compared::ServerId, source_marks, target_marks, |guids| guids.2),
    ];
    IdentityProof { comparisons }
}

fn by_name(what: Compared, source: Option<ServerName>, target: Option<ServerName>) -> Comparison {
    let verdict = match (&source, &target) {
        (Some(source), Some(target)) if source.may_be(target) => IdentityVerdict::Matches,
        (Some(_), Some(_)) => IdentityVerdict::Differs,
        _ => IdentityVerdict::Unknown,
    };
    let shown = |name: Option<ServerName>| name.map_or_else(String::new, |name| name.to_string());
    Comparison { what, source: shown(source), target: shown(target), verdict }
}

type Guids = (Option<Guid>, Option<Guid>, Option<Guid>);

fn by_guid(
    what: Compared,
    source: DatabaseMarks,
    target: DatabaseMarks,
    pick: fn(Guids) -> Option<Guid>,
) -> Comparison {
    let guid = |marks| match marks {
        DatabaseMarks::Present { database_guid, family_guid, server_id } => {
            pick((database_guid, family_guid, server_id))
        }
        DatabaseMarks::Absent | DatabaseMarks::Unasked => None,
    };
    let verdict = match (guid(source), guid(target)) {
        (Some(source), Some(target)) if source == target => IdentityVerdict::Matches,
        (Some(_), Some(_)) => IdentityVerdict::Differs,
        // A target without SUSDB holds nothing of the source's.
        (Some(_), None) if target == DatabaseMarks::Absent => IdentityVerdict::Differs,
        _ => IdentityVerdict::Unknown,
    };
    let shown = |marks| match marks {
        DatabaseMarks::Absent => "no SUSDB".to_owned(),
        _ => guid(marks).map_or_else(String::new, |guid| guid.to_string()),
    };
    Comparison { what, source: shown(source), target: shown(target), verdict }
}

/// A server as it is compared: host and instance, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ServerName {
    host: String,
    instance: String,
}

impl ServerName {
    /// Reads `HOST`, `HOST\INSTANCE`, `host.domain,1433`, with or without `tcp:`. What names no host but "here" (`.`,
    /// `(local)`, `localhost`, a loopback address) is not known: it says nothing about which host that is.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text =
            text.get(..4).filter(|start| start.eq_ignore_ascii_case("tcp:")).map_or(text, |_| &text[4..]);
        let text = text.split_once(',').map_or(text, |(server, _)| server);
        let (host, instance) = text.split_once('\\').unwrap_or((text, ""));
        Self::of(host, instance)
    }

    fn of(host: &str, instance: &str) -> Option<Self> {
        let host = host.trim().trim_end_matches('.').to_lowercase();
        let here = ["", "(local)", "localhost", "%computername%"].contains(&host.as_str())
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let instance = instance.trim().to_lowercase();
        let instance = if instance == "mssqlserver" { String::new() } else { instance };
        (!here).then_some(Self { host, instance })
    }

    /// Whether the two may be one server. A short name may be that of any domain.
    fn may_be(&self, other: &Self) -> bool {
        self.instance == other.instance && may_be_host(&self.host, &other.host)
    }
}

fn may_be_host(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    if one.parse::<IpAddr>().is_ok() || other.parse::<IpAddr>().is_ok() {
        return false;
    }
    match (one.split_once('.'), other.split_once('.')) {
        (Some(_), Some(_)) => false,
        (Some((short, _)), None) => short == other,
        (None, Some((short, _))) => short == one,
        (None, None) => false,
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        if self.instance.is_empty() { Ok(()) } else { write!(f, "\\{}", self.instance) }
    }
}

#[cfg(test)]
mod tests;
