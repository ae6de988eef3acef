//! Paths to paste into a shell: as they are where they are plain, quoted where they are not.

use wsusmigrate_core::path::PathRef;

/// A path as a word of a shell. Bytes that are not text keep their value; of a path too long for a record only the
/// beginning is known here, and it is shown as everywhere else.
#[must_use]
pub fn quoted(path: &PathRef) -> String {
    match path {
        PathRef::Inline(path) if cfg!(windows) => windows(path.as_bytes()),
        PathRef::Inline(path) => unix(path.as_bytes()),
        PathRef::Evidence(_) => path.to_string(),
    }
}

/// In double quotes where there is a blank or a sign that the shell takes for itself.
fn windows(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path).replace('/', "\\");
    let plain = |letter: char| letter.is_alphanumeric() || r"\._-{}~".contains(letter);
    if text.chars().all(plain) { text } else { format!("\"{text}\"") }
}

/// In single quotes, or as `$'...'` with escapes where a byte could not be shown.
fn unix(path: &[u8]) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+,:@%".contains(letter);
    match std::str::from_utf8(path) {
        Ok(text) if text.chars().all(plain) && !text.starts_with('-') => text.to_owned(),
        Ok(text) if !text.contains(|letter: char| letter.is_control() || letter == '\'') => {
            format!("'{text}'")
        }
        Ok(_) | Err(_) => escaped(path),
    }
}

fn escaped(path: &[u8]) -> String {
    let mut word = "$'".to_owned();
    for chunk in path.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\'' | '\\' => word.extend(['\\', letter]),
                letter if letter.is_control() => hex(letter.encode_utf8(&mut [0; 4]).as_bytes(), &mut word),
                letter => word.push(letter),
            }
        }
        hex(chunk.invalid(), &mut word);
    }
    word + "'"
}

fn hex(bytes: &[u8], word: &mut String) {
    word.extend(bytes.iter().map(|byte| format!("\\x{byte:02x}")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_quoted_and_plain_ones_are_not() {
        for (path, word) in [
            (&b"WsusContent/9D/A9.cab"[..], "WsusContent/9D/A9.cab"),
            ("WsusContent/\u{e4}.txt".as_bytes(), "WsusContent/\u{e4}.txt"),
            (b"WsusContent/a b$.txt", "'WsusContent/a b$.txt'"),
            (b"WsusContent/it's", r"$'WsusContent/it\'s'"),
            (b"WsusContent/\xE9t\n1\\", r"$'WsusContent/\xe9t\x0a1\\'"),
        ] {
            assert_eq!(unix(path), word);
        }
        assert_eq!(windows(b"WsusContent/9D/A9.cab"), r"WsusContent\9D\A9.cab");
        assert_eq!(windows(b"WsusContent/a b"), r#""WsusContent\a b""#);
    }

    #[cfg(unix)]
    #[test]
    fn the_shell_reads_back_what_was_quoted() {
        let odd = b"W/it's \xE9\n\\x41 $HOME `x` \"y\" \x07";
        let script = format!("printf %s {}", unix(odd));
        let Ok(told) = std::process::Command::new("bash").args(["-c", &script]).output() else {
            return eprintln!("SKIPPED: there is no bash");
        };
        assert_eq!(told.stdout, odd);
    }
}
