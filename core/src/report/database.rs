//! Step 3.3 as sections of reports: what was found, done, said, proved and kept, on either side.
//!
//! The same sections tell of the host whose journal it is and, where that is handed in, of the source as its imported stream
//! has it: those have keys of their own, beginning with `source_`.

mod approvals;
mod around;
mod backup;
mod catalogue;
mod engine;
mod kept;
mod operation;
mod parity;
mod progress;
mod proof;
mod reads;
mod words;

pub use approvals::{approval_missing, void_approvals};
pub use kept::{left_aside, spare_backups};
pub(super) use progress::standing;
pub(super) use words::down_section;
pub use words::{
    after_catalogue, after_look, after_parity, after_replacement, services_down, touched_so_far,
};

use crate::projection::Migration;
use crate::projection::database::DatabaseState;
use crate::report::Section;

/// Every section of SUSDB, of the source first: what is migrated comes from there. Sections with nothing to tell are left
/// out.
pub(super) fn sections(state: &Migration, source: Option<&Migration>) -> Vec<Section> {
    let source = source.map(|source| Side { state: source, is_source: true });
    let sides = source.into_iter().chain([Side { state, is_source: false }]);
    let told = |section: &Section| {
        let rows = section.tables.iter().any(|table| !table.rows.is_empty());
        rows || !section.figures.is_empty() || !section.notes.is_empty()
    };
    sides.flat_map(Side::sections).filter(told).collect()
}

/// One side of the migration, as a journal tells of it.
#[derive(Clone, Copy)]
struct Side<'a> {
    state: &'a Migration,
    /// Whether it is the source as seen from the destination.
    is_source: bool,
}

impl<'a> Side<'a> {
    const fn database(self) -> &'a DatabaseState {
        &self.state.database
    }

    /// A section with the key of its side.
    fn section(self, keys: Keys, title: &str) -> Section {
        if !self.is_source {
            return Section::new(keys.own, title);
        }
        let host = self.state.run.journal.as_ref().map_or("", |(_, journal)| journal.host.as_str());
        Section::new(keys.source, format!("{title}, at the source {host}").trim_end())
    }

    fn sections(self) -> Vec<Section> {
        let mut sections = vec![engine::engine(self), operation::operations(self)];
        sections.extend(backup::backups(self));
        sections.extend([backup::media(self), parity::marks(self)]);
        sections.extend(proof::proofs(self));
        sections.extend([
            parity::tables(self),
            around::users(self),
            around::services(self),
            around::settings(self),
            around::sessions(self),
            catalogue::catalogue(self),
            around::evidence(self),
            reads::reads(self),
        ]);
        sections
    }
}

/// The keys of one section on either side.
#[derive(Clone, Copy)]
struct Keys {
    own: &'static str,
    source: &'static str,
}

const fn keys(own: &'static str, source: &'static str) -> Keys {
    Keys { own, source }
}

/// A yes or a no.
const fn yes(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}

/// What a person reads where nothing was told.
fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}
