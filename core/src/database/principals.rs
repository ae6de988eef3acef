//! Users of a restored SUSDB whose logins the new engine does not have, and what may be done about each.
//!
//! A user and its login belong together by their SID. Nothing here gives a right on the server: what would need a server role
//! is a manual step with its reason. Microsoft's page on moving WSUS from WID to SQL gives `NETWORK SERVICE`, and for a remote
//! engine the WSUS host's machine account, a login and the role `webService` in SUSDB.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::machine::{GroupKind, Machine};
use super::row::{Row, RowError};
use super::statement::{self, Statement};
use super::{Identifier, NotAnIdentifier};

/// The SID of `NETWORK SERVICE`, S-1-5-20, as bytes.
pub const NETWORK_SERVICE_SID: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 5, 20, 0, 0, 0];
/// How SQL Server calls it.
pub const NETWORK_SERVICE: &str = "NT AUTHORITY\\NETWORK SERVICE";

/// What kind of principal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// A login of SQL Server's own.
    Sql,
    /// A Windows account.
    WindowsAccount,
    /// A Windows group.
    WindowsGroup,
}

/// A user of SUSDB or a login of the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Its name, `DOMAIN\NAME` for Windows.
    pub name: String,
    /// What it is.
    pub kind: PrincipalKind,
    /// Its SID; empty for a user without a login.
    pub sid: Vec<u8>,
    /// Its roles in SUSDB, sorted; a login has none here.
    pub roles: BTreeSet<String>,
}

impl Principal {
    /// Reads the rows of [`statement::users`] or [`statement::server_logins`]: one principal has a row for each role.
    pub fn from_rows<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Result<Vec<Self>, RowError> {
        let mut all: Vec<Self> = Vec::new();
        for row in rows {
            let name = row.text("name")?;
            let role = row.maybe_text("role_name")?;
            if all.last().is_none_or(|last| last.name != name) {
                let kind = match row.text("type")?.trim() {
                    "U" => PrincipalKind::WindowsAccount,
                    "G" => PrincipalKind::WindowsGroup,
                    _ => PrincipalKind::Sql,
                };
                let sid = row.maybe_bytes("sid")?.unwrap_or_default();
                all.push(Self { name, kind, sid, roles: BTreeSet::new() });
            }
            if let Some(last) = all.last_mut() {
                last.roles.extend(role);
            }
        }
        Ok(all)
    }

    /// The part of the name behind the domain.
    fn short_name(&self) -> &str {
        self.name.rsplit('\\').next().unwrap_or_default()
    }

    /// Whether it is an account or a group of a host's own.
    fn is_of(&self, host: &str) -> bool {
        self.name.split_once('\\').is_some_and(|(domain, _)| domain.eq_ignore_ascii_case(host))
    }
}

/// What is known of the two hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// The old WSUS host.
    pub old: Machine,
    /// The new WSUS host.
    pub new: Machine,
    /// Whether the engine runs on the new WSUS host itself.
    pub is_engine_local: bool,
}

impl Hosts {
    /// Whether a user is the old host's machine account, which a migration to another host leaves without a machine.
    fn is_old_machine(&self, user: &Principal) -> bool {
        let is_it = match &self.old.account {
            Some(account) => account.eq_ignore_ascii_case(&user.name),
            None => user.short_name().eq_ignore_ascii_case(&format!("{}$", self.old.name)),
        };
        is_it && !self.old.name.eq_ignore_ascii_case(&self.new.name)
    }

    /// Which of the old host's groups of WSUS a user is: by its SID, or where that host did not tell it, by the name setup gives.
    fn old_group(&self, user: &Principal) -> Option<GroupKind> {
        let is_group = user.kind == PrincipalKind::WindowsGroup;
        GroupKind::ALL.into_iter().filter(|_| is_group).find(|kind| match self.old.group(*kind) {
            Some(group) => group.sid == user.sid,
            None => user.is_of(&self.old.name) && user.short_name().eq_ignore_ascii_case(kind.usual_name()),
        })
    }

    /// The same group of the new host, by the name it has there.
    fn new_group(&self, kind: GroupKind) -> String {
        let told = self.new.group(kind).map(|group| group.name.clone());
        told.unwrap_or_else(|| format!("{}\\{}", self.new.name, kind.usual_name()))
    }
}

/// Why a person has to do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum ByHand {
    /// A SQL login has to be created with its password.
    #[error("it is a login of SQL Server's own: create the login with its password, or drop the user")]
    NeedsPassword,
    /// An account or a group of the old host, which the new one knows nothing of.
    #[error("it is an account of the old host: decide whether one of the new host takes its place")]
    OfOldHost,
    /// The old host's machine account.
    #[error("it is the machine account of the old WSUS host: drop the user once the old host is retired")]
    OldMachine,
    /// `NETWORK SERVICE` of another machine means nothing on a remote engine.
    #[error(
        "NETWORK SERVICE is an account of the engine's host, and WSUS runs elsewhere: the machine account takes its place"
    )]
    NetworkServiceIsRemote,
    /// A workgroup has no machine accounts.
    #[error(
        "WSUS runs in a workgroup and the engine elsewhere: no machine account can log in, so the engine has to be local"
    )]
    NoMachineAccount,
    /// An account of a domain: creating its login decides who may log in.
    #[error("it is an account of a domain without a login here: create the login if it is still wanted")]
    NeedsLogin,
    /// A right on the server.
    #[error(
        "Microsoft gives WSUS's account the server role sysadmin; this program gives none. If postinstall is refused, the \
         engine's administrator decides"
    )]
    NeedsServerRole,
}

/// What is to be done about a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mending {
    /// `ALTER USER … WITH LOGIN`: the login is there already.
    Map {
        /// The login.
        login: String,
    },
    /// `CREATE LOGIN … FROM WINDOWS` and then `ALTER USER … WITH LOGIN`.
    CreateAndMap {
        /// The Windows account or group the login is for.
        login: String,
    },
    /// A manual step.
    Manual(ByHand),
}

/// A user without its login, and what is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrphanedUser {
    /// The user of SUSDB.
    pub user: Principal,
    /// What is to be done.
    pub mending: Mending,
}

impl OrphanedUser {
    /// The statements that mend it, in their order; none for a manual step.
    pub fn statements(&self) -> Result<Vec<Statement>, NotAnIdentifier> {
        let user = Identifier::new(&self.user.name)?;
        Ok(match &self.mending {
            Mending::Map { login } => vec![statement::mend_user(&user, &Identifier::new(login)?)],
            Mending::CreateAndMap { login } => {
                let login = Identifier::new(login)?;
                vec![statement::create_login(&login), statement::mend_user(&user, &login)]
            }
            Mending::Manual(_) => Vec::new(),
        })
    }
}

/// The users of SUSDB whose SID no login of the engine has, in the order of the users. Users that are made without a login
/// (no SID) are none.
#[must_use]
pub fn orphaned_users(users: &[Principal], logins: &[Principal], hosts: &Hosts) -> Vec<OrphanedUser> {
    let is_orphan =
        |user: &&Principal| !user.sid.is_empty() && !logins.iter().any(|login| login.sid == user.sid);
    let orphans = users.iter().filter(is_orphan);
    orphans.map(|user| OrphanedUser { user: user.clone(), mending: mending(user, logins, hosts) }).collect()
}

fn mending(user: &Principal, logins: &[Principal], hosts: &Hosts) -> Mending {
    if hosts.is_old_machine(user) {
        return old_machine_mending(logins, hosts);
    }
    let same = |login: &&Principal| login.name.eq_ignore_ascii_case(&user.name) && login.kind == user.kind;
    if let Some(login) = logins.iter().find(same) {
        return Mending::Map { login: login.name.clone() };
    }
    if user.kind == PrincipalKind::Sql {
        return Mending::Manual(ByHand::NeedsPassword);
    }
    if user.sid == NETWORK_SERVICE_SID {
        return if hosts.is_engine_local {
            Mending::CreateAndMap { login: NETWORK_SERVICE.to_owned() }
        } else {
            Mending::Manual(ByHand::NetworkServiceIsRemote)
        };
    }
    match hosts.old_group(user) {
        // Only an engine on that host knows its local groups.
        Some(kind) if hosts.is_engine_local => map_or_create(hosts.new_group(kind), logins),
        Some(_) => Mending::Manual(ByHand::OfOldHost),
        None if user.is_of(&hosts.old.name) => Mending::Manual(ByHand::OfOldHost),
        None => Mending::Manual(ByHand::NeedsLogin),
    }
}

/// The new host's machine account takes the old one's place on a remote engine; a local one needs no machine account.
fn old_machine_mending(logins: &[Principal], hosts: &Hosts) -> Mending {
    if hosts.is_engine_local {
        return Mending::Manual(ByHand::OldMachine);
    }
    match &hosts.new.account {
        Some(account) => map_or_create(account.clone(), logins),
        None => Mending::Manual(ByHand::NoMachineAccount),
    }
}

fn map_or_create(login: String, logins: &[Principal]) -> Mending {
    match logins.iter().find(|existing| existing.name.eq_ignore_ascii_case(&login)) {
        Some(existing) => Mending::Map { login: existing.name.clone() },
        None => Mending::CreateAndMap { login },
    }
}

/// The login WSUS's own account needs on the engine and does not have: on a remote engine that of the machine account, on a
/// local one that of `NETWORK SERVICE`. Nothing where it is there; an error where no account can be.
pub fn missing_service_login(logins: &[Principal], hosts: &Hosts) -> Result<Option<String>, ByHand> {
    if hosts.is_engine_local {
        let has = logins.iter().any(|login| login.sid == NETWORK_SERVICE_SID);
        return Ok((!has).then(|| NETWORK_SERVICE.to_owned()));
    }
    let account = hosts.new.account.as_ref().ok_or(ByHand::NoMachineAccount)?;
    let has = logins.iter().any(|login| login.name.eq_ignore_ascii_case(account));
    Ok((!has).then(|| account.clone()))
}

/// What is left to a person once a login was created: Microsoft's page gives the accounts WSUS itself works under a role of
/// the server, and this program gives none.
#[must_use]
pub fn left_by_created(login: &str) -> Option<ByHand> {
    (login.eq_ignore_ascii_case(NETWORK_SERVICE) || login.ends_with('$')).then_some(ByHand::NeedsServerRole)
}

#[cfg(test)]
mod tests;
