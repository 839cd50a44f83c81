//! Texts → [`Catalog`], with everything that can be checked without asking AWS.

mod accounts;
mod assignments;
mod duplicates;
mod iam_users;
mod inline_policy;
mod people;
mod permission_set;
mod policy_files;
mod policy_names;
mod settings;
mod switch_roles;
mod texts;

use std::collections::BTreeMap;

use model::id::short_hash;
use policy::{did_you_mean, nearest};

use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Place, SourceFile};
use crate::files::{CatalogFiles, FileKind, KNOWN_NAMES};
use crate::reader::Reader;
use crate::yaml::{self, Node};
use policy_files::PolicyFiles;

/// What came of reading a catalog.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// What could be read.
    pub catalog: Catalog,
    /// What is to be said about it, by file and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether the catalog is refused.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Reads a catalog and checks all that can be checked offline. Never panics; reports all problems at once.
#[must_use]
pub fn parse(files: &CatalogFiles) -> Parsed {
    let mut parser = Parser {
        catalog: Catalog {
            version: short_hash(files.visible().flat_map(|(path, text)| [path, text])),
            file_count: files.visible().count(),
            ..Catalog::default()
        },
        diagnostics: Vec::new(),
        policies: PolicyFiles::default(),
    };
    parser.refuse_unknown_files(files);
    parser.read(files);
    let mut diagnostics = parser.diagnostics;
    sort(&mut diagnostics);
    Parsed { catalog: parser.catalog, diagnostics }
}

/// By file and place; the same thing said twice at one place is said once.
pub(crate) fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|one, other| {
        (&one.file, one.span.start, one.severity, &one.code, &one.message).cmp(&(
            &other.file,
            other.span.start,
            other.severity,
            &other.code,
            &other.message,
        ))
    });
    diagnostics.dedup();
}

struct Parser {
    catalog: Catalog,
    diagnostics: Vec<Diagnostic>,
    policies: PolicyFiles,
}

impl Parser {
    fn refuse_unknown_files(&mut self, files: &CatalogFiles) {
        let mut by_stem: BTreeMap<&str, &str> = BTreeMap::new();
        for (path, _) in files.visible() {
            let whole = Place::file(path);
            match FileKind::of(path) {
                None => self.diagnostics.push(unknown_file(path, &whole)),
                Some(FileKind::Exceptions) => self.diagnostics.push(not_built(&whole, "personal exceptions")),
                Some(_) => {}
            }
            let stem = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml")).unwrap_or(path);
            if let Some(twin) = by_stem.insert(stem, path) {
                let message = format!("`{twin}` and `{path}` stand side by side");
                let problem = Diagnostic::new(crate::Severity::Error, "twin-files", &whole, message);
                self.diagnostics.push(problem.help("keep one of them"));
            }
        }
    }

    fn read(&mut self, files: &CatalogFiles) {
        let mut kinds: BTreeMap<FileKind, Vec<(&str, &str)>> = BTreeMap::new();
        for (path, text) in files.visible() {
            if let Some(kind) = FileKind::of(path) {
                kinds.entry(kind).or_default().push((path, text));
            }
        }
        let mut of = |kind| kinds.remove(&kind).unwrap_or_default();
        self.policies = PolicyFiles::read(&of(FileKind::Policy), &mut self.diagnostics);
        let settings = of(FileKind::Settings);
        if settings.is_empty() {
            self.catalog.rules.deployment = self.catalog.settings.deployment.clone();
            let place = Place::file("sekisho.yaml");
            let problem = Diagnostic::new(crate::Severity::Note, "no-settings", &place, "there is no `sekisho.yaml`");
            self.diagnostics.push(
                problem.help("defaults are used: deployment `sekisho`, additive ownership; `sekisho init` writes one"),
            );
        }
        for (path, text) in settings {
            self.settings_file(&SourceFile::new(path, text));
        }
        for (path, text) in of(FileKind::Accounts) {
            self.accounts_file(&SourceFile::new(path, text));
        }
        for (path, text) in of(FileKind::People) {
            self.people_file(&SourceFile::new(path, text));
        }
        for (path, text) in of(FileKind::IamUsers) {
            self.iam_users_file(&SourceFile::new(path, text));
        }
        for (path, text) in of(FileKind::PermissionSet) {
            self.permission_set_file(&SourceFile::new(path, text));
        }
        for (path, text) in of(FileKind::Assignments) {
            self.assignments_file(&SourceFile::new(path, text));
        }
        for (path, text) in of(FileKind::SwitchRoles) {
            self.switch_roles_file(&SourceFile::new(path, text));
        }
        self.check_functions();
        duplicates::note_repeated_assignments(&self.catalog.entries, &mut self.diagnostics);
        self.policies.note_unused(&mut self.diagnostics);
    }

    /// The tree of a file; none when it is empty or no YAML.
    fn tree(&mut self, file: &SourceFile<'_>) -> Tree {
        let document = yaml::read(file, &mut self.diagnostics);
        Tree { root: document.root, broken: document.broken }
    }

    fn reader<'r, 'a>(&'r mut self, file: &'r SourceFile<'a>) -> Reader<'r, 'a> {
        Reader { file, diagnostics: &mut self.diagnostics }
    }
}

struct Tree {
    root: Option<Node>,
    /// Not all of the text is in the tree.
    broken: bool,
}

fn unknown_file(path: &str, whole: &Place) -> Diagnostic {
    let problem = Diagnostic::new(
        crate::Severity::Error,
        "unknown-file",
        whole,
        format!("`{path}` has no place in a catalog and would not be read"),
    );
    let (folder, name) = path.split_once('/').map_or((None, path), |(folder, name)| (Some(format!("{folder}/")), name));
    let wanted = folder.as_deref().unwrap_or(path);
    let help = match folder.as_deref() {
        Some("policies/") => Some("policies are plain IAM documents: `policies/NAME.json`".to_owned()),
        Some(folder) if KNOWN_NAMES.contains(&folder) => Some(format!("files in `{folder}` end in `.yaml`")),
        _ => nearest(wanted, KNOWN_NAMES, 1).first().map(|near| match folder {
            Some(_) if near.ends_with('/') => format!("did you mean `{near}{name}`?"),
            _ => format!("did you mean `{near}`?"),
        }),
    };
    problem.help(help.unwrap_or_else(|| format!("a catalog has {}", KNOWN_NAMES.join(", "))))
}

fn not_built(whole: &Place, what: &str) -> Diagnostic {
    let message = format!("{what} are not supported by this version of Sekisho");
    let problem = Diagnostic::new(crate::Severity::Error, "not-supported", whole, message);
    problem.help("move the file out of the catalog until they are; nothing in it takes effect")
}

/// "did you mean …?" among names.
fn suggestion<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let names: std::collections::BTreeSet<&str> = names.into_iter().collect();
    did_you_mean(&nearest(wanted, names, 3))
}
