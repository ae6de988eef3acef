//! The packages cargo locks, and who depends on whom, from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// What a dependency is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The package itself needs it.
    Normal,
    /// Its build script does.
    Build,
    /// Its tests do.
    Dev,
}

/// A package of the locked graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Its licence expression.
    pub(crate) licence: Option<String>,
    /// Where cargo takes it from; `None` for a path.
    pub(crate) source: Option<String>,
    /// The folder of a workspace member.
    pub(crate) folder: Option<String>,
    /// Whether its manifest allows publishing.
    pub(crate) publishable: bool,
    /// The oldest compiler it says it needs.
    pub(crate) rust_version: Option<String>,
    /// What its manifest names, on any target, switched on or not.
    pub(crate) declared: BTreeSet<(String, Kind)>,
    /// What it is really built with, by id.
    pub(crate) edges: BTreeSet<(String, Kind)>,
}

/// All of them, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    /// Every package.
    pub(crate) packages: BTreeMap<String, Package>,
    /// The folders that plain `cargo build` builds.
    pub(crate) default_folders: Vec<String>,
}

impl Graph {
    /// The real one, asked once.
    pub(crate) fn real() -> &'static Self {
        static REAL: OnceLock<Graph> = OnceLock::new();
        REAL.get_or_init(|| {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let arguments = ["metadata", "--format-version", "1", "--locked"];
            let output = Command::new(cargo).current_dir(super::tree::root()).args(arguments).output();
            let output = output.expect("cargo can be started");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "cargo metadata: {said}\nIf Cargo.lock is behind, run `cargo check`."
            );
            Self::read(&serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON"))
        })
    }

    /// A sample: a line a package, `*` before a workspace member's folder, `(dev)` behind what only tests need.
    ///
    /// ```text
    /// *core: serde, proptest(dev)
    /// serde:
    /// proptest: rand
    /// ```
    pub(crate) fn sample(text: &str) -> Self {
        let mut graph = Self::default();
        for (name, needs) in text.lines().filter_map(|line| line.trim().split_once(':')) {
            let folder = name.strip_prefix('*').map(str::to_owned);
            let needs = needs.split(',').map(str::trim).filter(|need| !need.is_empty());
            let needs: BTreeSet<_> = needs
                .map(|need| match need.strip_suffix("(dev)") {
                    Some(need) => (need.to_owned(), Kind::Dev),
                    None => (need.to_owned(), Kind::Normal),
                })
                .collect();
            let name = name.trim_start_matches('*').to_owned();
            let (declared, edges) = (needs.clone(), needs);
            let package = Package { name: name.clone(), folder, declared, edges, ..Package::default() };
            graph.packages.insert(name, package);
        }
        graph
    }

    /// The workspace's members with their folders.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &Package)> {
        self.packages.values().filter_map(|package| Some((package.folder.as_deref()?, package)))
    }

    /// The folder of a member named so.
    pub(crate) fn folder_of(&self, name: &str) -> Option<&str> {
        self.members().find(|(_, package)| package.name == name).map(|(folder, _)| folder)
    }

    /// The packages others than members that members name, each with the folders that do, and for what.
    pub(crate) fn direct(&self) -> BTreeMap<&str, BTreeMap<&str, BTreeSet<Kind>>> {
        let mut direct = BTreeMap::<_, BTreeMap<_, BTreeSet<_>>>::new();
        for (folder, member) in self.members() {
            for (name, kind) in member.declared.iter().filter(|(name, _)| self.folder_of(name).is_none()) {
                direct.entry(name.as_str()).or_default().entry(folder).or_default().insert(*kind);
            }
        }
        direct
    }

    /// The names of everything a package is built with, and theirs, without what only tests need.
    pub(crate) fn closure(&self, package: &Package) -> BTreeSet<&str> {
        let (mut names, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![package]);
        while let Some(package) = open.pop() {
            for (id, _) in package.edges.iter().filter(|(_, kind)| *kind != Kind::Dev) {
                if seen.insert(id.as_str())
                    && let Some(next) = self.packages.get(id)
                {
                    names.insert(next.name.as_str());
                    open.push(next);
                }
            }
        }
        names
    }

    fn read(metadata: &Value) -> Self {
        let root = text(&metadata["workspace_root"]).unwrap_or_default().replace('\\', "/");
        let folder = |package: &Value| {
            let manifest = text(&package["manifest_path"])?.replace('\\', "/");
            Some(manifest.strip_prefix(&root)?.strip_prefix('/')?.strip_suffix("/Cargo.toml")?.to_owned())
        };
        let mut graph = Self::default();
        for package in list(&metadata["packages"]) {
            let id = text(&package["id"]).expect("a package has an id");
            let member = list(&metadata["workspace_members"]).contains(&package["id"]);
            let folder = member.then(|| folder(package)).flatten();
            if list(&metadata["workspace_default_members"]).contains(&package["id"]) {
                graph.default_folders.extend(folder.clone());
            }
            graph.packages.insert(id, read_package(package, folder));
        }
        for node in list(&metadata["resolve"]["nodes"]) {
            let edges = list(&node["deps"]).iter().flat_map(|to| {
                let id = text(&to["pkg"]).expect("an edge has an end");
                list(&to["dep_kinds"]).iter().map(move |what| (id.clone(), kind(&what["kind"])))
            });
            let id = text(&node["id"]).expect("a node has an id");
            graph.packages.get_mut(&id).expect("a node is a package").edges = edges.collect();
        }
        graph
    }
}

fn read_package(package: &Value, folder: Option<String>) -> Package {
    let declared =
        list(&package["dependencies"]).iter().filter_map(|to| Some((text(&to["name"])?, kind(&to["kind"]))));
    Package {
        name: text(&package["name"]).expect("a package has a name"),
        version: text(&package["version"]).expect("a package has a version"),
        licence: text(&package["license"]),
        source: text(&package["source"]),
        folder,
        publishable: package["publish"].is_null() || !list(&package["publish"]).is_empty(),
        rust_version: text(&package["rust_version"]),
        declared: declared.collect(),
        edges: BTreeSet::new(),
    }
}

fn kind(kind: &Value) -> Kind {
    match kind.as_str() {
        Some("dev") => Kind::Dev,
        Some("build") => Kind::Build,
        _ => Kind::Normal,
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn the_real_graph_has_the_members() {
    let folders: Vec<_> = Graph::real().members().map(|(folder, _)| folder).collect();
    for folder in ["core", "journal", "fixtures", "cli", "tests"] {
        assert!(folders.contains(&folder), "{folder} is not among {folders:?}");
    }
}
