//! Room on the volumes of the engine's host: what is going to lie on each, against what is free there.
//!
//! Data files, log files, the backup and the safety backup may share a volume or have one each. What counts is the sum of each
//! volume, and when: the SUSDB that is replaced gives its room back only after the safety backup of it was written.

use std::fmt;

use super::EnginePath;
use super::backup::BackupFile;
use super::facts::{DatabaseFile, FileKind};
use super::row::Row;
use super::statement::MoveFile;

/// A volume as the engine tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Where it is mounted: `C:\`, or a folder.
    pub mount: EnginePath,
    /// What is free on it, in bytes.
    pub free_bytes: u64,
}

impl Volume {
    /// Reads the answer of [`statement::free_space`](super::statement::free_space), in either of its two forms. What cannot be
    /// read tells of no volume; of a volume that is told twice the smaller figure counts.
    #[must_use]
    pub fn from_rows(rows: &[Row]) -> Vec<Self> {
        let mut volumes: Vec<Self> = Vec::new();
        for volume in rows.iter().filter_map(|row| Self::of_mount(row).or_else(|| Self::of_drive(row))) {
            match volumes.iter_mut().find(|known| known.mount.is_same(&volume.mount)) {
                Some(known) => known.free_bytes = known.free_bytes.min(volume.free_bytes),
                None => volumes.push(volume),
            }
        }
        volumes
    }

    fn of_mount(row: &Row) -> Option<Self> {
        let mount = EnginePath::new(&row.maybe_text("volume_mount_point").ok()??).ok()?;
        let free_bytes = u64::try_from(row.maybe_int("available_bytes").ok()??).ok()?;
        Some(Self { mount, free_bytes })
    }

    fn of_drive(row: &Row) -> Option<Self> {
        let mount = EnginePath::new(&format!("{}:\\", row.maybe_text("drive").ok()??)).ok()?;
        let free = u64::try_from(row.maybe_int("MB free").ok()??).ok()?;
        Some(Self { mount, free_bytes: free << 20 })
    }
}

/// What is going to need room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The backup of the source's SUSDB.
    Backup,
    /// The same, carried to the destination.
    CarriedBackup,
    /// The safety backup of the destination's own SUSDB.
    SafetyBackup,
    /// The data files of the restored SUSDB.
    Data,
    /// Its log files.
    Log,
}

impl Piece {
    const ALL: [Self; 5] = [Self::Backup, Self::CarriedBackup, Self::SafetyBackup, Self::Data, Self::Log];

    const fn word(self) -> &'static str {
        match self {
            Self::Backup => "the backup",
            Self::CarriedBackup => "the source's backup",
            Self::SafetyBackup => "the safety backup",
            Self::Data => "data",
            Self::Log => "log",
        }
    }

    /// Whether it is written only once the SUSDB that is there was dropped.
    const fn follows_drop(self) -> bool {
        matches!(self, Self::Data | Self::Log)
    }

    /// The key of the plan that moves it to another volume.
    const fn key(self) -> &'static str {
        match self {
            Self::Backup | Self::CarriedBackup | Self::SafetyBackup => "database.backup_folder",
            Self::Data => "database.data_folder",
            Self::Log => "database.log_folder",
        }
    }
}

/// Room that is going to be needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// By what.
    pub piece: Piece,
    /// Where.
    pub path: EnginePath,
    /// How much, in bytes.
    pub bytes: u64,
}

/// What the files of a backup need where they go.
#[must_use]
pub fn restored(files: &[BackupFile], moves: &[MoveFile]) -> Vec<Need> {
    let target = |file: &BackupFile| moves.iter().find(|to| to.logical_name == file.logical_name);
    let need = |file: &BackupFile| {
        let piece = if file.kind == FileKind::Log { Piece::Log } else { Piece::Data };
        Some(Need { piece, path: target(file)?.target.clone(), bytes: file.bytes })
    };
    files.iter().filter_map(need).collect()
}

/// What a backup of a database takes at most: its pages, not its log.
#[must_use]
pub fn backup_bytes_max(files: &[DatabaseFile]) -> u64 {
    let data = files.iter().filter(|file| file.kind != FileKind::Log);
    data.fold(0, |bytes, file| bytes.saturating_add(file.bytes))
}

/// Room on the volumes something is going to lie on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    volumes: Vec<VolumeRoom>,
    untold: Vec<EnginePath>,
}

/// Room on one volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeRoom {
    volume: Volume,
    /// What comes free with the drop, in bytes.
    freed_bytes: u64,
    /// What needs room, in the order of [`Piece`], each with its sum.
    needs: Vec<(Piece, u64)>,
}

impl Room {
    /// Holds what is needed against what is free, volume by volume. `dropped` are the files of the SUSDB that is replaced.
    #[must_use]
    pub fn judge(volumes: &[Volume], needs: &[Need], dropped: &[DatabaseFile]) -> Self {
        let mut room = Self::default();
        for volume in volumes {
            let here = |path: &EnginePath| volume_of(volumes, path) == Some(volume);
            let of = |piece: Piece| {
                let here = needs.iter().filter(|need| need.piece == piece && here(&need.path));
                here.map(|need| need.bytes).reduce(u64::saturating_add).map(|bytes| (piece, bytes))
            };
            let needs: Vec<_> = Piece::ALL.into_iter().filter_map(of).collect();
            if needs.is_empty() {
                continue;
            }
            let gone = dropped.iter().filter(|file| file.engine_path().is_some_and(|path| here(&path)));
            let freed_bytes = gone.fold(0, |bytes: u64, file| bytes.saturating_add(file.bytes));
            room.volumes.push(VolumeRoom { volume: volume.clone(), freed_bytes, needs });
        }
        let untold = needs.iter().map(|need| &need.path).filter(|path| volume_of(volumes, path).is_none());
        room.untold = untold.map(EnginePath::folder).collect();
        room.untold.dedup();
        room
    }

    /// The volumes that have too little.
    pub fn shortages(&self) -> impl Iterator<Item = &VolumeRoom> {
        self.volumes.iter().filter(|volume| volume.is_short())
    }

    /// Folders of whose volume nobody tells what is free.
    #[must_use]
    pub fn untold(&self) -> &[EnginePath] {
        &self.untold
    }
}

impl VolumeRoom {
    /// Whether what it is to hold does not fit, before the drop or after it.
    #[must_use]
    pub fn is_short(&self) -> bool {
        let before = self.needs.iter().filter(|(piece, _)| !piece.follows_drop());
        let before = before.fold(0, |bytes: u64, (_, more)| bytes.saturating_add(*more));
        let free = self.volume.free_bytes;
        before > free || self.needed_bytes() > free.saturating_add(self.freed_bytes)
    }

    fn needed_bytes(&self) -> u64 {
        self.needs.iter().fold(0, |bytes, (_, more)| bytes.saturating_add(*more))
    }
}

impl fmt::Display for VolumeRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> =
            self.needs.iter().map(|(piece, bytes)| format!("{} {bytes}", piece.word())).collect();
        let Volume { mount, free_bytes } = &self.volume;
        write!(f, "volume {mount}: {} bytes are needed ({})", self.needed_bytes(), parts.join(", "))?;
        write!(f, ", {free_bytes} are free")?;
        if self.freed_bytes > 0 {
            write!(f, ", {} more once the SUSDB that is there was dropped", self.freed_bytes)?;
        }
        let mut keys: Vec<_> = self.needs.iter().map(|(piece, _)| piece.key()).collect();
        keys.dedup();
        write!(f, ": make room there, or lead {} to another volume", keys.join(" or "))
    }
}

/// The volume a path is on: of those whose mount point leads there, the one with the longest.
fn volume_of<'a>(volumes: &'a [Volume], path: &EnginePath) -> Option<&'a Volume> {
    let leading = volumes.iter().filter(|volume| path.lies_in(&volume.mount));
    leading.max_by_key(|volume| volume.mount.depth())
}

/// Whether the engine tells of the volume a path is on.
#[must_use]
pub fn is_told(volumes: &[Volume], path: &EnginePath) -> bool {
    volume_of(volumes, path).is_some()
}

#[cfg(test)]
mod tests;
