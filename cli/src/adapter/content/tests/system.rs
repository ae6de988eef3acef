//! What only Unix lets a test put into the world: links, pipes, names that are not Unicode, small and read-only disks.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use wsusmigrate_core::event::content::{IgnoredEntry, Mismatch};

use super::*;
use crate::platform;

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Says that a test is skipped; a failure where it counts (`CI` set to true) and the means could be had.
fn skip(why: &str, could_be_had: bool) {
    let counts = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(!(counts && could_be_had), "not to be skipped here: {why}");
    eprintln!("SKIPPED: {why}");
}

/// Runs one test of this program again as a user without rights.
fn again_without_rights(test: &str) {
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    // Where the program lies, that user may not look.
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = place.path().join("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut command = Command::new(&program);
    command.args(["--exact", test, "--nocapture"]).current_dir("/").env_remove("LLVM_PROFILE_FILE");
    let output = command.uid(NOBODY).gid(NOBODY).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}{:?}", output.stderr);
}

fn pipe(path: &Path) {
    nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap();
}

#[test]
fn links_and_pipes_are_listed_as_ignored_and_never_followed() {
    let world = World::new();
    let elsewhere = world.root.path().join("elsewhere");
    put(&elsewhere.join("secret.cab"), b"secret");
    let content = world.source().join("WsusContent");
    symlink(&elsewhere, content.join("AA")).unwrap();
    symlink("nowhere", content.join("dangling")).unwrap();
    pipe(&content.join("pipe"));
    let listing = scan(&world.source(), Side::Source).unwrap();
    assert!(listing.files.is_empty());
    let told: Vec<_> =
        listing.ignored.iter().map(|i| (i.path.to_string(), i.what, i.detail.as_str())).collect();
    let target = elsewhere.to_str().unwrap();
    assert_eq!(
        told,
        [
            ("WsusContent/AA".to_owned(), IgnoredEntry::SymbolicLink, target),
            ("WsusContent/dangling".to_owned(), IgnoredEntry::SymbolicLink, "nowhere"),
            ("WsusContent/pipe".to_owned(), IgnoredEntry::Special, ""),
        ]
    );
}

#[test]
fn a_content_folder_that_is_a_link_is_told() {
    let world = World::new();
    fs::rename(world.source().join("WsusContent"), world.root.path().join("real")).unwrap();
    symlink("../real", world.source().join("WsusContent")).unwrap();
    let error = scan(&world.source(), Side::Source).unwrap_err();
    assert!(error.to_string().contains("is a link to ../real"), "{error}");
}

#[test]
fn sources_that_turned_into_links_or_pipes_are_unreadable() {
    let world = World::new();
    put(&world.root.path().join("secret"), b"content");
    for turn in [0, 1, 2] {
        let path = world.content(b"content");
        let job = world.job(&path, Found::Absent);
        let file = world.source().join(&path);
        fs::remove_file(&file).unwrap();
        match turn {
            0 => symlink(world.root.path().join("secret"), &file).unwrap(),
            1 => pipe(&file),
            _ => fs::create_dir(&file).unwrap(),
        }
        assert_failed(&world.run(job), FailureReason::Unreadable);
        let _ = fs::remove_file(&file);
        let _ = fs::remove_dir(&file);
    }
    assert!(world.landed().is_empty());
}

#[test]
fn links_at_the_destination_never_lead_a_write_astray() {
    let world = World::new();
    let outside = world.root.path().join("outside");
    put(&outside.join("victim"), b"victim");
    let path = world.content(b"content");
    let file = world.destination().join(&path);
    // The file is a link.
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    symlink(outside.join("victim"), &file).unwrap();
    let present = Found::Present { otherwise: Mismatched::Replace };
    assert_failed(&world.run(world.job(&path, Found::Absent)), FailureReason::Obstructed);
    assert_failed(&world.run(world.job(&path, present)), FailureReason::Obstructed);
    // Its folder is a link.
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
    symlink(&outside, file.parent().unwrap()).unwrap();
    assert_failed(&world.run(world.job(&path, Found::Absent)), FailureReason::Obstructed);
    assert_failed(&world.run(world.job(&path, present)), FailureReason::Obstructed);
    // A temporary's name is a link: the link goes, not what it points to.
    fs::remove_file(file.parent().unwrap()).unwrap();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    symlink(outside.join("victim"), format!("{}{TEMPORARY_SUFFIX}", file.display())).unwrap();
    assert!(matches!(world.copy(&path), Outcome::Copied { .. }));
    assert_eq!(fs::read(outside.join("victim")).unwrap(), b"victim");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn names_that_are_not_unicode_or_end_in_spaces_come_over() {
    let world = World::new();
    let folder = world.source().join("WsusContent/AB");
    for name in [&b"\xFF\xFE.cab"[..], b"trailing. ", b"line\nbreak", b"back\\slash"] {
        put(&folder.join(OsStr::from_bytes(name)), name);
    }
    let listing = scan(&world.source(), Side::Source).unwrap();
    let jobs: Vec<Job> = listing
        .files
        .into_iter()
        .map(|Entry { path, bytes, modified }| Job {
            from: None,
            item: 0,
            path,
            bytes,
            modified,
            expected: Expectation::SameAsSource,
            destination: Found::Absent,
        })
        .collect();
    assert_eq!(jobs.len(), 4);
    for done in run(world.setup(), jobs) {
        assert!(matches!(done.outcome, Outcome::Copied { .. }), "{done:?}");
        let landed = platform::to_os(&done.path, &world.destination()).unwrap();
        assert_eq!(fs::read(landed).unwrap(), done.path.file_name());
    }
}

#[test]
fn folders_and_files_without_permission_are_told() {
    if is_root() {
        // Permissions do not bind root.
        return again_without_rights(
            "adapter::content::tests::system::folders_and_files_without_permission_are_told",
        );
    }
    let world = World::new();
    let path = world.content(b"content");
    let file = world.source().join(&path);
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    allow(&file, 0o000);
    assert_failed(&world.copy(&path), FailureReason::Unreadable);
    allow(&file, 0o600);
    fs::create_dir_all(world.destination()).unwrap();
    allow(&world.destination(), 0o500);
    assert_failed(&world.copy(&path), FailureReason::DestinationDenied);
    allow(&world.destination(), 0o700);
    allow(file.parent().unwrap(), 0o000);
    let listing = scan(&world.source(), Side::Source).unwrap();
    assert_eq!(listing.ignored[0].what, IgnoredEntry::UnreadableFolder);
    allow(file.parent().unwrap(), 0o700);
}

/// A disk of its own, unmounted at the end.
struct Disk(PathBuf);

impl Disk {
    /// `None` with a word where this process may not mount.
    fn mount(at: &Path, options: &str) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self(at.to_owned()));
        }
        skip("mounting a small disk needs root and the mount command", is_root());
        None
    }

    /// An ext4 of its own that takes names in any letter case for one in `at/any`.
    fn mount_any_case(at: &Path) -> Option<Self> {
        let kernel_can = Path::new("/sys/fs/ext4/features/casefold").exists();
        fs::create_dir_all(at).unwrap();
        let (image, any) = (at.with_extension("image"), at.join("any"));
        fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
        let run = |program: &str, args: &[&OsStr]| {
            Command::new(program).args(args).output().is_ok_and(|output| output.status.success())
        };
        let option = |text: &'static str| OsStr::new(text);
        let (image, path) = (image.as_os_str(), at.as_os_str());
        let made = run(
            "mkfs.ext4",
            &[option("-q"), option("-O"), option("casefold"), option("-E"), option("encoding=utf8"), image],
        );
        if !made || !run("mount", &[option("-o"), option("loop"), image, path]) {
            skip(
                "folders that ignore case need root, mkfs.ext4 and a kernel that can",
                is_root() && kernel_can,
            );
            return None;
        }
        let disk = Self(at.to_owned());
        fs::create_dir(&any).unwrap();
        assert!(run("chattr", &[option("+F"), any.as_os_str()]), "chattr +F");
        Some(disk)
    }
}

#[test]
fn a_pre_seeded_file_in_other_case_is_found_where_the_folder_takes_the_two_for_one() {
    use crate::step::{Folders, Listings};
    let world = World::new();
    assert!(!platform::ignores_case(world.root.path()).unwrap(), "here names keep their case");
    let disk = world.root.path().join("disk");
    let Some(_disk) = Disk::mount_any_case(&disk) else { return };
    let path = world.content(b"abc");
    let destination = disk.join("any");
    assert!(platform::ignores_case(&destination).unwrap());
    put(&destination.join(path.to_lowercase()), b"abc");
    let listings = Listings::take(&Folders { source: world.source(), destination: destination.clone() });
    let wanted = RelPath::from_bytes(path.as_bytes()).unwrap();
    assert!(listings.unwrap().at_destination(&wanted).is_some(), "found in other case");
    let job = world.job(&path, Found::Present { otherwise: Mismatched::Refuse });
    let done = run(Setup::new(world.source(), &destination), vec![job]);
    assert!(matches!(done[0].outcome, Outcome::Verified { .. }), "{done:?}");
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_destination_is_told_and_nothing_is_left_behind() {
    let world = World::new();
    let Some(_disk) = Disk::mount(&world.destination(), "size=400k") else { return };
    let fits = world.content(b"small enough");
    let large_file = world.content(&vec![3; 2_000_000]);
    let many: Vec<String> = (0..8).map(|n| world.content(&vec![n; 100_000])).collect();
    assert_failed(&world.copy(&large_file), FailureReason::DestinationFull);
    assert!(world.landed().is_empty());
    assert!(matches!(world.copy(&fits), Outcome::Copied { .. }));
    let jobs = many.iter().map(|path| world.job(path, Found::Absent)).collect();
    let done = run(world.setup(), jobs);
    let full = done.iter().filter(|done| !matches!(done.outcome, Outcome::Copied { .. })).count();
    assert!((5..8).contains(&full), "{full}");
    for done in done.iter().filter(|done| !matches!(done.outcome, Outcome::Copied { .. })) {
        assert_failed(&done.outcome, FailureReason::DestinationFull);
    }
    assert_eq!(world.landed().len(), 1 + 8 - full, "no temporary is left");
}

#[test]
fn a_read_only_destination_is_told() {
    let world = World::new();
    let Some(_disk) = Disk::mount(&world.destination(), "ro,size=100k") else { return };
    let path = world.content(b"content");
    assert_failed(&world.copy(&path), FailureReason::DestinationDenied);
}

#[test]
fn reading_back_does_not_follow_links() {
    let world = World::new();
    put(&world.root.path().join("real"), b"1");
    fs::create_dir_all(world.destination().join("WsusContent")).unwrap();
    symlink(world.root.path().join("real"), world.destination().join("WsusContent/1")).unwrap();
    let mut read_back = ReadBack::start(ReadBackSetup::new(world.destination())).unwrap();
    let path = RelPath::from_bytes(&b"WsusContent/1"[..]).unwrap();
    read_back.submit(0, vec![Recorded { path, bytes: 1, sha256: digests(b"1").sha256 }]).unwrap();
    let checked = read_back.receive().unwrap().unwrap();
    assert_eq!(checked.exceptions[0].what, Mismatch::Obstructed);
}
