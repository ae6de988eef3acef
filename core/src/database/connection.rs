//! How a SUSDB is reached, as people and the registry write it, and with which secret; never the secret itself.

use core::net::Ipv6Addr;
use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use crate::event::database::EngineKind;

/// The pipe of Windows Internal Database from Server 2012 on (the guide, step 3.3).
pub const WID_PIPE: &str = r"\\.\pipe\MICROSOFT##WID\tsql\query";
/// The pipe of Windows Internal Database up to Server 2008 R2 (the guide, step 3.3).
pub const WID_2008_PIPE: &str = r"\\.\pipe\MSSQL$MICROSOFT##SSEE\sql\query";
/// The port of a default instance.
pub const DEFAULT_PORT: u16 = 1433;

/// Where an engine listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// Windows Internal Database from Server 2012 on.
    Wid,
    /// Windows Internal Database up to Server 2008 R2.
    Wid2008,
    /// A named pipe of this host or, with a server's name, of another.
    Pipe(String),
    /// A host and a port.
    Tcp {
        /// Name or address.
        host: String,
        /// The port; nothing for that of a default instance.
        port: Option<NonZeroU16>,
    },
    /// A named instance, whose port the SQL Browser tells.
    Instance {
        /// Name or address.
        host: String,
        /// The instance.
        instance: String,
    },
    /// A Unix socket.
    Unix(String),
}

/// The text names no engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotATarget {
    /// Nothing.
    #[error("no engine is named: write wid, HOST, HOST\\INSTANCE or HOST,PORT")]
    Empty,
    /// A port that is none.
    #[error("{0:?} is not a port from 1 to 65535")]
    Port(String),
    /// A host that is none.
    #[error("{0:?} is not the name or address of a host")]
    Host(String),
    /// An instance that is none.
    #[error("{0:?} is not the name of an instance")]
    Instance(String),
    /// A pipe that is none.
    #[error("{0:?} is not a named pipe: write \\\\.\\pipe\\NAME")]
    Pipe(String),
    /// A socket that is none.
    #[error("{0:?} is not an absolute path of a socket")]
    Unix(String),
}

impl Target {
    /// What kind of engine listens there, as far as the name tells. A Unix socket is what a stand-in has; the engine's own
    /// words decide then.
    #[must_use]
    pub fn kind(&self) -> EngineKind {
        match self {
            Self::Wid | Self::Wid2008 => EngineKind::Wid,
            Self::Pipe(pipe) => {
                let pipe = pipe.to_uppercase();
                let is_wid = pipe.contains("MICROSOFT##WID") || pipe.contains("MICROSOFT##SSEE");
                if is_wid { EngineKind::Wid } else { EngineKind::SqlServer }
            }
            Self::Tcp { .. } | Self::Instance { .. } | Self::Unix(_) => EngineKind::SqlServer,
        }
    }

    /// The named pipe, where it is one.
    #[must_use]
    pub fn pipe(&self) -> Option<&str> {
        match self {
            Self::Wid => Some(WID_PIPE),
            Self::Wid2008 => Some(WID_2008_PIPE),
            Self::Pipe(pipe) => Some(pipe),
            Self::Tcp { .. } | Self::Instance { .. } | Self::Unix(_) => None,
        }
    }

    /// Whether the engine is certainly on this host: a rule for what is granted to `NETWORK SERVICE`, so that doubt is no.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Wid | Self::Wid2008 | Self::Unix(_) => true,
            Self::Pipe(pipe) => pipe.starts_with(r"\\.\"),
            Self::Tcp { host, .. } | Self::Instance { host, .. } => is_this_host(host),
        }
    }

    /// Reads the registry's `SqlServerName`: `MICROSOFT##WID`, `MICROSOFT##SSEE`, `HOST`, `HOST\INSTANCE`,
    /// `%computername%\INSTANCE`, with the host's name before WID's instance or without. `this_host` stands for
    /// `%computername%`.
    pub fn from_registry(value: &str, this_host: &str) -> Result<Self, NotATarget> {
        const HERE: &str = "%computername%";
        let lower = value.trim().to_lowercase();
        let last = lower.rsplit('\\').next().unwrap_or_default();
        if !lower.starts_with(r"\\") && !lower.starts_with("np:") {
            match last {
                "microsoft##wid" => return Ok(Self::Wid),
                "microsoft##ssee" => return Ok(Self::Wid2008),
                _ => {}
            }
        }
        let text = value.trim();
        match text.get(..HERE.len()).filter(|start| start.eq_ignore_ascii_case(HERE)) {
            Some(_) => format!("{this_host}{}", &text[HERE.len()..]).parse(),
            None => text.parse(),
        }
    }
}

fn is_this_host(host: &str) -> bool {
    [".", "(local)", "localhost", "127.0.0.1", "::1"].iter().any(|here| host.eq_ignore_ascii_case(here))
}

impl FromStr for Target {
    type Err = NotATarget;

    /// `wid`, `wid-2008`, `\\.\pipe\…` or `np:\\…`, `HOST`, `HOST\INSTANCE`, `HOST,PORT`, `tcp:HOST,PORT`, `unix:/path`.
    /// `HOST:PORT` is taken where it cannot be an IPv6 address.
    fn from_str(text: &str) -> Result<Self, NotATarget> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NotATarget::Empty);
        }
        if text.eq_ignore_ascii_case("wid") {
            return Ok(Self::Wid);
        }
        if text.eq_ignore_ascii_case("wid-2008") {
            return Ok(Self::Wid2008);
        }
        if let Some(path) = prefixed(text, "unix:") {
            let is_absolute = path.starts_with('/') && !path.contains('\0');
            return if is_absolute {
                Ok(Self::Unix(path.to_owned()))
            } else {
                Err(NotATarget::Unix(path.to_owned()))
            };
        }
        let pipe = prefixed(text, "np:").or_else(|| text.starts_with(r"\\").then_some(text));
        if let Some(pipe) = pipe {
            return read_pipe(pipe);
        }
        read_host(prefixed(text, "tcp:").unwrap_or(text))
    }
}

fn prefixed<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix)).map(|_| &text[prefix.len()..])
}

fn read_pipe(pipe: &str) -> Result<Target, NotATarget> {
    let parts: Vec<_> = pipe.strip_prefix(r"\\").map(|rest| rest.split('\\').collect()).unwrap_or_default();
    let is_pipe = parts.len() >= 3
        && parts[1].eq_ignore_ascii_case("pipe")
        && !parts.iter().any(|part| part.is_empty() || part.chars().any(char::is_control));
    if !is_pipe {
        return Err(NotATarget::Pipe(pipe.to_owned()));
    }
    if pipe.eq_ignore_ascii_case(WID_PIPE) {
        return Ok(Target::Wid);
    }
    if pipe.eq_ignore_ascii_case(WID_2008_PIPE) {
        return Ok(Target::Wid2008);
    }
    Ok(Target::Pipe(pipe.to_owned()))
}

fn read_host(text: &str) -> Result<Target, NotATarget> {
    if let Some((host, instance)) = text.split_once('\\') {
        let letters = |c: char| c.is_alphanumeric() || "_#$&".contains(c);
        if instance.is_empty() || instance.len() > 64 || !instance.chars().all(letters) {
            return Err(NotATarget::Instance(instance.to_owned()));
        }
        let host = read_name(host)?;
        let is_default = instance.eq_ignore_ascii_case("MSSQLSERVER");
        return Ok(if is_default {
            Target::Tcp { host, port: None }
        } else {
            Target::Instance { host, instance: instance.to_owned() }
        });
    }
    let colon = || text.split_once(':').filter(|(_, port)| !port.contains(':'));
    let (host, port) = match text.split_once(',').or_else(colon) {
        Some((host, port)) => {
            let number = Some(port.trim()).filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
            let number = number.and_then(|port| port.parse().ok());
            (host, Some(number.ok_or_else(|| NotATarget::Port(port.to_owned()))?))
        }
        None => (text, None),
    };
    Ok(Target::Tcp { host: read_name(host)?, port })
}

/// A host: a name, an address of either kind, with or without brackets, or one of the words for this host. A colon stands
/// in an IPv6 address only, so that no host begins with what reads as a protocol.
fn read_name(host: &str) -> Result<String, NotATarget> {
    let host = host.trim();
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let letters = |c: char| c.is_alphanumeric() || ".-_".contains(c);
    let is_name = !bare.is_empty() && bare.chars().all(letters);
    let is_host = bare.len() <= 255 && (is_name || is_ipv6(bare) || is_this_host(bare));
    if is_host { Ok(bare.to_owned()) } else { Err(NotATarget::Host(host.to_owned())) }
}

/// An IPv6 address, with or without the zone it belongs to: `fe80::1%4`.
fn is_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "0"));
    let letters = |c: char| c.is_alphanumeric() || ".-_".contains(c);
    address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty() && zone.chars().all(letters)
}

impl fmt::Display for Target {
    /// In a form that reads back as the same target.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wid => f.write_str("wid"),
            Self::Wid2008 => f.write_str("wid-2008"),
            Self::Pipe(pipe) => f.write_str(pipe),
            Self::Tcp { host, port: Some(port) } => write!(f, "tcp:{host},{port}"),
            Self::Tcp { host, port: None } => write!(f, "tcp:{host}"),
            Self::Instance { host, instance } => write!(f, "{host}\\{instance}"),
            Self::Unix(path) => write!(f, "unix:{path}"),
        }
    }
}

impl TryFrom<String> for Target {
    type Error = NotATarget;

    fn try_from(text: String) -> Result<Self, NotATarget> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

/// How much of a connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// All of it, and the server's certificate has to be one this host trusts.
    #[default]
    Strict,
    /// All of it, whatever the server's certificate is: against listeners, not against somebody between.
    TrustAnyCertificate,
    /// The login only.
    LoginOnly,
    /// Nothing: pipes and sockets of one host.
    Off,
}

/// Where a secret is to be had. The secret itself is in no plan, no journal and no argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SecretSource {
    /// `prompt`: a person is asked.
    Prompt,
    /// `env:NAME`: an environment variable.
    Environment(String),
    /// `file:PATH`: the first line of a file, named from the root: what has no folder is more likely the password itself.
    File(String),
}

/// The text names no source of a secret. It is not repeated: it may be the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret comes from prompt, env:NAME or file:PATH; it is never written here itself")]
pub struct NotASecretSource;

impl FromStr for SecretSource {
    type Err = NotASecretSource;

    fn from_str(text: &str) -> Result<Self, NotASecretSource> {
        let text = text.trim();
        if text == "prompt" {
            return Ok(Self::Prompt);
        }
        if let Some(name) = text.strip_prefix("env:") {
            let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let is_name =
                name.bytes().all(letters) && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
            return if is_name { Ok(Self::Environment(name.to_owned())) } else { Err(NotASecretSource) };
        }
        match text.strip_prefix("file:") {
            Some(path) if is_whole_path(path) => Ok(Self::File(path.to_owned())),
            _ => Err(NotASecretSource),
        }
    }
}

/// Whether a text is a path from the root on, as Windows or Unix writes one: `C:\dir\file`, `\\\\host\share\file`, `/dir/file`.
fn is_whole_path(text: &str) -> bool {
    let is_drive = |text: &str| matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    !text.contains('\0') && (text.starts_with('/') || text.starts_with(r"\\") || is_drive(text))
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prompt => f.write_str("prompt"),
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
        }
    }
}

impl TryFrom<String> for SecretSource {
    type Error = NotASecretSource;

    fn try_from(text: String) -> Result<Self, NotASecretSource> {
        text.parse()
    }
}

impl From<SecretSource> for String {
    fn from(source: SecretSource) -> Self {
        source.to_string()
    }
}

#[cfg(test)]
mod tests;
