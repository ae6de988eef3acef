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
# true where updates are stored on Microsoft Update: then there is nothing to copy. What the source's SUSDB says of it
# (HostOnMu) counts for more, once the source's journal is imported.
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
# "file:PATH" with the whole path. Never the password: nothing is written while it is not there.
#login = "migration"
#password = "prompt"
# What is encrypted on the way to a SQL Server: "strict", "trust-any-certificate", "login-only", "off".
#encryption = "strict"
# The migration store: a folder both hosts reach, or a disk that is carried.
#store = '\\files\migration'
# The folder of backups as the engine's host names it, and as this host does, where that differs.
#backup_folder = 'D:\Backup'
#backup_folder_here = '\\sql1\Backup'
# The backup's file there. The destination writes names of its own.
#backup_file = 'SUSDB.bak'
# Hours a backup, a check or a restore may take at most, 1 to 168.
#hours_max = 12
# Source: stop WSUS and the web server while SUSDB is backed up; they are as they were afterwards.
#quiesce = false
# Source: DBCC CHECKDB before the backup. It is left out only with a reason, which is recorded with who left it out; after the
# restore it is made in any case.
#check = true
#check_waived_because = "checked on Sunday, CHG-12"
# Source: name and description of the backup set.
#backup_name = "SUSDB-Full Database Backup"
#backup_description = "before the migration"
# Source: the day, later than today, from which the set may be overwritten, or the days for which it may not (0: never). One of
# the two.
#backup_expires = "2030-06-30"
#backup_retain_days = 14
# Source: what becomes of the sets the file holds already: "append" leaves them, "overwrite" replaces them, "new" makes a new
# media set (FORMAT). What somebody else put there is overwritten only once the plan is approved; `wsusmigrate plan` shows it.
#media = "append"
# Source: whether name and expiry of the media are looked at first (NOSKIP); of a new media set they never are.
#media_check = true
# Source: what the media is called, or has to be called; a description has only a new one.
#media_name = "migration"
#media_description = "backups for the migration of WSUS"
# Source: a page without its checksum: "stop", or "continue", after which the backup never counts as verified.
#on_checksum_error = "stop"
# Source: "server-default", "on" or "off"; an edition that cannot compress is asked again without.
#compression = "server-default"
# Two persons, that is two accounts, have to approve before anything is dropped, or somebody else's backup overwritten.
#four_eyes = false
# Destination: its own SUSDB may be replaced although computers report to it, or approvals are made on it.
#replace_in_use = false
# Destination: where the restored files go; the instance's own folders where nothing is said.
#data_folder = 'E:\Data'
#log_folder = 'F:\Log'
# Destination: CONTENT_DIR of wsusutil postinstall; content.destination where nothing is said.
#content_dir = 'D:\WSUS'
# Destination: wsusutil.exe, where it is not in its usual place.
#wsusutil = 'C:\Program Files\Update Services\Tools\wsusutil.exe'
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
    use crate::config::keys;

    /// Every line of a table that sets a key, or would: its table, its key, the line without its comment sign.
    fn lines(template: &str) -> Vec<(String, String, String)> {
        let mut table = String::new();
        let mut lines = Vec::new();
        for line in template.lines() {
            let line = line.strip_prefix('#').unwrap_or(line);
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.clone_into(&mut table);
            }
            let Some((key, _)) = line.split_once(" = ") else { continue };
            if key.chars().all(|it| it.is_ascii_lowercase() || it == '_') {
                lines.push((table.clone(), key.to_owned(), line.to_owned()));
            }
        }
        lines
    }

    /// The database step's table once stopped at the half of its keys; an operator cannot set what nobody tells.
    #[test]
    fn every_key_there_is_stands_in_it_once() {
        let lines = lines(&template("n", "s", "d", BATCH_FILES_DEFAULT));
        for table in keys::known("") {
            let told = lines.iter().filter(|(of, ..)| of == table).map(|(_, key, _)| key.as_str());
            let mut told: Vec<_> = told.collect();
            let mut known = keys::known(table).to_vec();
            told.sort_unstable();
            known.sort_unstable();
            assert_eq!(told, known, "[{table}]");
        }
    }

    /// Method: each line alone, beside the lines without which it means nothing.
    #[test]
    fn every_line_that_is_commented_out_is_a_good_one() {
        let lines = lines(&template("n", "s", "d", BATCH_FILES_DEFAULT));
        let (mut tried, always) = (0, ["store = 's'", r"backup_folder = 'D:\Backup'"]);
        for (_, key, line) in lines.iter().filter(|(table, ..)| table == "database") {
            let with = match key.as_str() {
                "password" => "login = 'sa'",
                "check_waived_because" => "check = false",
                "media_description" => "media = 'new'",
                _ => "",
            };
            let role = match key.as_str() {
                "replace_in_use" | "data_folder" | "log_folder" | "content_dir" | "wsusutil" => "destination",
                _ => "source",
            };
            let always = always.iter().filter(|it| !it.starts_with(&format!("{key} ="))).copied();
            let database: Vec<_> = always.chain([with, line.as_str()]).collect();
            let text = format!(
                "[migration]\nname = 'n'\nrole = '{role}'\n[content]\nsource = 's'\ndestination = 'd'\n[database]\n{}\n",
                database.join("\n")
            );
            let plan: Plan = toml::from_str(&text).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(plan.validate(), Ok(()), "{line}");
            tried += 1;
        }
        assert_eq!(tried, keys::known("database").len());
    }

    #[test]
    fn what_is_written_reads_back_whatever_the_paths_are() {
        for path in [r"\\old\WSUS$", r"D:\It's here", "/srv/a\tb", "ä"] {
            let plan: Plan = toml::from_str(&template("n", path, path, BATCH_FILES_DEFAULT)).unwrap();
            assert_eq!(plan.content.source, path);
            assert_eq!(plan.validate(), Ok(()));
        }
    }
}
