//! The way to an engine: a named pipe, a Unix socket, or TCP with the port the SQL Server Browser tells.

use tiberius::{AuthMethod, Config};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use wsusmigrate_core::database::connection::Target;

use super::connection::ConnectError;

/// Something bytes go through in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

/// An open way.
pub(super) type Wire = Box<dyn Duplex>;

/// Opens the way to `target`; `config` says host, port and instance of what is reached over a network.
pub(super) async fn open(target: &Target, config: &Config) -> Result<Wire, ConnectError> {
    match target {
        Target::Wid | Target::Wid2008 | Target::Pipe(_) => pipe(target).await,
        Target::Unix(path) => socket(target, path).await,
        Target::Tcp { .. } => {
            let stream = TcpStream::connect(config.get_addr()).await;
            ready(stream).map_err(|source| unreachable(target, source))
        }
        Target::Instance { .. } => named_instance(target, config).await,
    }
}

/// Puts host, port and instance into a configuration, as TLS and the SQL Server Browser need them.
pub(super) fn name(target: &Target, config: &mut Config) {
    match target {
        Target::Wid | Target::Wid2008 | Target::Pipe(_) | Target::Unix(_) => config.host("localhost"),
        Target::Tcp { host, port } => {
            config.host(host_of(host));
            if let Some(port) = port {
                config.port(port.get());
            }
        }
        Target::Instance { host, instance } => {
            config.host(host_of(host));
            config.instance_name(instance);
        }
    }
}

/// People write a dot for this host.
fn host_of(host: &str) -> &str {
    if host == "." || host.eq_ignore_ascii_case("(local)") { "localhost" } else { host }
}

async fn named_instance(target: &Target, config: &Config) -> Result<Wire, ConnectError> {
    use tiberius::SqlBrowser as _;
    match TcpStream::connect_named(config).await {
        Ok(stream) => ready(Ok(stream)).map_err(|source| unreachable(target, source)),
        Err(tiberius::error::Error::Io { kind, message }) => {
            Err(unreachable(target, std::io::Error::new(kind, message)))
        }
        Err(error) => Err(ConnectError::NotAgreed { address: target.to_string(), why: error.to_string() }),
    }
}

/// Small requests are not held back for larger ones.
fn ready(stream: std::io::Result<TcpStream>) -> std::io::Result<Wire> {
    let stream = stream?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

#[cfg(unix)]
async fn socket(target: &Target, path: &str) -> Result<Wire, ConnectError> {
    let stream = tokio::net::UnixStream::connect(path).await;
    Ok(Box::new(stream.map_err(|source| unreachable(target, source))?))
}

#[cfg(not(unix))]
#[expect(clippy::unused_async, reason = "it waits on Unix")]
async fn socket(target: &Target, _: &str) -> Result<Wire, ConnectError> {
    Err(ConnectError::Unsupported { address: target.to_string(), why: "a Unix socket is no way on Windows" })
}

/// A pipe whose instances are all taken is waited for: the server makes another one as soon as it accepts.
#[cfg(windows)]
async fn pipe(target: &Target) -> Result<Wire, ConnectError> {
    use std::time::Duration;

    const PIPE_BUSY: i32 = 231;
    let name = target.pipe().unwrap_or_default();
    loop {
        match tokio::net::windows::named_pipe::ClientOptions::new().open(name) {
            Ok(pipe) => return Ok(Box::new(pipe)),
            Err(error) if error.raw_os_error() == Some(PIPE_BUSY) => {
                // How long altogether, whoever connects decides.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(source) => return Err(unreachable(target, source)),
        }
    }
}

#[cfg(not(windows))]
#[expect(clippy::unused_async, reason = "it waits on Windows")]
async fn pipe(target: &Target) -> Result<Wire, ConnectError> {
    Err(ConnectError::Unsupported {
        address: target.to_string(),
        why: "named pipes are Windows's: run there",
    })
}

/// The account the program runs as.
#[cfg(windows)]
pub(super) fn own_account() -> AuthMethod {
    AuthMethod::Integrated
}

/// Without Windows there is no token to show: an empty login says that, and a server on the same machine may know who is
/// at the other end of its socket.
#[cfg(not(windows))]
pub(super) fn own_account() -> AuthMethod {
    AuthMethod::sql_server("", "")
}

fn unreachable(target: &Target, source: std::io::Error) -> ConnectError {
    ConnectError::Unreachable { address: target.to_string(), source }
}
