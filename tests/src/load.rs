//! Events whose every byte follows from three numbers, so that whoever finds one in a journal knows what it must be.

use wsusmigrate_core::envelope::{Envelope, Proposed, Recorded};
use wsusmigrate_core::event::{Event, InventoryEvent, inventory};
use wsusmigrate_core::id::{EventId, MigrationId, StreamId};
use wsusmigrate_core::unit::TimeMicros;
use wsusmigrate_journal::Create;

const MIGRATION: MigrationId = MigrationId::from_bytes([0x11; 16]);
const BEGINNING: TimeMicros = TimeMicros(1_700_000_000_000_000);
/// How far processes are apart, by their clocks.
const EPOCH_MICROS: u64 = 1_000_000_000;
/// Longest value: records between a tenth of a kilobyte and almost one.
const VALUE_BYTES_MAX: u64 = 800;

/// Which event of the load: the process that wrote it, the thread in it, the position among that thread's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// Processes are numbered in the order of their start.
    pub epoch: u64,
    /// Thread of the process.
    pub thread: u64,
    /// The thread's events, from 0.
    pub number: u64,
}

impl Mark {
    /// The event.
    #[must_use]
    pub fn event(self) -> Proposed {
        let Self { epoch, thread, number } = self;
        let field = format!("load {epoch} {thread} {number}");
        let id = EventId::of_observation(MIGRATION, "inventory.field-recorded", field.as_bytes());
        let after = epoch.saturating_mul(EPOCH_MICROS).saturating_add(number);
        let time = TimeMicros(BEGINNING.0.saturating_add_unsigned(after));
        let length = (number * 37 + thread * 101) % VALUE_BYTES_MAX;
        let value: String = (0..length).map(|at| char::from(b'a' + ((at + number) % 26) as u8)).collect();
        let (field, value) = (field.as_str().into(), value.as_str().into());
        let event = inventory::FieldRecorded { field, value, source: "load".into() };
        Proposed { envelope: Envelope { id, time, action: None, causation: None }, event: event.into() }
    }

    /// Which event of the load a record says it is; none where it is not of the load.
    #[must_use]
    pub fn of(recorded: &Recorded) -> Option<Self> {
        let Event::Inventory(InventoryEvent::FieldRecorded(recorded)) = &recorded.event else { return None };
        let mut words = recorded.field.as_str().strip_prefix("load ")?.split(' ').map(str::parse);
        let (epoch, thread) = (words.next()?.ok()?, words.next()?.ok()?);
        Some(Self { epoch, thread, number: words.next()?.ok()? })
    }
}

/// What a journal of the load says of itself.
#[must_use]
pub fn new_journal() -> Create {
    Create {
        migration: MIGRATION,
        name: "load".into(),
        stream: StreamId::from_bytes([0x22; 16]),
        host: "WSUS-OLD".into(),
        program: "0.1.0".into(),
        time: BEGINNING,
    }
}
