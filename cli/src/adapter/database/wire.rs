//! The way to an engine: a named pipe, a Unix socket, or TCP with the port the SQL Server Browser tells.

use tiberius::{AuthMethod, Config, SqlBrowser as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use wsusmigrate_core::database::connection::Target;

use super::connection::ConnectError;

/// Something bytes go through in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

/// An open way.
pub(super) type Wire = Box<dyn Duplex>;
