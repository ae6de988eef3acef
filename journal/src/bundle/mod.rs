//! Bundles: a checkpointed prefix of a stream as one file that can be carried anywhere and checked without its journal.
//!
//! ```text
//! manifest.json          what is inside, for people; follows from the rest
//! public-key             the key of the checkpoint, as C2SP verifier key
//! checkpoints/<size>     the signed note over exactly the records inside
//! log/<first>.log ...    the records, in log files of a canonical cut
//! evidence/<hash> ...    every file the records name, in the order of its first mention
//! ```
//!
//! The file is a plain tar archive (`ustar`) of which every byte is prescribed: the same records make the same bytes,
//! whoever exports them and however often, and a reader accepts nothing else. So nothing inside can name a place
//! outside, no length is believed before it is bounded, and every changed byte is found. `docs/FORMAT.md` has the bytes.

mod contents;
mod error;
mod export;
mod framer;
mod open;
mod records;
mod source;
mod survey;
mod tape;
mod tar;

use std::io::Read;
use std::path::Path;

use wsusmigrate_core::digest::Sha256;

use crate::checkpoint::Checkpoint;
use crate::disk::FileError;
use crate::error::ReadError;
use crate::reader::RecordSource;

pub use error::BundleDamage;
pub use error::BundleError;
pub use error::ExportError;
pub use export::Exported;
pub use export::export;
pub use records::Bundle;
pub(crate) use survey::root_at;

/// A source of records that a bundle can be made of.
pub trait Portable: RecordSource {
    /// Where it stands, for messages.
    fn place(&self) -> &Path;

    /// The checkpoint over exactly so many records, if there is one. Its signature is not checked here.
    fn checkpoint_at(&self, size: u64) -> Result<Option<Checkpoint>, ReadError>;

    /// The file of a digest: its length in bytes, and the bytes. Whether they are those of the digest is not checked
    /// here.
    fn evidence(&self, digest: Sha256) -> Result<(u64, Box<dyn Read + '_>), FileError>;
}
