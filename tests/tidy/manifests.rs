//! Every member is set up like the others: edition, compiler, lints and versions come from the workspace.

use crate::support::{Finding, Findings, Graph, Package, Tree};

/// The members, all of them.
const MEMBERS: &[&str] = &["core", "journal", "cli", "fixtures", "tests"];
/// What plain `cargo build` builds.
const DEFAULT: &[&str] = &["cli"];
/// The compiler every machine we build on has at least.
const RUST_VERSION: &str = "1.95";
/// What a member must take from the workspace.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];
/// Settings of the root manifest that a line elsewhere relies on.
const ROOT: &[(&str, &str, &str)] = &[
    ("workspace.lints.rust.unsafe_code", "\"deny\"", "one platform module allows it, by name"),
    ("workspace.lints.rust.missing_docs", "\"deny\"", "everything public says what it is for"),
    ("workspace.lints.clippy.pedantic.level", "\"warn\"", "CI turns warnings into errors"),
    ("profile.release.lto", "\"thin\"", "the release is optimised across crates"),
    ("profile.release.strip", "true", "the release carries no symbols"),
];

fn at<'a>(manifest: &'a toml::Table, path: &str) -> Option<&'a toml::Value> {
    let mut keys = path.split('.');
    let first = manifest.get(keys.next()?)?;
    keys.try_fold(first, |value, key| value.get(key))
}

fn parse(path: &str, text: &str) -> Result<toml::Table, Finding> {
    text.parse().map_err(|error| Finding::of(path, format!("cannot be read: {error}")))
}

fn check_member(path: &str, text: &str) -> Findings {
    let manifest = match parse(path, text) {
        Ok(manifest) => manifest,
        Err(finding) => return [finding].into_iter().collect(),
    };
    let inherits = |value: Option<&toml::Value>| {
        value.and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
    };
    let mut findings = Findings::default();
    for key in INHERITED.iter().filter(|key| !inherits(at(&manifest, &format!("package.{key}")))) {
        findings.push(Finding::of(path, format!("write `{key}.workspace = true` in [package]")));
    }
    if !inherits(manifest.get("lints")) {
        findings.push(Finding::of(path, "write `workspace = true` in [lints]"));
    }
    for (table, name, value) in
        dependencies(&manifest, "").iter().filter(|(_, _, value)| !inherits(Some(value)))
    {
        let message = format!(
            "[{table}] {name} = {value}: name it in the root's [workspace.dependencies], take it with"
        );
        findings.push(Finding::of(path, format!("{message} `{name} = {{ workspace = true }}`")));
    }
    findings
}

/// Every dependency a manifest names, with its table; also those of one target.
fn dependencies(table: &toml::Table, inside: &str) -> Vec<(String, String, toml::Value)> {
    let mut found = Vec::new();
    for (key, value) in table {
        let (name, value) = (format!("{inside}{key}"), value.as_table());
        match value {
            Some(value) if key.ends_with("dependencies") => {
                found.extend(
                    value.iter().map(|(crate_, value)| (name.clone(), crate_.clone(), value.clone())),
                );
            }
            Some(value) if inside.starts_with("target.") || key == "target" => {
                found.extend(dependencies(value, &format!("{name}.")));
            }
            _ => {}
        }
    }
    found
}

fn check_root(text: &str) -> Findings {
    let path = "Cargo.toml";
    let manifest = match parse(path, text) {
        Ok(manifest) => manifest,
        Err(finding) => return [finding].into_iter().collect(),
    };
    let mut findings = Findings::default();
    for (key, wanted, why) in ROOT {
        if at(&manifest, key).map(toml::Value::to_string).as_deref() != Some(*wanted) {
            findings.push(Finding::of(path, format!("write {key} = {wanted}: {why}")));
        }
    }
    if manifest
        .get("profile")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flatten()
        .any(|(_, p)| p.get("panic").is_some())
    {
        findings
            .push(Finding::of(path, "remove `panic`: a worker's panic is caught by unwinding and journaled"));
    }
    findings
}

fn check_graph(graph: &Graph) -> Findings {
    let mut findings = Findings::default();
    let folders: Vec<_> = graph.members().map(|(folder, _)| folder).collect();
    for missing in MEMBERS.iter().filter(|member| !folders.contains(member)) {
        findings.push(Finding::of(
            "Cargo.toml",
            format!("the member {missing} is gone from [workspace] members"),
        ));
    }
    if graph.default_folders != DEFAULT {
        findings.push(Finding::of("Cargo.toml", format!("write default-members = {DEFAULT:?}")));
    }
    for (folder, Package { rust_version, publishable, .. }) in graph.members() {
        if rust_version.as_deref() != Some(RUST_VERSION) {
            findings.push(Finding::of(
                "Cargo.toml",
                format!("{folder}: write rust-version = \"{RUST_VERSION}\""),
            ));
        }
        if *publishable {
            findings.push(Finding::of("Cargo.toml", format!("{folder}: write publish = false")));
        }
    }
    findings
}

#[test]
fn members_are_set_up_alike() {
    check_graph(Graph::real()).demand_none();
    check_root(Tree::real().text("Cargo.toml").unwrap_or_default()).demand_none();
    let members = Graph::real().members().map(|(folder, _)| format!("{folder}/Cargo.toml"));
    let check = |path: String| check_member(&path, Tree::real().text(&path).unwrap_or_default());
    members.flat_map(check).collect::<Findings>().demand_none();
}

#[test]
fn bites_on_what_a_member_does_not_inherit() {
    let head = INHERITED.join(".workspace = true\n") + ".workspace = true\n";
    let whole =
        format!("[package]\n{head}[dependencies]\na = {{ workspace = true }}\n[lints]\nworkspace = true\n");
    check_member("x/Cargo.toml", &whole).demand_none();
    for key in INHERITED {
        let broken = whole.replace(&format!("\n{key}.workspace = true"), &format!("\n{key} = \"1\""));
        check_member("x/Cargo.toml", &broken).demand_one(&format!("write `{key}.workspace = true`"));
    }
    check_member("x/Cargo.toml", &whole.replace("[lints]", "[other]")).demand_one("in [lints]");
    check_member("x/Cargo.toml", &whole.replace("{ workspace = true }", "\"1.0\""))
        .demand_one("[dependencies] a = \"1.0\"");
    let target = format!("{whole}[target.'cfg(unix)'.dev-dependencies]\nb = \"2\"\n");
    check_member("x/Cargo.toml", &target).demand_one("dev-dependencies] b = \"2\"");
    check_member("x/Cargo.toml", "[").demand_one("cannot be read");
}

#[test]
fn bites_when_the_workspace_loosens() {
    let root = Tree::real().text("Cargo.toml").unwrap_or_default();
    check_root(&root.replace("unsafe_code = \"deny\"", "unsafe_code = \"allow\"")).demand_one("unsafe_code");
    check_root(&root.replace("lto = \"thin\"", "panic = \"abort\"\nlto = \"thin\""))
        .demand_one("remove `panic`");
    check_root("").demand("missing_docs");
    let mut graph = Graph::real().clone();
    graph.default_folders = vec!["core".to_owned()];
    check_graph(&graph).demand_one("write default-members");
    let mut graph = Graph::real().clone();
    graph.packages.retain(|_, package| package.folder.as_deref() != Some("journal"));
    check_graph(&graph).demand_one("the member journal is gone");
}

#[test]
fn bites_on_another_compiler_and_on_publishing() {
    let mut graph = Graph::real().clone();
    let core = graph.packages.values_mut().find(|package| package.folder.as_deref() == Some("core"));
    let core = core.expect("core is a member");
    (core.rust_version, core.publishable) = (Some("1.80".to_owned()), true);
    check_graph(&graph).demand("core: write rust-version");
    check_graph(&graph).demand("core: write publish = false");
}
