//! `BACKUP DATABASE` with every option of the guide's dialog.

use serde::{Deserialize, Serialize};

use super::engine::disk;
use super::{Literal, Purpose, Statement, susdb};
use crate::database::{Day, EnginePath, NotALiteral};

/// The longest name of a backup set and of a medium, in UTF-16 units ("BACKUP", NAME and MEDIANAME).
pub const NAME_UNITS_MAX: usize = 128;
/// The longest description of a backup set and of a medium, in UTF-16 units ("BACKUP", DESCRIPTION and MEDIADESCRIPTION).
pub const DESCRIPTION_UNITS_MAX: usize = 255;
/// The most days a backup set may be kept from being overwritten: what the dialog takes.
pub const RETAIN_DAYS_MAX: u32 = 99_999;

/// When a backup set may be overwritten without saying SKIP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expiry {
    /// As the server's `media retention` has it.
    #[default]
    Unsaid,
    /// `EXPIREDATE`: on a day.
    On(Day),
    /// `RETAINDAYS`: after so many days; 0 is never.
    AfterDays(u32),
}

/// Whether the expiry and the name of what lies on the medium are looked at before it is overwritten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaCheck {
    /// `NOSKIP`: they are.
    #[default]
    NoSkip,
    /// `SKIP`: they are not.
    Skip,
}

/// What becomes of the medium, that is of the backup file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Media {
    /// `NOINIT`: the backup set is added to those that are there.
    Append {
        /// Whether the medium is looked at first.
        check: MediaCheck,
        /// `MEDIANAME`: what the medium has to be called; nothing is not looked at.
        name: Option<String>,
    },
    /// `INIT`: the backup sets that are there are overwritten, the medium's name stays.
    Overwrite {
        /// Whether the medium is looked at first.
        check: MediaCheck,
        /// `MEDIANAME`: what the medium has to be called; nothing is not looked at.
        name: Option<String>,
    },
    /// `FORMAT`: a new medium; whatever the file held is gone. It implies `INIT` and `SKIP`.
    New {
        /// `MEDIANAME` of the new medium.
        name: Option<String>,
        /// `MEDIADESCRIPTION` of the new medium.
        description: Option<String>,
    },
}

impl Default for Media {
    fn default() -> Self {
        Self::Append { check: MediaCheck::NoSkip, name: None }
    }
}

/// What happens where a page of the database does not have its checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnChecksumError {
    /// `STOP_ON_ERROR`.
    #[default]
    Stop,
    /// `CONTINUE_AFTER_ERROR`: the backup set says it is damaged, and never counts as verified.
    Continue,
}

/// Whether the backup is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// As the server's `backup compression default` has it.
    #[default]
    ServerDefault,
    /// `COMPRESSION`; editions that cannot answer with message 1844.
    On,
    /// `NO_COMPRESSION`.
    Off,
}

/// The options of a backup. `COPY_ONLY` and `CHECKSUM` are no options: they always stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupOptions {
    /// `NAME`.
    pub name: Option<String>,
    /// `DESCRIPTION`.
    pub description: Option<String>,
    /// `EXPIREDATE` or `RETAINDAYS`.
    pub expiry: Expiry,
    /// Append, overwrite, or a new medium.
    pub media: Media,
    /// Stop or continue.
    pub on_checksum_error: OnChecksumError,
    /// Compression.
    pub compression: Compression,
}

/// A text of a backup's options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupText {
    /// `NAME`.
    Name,
    /// `DESCRIPTION`.
    Description,
    /// `MEDIANAME`.
    MediaName,
    /// `MEDIADESCRIPTION`.
    MediaDescription,
}

impl BackupText {
    /// The word of the statement.
    const fn word(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Description => "DESCRIPTION",
            Self::MediaName => "MEDIANAME",
            Self::MediaDescription => "MEDIADESCRIPTION",
        }
    }

    /// The most UTF-16 units it has.
    const fn units_max(self) -> usize {
        match self {
            Self::Name | Self::MediaName => NAME_UNITS_MAX,
            Self::Description | Self::MediaDescription => DESCRIPTION_UNITS_MAX,
        }
    }
}

/// Why options are no backup.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotABackup {
    /// A text longer than the server takes.
    #[error("{} has {units} characters; at most {} are taken", what.word(), what.units_max())]
    TooLong {
        /// Which text.
        what: BackupText,
        /// Its length in UTF-16 units.
        units: usize,
    },
    /// A text no statement can hold.
    #[error("{}: {why}", what.word())]
    Text {
        /// Which text.
        what: BackupText,
        /// Why.
        #[source]
        why: NotALiteral,
    },
    /// More days than the dialog takes.
    #[error("the backup set would be kept for {0} days; at most {RETAIN_DAYS_MAX} are taken (0 is for ever)")]
    RetainDays(u32),
}

impl BackupOptions {
    /// Whether what the file holds already is lost by it.
    #[must_use]
    pub const fn overwrites(&self) -> bool {
        match self.media {
            Media::Append { .. } => false,
            Media::Overwrite { .. } | Media::New { .. } => true,
        }
    }

    /// The same options where an edition refused compression.
    #[must_use]
    pub fn uncompressed(&self) -> Self {
        Self { compression: Compression::Off, ..self.clone() }
    }

    /// Checks what a form cannot: lengths and ranges.
    pub fn validate(&self) -> Result<(), NotABackup> {
        self.clauses().map(|_| ())
    }

    /// Everything behind `WITH`, in the order of the reference.
    fn clauses(&self) -> Result<Vec<String>, NotABackup> {
        let mut clauses = vec!["COPY_ONLY".to_owned()];
        clauses.extend(match self.compression {
            Compression::ServerDefault => None,
            Compression::On => Some("COMPRESSION".to_owned()),
            Compression::Off => Some("NO_COMPRESSION".to_owned()),
        });
        clauses.extend(text(BackupText::Description, self.description.as_deref())?);
        clauses.extend(text(BackupText::Name, self.name.as_deref())?);
        clauses.extend(self.expiry_clause()?);
        clauses.extend(self.media_clauses()?);
        clauses.push("CHECKSUM".to_owned());
        clauses.push(match self.on_checksum_error {
            OnChecksumError::Stop => "STOP_ON_ERROR".to_owned(),
            OnChecksumError::Continue => "CONTINUE_AFTER_ERROR".to_owned(),
        });
        clauses.push("STATS = 10".to_owned());
        Ok(clauses)
    }

    fn expiry_clause(&self) -> Result<Option<String>, NotABackup> {
        match self.expiry {
            Expiry::Unsaid => Ok(None),
            Expiry::On(day) => Ok(Some(format!("EXPIREDATE = N'{}'", day.digits()))),
            Expiry::AfterDays(days) if days <= RETAIN_DAYS_MAX => Ok(Some(format!("RETAINDAYS = {days}"))),
            Expiry::AfterDays(days) => Err(NotABackup::RetainDays(days)),
        }
    }

    fn media_clauses(&self) -> Result<Vec<String>, NotABackup> {
        let (words, name, description) = match &self.media {
            Media::Append { check, name } => (["NOINIT", skip(*check), "NOFORMAT"], name, None),
            Media::Overwrite { check, name } => (["INIT", skip(*check), "NOFORMAT"], name, None),
            Media::New { name, description } => (["INIT", "SKIP", "FORMAT"], name, description.as_deref()),
        };
        let mut clauses: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        clauses.extend(text(BackupText::MediaDescription, description)?);
        clauses.extend(text(BackupText::MediaName, name.as_deref())?);
        Ok(clauses)
    }
}

const fn skip(check: MediaCheck) -> &'static str {
    match check {
        MediaCheck::NoSkip => "NOSKIP",
        MediaCheck::Skip => "SKIP",
    }
}

/// `KEY = N'text'` within its length.
fn text(what: BackupText, text: Option<&str>) -> Result<Option<String>, NotABackup> {
    let Some(text) = text else { return Ok(None) };
    let units = text.encode_utf16().count();
    if units > what.units_max() {
        return Err(NotABackup::TooLong { what, units });
    }
    let literal = Literal::new(text).map_err(|why| NotABackup::Text { what, why })?;
    Ok(Some(format!("{} = {literal}", what.word())))
}

/// Backs SUSDB up: full, copy-only, with checksums.
pub fn back_up(path: &EnginePath, options: &BackupOptions) -> Result<Statement, NotABackup> {
    let clauses = options.clauses()?.join(", ");
    let text = format!("BACKUP DATABASE {} TO {} WITH {clauses};", susdb(), disk(path));
    Ok(Statement::new(Purpose::BackUp, text))
}

/// Has the engine write a small file: a backup of `model`, which every instance has, onto a medium of its own. Whatever a file
/// of that name held is gone.
#[must_use]
pub fn prove_folder(path: &EnginePath) -> Statement {
    let text = format!("BACKUP DATABASE [model] TO {} WITH COPY_ONLY, INIT, SKIP, FORMAT;", disk(path));
    Statement::new(Purpose::ProveFolder, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> EnginePath {
        EnginePath::new("D:\\store\\SUSDB.bak").unwrap()
    }

    #[test]
    fn a_backup_without_a_wish_is_copy_only_with_checksum() {
        assert_eq!(
            back_up(&path(), &BackupOptions::default()).unwrap().text(),
            "BACKUP DATABASE [SUSDB] TO DISK = N'D:\\store\\SUSDB.bak' WITH COPY_ONLY, NOINIT, NOSKIP, NOFORMAT, \
             CHECKSUM, STOP_ON_ERROR, STATS = 10;"
        );
    }

    #[test]
    fn every_option_of_the_dialog_has_its_clause() {
        let mut options = BackupOptions {
            name: Some("SUSDB-Full".into()),
            description: Some("before O'Brien's cutover".into()),
            expiry: Expiry::On("2027-01-31".parse().unwrap()),
            media: Media::New { name: Some("wsus".into()), description: Some("store".into()) },
            on_checksum_error: OnChecksumError::Continue,
            compression: Compression::On,
        };
        assert_eq!(
            back_up(&path(), &options).unwrap().text(),
            "BACKUP DATABASE [SUSDB] TO DISK = N'D:\\store\\SUSDB.bak' WITH COPY_ONLY, COMPRESSION, \
             DESCRIPTION = N'before O''Brien''s cutover', NAME = N'SUSDB-Full', EXPIREDATE = N'20270131', INIT, SKIP, \
             FORMAT, MEDIADESCRIPTION = N'store', MEDIANAME = N'wsus', CHECKSUM, CONTINUE_AFTER_ERROR, STATS = 10;"
        );
        assert!(options.overwrites());
        options.expiry = Expiry::AfterDays(0);
        options.media = Media::Overwrite { check: MediaCheck::Skip, name: Some("wsus".into()) };
        let text = back_up(&path(), &options.uncompressed()).unwrap().text().to_owned();
        assert!(text.contains("RETAINDAYS = 0, INIT, SKIP, NOFORMAT, MEDIANAME = N'wsus'"), "{text}");
        assert!(text.contains("NO_COMPRESSION"), "{text}");
        assert!(!BackupOptions::default().overwrites());
    }

    #[test]
    fn what_the_server_would_refuse_is_refused_before() {
        let with = |change: fn(&mut BackupOptions)| {
            let mut options = BackupOptions::default();
            change(&mut options);
            options.validate()
        };
        let long = with(|options| options.name = Some("x".repeat(129)));
        assert_eq!(long.unwrap_err().to_string(), "NAME has 129 characters; at most 128 are taken");
        assert!(with(|options| options.name = Some("x".repeat(128))).is_ok());
        assert!(with(|options| options.description = Some("x".repeat(256))).is_err());
        assert!(with(|options| options.description = Some("x".repeat(255))).is_ok());
        assert!(with(|o| o.media = Media::New { name: Some("x".repeat(129)), description: None }).is_err());
        assert!(with(|o| o.media = Media::New { name: None, description: Some("x".repeat(256)) }).is_err());
        assert_eq!(with(|o| o.expiry = Expiry::AfterDays(100_000)), Err(NotABackup::RetainDays(100_000)));
        assert!(matches!(
            with(|o| o.name = Some("a\0".into())),
            Err(NotABackup::Text { what: BackupText::Name, .. })
        ));
    }
}
