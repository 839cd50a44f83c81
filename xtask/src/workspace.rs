//! What lies where in this workspace.

use crate::process;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder that holds the workspace's `Cargo.toml`.
///
/// Cargo says so anew with each start: what it said when this was built may have been another checkout, where two of them
/// share a folder of build products.
pub(crate) fn root() -> PathBuf {
    let here = process::environment("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").to_owned());
    let here = Path::new(&here);
    here.parent().unwrap_or(here).to_path_buf()
}

/// Crates and their dependencies, as `cargo metadata` tells them.
pub(crate) struct Graph {
    /// Crates of this workspace by name.
    pub(crate) members: BTreeMap<String, Member>,
    /// For every package id: its name and the ids of what it uses at run time.
    packages: BTreeMap<String, (String, Vec<String>)>,
    /// Folder for build products.
    pub(crate) target: PathBuf,
}

/// One crate of this workspace.
pub(crate) struct Member {
    id: String,
    /// Folder of the crate.
    pub(crate) folder: PathBuf,
    /// Names of what the crate itself names under `[dependencies]` (and build dependencies).
    pub(crate) uses: BTreeSet<String>,
    /// Names of what it names under `[dev-dependencies]`.
    pub(crate) uses_in_tests: BTreeSet<String>,
}

impl Graph {
    /// Asks cargo.
    ///
    /// # Errors
    /// When cargo fails or answers in a shape this tool does not know.
    pub(crate) fn read() -> Result<Graph, String> {
        let answer = process::capture(&root(), &process::cargo(), &["metadata", "--format-version", "1", "--locked"])?;
        if !answer.success {
            return Err(format!("`cargo metadata` failed:\n{}", answer.stderr.trim()));
        }
        let metadata: Value = serde_json::from_str(&answer.stdout)
            .map_err(|error| format!("`cargo metadata` did not print JSON: {error}"))?;
        Ok(Graph::from_metadata(&metadata))
    }

    fn from_metadata(metadata: &Value) -> Graph {
        let own: BTreeSet<&str> = list(metadata, "workspace_members").iter().filter_map(Value::as_str).collect();
        let mut members = BTreeMap::new();
        let mut names = BTreeMap::new();
        for package in list(metadata, "packages") {
            let (id, name) = (text(package, "id"), text(package, "name"));
            names.insert(id, name);
            if own.contains(id) {
                members.insert(name.to_owned(), Member::from_package(package));
            }
        }
        let nodes = metadata.get("resolve").map_or(&[][..], |resolve| list(resolve, "nodes"));
        let packages = nodes
            .iter()
            .map(|node| {
                let id = text(node, "id");
                let used =
                    list(node, "deps").iter().filter(|dep| is_linked(dep)).map(|dep| text(dep, "pkg").to_owned());
                (id.to_owned(), (names.get(id).copied().unwrap_or(id).to_owned(), used.collect()))
            })
            .collect();
        Graph { members, packages, target: PathBuf::from(text(metadata, "target_directory")) }
    }

    /// The way from a crate of the workspace to a package it is linked with, directly or not; names, both ends included.
    pub(crate) fn path_to(&self, member: &Member, wanted: impl Fn(&str) -> bool) -> Option<Vec<String>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut waiting = std::collections::VecDeque::from([member.id.as_str()]);
        while let Some(id) = waiting.pop_front() {
            let Some((name, used)) = self.packages.get(id) else {
                continue;
            };
            if id != member.id && wanted(name) {
                let mut way = vec![name.clone()];
                let mut at = id;
                while let Some(before) = came_from.get(at) {
                    at = before;
                    way.extend(self.packages.get(at).map(|(name, _)| name.clone()));
                }
                way.reverse();
                return Some(way);
            }
            for next in used {
                if next != &member.id && !came_from.contains_key(next.as_str()) {
                    came_from.insert(next, id);
                    waiting.push_back(next);
                }
            }
        }
        None
    }
}

impl Member {
    fn from_package(package: &Value) -> Member {
        let mut uses = BTreeSet::new();
        let mut uses_in_tests = BTreeSet::new();
        for dependency in list(package, "dependencies") {
            let name = text(dependency, "name").to_owned();
            match dependency.get("kind").and_then(Value::as_str) {
                Some("dev") => uses_in_tests.insert(name),
                _ => uses.insert(name),
            };
        }
        let manifest = PathBuf::from(text(package, "manifest_path"));
        let folder = manifest.parent().map(Path::to_path_buf).unwrap_or_default();
        Member { id: text(package, "id").to_owned(), folder, uses, uses_in_tests }
    }
}

/// Linked into the crate, as opposed to used by its tests or its build script.
fn is_linked(dependency: &Value) -> bool {
    list(dependency, "dep_kinds").iter().any(|kind| kind.get("kind").is_none_or(Value::is_null))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A file of Rust, its path seen from the workspace's root.
pub(crate) struct RustFile {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    /// What stands in it.
    pub(crate) text: String,
}

/// Every `.rs` file below a folder, sorted by path; build products and hidden folders are left out.
///
/// # Errors
/// When a folder or file cannot be read.
pub(crate) fn rust_files(below: &Path) -> Result<Vec<RustFile>, String> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![below.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                let path = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                found.push(RustFile { path, text });
            }
        }
    }
    found.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::Graph;
    use serde_json::json;

    #[test]
    fn the_way_to_a_package_is_told_and_test_dependencies_are_no_way() {
        let link = |id: &str| json!({"pkg": id, "dep_kinds": [{"kind": null}]});
        let test_only = |id: &str| json!({"pkg": id, "dep_kinds": [{"kind": "dev"}]});
        let graph = Graph::from_metadata(&json!({
            "workspace_members": ["plan"],
            "target_directory": "/t",
            "packages": [
                {"id": "plan", "name": "plan", "manifest_path": "/w/crates/plan/Cargo.toml", "dependencies": [
                    {"name": "between", "kind": null}, {"name": "rand", "kind": "dev"}]},
                {"id": "between", "name": "between"}, {"id": "tokio", "name": "tokio"}, {"id": "rand", "name": "rand"},
            ],
            "resolve": {"nodes": [
                {"id": "plan", "deps": [link("between"), test_only("rand")]},
                {"id": "between", "deps": [link("tokio")]},
                {"id": "tokio", "deps": []},
                {"id": "rand", "deps": []},
            ]},
        }));
        let plan = &graph.members["plan"];
        assert_eq!(graph.path_to(plan, |name| name == "tokio").unwrap(), ["plan", "between", "tokio"]);
        assert_eq!(graph.path_to(plan, |name| name == "rand"), None);
        assert!(plan.uses.contains("between") && plan.uses_in_tests.contains("rand"));
    }
}
