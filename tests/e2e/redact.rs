//! What differs from machine to machine and from run to run, and the word that stands for it in a script.

use regex::Regex;
use snapbox::Redactions;
use wsusmigrate_tests::World;

/// Placeholder and pattern; where a pattern has a group `redacted`, only that is replaced.
const PATTERNS: &[(&str, &str)] = &[
    ("[TIME]", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?"),
    ("[TIME]", r"today is (?<redacted>\d{4}-\d\d-\d\d)"),
    ("[ID]", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("[GUID]", r"\b[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\b"),
    ("[OWN]", r"SUSDB-own-\d+-(?<redacted>[0-9a-f]{8})"),
    ("[OWN]", r"wsusmigrate-(?<redacted>[0-9a-f]{8})\.probe"),
    ("[ADDRESS]", r"\bunix:[^\s']+|\btcp:127\.0\.0\.1,\d+"),
    ("[DIGEST]", r"\b([0-9a-f]{64}|[0-9A-F]{64})\b"),
    ("[KEY]", r"\+(?<redacted>[0-9a-f]{8}\+[A-Za-z0-9+/]{44})"),
    ("[SIGNATURE]", r"— \S+ (?<redacted>[A-Za-z0-9+/]{91}=)"),
    ("[HASH]", r"(?m)^(?<redacted>[A-Za-z0-9+/]{43}=)$"),
    ("[SPAN]", r"\b(\d+\.\d\d s|\d\d:\d\d:\d\d)\b"),
    ("[TIME]", r"WSUS_PostInstall_(?<redacted>\d{8}T\d{6})\.log"),
    ("[RATE]", r"\d+\.\d{3} seconds \(\d+\.\d{3} MB/sec\)"),
    ("[FREE]", r"(?<redacted>\d+) bytes free"),
    ("[FREE]", r"-bytes (\||=) (?<redacted>\d+)"),
    ("[FS]", r"destination is (?<redacted>[^ |\n]+)"),
    ("[FS]", r"file-system (\||=) (?<redacted>\S+)"),
    ("[BYTE]", r", byte (?<redacted>\d+)"),
    ("[CACHED]", r"exceptions, (?<redacted>\d+) around"),
    ("[CACHED]", r"around_cache = (?<redacted>\d+)"),
    ("[CACHED]", r"around the (system's )?cache +(?<redacted>\d+)"),
    ("[ACCOUNT]", r"started by (?<redacted>\S+ \([^)]*\)) on"),
    ("[ACCOUNT]", r"waived by (?<redacted>\S+ \([^)]*\))"),
    ("[ACCOUNT]", r"(sealed|imported) by (?<redacted>\S+ \([^)]*\))"),
    ("[ACCOUNT]", r"approved by (?<redacted>\S+ \([^)]*\))"),
    ("[ACCOUNT]", r"approval by (?<redacted>\S+) \(record"),
    ("[ACCOUNT]", r"given, by (?<redacted>[^\s;]+)"),
    ("[ACCOUNT]", r"(?m)^account = (?<redacted>\S+)$"),
    ("[SID]", r"(?m)^sid = (?<redacted>\S+)$"),
    ("[ACCOUNT]", r"error: (?<redacted>\S+) has approved this plan already"),
    ("[ACCOUNT]", r"is sealed by (?<redacted>[^\s:]+):"),
    ("[ACCOUNT]", r"(\n  By +|account = )(?<redacted>\S+ on \S+)"),
    ("[HOST]", r"started by [^\n]+ on (?<redacted>\S+):"),
    ("[ACCOUNT]", r"\| \d+ \| \d+ \| (?<redacted>\S+ \([^)]*\))"),
    ("[ACCOUNT]", r"sealed_by = (?<redacted>[^\n]+)"),
    ("[HOST]", r"\bhost = (?<redacted>\S+)"),
    ("[HOST]", r"\bstream \S+ of (?<redacted>\S+) imported"),
    ("[HOST]", r"begun on (?<redacted>\S+) by"),
    ("[HOST]", r"(host.name \| |host.name = )(?<redacted>\S+)"),
    ("[HOST]", r"wsusmigrate/[^/\s]+/(?<redacted>[^/\s]+)/"),
    ("[SYSTEM]", r"host.system (\||=) (?<redacted>[^|\n]+?)( \||$| \(operating system\))"),
    ("[VERSION]", r"wsusmigrate (?<redacted>\d+\.\d+\.\d+)"),
];

/// Takes out of answers what differs.
pub(crate) struct Redactor(Redactions);

impl Redactor {
    /// The redactor of a world.
    pub(crate) fn new(world: &World) -> Self {
        let mut redactions = Redactions::new();
        redactions.insert("[ROOT]", world.root().to_path_buf()).expect("a placeholder");
        for (placeholder, pattern) in PATTERNS {
            let pattern = Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            redactions.insert(placeholder, pattern).expect("a placeholder");
        }
        Self(redactions)
    }

    /// An answer as it stands in a script.
    pub(crate) fn redact(&self, answer: &str) -> String {
        let redacted = self.0.redact(answer);
        // What follows the root is a path: written with slashes in every script.
        if cfg!(windows) { redacted.replace('\\', "/") } else { redacted }
    }
}
