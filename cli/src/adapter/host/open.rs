//! A server, ready to be asked.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::process::{Limits, Request};
use super::script::{self, FILES, Script, ScriptError};
use super::tools::Tools;
use crate::platform;

/// The longest answer of a script that is read.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Where PowerShell looks for modules. Whoever runs this program from a newer PowerShell hands that one's on, whose modules
/// the inbox one cannot load; without it, it takes its own.
const MODULE_PATH: &str = "PSModulePath";

/// This server, with the tools to ask and change it.
#[derive(Clone, Debug)]
pub struct Host {
    pub(super) tools: Tools,
    pub(super) hidden_variables: Vec<String>,
    /// Where the scripts were written, for nobody else.
    scripts: PathBuf,
}

impl Host {
    /// Writes the scripts into a folder, which becomes private, in the place of any that are there.
    ///
    /// `hidden_variables` are the environment variables the plan names as sources of secrets: no child sees them.
    pub fn open(tools: Tools, folder: &Path, hidden_variables: Vec<String>) -> io::Result<Self> {
        platform::private_folder(folder)?;
        for (name, text) in FILES {
            fs::write(folder.join(name), text)?;
        }
        // PowerShell resolves a relative path against its own idea of a folder.
        let scripts = std::path::absolute(folder)?;
        Ok(Self { tools, hidden_variables, scripts })
    }

    /// Runs a script to its end.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        script: Script,
        input: &Value,
        timeout: Duration,
    ) -> Result<T, ScriptError> {
        let mut hidden_variables = self.hidden_variables.clone();
        hidden_variables.push(MODULE_PATH.to_owned());
        let request = Request {
            tool: self.tools.powershell.clone(),
            arguments: script.arguments(&self.scripts),
            folder: None,
            input: ascii(&input.to_string()).into_bytes(),
            is_attended: false,
            limits: Limits { timeout, kept_bytes_max: ANSWER_BYTES_MAX },
            hidden_variables,
        };
        script::read(&request.start()?.wait())
    }
}

/// JSON in characters that are the same in every code page.
fn ascii(json: &str) -> String {
    let mut units = [0; 2];
    json.chars().fold(String::with_capacity(json.len()), |mut text, character| {
        if character.is_ascii() {
            text.push(character);
        } else {
            text.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_in_ascii() {
        let value = Value::from("D:\\Übung \u{1F600}\n");
        let text = ascii(&value.to_string());
        assert!(text.is_ascii());
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn scripts_are_ascii_and_say_what_they_are() {
        for (name, text) in FILES {
            assert!(
                text.is_ascii(),
                "{name}: Windows PowerShell reads a file without a mark in the code page"
            );
            for heading in ["# Input: ", "# Output: ", "# Rights: ", "# Source: "] {
                assert!(text.contains(heading), "{name} has no {heading:?}");
            }
        }
    }
}
