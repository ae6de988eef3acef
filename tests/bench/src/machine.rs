//! What the figures were measured on.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use serde::Serialize;

use crate::cache;
use crate::error::BenchError;

/// What the figures were measured on. No names of machines or folders: a class, not a place.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) cores: usize,
    pub(crate) cpu: String,
    pub(crate) memory_gib: u64,
    pub(crate) file_system: String,
    pub(crate) kernel: String,
    pub(crate) cold_by: &'static str,
    pub(crate) versions: Vec<String>,
}

impl Machine {
    /// This one, with `dir` on the file system that counts and the versions of the peers.
    pub(crate) fn look(dir: &Path, peers: Vec<String>) -> Self {
        let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
        let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
        let memory_kib: u64 = memory.split(' ').next().and_then(|kib| kib.parse().ok()).unwrap_or(0);
        let mut versions = vec![format!("wsusmigrate {}", env!("CARGO_PKG_VERSION"))];
        versions.extend(peers);
        versions.extend(first_line("rustc", "--version"));
        Self {
            date: first_line("date", "-uI").unwrap_or_default(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            cpu,
            memory_gib: memory_kib.div_ceil(1 << 20),
            file_system: file_system(dir),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            cold_by: cache::cold_by(),
            versions,
        }
    }

    /// All of it in two lines.
    pub(crate) fn told(&self) -> String {
        let Self { date, cores, cpu, memory_gib, file_system, kernel, versions, .. } = self;
        let versions = versions.join("; ");
        format!("{date}; {cores} cores, {cpu}, {memory_gib} GiB; {file_system}; Linux {kernel}\n{versions}")
    }
}

/// The versions of the peers that are programs. Fails where one is missing.
pub(crate) fn tools() -> Result<Vec<String>, BenchError> {
    let tools = [("rsync", "rsync"), ("cp", "coreutils"), ("sha1sum", "coreutils"), ("sync", "coreutils")];
    let version =
        |(tool, package)| first_line(tool, "--version").ok_or(BenchError::Missing { tool, package });
    tools.into_iter().map(version).collect()
}

/// The versions of the peers that are libraries.
pub(crate) fn libraries(names: &[&str]) -> Vec<String> {
    let mut lines = include_str!("../Cargo.lock").lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let name = line.strip_prefix("name = ").unwrap_or_default().trim_matches('"');
        if names.contains(&name) {
            let version = lines.next().and_then(|line| line.strip_prefix("version = ")).unwrap_or_default();
            found.push(format!("{name} {}", version.trim_matches('"')));
        }
    }
    found
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn first_line(tool: &str, argument: &str) -> Option<String> {
    let output = Command::new(tool).arg(argument).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().next()?.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Type and options of the mount that holds a folder.
fn file_system(dir: &Path) -> String {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let holding = fields.filter(|fields| fields.len() > 3 && dir.starts_with(fields[1]));
    let mount = holding.max_by_key(|fields| fields[1].len());
    mount.map_or_else(
        || "unknown".to_owned(),
        |fields| format!("{} ({}){}", fields[2], fields[3], without_journal(fields[0])),
    )
}

/// An ext4 without a journal syncs cheaper and shuns the inodes of removed files: figures from it are of a kind.
fn without_journal(device: &str) -> &'static str {
    let device = device.rsplit('/').next().unwrap_or_default();
    let task = fs::read_to_string(format!("/sys/fs/ext4/{device}/journal_task")).unwrap_or_default();
    if task.trim() == "<none>" { ", without a journal" } else { "" }
}
