//! What WSUS's setup has written into the registry.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use wsusmigrate_core::digest::Sha256;

use super::open::Host;
use super::script::{Script, ScriptError};

/// What PowerShell and a few registry reads may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A value of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "kebab-case")]
pub enum RegistryValue {
    /// `REG_SZ`, or `REG_EXPAND_SZ` as it stands.
    String(String),
    /// `REG_DWORD`.
    Dword(u32),
    /// `REG_BINARY`, in hexadecimal.
    Binary(String),
    /// What encrypts, of whatever type.
    Secret(Secret),
    /// Another type, by its name.
    Other(String),
}

/// A value that is not told, so that a change of it can be proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Secret {
    /// Its length.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Sha256,
}

/// `HKLM\SOFTWARE\Microsoft\Update Services\Server\Setup` in the 64-bit view. A value that is absent is `None`; where the
/// key cannot be read there is an error instead of a `Setup`.
///
/// Names as in WSUS's own documentation; a value of another type than documented is left to [`Setup::values`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// The name of this machine, as Windows says it.
    pub machine: String,
    /// Whether the key is there: the role was installed once.
    pub exists: bool,
    /// `ContentDir`: the folder that holds `WsusContent`.
    pub content_dir: Option<String>,
    /// `SqlServerName`: `MICROSOFT##WID`, `##SSEE`, or `SERVER[\INSTANCE]`.
    pub sql_server_name: Option<String>,
    /// `SqlDatabaseName`: always `SUSDB`.
    pub sql_database_name: Option<String>,
    /// `PortNumber` of WSUS's web site.
    pub port: Option<u32>,
    /// `UsingSSL`: whether 1; any other number is no.
    pub using_ssl: Option<bool>,
    /// `ServerCertificateName`.
    pub server_certificate_name: Option<String>,
    /// `IISTargetWebSiteIndex`.
    pub iis_target_web_site_index: Option<u32>,
    /// `IISTargetWebSiteCreated`.
    pub iis_target_web_site_created: Option<u32>,
    /// `TargetDir`: where WSUS is installed.
    pub target_dir: Option<String>,
    /// `VersionString` of WSUS.
    pub version: Option<String>,
    /// `WsusAdministratorsSid`.
    pub administrators_sid: Option<String>,
    /// `WsusReportersSid`.
    pub reporters_sid: Option<String>,
    /// `EncryptionKey`.
    pub encryption_key: Option<Secret>,
    /// `SetupType`.
    pub setup_type: Option<u32>,
    /// `LogLevel`.
    pub log_level: Option<u32>,
    /// `EnableSelfSignedCertificates`.
    pub enable_self_signed_certificates: Option<u32>,
    /// `ConfigurationSource`.
    pub configuration_source: Option<u32>,
    /// `EnableRemoting`.
    pub enable_remoting: Option<u32>,
    /// Every value, the ones above included, by its name in capitals: the registry does not tell capitals apart.
    pub values: BTreeMap<String, RegistryValue>,
    /// The subkey `Installed Role Services`: 2 where a component's post-installation has finished. Empty also where the
    /// subkey is not there. Values that are no number are left out.
    pub installed_role_services: BTreeMap<String, u32>,
}

#[derive(Deserialize)]
struct Answer {
    machine: String,
    exists: bool,
    values: BTreeMap<String, RegistryValue>,
    installed_role_services: BTreeMap<String, RegistryValue>,
}

impl Host {
    /// Reads what WSUS's setup has written.
    pub fn setup(&self) -> Result<Setup, ScriptError> {
        self.ask::<Answer>(Script::SetupRegistry, &json!({}), TIMEOUT).map(Setup::from)
    }
}

impl From<Answer> for Setup {
    fn from(answer: Answer) -> Self {
        let values: BTreeMap<_, _> =
            answer.values.into_iter().map(|(name, value)| (name.to_uppercase(), value)).collect();
        let value = |name: &str| values.get(&name.to_uppercase());
        let text = |name: &str| value(name).and_then(RegistryValue::text);
        let number = |name: &str| value(name).and_then(RegistryValue::number);
        Self {
            machine: answer.machine,
            exists: answer.exists,
            content_dir: text("ContentDir"),
            sql_server_name: text("SqlServerName"),
            sql_database_name: text("SqlDatabaseName"),
            port: number("PortNumber"),
            using_ssl: number("UsingSSL").map(|number| number == 1),
            server_certificate_name: text("ServerCertificateName"),
            iis_target_web_site_index: number("IISTargetWebSiteIndex"),
            iis_target_web_site_created: number("IISTargetWebSiteCreated"),
            target_dir: text("TargetDir"),
            version: text("VersionString"),
            administrators_sid: text("WsusAdministratorsSid"),
            reporters_sid: text("WsusReportersSid"),
            encryption_key: value("EncryptionKey").and_then(RegistryValue::secret),
            setup_type: number("SetupType"),
            log_level: number("LogLevel"),
            enable_self_signed_certificates: number("EnableSelfSignedCertificates"),
            configuration_source: number("ConfigurationSource"),
            enable_remoting: number("EnableRemoting"),
            installed_role_services: numbers(answer.installed_role_services),
            values,
        }
    }
}

fn numbers(values: BTreeMap<String, RegistryValue>) -> BTreeMap<String, u32> {
    values.into_iter().filter_map(|(name, value)| Some((name, value.number()?))).collect()
}

impl RegistryValue {
    fn text(&self) -> Option<String> {
        if let Self::String(text) = self { Some(text.clone()) } else { None }
    }

    fn number(&self) -> Option<u32> {
        if let Self::Dword(number) = self { Some(*number) } else { None }
    }

    fn secret(&self) -> Option<Secret> {
        if let Self::Secret(secret) = self { Some(*secret) } else { None }
    }
}
