//! What a bundle holds, the names of its entries, and the two of them that follow from the rest.

use std::fmt::Write as _;

use sha2::Digest;
use wsusmigrate_core::digest::Sha256;

use crate::checkpoint::{self, Checkpoint};
use crate::identity::Identity;

/// The entry for people.
pub(super) const MANIFEST: &str = "manifest.json";
/// The entry with the public key.
pub(super) const KEY: &str = "public-key";

/// The name of the checkpoint's entry.
pub(super) fn checkpoint_name(size: u64) -> String {
    format!("checkpoints/{size:020}")
}

/// The name of a log file's entry.
pub(super) fn log_name(first: u64) -> String {
    format!("log/{first:020}.log")
}

/// The name of an evidence file's entry.
pub(super) fn evidence_name(digest: Sha256) -> String {
    format!("evidence/{}", digest.to_string().to_ascii_lowercase())
}

/// A log file of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogFile {
    /// Its first sequence.
    pub(super) first: u64,
    /// Its length.
    pub(super) bytes: u64,
    /// SHA-256 of its bytes.
    pub(super) sha256: Sha256,
}

/// What a bundle holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) identity: Identity,
    pub(super) checkpoint: Checkpoint,
    /// The checkpoints behind records that name another key, which both keys signed; without the one above.
    pub(super) rotations: Vec<Checkpoint>,
    pub(super) log: Vec<LogFile>,
    /// Evidence files and their lengths, in the order of their first mention.
    pub(super) evidence: Vec<(Sha256, u64)>,
}

impl Contents {
    /// The text of [`MANIFEST`].
    pub(super) fn manifest(&self) -> String {
        let Self { identity, checkpoint, rotations, log, evidence } = self;
        let note = digest_of(checkpoint);
        let mut text = format!(
            "{{\n  \"format\": \"wsusmigrate-bundle\",\n  \"version\": 1,\n  \"name\": {},\n  \"host\": {},\n  \
             \"migration\": \"{}\",\n  \"stream\": \"{}\",\n  \"origin\": {},\n  \"size\": {},\n  \
             \"root\": \"{}\",\n  \"key_fingerprint\": \"{}\",\n  \"checkpoint_sha256\": \"{note}\",\n  \"rotations\": [\n",
            quoted(identity.name.as_str()),
            quoted(identity.host.as_str()),
            identity.migration,
            identity.stream,
            quoted(&checkpoint.origin),
            checkpoint.size,
            checkpoint.root,
            identity.fingerprint(),
        );
        for (number, note) in (1..).zip(rotations) {
            let (name, comma) = (checkpoint_name(note.size), if number < rotations.len() { "," } else { "" });
            let _ =
                writeln!(text, "    {{\"file\": \"{name}\", \"sha256\": \"{}\"}}{comma}", digest_of(note));
        }
        text.push_str("  ],\n  \"log\": [\n");
        for (number, file) in (1..).zip(log) {
            let (name, comma) = (log_name(file.first), if number < log.len() { "," } else { "" });
            let _ = writeln!(
                text,
                "    {{\"file\": \"{name}\", \"bytes\": {}, \"sha256\": \"{}\"}}{comma}",
                file.bytes, file.sha256
            );
        }
        let bytes: u64 = evidence.iter().map(|(_, bytes)| bytes).sum();
        let _ = write!(
            text,
            "  ],\n  \"evidence_files\": {},\n  \"evidence_bytes\": {bytes}\n}}\n",
            evidence.len()
        );
        text
    }

    /// The text of [`KEY`].
    pub(super) fn key(&self) -> String {
        key_text(&self.identity)
    }
}

/// SHA-256 of a whole note, signatures included.
fn digest_of(note: &Checkpoint) -> Sha256 {
    Sha256(sha2::Sha256::digest(&note.text).into())
}

/// A C2SP signed-note verifier key: name, key hash, algorithm and key, separated by `+`.
pub(super) fn key_text(identity: &Identity) -> String {
    checkpoint::verifier_key(&identity.origin(), &identity.public_key) + "\n"
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\0'..='\u{1f}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_a_json_string() {
        for text in ["", "plain", "a \"quote\" and a \\", "tab\tnew\nline\u{1}\u{1f}", "älter — 漢字"] {
            assert_eq!(serde_json::from_str::<String>(&quoted(text)).unwrap(), text);
        }
    }
}
