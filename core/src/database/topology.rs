//! What else depends on SUSDB being where it is: availability groups, mirroring, replication, and the certificate of a
//! database that is encrypted as a whole (TDE).
//!
//! **Told** is what an engine answered, or why it did not. A question that was refused is never an answer: whoever asks
//! may be somebody the engine does not show everything.

use super::facts::DatabaseFacts;
use super::version::EngineVersion;

/// Yes or no, or the engine's words where it does not say.
pub type Told = Result<bool, String>;

/// What SUSDB has a part in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// An availability group.
    pub group: Told,
    /// Database mirroring.
    pub mirroring: Told,
    /// Replication, in any role.
    pub replication: Told,
}

impl Topology {
    /// What `sys.databases` says, together with the answer to [`statement::mirroring`](super::statement::mirroring).
    #[must_use]
    pub fn read(facts: &DatabaseFacts, engine: EngineVersion, mirroring: Told) -> Self {
        Self {
            // Engines before 2012 have neither the groups nor the columns.
            group: Ok(engine.has_availability_groups() && facts.is_in_group),
            mirroring,
            replication: facts
                .is_replicated
                .ok_or_else(|| "sys.databases does not say whether it is published or subscribed".to_owned()),
        }
    }
}

/// How a SUSDB is encrypted as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// It is not.
    Plain,
    /// Its key is guarded by the certificate of this thumbprint, in hexadecimal. So it is also once the encryption was
    /// switched off and its key was kept: a backup still asks for the certificate.
    With(String),
    /// The engine does not say, and why.
    Untold(String),
}

impl Encryption {
    /// What `sys.databases` says (nothing of engines before 2008, which know no such thing), together with the thumbprint
    /// that [`statement::encryption_keys`](super::statement::encryption_keys) gave.
    #[must_use]
    pub fn read(
        facts: &DatabaseFacts,
        engine: EngineVersion,
        thumbprint: Result<Option<Vec<u8>>, String>,
    ) -> Self {
        if !engine.has_encryption() {
            return Self::Plain;
        }
        match (thumbprint, facts.is_encrypted) {
            (Ok(Some(thumbprint)), _) => Self::With(hexadecimal(&thumbprint)),
            (Ok(None), Some(false)) => Self::Plain,
            (Ok(None), Some(true)) => Self::Untold("it is encrypted, but no key of it is shown".to_owned()),
            (Ok(None), None) => Self::Untold("sys.databases does not say whether it is encrypted".to_owned()),
            (Err(why), _) => Self::Untold(why),
        }
    }

    /// What a worksheet says: its field [`ENCRYPTED`] and, of a database that is, [`THUMBPRINT`].
    #[must_use]
    pub fn of_worksheet(encrypted: Option<&str>, thumbprint: Option<&str>) -> Self {
        match (encrypted, thumbprint) {
            (_, Some(thumbprint)) => Self::With(thumbprint.to_owned()),
            (Some("false"), None) => Self::Plain,
            (Some(told), None) => Self::Untold(told.trim_start_matches(NOT_TOLD).to_owned()),
            (None, None) => Self::Untold("its worksheet says nothing of it".to_owned()),
        }
    }

    /// The fields of the worksheet.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Plain => vec![(ENCRYPTED, "false".to_owned())],
            Self::With(thumbprint) => vec![(ENCRYPTED, "true".to_owned()), (THUMBPRINT, thumbprint.clone())],
            Self::Untold(why) => vec![(ENCRYPTED, format!("{NOT_TOLD}{why}"))],
        }
    }
}

/// The field that says whether SUSDB is encrypted as a whole.
pub const ENCRYPTED: &str = "database.susdb.encrypted";
/// The field with the thumbprint of the certificate.
pub const THUMBPRINT: &str = "database.susdb.encryptor-thumbprint";

/// Stands before the reason where an engine did not say.
const NOT_TOLD: &str = "not told: ";

/// A thumbprint as it is compared and shown.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"))
}

#[cfg(test)]
mod tests {
    //! Goal: an engine that does not answer is never taken for one that says no.

    use super::*;
    use crate::database::row::{Cell, Row};
    use crate::unit::TimeMicros;

    const ENGINE_2008: EngineVersion = EngineVersion::new(10, 0, 1600);
    const ENGINE_2019: EngineVersion = EngineVersion::new(15, 0, 2000);

    /// A row of `sys.databases`; each cell given is one an engine may have or not.
    fn facts(cells: [(&str, Cell); 6]) -> DatabaseFacts {
        let text = |text: &str| Cell::Text(text.into());
        let always = [
            ("name", text("SUSDB")),
            ("state_desc", text("ONLINE")),
            ("is_read_only", Cell::Bit(false)),
            ("user_access_desc", text("MULTI_USER")),
            ("recovery_model_desc", text("SIMPLE")),
            ("compatibility_level", Cell::Int(110)),
            ("create_date", Cell::Time(TimeMicros(0))),
        ];
        let (columns, cells): (Vec<_>, Vec<_>) =
            always.into_iter().chain(cells).map(|(name, cell)| (name.to_owned(), cell)).unzip();
        DatabaseFacts::from_row(&Row::new(columns.into(), cells)).unwrap()
    }

    fn healthy() -> [(&'static str, Cell); 6] {
        [
            ("is_published", Cell::Bit(false)),
            ("is_subscribed", Cell::Bit(false)),
            ("is_merge_published", Cell::Bit(false)),
            ("is_distributor", Cell::Bit(false)),
            ("is_encrypted", Cell::Bit(false)),
            ("replica_id", Cell::Null),
        ]
    }

    #[test]
    fn each_role_in_replication_counts_and_silence_is_not_no() {
        let replication = |facts: &DatabaseFacts| Topology::read(facts, ENGINE_2019, Ok(false)).replication;
        assert_eq!(replication(&facts(healthy())), Ok(false));
        for at in 0..4 {
            let (mut yes, mut silent) = (healthy(), healthy());
            yes[at].1 = Cell::Bit(true);
            silent[at].1 = Cell::Null;
            assert_eq!(replication(&facts(yes)), Ok(true));
            assert!(replication(&facts(silent)).is_err());
        }
    }

    #[test]
    fn only_engines_that_have_groups_are_believed_about_them() {
        let mut grouped = healthy();
        grouped[5].1 = Cell::Guid(crate::database::Guid([7; 16]));
        let grouped = facts(grouped);
        let group = |facts, engine| Topology::read(facts, engine, Ok(false)).group;
        assert_eq!(group(&grouped, ENGINE_2019), Ok(true));
        assert_eq!(group(&grouped, ENGINE_2008), Ok(false));
        assert_eq!(group(&facts(healthy()), ENGINE_2019), Ok(false));
    }

    #[test]
    fn a_thumbprint_counts_whatever_else_is_said_and_a_refusal_is_not_plain() {
        let plain = facts(healthy());
        let mut cells = healthy();
        cells[4].1 = Cell::Bit(true);
        let encrypted = facts(cells);
        let read = |facts, thumbprint| Encryption::read(facts, ENGINE_2019, thumbprint);
        assert_eq!(read(&plain, Ok(None)), Encryption::Plain);
        assert_eq!(read(&plain, Ok(Some(vec![0x0A, 0xFF]))), Encryption::With("0AFF".into()));
        assert_eq!(read(&plain, Err("denied".into())), Encryption::Untold("denied".into()));
        assert!(matches!(read(&encrypted, Ok(None)), Encryption::Untold(_)));
        let old = Encryption::read(&encrypted, EngineVersion::new(9, 0, 5000), Err("no such view".into()));
        assert_eq!(old, Encryption::Plain);
    }

    #[test]
    fn a_worksheet_gives_back_what_was_written_into_it() {
        for written in
            [Encryption::Plain, Encryption::With("0AFF".into()), Encryption::Untold("denied".into())]
        {
            let fields = written.fields();
            let field =
                |name| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
            assert_eq!(Encryption::of_worksheet(field(ENCRYPTED), field(THUMBPRINT)), written);
        }
        assert!(matches!(Encryption::of_worksheet(None, None), Encryption::Untold(_)));
    }
}
