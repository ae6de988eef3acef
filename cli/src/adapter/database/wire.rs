//! The way to an engine: a named pipe, a Unix socket, or TCP with the port the SQL Server Browser tells.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tiberius::{AuthMethod, Config};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use wsusmigrate_core::database::connection::{DEFAULT_PORT, Target};

use super::connect_error::ConnectError;

/// A restore says nothing for hours: a firewall that forgets who is silent, or a host that went without a word, would be
/// noticed when the time is up. So often a silent connection is asked whether it is still there ...
const ALIVE_AFTER: Duration = Duration::from_mins(1);
/// ... and, where nobody answers that, so often again before it counts as lost.
const ALIVE_AGAIN: Duration = Duration::from_secs(10);
/// The port of the SQL Server Browser.
const BROWSER_PORT: u16 = 1434;

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
        Target::Tcp { host, port } => {
            let port = port.map_or(DEFAULT_PORT, std::num::NonZeroU16::get);
            let addresses = resolved(target, host, port).await?;
            let stream = TcpStream::connect(&*addresses).await;
            ready(stream).map_err(|source| unreachable(target, source))
        }
        Target::Instance { host, .. } => {
            resolved(target, host, BROWSER_PORT).await?;
            named_instance(target, config).await
        }
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

/// The addresses of a host: that it has none is told apart from that it does not answer.
async fn resolved(target: &Target, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
    let looked_up = tokio::net::lookup_host((host_of(host), port)).await;
    let unknown =
        |source| ConnectError::NoSuchHost { address: target.to_string(), host: host.to_owned(), source };
    looked_up.map(Iterator::collect).map_err(unknown)
}

async fn named_instance(target: &Target, config: &Config) -> Result<Wire, ConnectError> {
    use tiberius::SqlBrowser as _;
    match TcpStream::connect_named(config).await {
        Ok(stream) => ready(Ok(stream)).map_err(|source| unreachable(target, source)),
        Err(tiberius::error::Error::Io { kind, message }) => {
            Err(unreachable(target, std::io::Error::new(kind, message)))
        }
        Err(error) => {
            Err(ConnectError::NoSuchInstance { address: target.to_string(), why: error.to_string() })
        }
    }
}

/// Small requests are not held back for larger ones, and who is gone is noticed.
fn ready(stream: std::io::Result<TcpStream>) -> std::io::Result<Wire> {
    let stream = stream?;
    stream.set_nodelay(true)?;
    let alive = TcpKeepalive::new().with_time(ALIVE_AFTER).with_interval(ALIVE_AGAIN);
    SockRef::from(&stream).set_tcp_keepalive(&alive)?;
    Ok(Box::new(stream))
}

#[cfg(unix)]
async fn socket(target: &Target, path: &str) -> Result<Wire, ConnectError> {
    let stream = tokio::net::UnixStream::connect(path).await;
    Ok(Box::new(stream.map_err(|source| absent(target, path, source))?))
}

#[cfg(not(unix))]
#[expect(clippy::unused_async, reason = "it waits on Unix")]
async fn socket(target: &Target, _: &str) -> Result<Wire, ConnectError> {
    Err(ConnectError::Unsupported { address: target.to_string(), why: "a Unix socket is no way on Windows" })
}

/// A pipe whose instances are all taken is waited for: the server makes another one as soon as it accepts.
#[cfg(windows)]
async fn pipe(target: &Target) -> Result<Wire, ConnectError> {
    const PIPE_BUSY: i32 = 231;
    let name = target.pipe().unwrap_or_default();
    loop {
        match tokio::net::windows::named_pipe::ClientOptions::new().open(name) {
            Ok(pipe) => return Ok(Box::new(pipe)),
            Err(error) if error.raw_os_error() == Some(PIPE_BUSY) => {
                // How long altogether, whoever connects decides.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(source) => return Err(absent(target, name, source)),
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
    let address = target.to_string();
    match source.kind() {
        ErrorKind::ConnectionRefused => ConnectError::NobodyListens { address, source },
        _ => ConnectError::Unreachable { address, source },
    }
}

/// A pipe or a socket that is not there: whoever makes it does not run.
fn absent(target: &Target, path: &str, source: std::io::Error) -> ConnectError {
    match source.kind() {
        ErrorKind::NotFound => {
            ConnectError::NoSuchPipe { address: target.to_string(), path: path.to_owned(), source }
        }
        _ => unreachable(target, source),
    }
}
