//! The plan `init` writes: every key, with what it means.

/// A commented `migration.toml`. Paths stand in single quotes, where TOML reads backslashes as they are; a path with
/// a single quote stands in double ones, escaped.
#[must_use]
pub fn template(name: &str, source: &str, destination: &str, batch_files: u16) -> String {
    format!(
        r#"# The plan of a WSUS migration. `wsusmigrate check` looks at it, `wsusmigrate plan` shows what it will do,
# `wsusmigrate run` carries it out and goes on where it stopped.

[migration]
# What the migration is called, also the name of its journal: letters, digits, '.', '_', '-'.
name = {name}
# What this host is in it: "source" is read and backed up, "destination" (the default) gets everything.
#role = "destination"

[content]
# The folder that holds WsusContent on the source (the registry's ContentDir). A share works:
# '\\old-server\WSUS$'. Relative paths count from this file's folder.
source = {source}
# The same folder on the destination. It must exist; what it already holds is verified, not copied.
destination = {destination}
# true where updates are stored on Microsoft Update: then there is nothing to copy.
stored_on_microsoft_update = false
# Read the whole copy back from the disk at the end: hashing while copying proves what was read, not what landed.
read_back = true
# Files worked on at once, 1 to 64.
workers = 4
# Files that become durable together, 1 to 1024: what has to be looked at again after a crash. Small ones cost time.
batch_files = {batch_files}
# The most that is read from the source each second. Leave it out for no limit.
#bandwidth_limit = "50 MiB/s"

# SUSDB (3.3). Without this table nothing is done with it. Both servers need a plan of their own, with their role.
#[database]
# How this host's SUSDB is reached: "auto" (WSUS's registry says), "wid", "wid-2008", 'HOST', 'HOST\INSTANCE', 'HOST,PORT'.
#server = "auto"
# A SQL login, where the account of this program is not to be used, and where its password is: "prompt", "env:NAME" or
# "file:PATH". Never the password.
#login = "migration"
#password = "prompt"
# What is encrypted on the way to a SQL Server: "strict", "trust-any-certificate", "login-only", "off".
#encryption = "strict"
# The migration store: a folder both hosts reach, or a disk that is carried.
#store = '\\files\migration'
# The folder of backups as the engine's host names it, and as this host does, where that differs.
#backup_folder = 'D:\Backup'
#backup_folder_here = '\\sql1\Backup'
# Source: stop WSUS and the web server while SUSDB is backed up; they are as they were afterwards.
#quiesce = false
# DBCC CHECKDB before the backup and after the restore.
#check = true
# Destination: two persons, that is two accounts, have to approve before anything is dropped.
#four_eyes = false
# Destination: where the restored files go; the instance's own folders where nothing is said.
#data_folder = 'E:\Data'
#log_folder = 'F:\Log'
# Destination: CONTENT_DIR of wsusutil postinstall; content.destination where nothing is said.
#content_dir = 'D:\WSUS'
"#,
        name = quoted(name),
        source = quoted(source),
        destination = quoted(destination),
    )
}

fn quoted(text: &str) -> String {
    if text.contains('\'') || text.chars().any(char::is_control) {
        toml::Value::String(text.to_owned()).to_string()
    } else {
        format!("'{text}'")
    }
}

#[cfg(test)]
mod tests {
    use wsusmigrate_core::plan::{BATCH_FILES_DEFAULT, Plan};

    use super::*;

    #[test]
    fn what_is_written_reads_back_whatever_the_paths_are() {
        for path in [r"\\old\WSUS$", r"D:\It's here", "/srv/a\tb", "ä"] {
            let plan: Plan = toml::from_str(&template("n", path, path, BATCH_FILES_DEFAULT)).unwrap();
            assert_eq!(plan.content.source, path);
            assert_eq!(plan.validate(), Ok(()));
        }
    }
}
