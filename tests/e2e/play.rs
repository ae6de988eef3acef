//! Playing a script: one command after the other, and what each answered as the transcript.

use std::process::Stdio;

use wsusmigrate_tests::World;

use crate::redact::Redactor;
use crate::script::{CODE, Item, PROMPT, Script, TALK};
use crate::verb::{LONG, Stage, long_name};
use crate::{filter, width};

/// What came of a script.
pub(crate) struct Played {
    /// The script with what really happened.
    pub(crate) transcript: String,
    /// What no script may do, whatever it expects.
    pub(crate) objections: Vec<String>,
}

/// What a command answered.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) out: String,
    pub(crate) err: String,
    /// The exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
}

impl Told {
    /// An answer of a verb: what it says, and that it worked.
    pub(crate) fn well(out: String) -> Self {
        Self { out, err: String::new(), code: Some(0) }
    }
}

/// Plays a script in a world.
pub(crate) fn play(script: &Script, world: &World) -> Played {
    let redactor = Redactor::new(world);
    let mut stage = Stage::new(world);
    let mut transcript = String::new();
    let mut objections = Vec::new();
    let mut spoke = false;
    let mut commands = 0;
    for item in &script.0 {
        let comment = matches!(item, Item::Comment(_));
        if spoke || comment && transcript.lines().last().is_some_and(|line| line.starts_with(PROMPT)) {
            transcript.push('\n');
        }
        spoke = false;
        match item {
            Item::Comment(line) => transcript.extend([line, "\n"]),
            Item::Command { line, stages } => {
                if commands == 0 {
                    transcript.push('\n');
                }
                commands += 1;
                let [words, filters @ ..] = &stages[..] else { panic!("an empty command: {line}") };
                let mut told = perform(words, &mut stage);
                if words[0] == "wsusmigrate" {
                    objections.extend(judge(line, words, &told));
                }
                for filter in filters {
                    if let [keep, name] = &filter[..]
                        && keep == "keep"
                    {
                        stage.keep(name, &std::mem::take(&mut told.out));
                        continue;
                    }
                    if filter[..] == ["quiet"] {
                        told.err.clear();
                        continue;
                    }
                    let filter: Vec<_> = filter.iter().map(|word| stage.filled_in(word)).collect();
                    told.out = filter::apply(&filter, &told.out)
                        .unwrap_or_else(|why| format!("{why}\n{}", told.out));
                }
                let answer = redactor.redact(&answer(&told));
                spoke = !answer.is_empty();
                transcript.extend([line, "\n", &answer]);
            }
        }
    }
    Played { transcript, objections }
}

fn perform(words: &[String], stage: &mut Stage<'_>) -> Told {
    let [verb, args @ ..] = words else { panic!("a command without a word") };
    let args: Vec<_> = args.iter().map(|arg| stage.filled_in(arg)).collect();
    if verb != "wsusmigrate" {
        return stage.perform(verb, &args);
    }
    let args = args.iter().map(|arg| arg.replace(LONG, &long_name()));
    let ran = stage.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let ran = ran.expect("the program under test");
    // Under its own name in usage lines; what is tested is a copy that had to be called otherwise.
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .replace("wsusmigrate-tested.exe", "wsusmigrate")
            .replace("wsusmigrate-tested", "wsusmigrate")
    };
    Told { out: text(&ran.stdout), err: text(&ran.stderr), code: ran.status.code() }
}

fn answer(told: &Told) -> String {
    let mut answer = String::new();
    for line in told.out.lines() {
        answer.push_str(line.trim_end());
        answer.push('\n');
    }
    for line in told.err.lines() {
        answer.push_str(format!("{TALK}{line}").trim_end());
        answer.push('\n');
    }
    if told.code != Some(0) {
        let code = told.code.map_or("signal".to_owned(), |code| code.to_string());
        answer.extend([CODE, &code, "\n"]);
    }
    answer
}

/// What holds for every command of the program.
fn judge(line: &str, words: &[String], told: &Told) -> Vec<String> {
    let mut objections = Vec::new();
    if !told.code.is_some_and(|code| (0..=5).contains(&code)) {
        objections.push(format!("{line}: ended with {:?}, no documented exit code\n{}", told.code, told.err));
    }
    if told.code != Some(0) && told.err.is_empty() && told.out.is_empty() {
        objections.push(format!("{line}: failed without a word"));
    }
    objections.extend(width::objections(words, told).into_iter().map(|wide| format!("{line}: {wide}")));
    objections
}
