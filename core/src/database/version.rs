//! Versions of engines and of databases, and the gate between them.
//!
//! A database carries an internal version that rises with the engine (`DATABASEPROPERTYEX(name, 'Version')`, `DatabaseVersion`
//! of `RESTORE HEADERONLY`). An engine restores its own version and older ones it can still upgrade; a newer one ends in
//! messages 1813 and 948. The numbers are not in Microsoft's reference; two public lists agree on them (mssqltips 7261,
//! sqlserverbuilds), and both ends are always asked instead of guessed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The version of an engine's build: `SERVERPROPERTY('ProductVersion')`, such as 15.0.2000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineVersion {
    /// 9 is SQL Server 2005, 10 2008 and 2008 R2, 11 2012, … 16 2022.
    pub major: u16,
    /// 50 tells 2008 R2 from 2008.
    pub minor: u16,
    /// The build.
    pub build: u32,
}

/// The text is not `major.minor.build`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the version of an engine, such as 15.0.2000.5")]
pub struct NotAnEngineVersion(pub String);

impl EngineVersion {
    /// A version from its parts.
    #[must_use]
    pub const fn new(major: u16, minor: u16, build: u32) -> Self {
        Self { major, minor, build }
    }

    /// Whether the engine knows availability groups and their columns in `sys.databases`: from 2012 on.
    #[must_use]
    pub fn has_availability_groups(self) -> bool {
        self >= Self::new(11, 0, 0)
    }

    /// Whether `sys.dm_exec_sessions` says which database a session is in: from 2012 on.
    #[must_use]
    pub fn has_session_database(self) -> bool {
        self >= Self::new(11, 0, 0)
    }

    /// Whether `sys.dm_os_file_exists` is there: from 2017 on.
    #[must_use]
    pub fn has_file_exists(self) -> bool {
        self >= Self::new(14, 0, 0)
    }

    /// Whether `sys.dm_os_volume_stats` is there: from 2008 R2 SP1 on.
    #[must_use]
    pub fn has_volume_stats(self) -> bool {
        self >= Self::new(10, 50, 2500)
    }

    /// Whether databases can be encrypted, and `sys.databases` and `sys.dm_database_encryption_keys` say so: from 2008 on.
    #[must_use]
    pub fn has_encryption(self) -> bool {
        self >= Self::new(10, 0, 0)
    }

    /// Whether BACKUP knows COMPRESSION and `NO_COMPRESSION`: from 2008 on.
    #[must_use]
    pub fn has_compression(self) -> bool {
        self >= Self::new(10, 0, 0)
    }
}

impl FromStr for EngineVersion {
    type Err = NotAnEngineVersion;

    /// Reads three parts and leaves what follows.
    fn from_str(text: &str) -> Result<Self, NotAnEngineVersion> {
        fn part<N: FromStr>(parts: &mut std::str::Split<'_, char>) -> Option<N> {
            parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
        }
        let mut parts = text.trim().split('.');
        let read = (part(&mut parts), part(&mut parts), part(&mut parts));
        let (Some(major), Some(minor), Some(build)) = read else {
            return Err(NotAnEngineVersion(text.to_owned()));
        };
        Ok(Self { major, minor, build })
    }
}

impl fmt::Display for EngineVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.build)
    }
}

/// The internal version of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DatabaseVersion(pub u32);

/// The first internal version of each release, and its name. Pre-releases lie between.
const RELEASES: &[(u32, &str)] = &[
    (515, "SQL Server 7.0"),
    (539, "SQL Server 2000"),
    (611, "SQL Server 2005"),
    (655, "SQL Server 2008"),
    (660, "SQL Server 2008 R2"),
    (706, "SQL Server 2012"),
    (782, "SQL Server 2014"),
    (852, "SQL Server 2016"),
    (868, "SQL Server 2017"),
    (904, "SQL Server 2019"),
    (957, "SQL Server 2022"),
];

/// The internal versions a released engine gives.
const RELEASED: &[u32] = &[515, 539, 611, 612, 655, 660, 661, 706, 782, 852, 868, 869, 904, 957];

impl DatabaseVersion {
    /// SQL Server 2000.
    pub const SQL_2000: Self = Self(539);
    /// SQL Server 2005.
    pub const SQL_2005: Self = Self(611);
    /// SQL Server 2012.
    pub const SQL_2012: Self = Self(706);

    /// The release that gives this version; nothing where it lies between two.
    #[must_use]
    pub fn release(self) -> Option<&'static str> {
        if !RELEASED.contains(&self.0) {
            return None;
        }
        RELEASES.iter().rev().find(|(first, _)| *first <= self.0).map(|(_, name)| *name)
    }

    /// The oldest version an engine of this version still upgrades: from 2012 on that is SQL Server 2005, before it
    /// SQL Server 2000 (a 2005 backup was restored on 2016, dba.stackexchange 222868; 2000 to 2008, sqlmag).
    #[must_use]
    pub fn oldest_upgraded(self) -> Self {
        if self >= Self::SQL_2012 { Self::SQL_2005 } else { Self::SQL_2000 }
    }
}

impl fmt::Display for DatabaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.release() {
            Some(release) => write!(f, "{} ({release})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

/// What the gate says of a backup and an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionGate {
    /// The versions are equal.
    Equal(DatabaseVersion),
    /// The engine will upgrade the database as it restores it; there is no way back to the older engine.
    Upgrade {
        /// The backup's.
        from: DatabaseVersion,
        /// The engine's.
        to: DatabaseVersion,
    },
    /// The backup is newer: the restore would end in message 948.
    TooNew {
        /// The backup's.
        backup: DatabaseVersion,
        /// The engine's.
        engine: DatabaseVersion,
    },
    /// The backup is older than anything the engine still upgrades.
    TooOld {
        /// The backup's.
        backup: DatabaseVersion,
        /// The engine's.
        engine: DatabaseVersion,
    },
}

impl VersionGate {
    /// Judges `DatabaseVersion` of a backup's header against `DATABASEPROPERTYEX('master', 'Version')` of the target.
    #[must_use]
    pub fn judge(backup: DatabaseVersion, engine: DatabaseVersion) -> Self {
        match backup.cmp(&engine) {
            std::cmp::Ordering::Equal => Self::Equal(backup),
            std::cmp::Ordering::Greater => Self::TooNew { backup, engine },
            std::cmp::Ordering::Less if backup < engine.oldest_upgraded() => Self::TooOld { backup, engine },
            std::cmp::Ordering::Less => Self::Upgrade { from: backup, to: engine },
        }
    }

    /// Whether the engine may be asked to restore the backup.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Equal(_) | Self::Upgrade { .. } => true,
            Self::TooNew { .. } | Self::TooOld { .. } => false,
        }
    }
}

impl fmt::Display for VersionGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal(version) => write!(f, "backup and engine are both of version {version}"),
            Self::Upgrade { from, to } => {
                write!(f, "the engine upgrades the database from version {from} to {to} as it restores it")
            }
            Self::TooNew { backup, engine } => write!(
                f,
                "the backup is of version {backup}; the engine takes {engine} and earlier (message 948), and no way leads down"
            ),
            Self::TooOld { backup, engine } => write!(
                f,
                "the backup is of version {backup}; an engine of version {engine} upgrades {} and later",
                engine.oldest_upgraded()
            ),
        }
    }
}

/// The schema version of SUSDB itself must not be newer than the role that is to serve it (`UnsupportedFuture`,
/// "Fatal Error: The schema version of the database is from a newer version of WSUS").
///
/// Both are builds such as `10.0.20348.1`; parts are compared as numbers. Nothing where one is no build.
#[must_use]
pub fn is_schema_newer(schema: &str, role: &str) -> Option<bool> {
    let parts = |text: &str| -> Option<Vec<u32>> {
        let parts: Vec<u32> = text.trim().split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        (parts.len() >= 2).then_some(parts)
    };
    let (schema, mut role) = (parts(schema)?, parts(role)?);
    // A part that is not written is 0.
    role.resize(role.len().max(schema.len()), 0);
    Some(schema > role)
}

/// The build in the role's `VersionString`, as `tbSchemaVersion` writes it: of `10.0.20348.2031` that is `20348.2031`. What
/// is not written so is left as it is.
#[must_use]
pub fn role_build(version: &str) -> &str {
    let version = version.trim();
    let mut dots = version.match_indices('.');
    match (dots.next(), dots.next(), dots.next(), dots.next()) {
        (Some(_), Some((second, _)), Some(_), None) => &version[second + 1..],
        _ => version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn v(number: u32) -> DatabaseVersion {
        DatabaseVersion(number)
    }

    #[test]
    fn releases_have_their_names() {
        for (number, name) in [
            (539, "2000"),
            (611, "2005"),
            (612, "2005"),
            (655, "2008"),
            (661, "2008 R2"),
            (706, "2012"),
            (782, "2014"),
            (852, "2016"),
            (869, "2017"),
            (904, "2019"),
            (957, "2022"),
        ] {
            assert_eq!(v(number).to_string(), format!("{number} (SQL Server {name})"));
        }
        // A pre-release, and a release nobody here has heard of: a wrong name would be worse than none.
        assert_eq!(v(897).to_string(), "897");
        assert_eq!(v(998).release(), None);
    }

    #[test]
    fn the_gate_lets_up_and_never_down() {
        assert_eq!(VersionGate::judge(v(904), v(904)), VersionGate::Equal(v(904)));
        assert_eq!(VersionGate::judge(v(655), v(852)), VersionGate::Upgrade { from: v(655), to: v(852) });
        assert_eq!(VersionGate::judge(v(611), v(957)), VersionGate::Upgrade { from: v(611), to: v(957) });
        assert_eq!(VersionGate::judge(v(539), v(661)), VersionGate::Upgrade { from: v(539), to: v(661) });
        let down = VersionGate::judge(v(904), v(869));
        assert_eq!(down, VersionGate::TooNew { backup: v(904), engine: v(869) });
        assert!(
            down.to_string()
                .contains("904 (SQL Server 2019); the engine takes 869 (SQL Server 2017) and earlier")
        );
        assert_eq!(
            VersionGate::judge(v(539), v(706)),
            VersionGate::TooOld { backup: v(539), engine: v(706) }
        );
        assert!(!down.is_open() && !VersionGate::judge(v(539), v(706)).is_open());
        assert!(VersionGate::judge(v(655), v(852)).is_open());
    }

    #[test]
    fn engine_versions_are_read_and_tell_what_an_engine_has() {
        let version: EngineVersion = "10.50.2500.0".parse().unwrap();
        assert_eq!(version, EngineVersion::new(10, 50, 2500));
        assert!(
            version.has_volume_stats() && !version.has_file_exists() && !version.has_availability_groups()
        );
        assert!(!EngineVersion::new(10, 50, 1600).has_volume_stats());
        assert!(EngineVersion::new(14, 0, 1000).has_file_exists());
        let (of_2005, of_2008) = (EngineVersion::new(9, 0, 5000), EngineVersion::new(10, 0, 1600));
        assert!(of_2008.has_encryption() && of_2008.has_compression());
        assert!(!of_2005.has_encryption() && !of_2005.has_compression());
        for text in ["", "15", "15.0", "15.0.x", "-15.0.1", "+15.0.1"] {
            assert!(text.parse::<EngineVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_newer_schema_is_seen_by_number_and_not_by_letter() {
        assert_eq!(is_schema_newer("10.0.20348.1", "10.0.17763.1"), Some(true));
        assert_eq!(is_schema_newer("9.600.17031", "10.0.14393"), Some(false));
        assert_eq!(is_schema_newer("6.3.9600", "6.3.9600.0"), Some(false));
        assert_eq!(is_schema_newer("6.3.9600.0", "6.3.9600"), Some(false));
        assert_eq!(is_schema_newer("6.3.9600.1", "6.3.9600"), Some(true));
        assert_eq!(is_schema_newer("6.3.9600", "6.3.9600.1"), Some(false));
        assert_eq!(is_schema_newer("", "10.0.14393"), None);
    }

    #[test]
    fn the_role_and_its_schema_are_compared_by_build() {
        assert_eq!(role_build("10.0.20348.2031"), "20348.2031");
        assert_eq!(role_build(" 3.2.7600.226 "), "7600.226");
        for other in ["9600.16384", "10.0.14393", "1.2.3.4.5", "unknown", ""] {
            assert_eq!(role_build(other), other);
        }
        assert_eq!(is_schema_newer("9600.16384", role_build("6.2.9200.16384")), Some(true));
        assert_eq!(is_schema_newer("9600.16384", role_build("10.0.20348.2031")), Some(false));
    }
}
