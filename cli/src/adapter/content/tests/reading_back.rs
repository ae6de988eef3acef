//! Reading the copy back finds what is wrong with it, by name.

use wsusmigrate_core::event::content::Mismatch;

use super::*;

#[test]
fn exceptions_are_named_and_the_rest_is_counted() {
    let world = World::new();
    let contents = [b"".to_vec(), b"small".to_vec(), large(1), large(2), b"gone".to_vec()];
    let list: Vec<Recorded> = contents
        .iter()
        .enumerate()
        .map(|(number, bytes)| {
            let path = format!("WsusContent/AB/{number}");
            put(&world.destination().join(&path), bytes);
            let path = RelPath::from_bytes(path.into_bytes()).unwrap();
            Recorded { path, bytes: bytes.len() as u64, sha256: digests(bytes).sha256 }
        })
        .collect();
    let mut damaged = contents[3].clone();
    *damaged.last_mut().unwrap() ^= 1;
    put(&world.destination().join("WsusContent/AB/3"), &damaged);
    fs::remove_file(world.destination().join("WsusContent/AB/4")).unwrap();
    let mut read_back = ReadBack::start(ReadBackSetup::new(world.destination())).unwrap();
    read_back.submit(1, list).unwrap();
    read_back.submit(2, Vec::new()).unwrap();
    let checked = read_back.receive().unwrap().unwrap();
    assert_eq!((checked.id, checked.files, checked.bytes, checked.left), (1, 5, 600_007, 0));
    assert!(checked.around_cache <= 4);
    let told: Vec<_> = checked.exceptions.iter().map(|e| (e.index, e.what, e.found)).collect();
    assert_eq!(
        told,
        [(3, Mismatch::Different, Some(digests(&damaged).sha256)), (4, Mismatch::Missing, None)]
    );
    assert_eq!(read_back.receive().unwrap().unwrap(), Checked { id: 2, ..Checked::default() });
    assert_eq!(read_back.receive().unwrap(), None);
}

#[test]
fn a_stop_leaves_files_unread() {
    let world = World::new();
    put(&world.destination().join("WsusContent/AB/1"), b"1");
    let setup = ReadBackSetup::new(world.destination());
    setup.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut read_back = ReadBack::start(setup).unwrap();
    let path = RelPath::from_bytes(&b"WsusContent/AB/1"[..]).unwrap();
    read_back.submit(0, vec![Recorded { path, bytes: 1, sha256: digests(b"1").sha256 }]).unwrap();
    let checked = read_back.receive().unwrap().unwrap();
    assert_eq!((checked.files, checked.left), (0, 1));
}
