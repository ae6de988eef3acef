//! Which journal it is: what the first record says.

use sha2::Digest;
use wsusmigrate_core::digest::Sha256;
use wsusmigrate_core::event::{Event, RunEvent};
use wsusmigrate_core::id::{MigrationId, StreamId};
use wsusmigrate_core::text::Text;

use crate::record::Record;

/// What the first record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The migration.
    pub migration: MigrationId,
    /// Its name.
    pub name: Text,
    /// The stream.
    pub stream: StreamId,
    /// The host whose journal it is.
    pub host: Text,
    /// The Ed25519 public key of the checkpoints.
    pub public_key: [u8; 32],
}

impl Identity {
    /// Reads it from the first record.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        match record {
            Record::Known(recorded) if recorded.seq.0 == 0 => match &recorded.event {
                Event::Run(RunEvent::JournalCreated(created)) => Some(Self {
                    migration: created.migration,
                    name: created.name.clone(),
                    stream: created.stream,
                    host: created.host.clone(),
                    public_key: created.public_key,
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// SHA-256 of the public key: what people compare to know whose checkpoints they hold.
    #[must_use]
    pub fn fingerprint(&self) -> Sha256 {
        Sha256(sha2::Sha256::digest(self.public_key).into())
    }

    /// The origin line of checkpoints, and the name of their key: `wsusmigrate/<migration>/<host>/<stream>`.
    ///
    /// C2SP allows neither spaces nor `+` in a key's name, and `/` separates here: everything in the host's name but
    /// letters, digits, `.`, `-` and `_` of ASCII is percent-encoded.
    #[must_use]
    pub fn origin(&self) -> String {
        let encode = |byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        let host: String = self.host.as_str().bytes().map(encode).collect();
        format!("wsusmigrate/{}/{host}/{}", self.migration, self.stream)
    }
}
