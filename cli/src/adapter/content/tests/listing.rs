//! What a root holds, and what is said of a wrong one.

use super::*;

#[test]
fn files_of_the_two_folders_are_listed_in_order_and_nothing_else() {
    let world = World::new();
    let content = [world.content(b"one"), world.content(b"two")];
    put(&world.source().join("updateservicespackages/deep/er/setup.msi"), b"package");
    put(&world.source().join("WsusContent/odd name .txt"), b"");
    put(&world.source().join("WsusContent/AB/x.cab.wsusmigrate-tmp"), b"left");
    put(&world.source().join("UpdateServicesDbFiles/SUSDB.mdf"), b"database");
    put(&world.source().join("readme.txt"), b"other");
    let listing = scan(&world.source(), Side::Source).unwrap();
    let mut expected: Vec<&str> = content.iter().map(String::as_str).collect();
    expected.extend(["updateservicespackages/deep/er/setup.msi", "WsusContent/odd name .txt"]);
    expected.sort_unstable();
    let paths: Vec<String> = listing.files.iter().map(|entry| entry.path.to_string()).collect();
    assert_eq!(paths, expected);
    assert_eq!(listing.bytes(), 13);
    assert_eq!(listing.ignored.len(), 1);
    assert_eq!(listing.ignored[0].what, wsusmigrate_core::event::content::IgnoredEntry::Temporary);
    assert!(listing.leftovers.is_empty());
}

#[test]
fn a_destination_may_hold_nothing_yet() {
    let world = World::new();
    assert_eq!(scan(&world.destination(), Side::Destination).unwrap(), Listing::default());
    fs::create_dir(world.destination()).unwrap();
    assert_eq!(scan(&world.destination(), Side::Destination).unwrap(), Listing::default());
}

#[test]
fn leftovers_are_found_and_removed_and_nothing_else() {
    let world = World::new();
    let temporary = "WsusContent/AB/x.cab.wsusmigrate-tmp";
    put(&world.destination().join(temporary), b"12345");
    put(&world.destination().join("WsusContent/AB/x.cab"), b"whole");
    let mut listing = scan(&world.destination(), Side::Destination).unwrap();
    let leftover = Leftover { path: RelPath::from_bytes(temporary.as_bytes()).unwrap(), bytes: 5 };
    assert_eq!(listing.leftovers, std::slice::from_ref(&leftover));
    // Neither a file with another name nor one that is gone is removed.
    listing
        .leftovers
        .push(Leftover { path: RelPath::from_bytes(&b"WsusContent/AB/x.cab"[..]).unwrap(), bytes: 5 });
    listing.leftovers.push(Leftover {
        path: RelPath::from_bytes(&b"WsusContent/AB/y.wsusmigrate-tmp"[..]).unwrap(),
        bytes: 5,
    });
    let result = remove_leftovers(&world.destination(), &listing.leftovers, &NoEffects).unwrap();
    assert_eq!(result.removed, [leftover]);
    assert_eq!(result.kept.len(), 1);
    assert_eq!(world.landed(), [("WsusContent/AB/x.cab".to_owned(), b"whole".to_vec())]);
}

#[test]
fn a_wrong_root_is_told_with_what_was_probably_meant() {
    let world = World::new();
    world.content(b"content");
    let hint = |root: &Path| match scan(root, Side::Source) {
        Err(error @ ScanError::NoContent { .. }) => {
            let text = error.to_string();
            let ScanError::NoContent { hint, .. } = error else { unreachable!() };
            (hint, text)
        }
        other => panic!("{other:?}"),
    };
    let (found, text) = hint(&world.source().join("WsusContent"));
    assert_eq!(found, Hint::Above(world.source()));
    assert!(text.contains("looks like WsusContent itself"), "{text}");
    let (found, text) = hint(world.root.path());
    assert_eq!(found, Hint::Below(world.source()));
    assert!(text.contains("source"), "{text}");
    fs::create_dir(world.root.path().join("empty")).unwrap();
    let (found, text) = hint(&world.root.path().join("empty"));
    assert_eq!(found, Hint::None);
    assert!(text.contains("is empty"), "{text}");
    let missing = scan(&world.root.path().join("nowhere"), Side::Source);
    assert!(matches!(missing, Err(ScanError::Missing { .. })));
    put(&world.root.path().join("file"), b"");
    assert!(scan(&world.root.path().join("file"), Side::Source).is_err());
}
