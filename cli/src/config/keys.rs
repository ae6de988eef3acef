//! Keys that `migration.toml` may hold, and the nearest one to a key it may not.

/// Tables of the plan with their keys.
const KNOWN: [(&str, &[&str]); 3] = [
    ("migration", &["name", "role"]),
    (
        "database",
        &[
            "server",
            "login",
            "password",
            "encryption",
            "store",
            "backup_folder",
            "backup_folder_here",
            "backup_file",
            "quiesce",
            "check",
            "four_eyes",
            "replace_in_use",
            "data_folder",
            "log_folder",
            "content_dir",
            "wsusutil",
            "hours_max",
            "backup_name",
            "backup_description",
            "backup_expires",
            "backup_retain_days",
            "media",
            "media_check",
            "media_name",
            "media_description",
            "on_checksum_error",
            "compression",
        ],
    ),
    (
        "content",
        &[
            "source",
            "destination",
            "stored_on_microsoft_update",
            "read_back",
            "workers",
            "batch_files",
            "bandwidth_limit",
        ],
    ),
];

/// The keys that may stand in `table`; with an empty name, the tables themselves.
pub(super) fn known(table: &str) -> Vec<&'static str> {
    if table.is_empty() {
        return KNOWN.iter().map(|(name, _)| *name).collect();
    }
    KNOWN.iter().find(|(name, _)| *name == table).map(|(_, keys)| keys.to_vec()).unwrap_or_default()
}

/// The known key that looks most like `key`, if one looks like it at all.
pub(super) fn nearest(table: &str, key: &str) -> Option<&'static str> {
    const SIMILARITY_MIN: f64 = 0.6;
    known(table)
        .into_iter()
        .map(|known| (strsim::jaro_winkler(known, key), known))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_key() {
        assert_eq!(nearest("content", "sorce"), Some("source"));
        assert_eq!(nearest("content", "bandwith_limit"), Some("bandwidth_limit"));
        assert_eq!(nearest("", "contents"), Some("content"));
        assert_eq!(nearest("content", "qqq"), None);
    }
}
