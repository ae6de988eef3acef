//! What differs between operating systems, behind one set of names.
//!
//! Everything here is a thin, honest layer: it returns what the system said. `unix.rs` is safe code on top of `nix`;
//! `windows.rs` is the only place of the program that may hold `unsafe` code.
//!
//! - a [`Folder`] is an open folder; names are resolved below it, one part at a time, and links are never followed;
//! - [`Uncached`] reads a file from the disk, around the system's cache where the file system allows it;
//! - a [`Target`] is a file being written, past the cache where that is faster;
//! - [`GroupSync`] makes many files durable at once where that is sound;
//! - a [`Tree`] is a child process with everything it started; a [`Process`] is one that can be recognised later;
//! - the rest answers questions: paths, space, host, account.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

mod buffer;
mod fact;
mod location;
mod process;
#[cfg(any(windows, test))]
mod wtf8;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub use buffer::Buffer;
pub use fact::Account;
pub use fact::Bypass;
pub use fact::Kind;
pub use fact::Overwrite;
pub use fact::Space;
pub use fact::Stat;
pub use fact::UnsafeName;
pub use fact::modified_of;
pub use fact::times_of;
pub use location::ignores_case;
pub use location::is_inside;
pub use location::nearest_existing;
pub use process::CodePage;
pub use process::Process;
pub use system::Folder;
pub use system::GroupSync;
pub use system::NAME_UNITS_MAX;
pub use system::Target;
pub use system::Tree;
pub use system::Uncached;
pub use system::account;
pub use system::claim_folder;
pub use system::decode;
pub use system::disable_core_dumps;
pub use system::file_system_name;
pub use system::free_space;
pub use system::from_os;
pub use system::held;
pub use system::host_name;
pub use system::is_output_nowhere;
pub use system::is_symbolic_link;
pub use system::kind_of;
pub use system::lies_at;
pub use system::name_units;
pub use system::os_description;
pub use system::prepare_reading;
pub use system::private_folder;
pub use system::same_file_system;
pub use system::signal;
pub use system::started;
pub use system::to_os;
pub use system::verbatim;
pub use system::write_system_log;
