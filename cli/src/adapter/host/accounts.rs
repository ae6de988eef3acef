//! What this server is called and who its accounts are, as Windows and the domain say.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use wsusmigrate_core::database::machine::{GroupKind, LocalGroup, Machine};

use super::open::Host;
use super::script::{Script, ScriptError};

/// What PowerShell and a question to the domain may take.
const TIMEOUT: Duration = Duration::from_mins(2);

#[derive(Deserialize)]
struct Answer {
    name: String,
    account: Option<String>,
    administrators: Option<Group>,
    reporters: Option<Group>,
}

#[derive(Deserialize)]
struct Group {
    sid: String,
    name: String,
}

impl Host {
    /// Asks who this server is. A group whose identifier is none is left out.
    pub fn machine(&self) -> Result<Machine, ScriptError> {
        self.ask::<Answer>(Script::Accounts, &json!({}), TIMEOUT).map(Machine::from)
    }
}

impl From<Answer> for Machine {
    fn from(answer: Answer) -> Self {
        let groups =
            [(GroupKind::Administrators, answer.administrators), (GroupKind::Reporters, answer.reporters)];
        let groups = groups.into_iter().filter_map(|(kind, group)| {
            let Group { sid, name } = group?;
            LocalGroup::new(kind, &sid, name)
        });
        Self { name: answer.name, account: answer.account, groups: groups.collect() }
    }
}
