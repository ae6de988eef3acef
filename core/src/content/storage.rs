//! Where a server keeps its update files, and who says so.

use crate::plan::ContentPlan;
use crate::projection::inventory::Worksheet;

/// The field of the source's worksheet that tells it: `HostOnMu` of its SUSDB.
const HOST_ON_MU: &str = "database.tbConfigurationA.HostOnMu";

/// Where update files are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Whether on Microsoft Update: then no server holds any, and nothing is copied.
    pub on_microsoft_update: bool,
    /// Who says so.
    pub said_by: SaidBy,
}

/// Who says where update files are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidBy {
    /// Whoever wrote the plan.
    Plan,
    /// The source, as its worksheet has it.
    Source,
}

impl Storage {
    /// What the source says, where its worksheet is at hand; the plan's word otherwise.
    #[must_use]
    pub fn of(plan: &ContentPlan, source: Option<&Worksheet>) -> Self {
        let told = source.and_then(|worksheet| worksheet.fields.get(&HOST_ON_MU.into()));
        match told.and_then(|field| field.value.as_str().parse().ok()) {
            Some(on_microsoft_update) => Self { on_microsoft_update, said_by: SaidBy::Source },
            None => Self { on_microsoft_update: plan.stored_on_microsoft_update, said_by: SaidBy::Plan },
        }
    }

    /// Where, for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        if self.on_microsoft_update { "Microsoft Update" } else { "local" }
    }
}

impl Storage {
    /// Who says so, behind a sentence of it: nothing of the plan, which says what is planned anyway.
    #[must_use]
    pub fn says(self) -> String {
        match self.said_by {
            SaidBy::Plan => String::new(),
            SaidBy::Source => format!(", says the {}", self.said_by.word()),
        }
    }
}

impl SaidBy {
    /// Who, for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Source => "source's worksheet (tbConfigurationA.HostOnMu)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::inventory::Field;
    use crate::unit::TimeMicros;

    fn plan(stored_on_microsoft_update: bool) -> ContentPlan {
        ContentPlan {
            source: "S".into(),
            destination: "D".into(),
            stored_on_microsoft_update,
            read_back: true,
            workers: 4,
            batch_files: 1024,
            bandwidth_limit: None,
        }
    }

    #[test]
    fn the_source_knows_better_than_the_plan() {
        let told = |value: &str| {
            let field = Field { value: value.into(), source: "engine".into(), time: TimeMicros(0) };
            Worksheet { fields: [(HOST_ON_MU.into(), field)].into() }
        };
        let of = |planned, source: Option<&Worksheet>| {
            let storage = Storage::of(&plan(planned), source);
            (storage.on_microsoft_update, storage.said_by)
        };
        assert_eq!(of(true, None), (true, SaidBy::Plan));
        assert_eq!(of(true, Some(&Worksheet::default())), (true, SaidBy::Plan));
        assert_eq!(of(true, Some(&told(""))), (true, SaidBy::Plan), "an older build has no such column");
        for planned in [true, false] {
            assert_eq!(of(planned, Some(&told("true"))), (true, SaidBy::Source));
            assert_eq!(of(planned, Some(&told("false"))), (false, SaidBy::Source));
        }
    }
}
