//! Filters: what of a command's standard output a script looks at.

use std::fmt::Write as _;

use serde_json::Value;

/// Puts text through a filter; an error says why it cannot be applied.
pub(crate) fn apply(filter: &[String], text: &str) -> Result<String, String> {
    let words: Vec<_> = filter.iter().map(String::as_str).collect();
    match words[..] {
        ["lines", part] => Ok(text.lines().filter(|line| line.contains(part)).fold(String::new(), add)),
        ["without", part] => Ok(text.lines().filter(|line| !line.contains(part)).fold(String::new(), add)),
        ["first", count] => Ok(text.lines().take(count.parse().expect("a count")).fold(String::new(), add)),
        ["sort"] => {
            let mut lines: Vec<_> = text.lines().collect();
            lines.sort_unstable();
            Ok(lines.into_iter().fold(String::new(), add))
        }
        ["upper"] => Ok(text.to_uppercase()),
        ["count"] => Ok(format!("{} lines\n", text.lines().count())),
        ["section", key] => section(&json(text)?, key),
        ["field", pointer] => {
            let fields = serde_json::Deserializer::from_str(text).into_iter::<Value>();
            let fields = fields.map(|document| document.map_err(|error| format!("not JSON: {error}")));
            fields
                .map(|document| {
                    Ok(format!("{}\n", plain(document?.pointer(pointer).unwrap_or(&Value::Null))))
                })
                .collect()
        }
        ["columns", width] => {
            let width = width.parse().expect("a width");
            let wide = text.lines().filter(|line| line.chars().count() > width).fold(String::new(), add);
            Ok(if wide.is_empty() { format!("fits {width} columns\n") } else { wide })
        }
        _ => panic!("there is no filter {filter:?}"),
    }
}

fn add(text: String, line: &str) -> String {
    text + line + "\n"
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))
}

/// A section of a report in JSON: figures, rows, notes, one a line.
fn section(report: &Value, key: &str) -> Result<String, String> {
    let each = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let sections = each(&report["sections"]);
    let section = sections.iter().find(|section| section["key"] == key).ok_or_else(|| {
        let keys: Vec<_> = sections.iter().map(|section| plain(&section["key"])).collect();
        format!("no section {key:?}, but {}", keys.join(", "))
    })?;
    let mut text = String::new();
    for figure in each(&section["figures"]) {
        let _ = writeln!(text, "{} = {}", plain(&figure["key"]), plain(&figure["value"]));
    }
    for row in each(&section["tables"]).iter().flat_map(|table| each(&table["rows"])) {
        let cells: Vec<_> = each(&row).iter().map(plain).collect();
        let _ = writeln!(text, "{}", cells.join(" | ").trim_end());
    }
    for note in each(&section["notes"]) {
        let _ = writeln!(text, "{}", plain(&note));
    }
    Ok(text)
}

/// A value without its quotes and wrappings.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(map) if map.contains_key("bytes") && map.len() == 1 => {
            format!("{} bytes", map["bytes"])
        }
        Value::Object(map) if map.contains_key("time") => plain(&map["time"]),
        Value::Object(map) if map.contains_key("micros") => "[SPAN]".to_owned(),
        other => other.to_string(),
    }
}
