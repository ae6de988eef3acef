//! What a script answered: the one document, and an exit code that agrees with it.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::{ScriptError, Told};
use crate::adapter::host::process::{Ended, Finished};

/// How much of what a failed script printed is shown.
const SHOWN_CHARACTERS_MAX: usize = 400;

/// What an error says of itself when a policy keeps scripts from running; never translated.
const POLICY_ERRORS: [&str; 2] = ["PSSecurityException", "FullyQualifiedErrorId : UnauthorizedAccess"];

#[derive(Deserialize)]
struct Answer<T> {
    ok: bool,
    result: Option<T>,
    error: Option<Told>,
}

/// What a script answered.
pub(in crate::adapter::host) fn read<T: DeserializeOwned>(finished: &Finished) -> Result<T, ScriptError> {
    let code = match &finished.ended {
        Ended::Done { code } => *code,
        Ended::TimedOut => return Err(ScriptError::TimedOut),
        Ended::Killed { signal } => return Err(ScriptError::Cut { how: format!("signal {signal}") }),
        Ended::Untold { error } => return Err(ScriptError::Cut { how: error.clone() }),
    };
    let (stdout, stderr) = (finished.stdout.text(), finished.stderr.text());
    let garbage = || ScriptError::Garbage { code, stdout: beginning(&stdout), stderr: beginning(&stderr) };
    if POLICY_ERRORS.iter().any(|id| stderr.contains(id)) && stdout.trim().is_empty() {
        return Err(ScriptError::PolicyRefused { said: beginning(&stderr) });
    }
    if stdout.trim().is_empty() {
        return Err(ScriptError::Silent { code, stderr: beginning(&stderr) });
    }
    let answer: Answer<T> = serde_json::from_str(stdout.trim()).map_err(|_| garbage())?;
    match (answer, code) {
        (Answer { ok: true, result: Some(result), error: None }, 0) => Ok(result),
        (Answer { ok: false, result: None, error: Some(told) }, 1) => Err(told.into()),
        (Answer { ok: true, result: Some(_), error: None }, _) => {
            Err(ScriptError::Contradicted { code, answer: "a success".to_owned() })
        }
        (Answer { ok: false, result: None, error: Some(told) }, _) => {
            Err(ScriptError::Contradicted { code, answer: format!("a failure: {told}") })
        }
        (_, _) => Err(garbage()),
    }
}

fn beginning(text: &str) -> String {
    text.trim().chars().take(SHOWN_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sha2::{Digest, Sha256 as Hasher};
    use wsusmigrate_core::digest::Sha256;

    use super::*;
    use crate::adapter::host::Output;

    const DENIED: &str = r#"{"id":"x","category":"PermissionDenied","hresult":null,"message":"no"}"#;

    fn answered(stdout: &str, stderr: &str, code: i32) -> Result<u32, ScriptError> {
        let output = |text: &str| Output {
            kept: text.into(),
            total_bytes: text.len() as u64,
            sha256: Sha256(Hasher::digest(text).into()),
        };
        let (stdout, stderr) = (output(stdout), output(stderr));
        let ended = Ended::Done { code };
        read(&Finished { ended, stdout, stderr, is_outlived: false, took: Duration::ZERO })
    }

    #[test]
    fn answer_and_exit_code_have_to_agree() {
        assert_eq!(answered("{\"ok\":true,\"result\":7}\r\n", "", 0).unwrap(), 7);
        assert!(matches!(
            answered("{\"ok\":true,\"result\":7}", "", 1),
            Err(ScriptError::Contradicted { code: 1, .. })
        ));
        let failed = format!("{{\"ok\":false,\"error\":{DENIED}}}");
        assert!(matches!(answered(&failed, "", 1), Err(ScriptError::AccessDenied(_))));
        for code in [0, 2] {
            assert!(matches!(answered(&failed, "", code), Err(ScriptError::Contradicted { .. })));
        }
    }

    #[test]
    fn nothing_but_the_whole_document_is_an_answer() {
        let both = format!("{{\"ok\":true,\"result\":7,\"error\":{DENIED}}}");
        for stdout in [
            "WARNING: x\r\n{\"ok\":true,\"result\":7}",
            "{\"ok\":true,\"result\":7}{\"ok\":true,\"result\":7}",
            "{\"ok\":true}",
            "{\"ok\":false}",
            "{\"ok\":true,\"result\":\"seven\"}",
            "{\"ok\":true,\"result\":7",
            &both,
        ] {
            let error = answered(stdout, "said", 0).unwrap_err();
            assert!(
                matches!(&error, ScriptError::Garbage { stderr, .. } if stderr == "said"),
                "{stdout}: {error:?}"
            );
        }
        assert!(matches!(answered(" \r\n", "", 3), Err(ScriptError::Silent { code: 3, .. })));
    }

    #[test]
    fn a_policy_is_told_by_what_no_language_changes() {
        let policy = "    + CategoryInfo : SecurityError: (:) [], PSSecurityException\r\n    + FullyQualifiedErrorId : UnauthorizedAccess";
        assert!(matches!(answered("", policy, 1), Err(ScriptError::PolicyRefused { .. })));
    }
}
