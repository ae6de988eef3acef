//! Goal: one root a size, one key at a time; what others signed is kept; a checkpoint kept elsewhere is believed.
//!
//! Method: signing and rotating are a few files written one after the other. A crash leaves a prefix of them, so every
//! prefix is put together from the state before and the state after, and opened.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, also in their helpers")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::Signer;
use sha2::{Digest, Sha256};
use support::{Bench, copy_tree, fill, samples};
use wsusmigrate_core::envelope::{Envelope, Proposed};
use wsusmigrate_core::event::run::KeyRotated;
use wsusmigrate_core::id::EventId;
use wsusmigrate_journal::{
    CheckpointError, Elsewhere, Expected, Journal, KeyRing, OpenError, Outside, RecordSource, Verification,
    verify_against, verify_bytes,
};

const FOREIGN: &str = "— witness.example AAECAwQFBgcICQoLDA0ODw==\n— other.example+x not base64 at all\n";

fn beside(bench: &Bench, ending: &str) -> PathBuf {
    bench.keys().join(format!("{}{ending}", samples::STREAM))
}

fn note(bench: &Bench, size: u64) -> PathBuf {
    bench.dir().join(format!("checkpoints/{size:020}"))
}

fn append(journal: &Journal, number: u64) {
    journal.append(vec![samples::field(number)], Expected::Any).wait().unwrap();
}

fn against(bench: &Bench, file: &Path) -> Verification {
    let elsewhere = Elsewhere::read(file).unwrap().unwrap();
    let outside = Outside { keys: None, elsewhere: Some(&elsewhere) };
    verify_against(&bench.dir(), &mut |_| Ok(()), outside).unwrap()
}

#[test]
fn signatures_of_others_outlive_another_signing() {
    let bench = Bench::filled(5, 5);
    let text = fs::read_to_string(note(&bench, 6)).unwrap();
    // Also one in front of ours, as a tool may sort them.
    let (body, own) = text.split_once("\n\n").unwrap();
    let cosigned = format!("{body}\n\n{FOREIGN}{own}— third.example BBBB\n");
    fs::write(note(&bench, 6), &cosigned).unwrap();
    let journal = bench.open(&[]);
    assert_eq!(journal.checkpoint().unwrap().text, cosigned);
    journal.close().unwrap();
    for file in [note(&bench, 6), beside(&bench, ".head")] {
        assert_eq!(fs::read_to_string(file).unwrap(), cosigned);
    }
    // Where ours is missing it is added behind theirs.
    let journal = bench.open(&[]);
    fs::write(note(&bench, 6), format!("{body}\n\n{FOREIGN}")).unwrap();
    assert_eq!(journal.checkpoint().unwrap().text, format!("{body}\n\n{FOREIGN}{own}"));
    journal.close().unwrap();
    bench.assert_sound();
}

/// Two writers of one stream: a copy of the folder, opened beside the original with the same keys.
#[test]
fn no_two_roots_are_signed_for_one_size() {
    let bench = Bench::filled(5, 5);
    let twin = bench.root().join("twin");
    copy_tree(&bench.dir(), &twin);
    let (one, other) = (bench.open(&[]), Journal::open(&twin, &bench.keys(), samples::TIME).unwrap().0);
    append(&one, 1);
    append(&other, 2);
    let signed = one.checkpoint().unwrap();
    assert!(matches!(other.checkpoint(), Err(CheckpointError::SecondRoot { size: 7, .. })));
    append(&one, 3);
    one.checkpoint().unwrap();
    assert!(matches!(other.checkpoint(), Err(CheckpointError::Backwards { size: 7, before: 8, .. })));
    let text = fs::read_to_string(note(&bench, 7)).unwrap();
    assert_eq!(text, signed.text);
    assert!(!twin.join(format!("checkpoints/{:020}", 7)).exists());
    one.close().unwrap();
    bench.assert_sound();
}

/// The files of one signing, in the order in which they are written.
#[test]
fn a_crash_anywhere_in_a_signing_leaves_one_root() {
    for written in 0..=3 {
        let bench = Bench::filled(5, 5);
        let before = bench.copy();
        let other = bench.copy();
        let journal = bench.open(&[]);
        append(&journal, 1);
        journal.close().unwrap();
        let rival = other.open(&[]);
        append(&rival, 2);
        drop(rival);
        for (crashed, is_signed) in [(&bench, true), (&other, false)] {
            // The signing of `bench` was cut short; `other` is a history of the same length that never was signed.
            let files = [beside(&bench, ".signing"), note(&bench, 7), beside(&bench, ".head")];
            let state = crashed.copy();
            let _ = fs::remove_file(note(&state, 7));
            for ending in [".signing", ".head"] {
                fs::copy(beside(&before, ending), beside(&state, ending)).unwrap();
            }
            let targets = [beside(&state, ".signing"), note(&state, 7), beside(&state, ".head")];
            for (from, to) in files.iter().zip(&targets).take(written) {
                fs::copy(from, to).unwrap();
            }
            if is_signed || written == 0 {
                state.try_open().unwrap().0.close().unwrap();
                let verification = state.assert_sound();
                assert_eq!(verification.checkpoint.unwrap().size, verification.size);
            } else {
                let error = state.try_open().unwrap_err();
                assert!(matches!(error, OpenError::Contradiction { size: 7, .. }), "{written}: {error:?}");
            }
        }
    }
}

#[test]
fn a_rotated_key_counts_from_the_checkpoint_both_have_signed() {
    let bench = Bench::filled(5, 5);
    let first = bench.reader().identity().public_key;
    let old_file = fs::read_to_string(beside(&bench, "")).unwrap();
    let mut journal = bench.open(&[]);
    let both = journal.rotate_key(samples::TIME).unwrap();
    let second = journal.public_key();
    assert_ne!(first, second);
    append(&journal, 1);
    journal.close().unwrap();
    let mut journal = bench.open(&[]);
    journal.rotate_key(samples::TIME).unwrap();
    append(&journal, 2);
    journal.close().unwrap();

    let (reader, origin) = (bench.reader(), bench.reader().identity().origin());
    let ring = KeyRing::read(&reader).unwrap();
    assert_eq!(
        (both.size, ring.in_force(6), ring.in_force(7), ring.in_force(8)),
        (7, &first, &second, &second)
    );
    both.verify(&origin, &first).unwrap();
    both.verify(&origin, &second).unwrap();
    let later = reader.checkpoint_of(8).unwrap().unwrap();
    assert!(later.verify(&origin, &first).is_err() && later.verify(&origin, &second).is_ok());
    let newest = reader.checkpoint().unwrap().unwrap();
    assert!(newest.verify(&origin, ring.newest()).is_ok() && newest.verify(&origin, &second).is_err());
    bench.assert_sound();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(beside(&bench, "")).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // The retired key is gone, and what it signs now is refused.
    assert!(!beside(&bench, ".next").exists());
    fs::write(beside(&bench, ""), &old_file).unwrap();
    assert!(matches!(bench.try_open(), Err(OpenError::RetiredKey { .. })));
    let seed: [u8; 32] =
        BASE64_STANDARD.decode(old_file.lines().nth(2).unwrap()).unwrap().try_into().unwrap();
    forge(&bench, newest.size, &origin, &ed25519_dalek::SigningKey::from_bytes(&seed));
    let damage = bench.verify().first_damage().unwrap().what.clone();
    assert!(damage.contains("its signature is not by the journal's key"), "{damage}");
}

/// Replaces a checkpoint by one with the same text and another key's signature.
fn forge(bench: &Bench, size: u64, origin: &str, key: &ed25519_dalek::SigningKey) {
    let text = fs::read_to_string(note(bench, size)).unwrap();
    let body = text.split_once("\n\n").unwrap().0.to_owned() + "\n";
    let public = key.verifying_key().to_bytes();
    let hash = Sha256::digest([origin.as_bytes(), &[0x0A, 0x01], &public].concat());
    let value = [&hash[..4], &key.sign(body.as_bytes()).to_bytes()].concat();
    let forged = format!("{body}\n— {origin} {}\n", BASE64_STANDARD.encode(value));
    fs::write(note(bench, size), forged).unwrap();
}

/// Whoever can write into the folder can add a record that names his key. It does not count.
#[test]
fn a_key_that_the_old_one_did_not_sign_does_not_count() {
    let bench = Bench::filled(5, 5);
    let (old_key, origin) = (bench.reader().identity().public_key, bench.reader().identity().origin());
    let foreign = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
    let event = KeyRotated { old_key, new_key: foreign.verifying_key().to_bytes() };
    let id = EventId::of_observation(samples::MIGRATION, "run.key-rotated", &event.new_key);
    let envelope = Envelope { id, time: samples::TIME, action: None, causation: None };
    let journal = bench.open(&[]);
    journal.append(vec![Proposed { envelope, event: event.into() }], Expected::Any).wait().unwrap();
    journal.close().unwrap();
    let findings = bench.assert_sound().findings;
    assert!(findings.iter().any(|it| it.what.contains("no checkpoint right behind it is signed by both")));
    assert_eq!(KeyRing::read(&bench.reader()).unwrap().newest(), &old_key);
    forge(&bench, 7, &origin, &foreign);
    for verification in [bench.verify(), verify_bytes(&bench.dir()).unwrap()] {
        assert!(verification.first_damage().unwrap().what.contains("not by the journal's key"));
    }
    assert_eq!(KeyRing::read(&bench.reader()).unwrap().newest(), &old_key);
}

/// The files of a rotation, in the order in which they are written.
#[test]
fn a_crash_anywhere_in_a_rotation_leaves_one_key() {
    let before = Bench::filled(5, 5);
    let after = before.copy();
    let old = before.reader().identity().public_key;
    let mut journal = after.open(&[]);
    journal.rotate_key(samples::TIME).unwrap();
    let new = journal.public_key();
    drop(journal);
    let confirming = format!(".{:020}", 7);
    let kept = fs::read_to_string(beside(&after, &confirming)).unwrap();
    assert_eq!(kept, fs::read_to_string(note(&after, 7)).unwrap());
    for written in 0..=7 {
        // 1 the next key, 2 the record, 3 what is about to be signed, 4 the checkpoint, 5 the head, 6 the checkpoint beside
        // the key, 7 the key in place
        let state = if written < 2 { before.copy() } else { after.copy() };
        for ending in ["", ".signing", ".head"] {
            fs::copy(beside(&before, ending), beside(&state, ending)).unwrap();
        }
        if written < 4 {
            let _ = fs::remove_file(note(&state, 7));
        }
        if written < 6 {
            let _ = fs::remove_file(beside(&state, &confirming));
        }
        let taken = [(1, "", ".next"), (3, ".signing", ".signing"), (5, ".head", ".head"), (7, "", "")];
        for (_, from, to) in taken.iter().filter(|(step, ..)| written >= *step) {
            fs::copy(beside(&after, from), beside(&state, to)).unwrap();
        }
        if written == 7 {
            fs::remove_file(beside(&state, ".next")).unwrap();
        }
        let (journal, _) = state.try_open().unwrap();
        append(&journal, 1);
        journal.checkpoint().unwrap();
        assert_eq!(journal.public_key(), if written < 2 { old } else { new }, "{written}");
        journal.close().unwrap();
        let verification = state.assert_sound();
        assert!(!verification.findings.iter().any(|it| it.what.contains("rotation")), "{written}");
        assert_eq!(verification.checkpoint.unwrap().size, verification.size);
        assert_eq!(KeyRing::read(&state.reader()).unwrap().newest(), if written < 2 { &old } else { &new });
        assert!(!beside(&state, ".next").exists(), "{written}");
        let kept = fs::read_to_string(beside(&state, &confirming)).ok();
        assert_eq!(kept, fs::read_to_string(note(&state, 7)).ok().filter(|_| written >= 2), "{written}");
        // And the next rotation goes well.
        let mut journal = state.open(&[]);
        journal.rotate_key(samples::TIME).unwrap();
        journal.close().unwrap();
        state.assert_sound();
    }
}

#[test]
fn a_checkpoint_kept_elsewhere_is_compared() {
    let bench = Bench::filled(5, 5);
    let kept = bench.root().join("kept");
    fs::copy(note(&bench, 6), &kept).unwrap();
    let older = bench.copy();
    let journal = bench.open(&[]);
    fill(&journal, 5..20, 5);
    journal.close().unwrap();
    assert_eq!((against(&bench, &kept).is_sound(), against(&bench, &kept).consistent), (true, Some(6)));
    // Its file inside may be gone: the root is computed.
    fs::remove_file(note(&bench, 6)).unwrap();
    assert_eq!(against(&bench, &kept).consistent, Some(6));

    let refused = |bench: &Bench, file: &Path, why: &str| {
        let verification = against(bench, file);
        assert_eq!(verification.consistent, None);
        let damage = verification.first_damage().unwrap_or_else(|| panic!("sound: {why}"));
        assert!(damage.what.contains(why) && damage.file == file, "{damage:?}");
    };
    refused(&older, &note(&bench, 21), "its end was cut off, or an older copy was put back");
    let text = fs::read_to_string(&kept).unwrap();
    fs::write(&kept, text.replace("WSUS%20", "WSUS%21")).unwrap();
    refused(&bench, &kept, "it belongs to");
    fs::write(&kept, text.replace("\n6\n", "\n7\n")).unwrap();
    refused(&bench, &kept, "not by the journal's key");
    // The same key over another history.
    let other = older.copy();
    for (journal, number) in [(older.open(&[]), 1), (other.open(&[]), 2)] {
        append(&journal, number);
        journal.close().unwrap();
    }
    refused(&older, &note(&other, 7), "another root over the same records");
    bench.assert_sound();
}

#[test]
fn an_older_copy_put_back_is_noticed_by_what_was_about_to_be_signed() {
    let bench = Bench::filled(5, 5);
    let older = bench.copy();
    let journal = bench.open(&[]);
    append(&journal, 1);
    journal.close().unwrap();
    // The crash came between the promise and the head outside, then the older folder was put back.
    fs::copy(beside(&bench, ".signing"), beside(&older, ".signing")).unwrap();
    let error = older.try_open().unwrap_err();
    assert!(matches!(error, OpenError::OlderCopy { claimed: 7, size: 6, .. }), "{error:?}");
}
