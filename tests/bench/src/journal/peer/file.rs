//! The yardstick: records behind a length and a checksum in a file that is filled with zeros ahead of the writer; one
//! write and one fdatasync a group, as the journal's log does it, and nothing else.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::filler::{Filler, PIECE_BYTES_MIN};
use super::{Payload, PeerError};

/// A file is cut here and the next begun, as the journal's are.
const SEGMENT_BYTES_MAX: u64 = 64 << 20;
/// Length and checksum.
const HEADER_BYTES: usize = 8;
const READ_BYTES: usize = 512 << 10;

pub(super) struct Store {
    dir: PathBuf,
    file: Arc<File>,
    end: u64,
    filler: Filler,
    frame: Vec<u8>,
}

fn path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}.log"))
}

/// A new file whose first piece of zeros is on the disk.
fn begin(dir: &Path, first: u64) -> Result<Arc<File>, PeerError> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(path(dir, first))?;
    file.write_all_at(&vec![0; usize::try_from(PIECE_BYTES_MIN)?], 0)?;
    file.sync_all()?;
    File::open(dir)?.sync_all()?;
    Ok(Arc::new(file))
}

impl Store {
    pub(super) fn open(dir: &Path) -> Result<Self, PeerError> {
        let file = begin(dir, 0)?;
        let filler = Filler::start(Arc::clone(&file), SEGMENT_BYTES_MAX);
        Ok(Self { dir: dir.to_owned(), file, end: 0, filler, frame: Vec::new() })
    }
}

impl super::Store for Store {
    fn commit(&mut self, first: u64, payloads: &[Payload]) -> Result<(), PeerError> {
        self.frame.clear();
        for payload in payloads {
            self.frame.extend(u32::try_from(payload.len())?.to_be_bytes());
            self.frame.extend(crc32c::crc32c(payload).to_be_bytes());
            self.frame.extend(&payload[..]);
        }
        let length = self.frame.len() as u64;
        if self.end + length > SEGMENT_BYTES_MAX {
            let next = begin(&self.dir, first)?;
            self.filler.follow(Arc::clone(&next));
            self.file.set_len(self.end)?;
            (self.file, self.end) = (next, 0);
        }
        self.filler.ensure(self.end + length)?;
        self.file.write_all_at(&self.frame, self.end)?;
        self.file.sync_data()?;
        self.end += length;
        Ok(())
    }
}

pub(super) fn scan(
    dir: &Path,
    take: &mut dyn FnMut(&[u8]) -> Result<(), PeerError>,
) -> Result<(), PeerError> {
    let mut files =
        fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, PeerError>>()?;
    files.sort_unstable();
    for file in files {
        let left = fs::metadata(&file)?.len();
        segment(BufReader::with_capacity(READ_BYTES, File::open(&file)?), left, take)?;
    }
    Ok(())
}

/// Up to the zeros behind the last record.
fn segment(
    mut file: BufReader<File>,
    mut left: u64,
    take: &mut dyn FnMut(&[u8]) -> Result<(), PeerError>,
) -> Result<(), PeerError> {
    let (mut header, mut payload) = ([0; HEADER_BYTES], Vec::new());
    while left >= HEADER_BYTES as u64 {
        file.read_exact(&mut header)?;
        let (length, sum) = header.split_at(4);
        let length = u32::from_be_bytes(length.try_into()?);
        if length == 0 {
            break;
        }
        payload.resize(length as usize, 0);
        file.read_exact(&mut payload)?;
        if sum != crc32c::crc32c(&payload).to_be_bytes() {
            return Err("a record is damaged".into());
        }
        take(&payload)?;
        left -= HEADER_BYTES as u64 + u64::from(length);
    }
    Ok(())
}
