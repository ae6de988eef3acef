//! One statement of every shape, for the check with a T-SQL parser written by others.

use super::{
    BackupOptions, Compression, Expiry, Identifier, Literal, Media, MediaCheck, MoveFile, OnChecksumError,
    RuleId, Setting, SettingType, Statement, backup, by_hand, engine, inventory, principals, restore, sleep,
    susdb, susdb_text, table,
};
use crate::database::catalogue::Catalogue;
use crate::database::marks::MARKED_TABLES;
use crate::database::parity::PARITY_TABLES;
use crate::database::setting::Place;
use crate::database::version::EngineVersion;
use crate::database::{EnginePath, Guid, UserAccess};

const OLDEST: EngineVersion = EngineVersion::new(9, 0, 5000);
const OLD: EngineVersion = EngineVersion::new(10, 0, 1600);
const NEW: EngineVersion = EngineVersion::new(16, 0, 1000);

/// One statement of every shape the program can send, with values that need quoting. Every [`Purpose`](super::Purpose) has
/// at least one, and every option of a backup stands in one.
#[must_use]
pub fn all_samples() -> Vec<Statement> {
    let mut all = reading();
    all.extend(changing());
    all
}

fn path() -> EnginePath {
    EnginePath::new("D:\\O'Brien's [store]\\SUSDB.bak").unwrap_or_else(|_| unreachable!("a constant path"))
}

/// A catalogue with everything this program knows of.
fn whole() -> Catalogue {
    let mut catalogue = Catalogue::default();
    for table in PARITY_TABLES {
        table.known().into_iter().for_each(|column| catalogue.add(table.name, column));
    }
    for table in MARKED_TABLES {
        table.rising.iter().for_each(|column| catalogue.add(table.name, column));
    }
    for (table, column) in [
        ("tbFrontEndServersHealth", "ServerName"),
        ("tbSchemaVersion", "ComponentName"),
        ("tbSchemaVersion", "BuildNumber"),
        ("tbSchemaVersion", "SchemaVersion"),
        ("tbSingletonData", "UssHostOnMu"),
        ("tbSingletonData", "ResetStateMachineNeeded"),
    ] {
        catalogue.add(table, column);
    }
    catalogue
}

fn reading() -> Vec<Statement> {
    let (path, catalogue) = (path(), whole());
    let mut all = vec![
        inventory::server_facts(),
        inventory::database_facts(OLDEST),
        inventory::database_facts(OLD),
        inventory::database_facts(NEW),
        inventory::mirroring(),
        inventory::recovery_status(),
        inventory::encryption_keys(),
        inventory::certificates(),
        inventory::database_files(&susdb()),
        inventory::catalogue(),
        principals::users(),
        principals::server_logins(),
        engine::sessions(OLD),
        engine::sessions(NEW),
        engine::progress(None),
        engine::progress(Some(57)),
        engine::file_exists(OLD, &path),
        engine::file_exists(NEW, &path),
        engine::free_space(OLD),
        engine::free_space(NEW),
        engine::check_database(),
        restore::media_label(&path),
        restore::backup_header(&path),
        restore::backup_files(&path, 2),
        sleep::rules(),
        sleep::schedules(),
        sleep::email_settings(),
        table::file_states(),
    ];
    all.extend(inventory::front_ends(&catalogue));
    all.extend(inventory::schema_version(&catalogue));
    all.extend(inventory::configuration(&catalogue).into_iter().map(|(_, statement)| statement));
    all.extend(inventory::counts(&catalogue));
    all.extend(table::content_manifest(&catalogue));
    all.extend(PARITY_TABLES.iter().filter_map(|parity| table::rows(parity, &catalogue)));
    all.extend(MARKED_TABLES.iter().filter_map(|marked| table::marks(marked, &catalogue)));
    all.extend([Vec::new(), moves()].iter().flat_map(|moves| restore::verify_backup(&path, 1, moves)));
    all
}

fn moves() -> Vec<MoveFile> {
    let moved = |name: &str, file: &str| {
        Some(MoveFile { logical_name: name.to_owned(), target: path().folder().join(file).ok()? })
    };
    [moved("SUSDB", "susdb.mdf"), moved("SUSDB's log", "susdb_log.ldf")].into_iter().flatten().collect()
}

fn changing() -> Vec<Statement> {
    let path = path();
    let account = |name: &str| Identifier::new(name).unwrap_or_else(|_| susdb());
    let (user, login) = (account("OLD]DOMAIN\\OLDWSUS$"), account("DOMAIN\\NEWWSUS$"));
    let mut all = vec![
        engine::drop_database(),
        engine::drop_partial(),
        by_hand::drop_restored_by_hand(Guid::from_bytes([0xA5; 16])),
        by_hand::drop_partial_by_hand(),
        by_hand::own_by_sa(),
        engine::user_access(UserAccess::Everybody),
        engine::user_access(UserAccess::Restricted),
        engine::user_access(UserAccess::One),
        principals::mend_user(&user, &login),
        principals::create_login(&login),
        principals::drop_login(&login),
        sleep::schedules_off(),
    ];
    let place: Result<Place, _> = "tbConfiguration.Value as bit where Name = it's".parse();
    all.extend(
        place.into_iter().flat_map(|place| {
            [sleep::give_back(&place, Some(&susdb_text())), sleep::give_back(&place, None)]
        }),
    );
    all.extend(sleep::rules_off(&[RuleId(1), RuleId(2)]));
    for kind in [SettingType::Bit, SettingType::Int, SettingType::Text] {
        let setting =
            Setting { name: "EmailNeedToSendStatusNotification".into(), kind, value: "True".into() };
        all.extend(sleep::email_off(&setting));
    }
    all.extend(backups().iter().flat_map(|options| backup::back_up(&path, options)));
    all.push(backup::prove_folder(&path));
    all.extend(restore::restore(&path, 3, &moves()));
    let files = moves().into_iter().map(|file| (Literal::checked(&file.logical_name), file.target.literal()));
    all.push(by_hand::restore_batch(&path.literal(), 3, &files.collect::<Vec<_>>()));
    all
}

fn backups() -> Vec<BackupOptions> {
    let some = |text: &str| Some(text.to_owned());
    let day = "2027-01-31".parse().map_or(Expiry::Unsaid, Expiry::On);
    let expiries = [Expiry::Unsaid, Expiry::AfterDays(14), day];
    let media = [
        Media::Append { check: MediaCheck::NoSkip, name: some("WSUS") },
        Media::Append { check: MediaCheck::Skip, name: None },
        Media::Overwrite { check: MediaCheck::NoSkip, name: some("WSUS") },
        Media::Overwrite { check: MediaCheck::Skip, name: None },
        Media::New { name: some("WSUS"), description: some("O'Brien's store") },
        Media::New { name: None, description: None },
    ];
    let compressions = [Compression::ServerDefault, Compression::On, Compression::Off];
    let errors = [OnChecksumError::Stop, OnChecksumError::Continue];
    let with = |(at, media): (usize, Media)| BackupOptions {
        name: some("SUSDB-Full Database Backup"),
        description: some("before O'Brien's cutover"),
        expiry: expiries[at % expiries.len()],
        media,
        on_checksum_error: errors[at % errors.len()],
        compression: compressions[at % compressions.len()],
    };
    std::iter::once(BackupOptions::default()).chain(media.into_iter().enumerate().map(with)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::database::lexer::{Token, tokens};
    use crate::database::statement::Purpose;

    #[test]
    fn every_purpose_has_a_sample() {
        let shown: BTreeSet<_> = all_samples().iter().map(Statement::purpose).collect();
        let all: BTreeSet<_> = Purpose::ALL.iter().copied().collect();
        assert_eq!(shown, all);
    }

    #[test]
    fn no_sample_is_lost() {
        // Builders answer nothing for what does not exist; with everything there, none may.
        let all = all_samples();
        let count = |purpose| all.iter().filter(|statement| statement.purpose() == purpose).count();
        assert_eq!(count(Purpose::TableRows), PARITY_TABLES.len());
        assert_eq!(count(Purpose::Marks), MARKED_TABLES.len());
        assert_eq!(count(Purpose::BackUp), 7);
        assert_eq!(count(Purpose::Configuration), 4);
        assert_eq!(count(Purpose::VerifyBackup), 2);
        assert_eq!(
            all.iter().map(Statement::text).collect::<BTreeSet<_>>().len(),
            all.len(),
            "a shape twice"
        );
    }

    #[test]
    fn what_reads_says_no_word_that_writes_and_the_other_way_round() {
        const WRITING: &[&str] = &[
            "BACKUP", "DROP", "ALTER", "CREATE", "UPDATE", "INSERT", "DELETE", "MERGE", "TRUNCATE", "INTO",
            "REPLACE",
        ];
        for statement in all_samples() {
            let words: Vec<_> = tokens(statement.text())
                .into_iter()
                .filter_map(|token| match token {
                    Token::Word(word) => Some(word.to_uppercase()),
                    Token::Name(_) | Token::Text(_) | Token::Sign(_) => None,
                })
                .collect();
            let restores = words.starts_with(&["RESTORE".into(), "DATABASE".into()]);
            let writes = restores || words.iter().any(|word| WRITING.contains(&word.as_str()));
            assert_eq!(writes, !statement.is_read_only(), "{}", statement.text());
        }
    }

    #[test]
    fn a_source_is_read_and_backed_up_and_nothing_else() {
        for statement in all_samples() {
            let purpose = statement.purpose();
            assert_eq!(
                purpose.is_for_source(),
                purpose.is_read_only() || [Purpose::BackUp, Purpose::ProveFolder].contains(&purpose),
                "{purpose:?}"
            );
        }
    }

    #[test]
    fn no_secret_and_no_own_procedure_is_named() {
        for statement in all_samples() {
            for never in ["EncryptionKey", "ProxyPassword", "DecryptionKey", "sp_", "xp_cmdshell", "@p", "#"]
            {
                assert!(!statement.text().contains(never), "{never}: {}", statement.text());
            }
        }
    }
}
