//! Exported lines as whoever collects them sees them: nothing but the text, in whatever order it arrived.

use serde_json::Value;

/// What is wrong with exported lines that begin with a journal's first record: one sentence for each place where something
/// was taken out, put in or changed. The end cannot be missed from the lines: that takes a checkpoint.
pub(crate) fn gaps(text: &str) -> Vec<String> {
    let mut events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let word = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
    // Text order is number order.
    events.sort_by_key(|event| word(event, "sequence"));
    let (mut expected, mut hash, mut gaps) = (0, "0".repeat(64), Vec::new());
    for event in &events {
        let sequence: u64 = word(event, "sequence").parse().unwrap();
        if sequence != expected {
            gaps.push(format!("{expected} is missing, {sequence} stands there"));
        }
        if word(event, "previoushash") != hash {
            gaps.push(format!("what stands before {sequence} is not what stood there"));
        }
        (expected, hash) = (sequence + 1, word(event, "hash"));
    }
    gaps
}
