//! Any text as what a plan or a server names: an engine, a secret's place, a path, a name, a text in a statement. What is
//! accepted reads back as itself, and nothing in it ends the quotes around it.

#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use wsusmigrate_core::database::connection::{SecretSource, Target};
use wsusmigrate_core::database::{EnginePath, Guid, Identifier, Literal};

fuzz_target!(|text: &str| {
    reads_back::<Target>(text);
    reads_back::<SecretSource>(text);
    reads_back::<Guid>(text);
    if let Ok(path) = EnginePath::new(text) {
        assert_eq!(path.as_str(), text);
        assert_eq!(inside(&path.literal().to_string(), "N'", '\''), text);
    }
    if let Ok(name) = Identifier::new(text) {
        assert_eq!(inside(&name.to_string(), "[", ']'), text);
    }
    if let Ok(literal) = Literal::new(text) {
        assert_eq!(inside(&literal.to_string(), "N'", '\''), text);
    }
});

fn reads_back<T: FromStr + Display + PartialEq + Debug>(text: &str) {
    let Ok(read) = T::from_str(text) else { return };
    assert!(T::from_str(&read.to_string()).is_ok_and(|again| again == read), "{read:?} is shown as {read}");
}

/// What stands between the quotes, as a server reads it: `end` doubled stands for itself, single it would end them.
fn inside(quoted: &str, begin: &str, end: char) -> String {
    let body = quoted.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end)).expect("quoted");
    let mut read = String::new();
    let mut rest = body.chars();
    while let Some(character) = rest.next() {
        assert!(character != end || rest.next() == Some(end), "{quoted} ends early");
        read.push(character);
    }
    read
}
