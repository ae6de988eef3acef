//! Step 3.3 in the plan: how this host's SUSDB is reached, where its backup lies, how carefully it is done.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::PlanError;
use crate::database::connection::{Encryption, NotATarget, SecretSource, Target};
use crate::database::statement::{
    BackupOptions, BackupText, Compression, Expiry, Media, MediaCheck, NotABackup, OnChecksumError,
};
use crate::database::{Day, EnginePath};
use crate::event::run::Role;
use crate::status::Demand;

/// Hours a statement that acts may take, where a plan says nothing: a restore of a large SUSDB on slow disks.
const ACT_HOURS_DEFAULT: u16 = 12;
/// The most hours a plan may give.
const ACT_HOURS_MAX: u16 = 168;

/// What stands in an error in the place of what may be a secret.
const NOT_SHOWN: &str = "(not shown)";

/// Step 3.3: SUSDB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch a person sets")]
pub struct DatabasePlan {
    /// How this host's SUSDB is reached: `auto` (WSUS's registry says), `wid`, `wid-2008`, `HOST`, `HOST\INSTANCE`,
    /// `HOST,PORT`, or a pipe.
    #[serde(default = "auto")]
    pub server: String,
    /// A SQL login; the account of the program where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// Where the login's password is: `prompt`, `env:NAME` or `file:PATH`. Never the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// What is encrypted on the way to a SQL Server.
    #[serde(default)]
    pub encryption: Encryption,
    /// The migration store: a folder both hosts reach, or a disk that is carried.
    pub store: String,
    /// The folder for backups, as the *engine's* host and account name it.
    pub backup_folder: String,
    /// The same folder, as this program reaches it; the same text where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_folder_here: Option<String>,
    /// The backup's file.
    #[serde(default = "susdb_bak")]
    pub backup_file: String,
    /// Whether the source's services rest while it is backed up.
    #[serde(default)]
    pub quiesce: bool,
    /// Whether DBCC CHECKDB runs before the backup. After the restore it runs in any case.
    #[serde(default = "super::yes")]
    pub check: bool,
    /// Why it does not run before the backup, for whoever trusts the backup later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_waived_because: Option<String>,
    /// Whether two persons have to approve before something is destroyed.
    #[serde(default)]
    pub four_eyes: bool,
    /// Whether a SUSDB of the destination's own that serves computers may be replaced.
    #[serde(default)]
    pub replace_in_use: bool,
    /// Where the restored data files go, on the engine's host; the instance's own place where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_folder: Option<String>,
    /// Where the restored log files go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_folder: Option<String>,
    /// `CONTENT_DIR` of `wsusutil postinstall`; the content's destination where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_dir: Option<String>,
    /// `wsusutil.exe`, where it is not in its usual place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wsusutil: Option<String>,
    /// Hours a backup, a check or a restore may take at most.
    #[serde(default = "act_hours")]
    pub hours_max: u16,
    /// The name of the backup set (`NAME`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_name: Option<String>,
    /// Its description (`DESCRIPTION`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_description: Option<String>,
    /// The day from which it may be overwritten (`EXPIREDATE`), such as `2027-06-30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_expires: Option<String>,
    /// Days for which it may not be overwritten (`RETAINDAYS`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_retain_days: Option<u32>,
    /// What becomes of the media.
    #[serde(default)]
    pub media: MediaUse,
    /// Whether name and expiry of the media are looked at first (`NOSKIP`); they are where nothing is said, except of a new media
    /// set, which has none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_check: Option<bool>,
    /// What the media is called (`MEDIANAME`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_name: Option<String>,
    /// Its description (`MEDIADESCRIPTION`), of a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_description: Option<String>,
    /// What happens where a page does not have its checksum.
    #[serde(default)]
    pub on_checksum_error: OnChecksumError,
    /// Whether the backup is compressed.
    #[serde(default)]
    pub compression: Compression,
}

/// What becomes of the media, that is of the backup file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaUse {
    /// The set is added to those that are there.
    #[default]
    Append,
    /// The sets that are there are overwritten.
    Overwrite,
    /// A new media set; whatever the file held is gone.
    New,
}

fn auto() -> String {
    "auto".to_owned()
}

pub(super) fn susdb_bak() -> String {
    "SUSDB.bak".to_owned()
}

const fn act_hours() -> u16 {
    ACT_HOURS_DEFAULT
}

impl DatabasePlan {
    /// How the engine is reached; nothing where WSUS's registry says.
    pub fn target(&self) -> Result<Option<Target>, PlanError> {
        if self.finds_engine() {
            return Ok(None);
        }
        // What stands there may be a connection string with its password: it is neither taken nor shown.
        let is_secret = |c: char| c == ';' || c == '=' || c == '@';
        if self.server.contains(is_secret) || self.server.split_whitespace().count() > 1 {
            let is_socket = self.server.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("unix:"));
            if !is_socket || self.server.contains(';') {
                return Err(wrong(
                    "server",
                    NOT_SHOWN,
                    &"write wid, HOST, HOST\\INSTANCE or HOST,PORT, and nothing else",
                ));
            }
        }
        self.server.parse().map(Some).map_err(|error: NotATarget| wrong("server", &self.server, &error))
    }

    /// Where the login's password is; nothing where there is no login.
    pub fn secret(&self) -> Result<Option<SecretSource>, PlanError> {
        match (&self.login, &self.password) {
            (None, None) => Ok(None),
            (Some(_), None) => Ok(Some(SecretSource::Prompt)),
            (Some(_), Some(source)) => match source.parse() {
                Ok(source) => Ok(Some(source)),
                // What stands there may be the password itself: it is not shown.
                Err(_) => Err(wrong(
                    "password",
                    NOT_SHOWN,
                    &"write prompt, env:NAME or file:PATH with the whole path, never the password",
                )),
            },
            (None, Some(_)) => {
                Err(wrong("password", NOT_SHOWN, &"there is no database.login it could belong to"))
            }
        }
    }

    /// The backup's file on the engine's host.
    pub fn backup_path(&self) -> Result<EnginePath, PlanError> {
        self.in_backup_folder(&self.backup_file)
    }

    /// A file in the backup folder, on the engine's host.
    pub fn in_backup_folder(&self, file: &str) -> Result<EnginePath, PlanError> {
        let folder = engine_path("backup_folder", &self.backup_folder)?;
        folder.join(file).map_err(|error| wrong("backup_file", file, &error))
    }

    /// Where restored data and log files go, where the plan says.
    pub fn restore_folders(&self) -> Result<(Option<EnginePath>, Option<EnginePath>), PlanError> {
        let folder =
            |key, text: &Option<String>| text.as_deref().map(|text| engine_path(key, text)).transpose();
        Ok((folder("data_folder", &self.data_folder)?, folder("log_folder", &self.log_folder)?))
    }

    /// The options of the source's backup.
    pub fn backup_options(&self) -> Result<BackupOptions, PlanError> {
        let check = if self.looks_at_media() { MediaCheck::NoSkip } else { MediaCheck::Skip };
        let name = self.media_name.clone();
        let expiry = match (&self.backup_expires, self.backup_retain_days) {
            (None, None) => Expiry::Unsaid,
            (None, Some(days)) => Expiry::AfterDays(days),
            (Some(day), None) => Expiry::On(day_of(day)?),
            (Some(day), Some(_)) => {
                return Err(wrong("backup_expires", day, &"give a day or backup_retain_days, not both"));
            }
        };
        let options = BackupOptions {
            name: Some(self.backup_name.clone().unwrap_or_else(|| "SUSDB-Full Database Backup".to_owned())),
            description: self.backup_description.clone(),
            expiry,
            media: match self.media {
                MediaUse::Append => Media::Append { check, name },
                MediaUse::Overwrite => Media::Overwrite { check, name },
                MediaUse::New => Media::New { name, description: self.media_description.clone() },
            },
            on_checksum_error: self.on_checksum_error,
            compression: self.compression,
        };
        options.validate().map_err(|error| wrong(key_of(&error), "", &error))?;
        Ok(options)
    }

    fn looks_at_media(&self) -> bool {
        self.media_check.unwrap_or(true)
    }

    /// How long a statement that acts may take, and how long one that goes on without this program is waited for.
    #[must_use]
    pub fn statement_max(&self) -> Duration {
        Duration::from_secs(u64::from(self.hours_max) * 3600)
    }

    /// Who has to approve, and when.
    #[must_use]
    pub fn approvals(&self) -> Demand {
        Demand { persons: if self.four_eyes { 2 } else { 1 }, after_look: self.finds_engine() }
    }

    /// Whether WSUS's registry says how the engine is reached, and may say something else tomorrow.
    fn finds_engine(&self) -> bool {
        self.server.eq_ignore_ascii_case("auto")
    }

    pub(super) fn validate(&self) -> Result<(), PlanError> {
        self.target()?;
        self.secret()?;
        self.backup_path()?;
        self.restore_folders()?;
        self.backup_options()?;
        for (key, text) in [("store", &self.store), ("backup_file", &self.backup_file)] {
            if text.trim().is_empty() {
                return Err(wrong(key, text, &"it is empty"));
            }
        }
        if self.media_description.is_some() && self.media != MediaUse::New {
            return Err(wrong("media_description", "", &"only a new media set has one: media = \"new\""));
        }
        if self.media_check == Some(true) && self.media == MediaUse::New {
            return Err(wrong("media_check", "true", &"a new media set (FORMAT) is not looked at first"));
        }
        self.validate_waiver()?;
        match self.hours_max {
            1..=ACT_HOURS_MAX => Ok(()),
            hours => Err(wrong("hours_max", &hours.to_string(), &format_args!("use 1 to {ACT_HOURS_MAX}"))),
        }
    }

    /// Checks what one of the two hosts may not say.
    pub(super) fn validate_for(&self, role: Role) -> Result<(), PlanError> {
        if role == Role::Destination && !self.check {
            let why =
                "only the source's check before its backup can be waived, the one after the restore never";
            return Err(wrong("check", "false", &why));
        }
        self.refuse_other_sides(role)
    }

    /// Refuses a set that could be overwritten on the day it is made.
    pub fn refuse_past(&self, today: Day) -> Result<(), PlanError> {
        match self.backup_expires.as_deref().map(|text| (text, day_of(text))) {
            Some((_, Err(error))) => Err(error),
            Some((text, Ok(day))) if day <= today => {
                let why =
                    format!("the set could be overwritten at once, for today is {today}: name a later day");
                Err(wrong("backup_expires", text, &why))
            }
            Some((_, Ok(_))) | None => Ok(()),
        }
    }

    /// A check is waived with a reason, and a reason stands for nothing else.
    fn validate_waiver(&self) -> Result<(), PlanError> {
        let because = self.check_waived_because.as_deref().map(str::trim);
        match (self.check, because) {
            (true, None) => Ok(()),
            (true, Some(_)) => {
                Err(wrong("check_waived_because", "", &"nothing is waived while database.check is true"))
            }
            (false, None | Some("")) => {
                Err(wrong("check_waived_because", "", &"say why the check is waived: it is recorded"))
            }
            (false, Some(_)) => Ok(()),
        }
    }

    /// Every key with its value, for the canonical form.
    pub(super) fn canonical(&self) -> Vec<String> {
        let maybe = |text: &Option<String>| text.clone().unwrap_or_default();
        let text = |key: &str, value: &str| format!("database.{key} = {value:?}");
        let plain = |key: &str, value: &dyn std::fmt::Debug| format!("database.{key} = {value:?}");
        let mut lines = vec![
            text("server", &self.server),
            text("login", &maybe(&self.login)),
            text("password", &maybe(&self.password)),
            plain("encryption", &self.encryption),
            text("store", &self.store),
            text("backup_folder", &self.backup_folder),
            text("backup_folder_here", &maybe(&self.backup_folder_here)),
            text("backup_file", &self.backup_file),
            plain("quiesce", &self.quiesce),
            plain("check", &self.check),
            plain("four_eyes", &self.four_eyes),
            plain("replace_in_use", &self.replace_in_use),
            text("data_folder", &maybe(&self.data_folder)),
            text("log_folder", &maybe(&self.log_folder)),
            text("content_dir", &maybe(&self.content_dir)),
            text("wsusutil", &maybe(&self.wsusutil)),
            plain("hours_max", &self.hours_max),
            text("backup_name", &maybe(&self.backup_name)),
            text("backup_description", &maybe(&self.backup_description)),
            text("backup_expires", &maybe(&self.backup_expires)),
            plain("backup_retain_days", &self.backup_retain_days),
            plain("media", &self.media),
            plain("media_check", &self.looks_at_media()),
            text("media_name", &maybe(&self.media_name)),
            text("media_description", &maybe(&self.media_description)),
            plain("on_checksum_error", &self.on_checksum_error),
            plain("compression", &self.compression),
        ];
        // A plan from before a check was waived with a reason keeps its digest.
        lines.extend(self.check_waived_because.as_ref().map(|why| text("check_waived_because", why)));
        lines
    }
}

/// The key an option of the backup comes from.
const fn key_of(error: &NotABackup) -> &'static str {
    match error {
        NotABackup::TooLong { what, .. } | NotABackup::Text { what, .. } => key_of_text(*what),
        NotABackup::RetainDays(_) => "backup_retain_days",
    }
}

const fn key_of_text(text: BackupText) -> &'static str {
    match text {
        BackupText::Name => "backup_name",
        BackupText::Description => "backup_description",
        BackupText::MediaName => "media_name",
        BackupText::MediaDescription => "media_description",
    }
}

fn engine_path(key: &'static str, text: &str) -> Result<EnginePath, PlanError> {
    EnginePath::new(text).map_err(|error| wrong(key, text, &error))
}

fn day_of(text: &str) -> Result<Day, PlanError> {
    text.parse().map_err(|error: <Day as std::str::FromStr>::Err| wrong("backup_expires", text, &error))
}

fn wrong(key: &'static str, value: &str, why: &dyn std::fmt::Display) -> PlanError {
    PlanError::Database { key, value: value.to_owned(), why: why.to_string() }
}
