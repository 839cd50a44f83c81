//! `permission-sets/*.yaml`: one set a file.

use std::collections::{BTreeMap, BTreeSet};

use model::permission_set::Attributes;
use model::{DeclaredPermissionSet, ManagedPolicyArn, PermissionSetName, SessionDuration};

use super::Parser;
use super::accounts::owners;
use crate::catalog::CatalogSet;
use crate::diagnostic::{Diagnostic, Place, Severity, SourceFile, count};
use crate::reader::{Fields, Reader, Text};
use crate::shape;
use crate::yaml::{Node, Value};

const MAX_TAGS: usize = 50;

impl Parser {
    pub(super) fn permission_set_file(&mut self, file: &SourceFile<'_>) {
        let tree = self.tree(file);
        let whole = Place::file(&file.path);
        let Some(root) = &tree.root else {
            if !tree.broken {
                let problem =
                    Diagnostic::new(Severity::Error, "empty-file", &whole, "the file declares no permission set");
                self.diagnostics.push(problem.help("write at least `name: NAME`, or delete the file"));
            }
            self.catalog.nameless_sets.push(whole);
            return;
        };
        if let Value::Sequence { .. } = root.value {
            let mut reader = self.reader(file);
            reader.wrong_type(
                root,
                "a file of permission-sets/",
                "a mapping",
                "one set a file: give each set a file of its own, without `- `",
            );
            self.catalog.nameless_sets.push(whole);
            return;
        }
        let before = self.reader(file).errors();
        let Some(fields) = self.reader(file).mapping(root, &shape::PERMISSION_SET) else {
            self.catalog.nameless_sets.push(whole);
            return;
        };
        let name = self.set_name(file, &fields);
        let set = self.set(file, &fields, name.as_ref());
        let Some((name, place)) = name else {
            self.catalog.nameless_sets.push(whole);
            return;
        };
        let broken = tree.broken || self.reader(file).errors() > before;
        self.keep(name, place, set.filter(|_| !broken));
    }

    fn keep(&mut self, name: PermissionSetName, place: Place, set: Option<CatalogSet>) {
        let first = self.catalog.sets.get(&name).map(|set| &set.place).or_else(|| self.catalog.broken_sets.get(&name));
        if let Some(first) = first {
            let message = format!("the permission set `{name}` is declared twice");
            let problem = Diagnostic::new(Severity::Error, "duplicate-set", &place, message);
            self.diagnostics
                .push(problem.label("again").related(first, "first here").help("keep one of the two files"));
            self.catalog.sets.remove(&name);
            self.catalog.broken_sets.insert(name, place);
            return;
        }
        let twin = self.catalog.sets.values().find(|set| set.set.name.as_str().eq_ignore_ascii_case(name.as_str()));
        if let Some(twin) = twin {
            let message = format!("`{name}` and `{}` differ in letter case only", twin.set.name);
            let problem = Diagnostic::new(Severity::Warning, "similar-sets", &place, message);
            self.diagnostics.push(
                problem.label("easily confused").related(&twin.place, "the other one").help("two sets, or a slip?"),
            );
        }
        match set {
            Some(set) => drop(self.catalog.sets.insert(name, set)),
            None => drop(self.catalog.broken_sets.insert(name, place)),
        }
    }

    fn set_name(&mut self, file: &SourceFile<'_>, fields: &Fields<'_>) -> Option<(PermissionSetName, Place)> {
        let text = self.reader(file).text_of(fields, "name")?;
        match PermissionSetName::new(text.text) {
            Ok(name) => Some((name, file.place(text.span))),
            Err(_) => {
                self.diagnostics.push(wrong_set_name(file, text));
                None
            }
        }
    }

    fn set(
        &mut self,
        file: &SourceFile<'_>,
        fields: &Fields<'_>,
        name: Option<&(PermissionSetName, Place)>,
    ) -> Option<CatalogSet> {
        let mut reader = self.reader(file);
        let title = reader.text_of(fields, "title").map(|text| text.text.to_owned());
        let description = reader.text_of(fields, "description");
        let description = description.and_then(|text| reader.description(text));
        let relay_state = reader.text_of(fields, "relay_state");
        let relay_state = relay_state.and_then(|text| reader.relay_state(text));
        let session_duration = session_duration(&mut reader, fields);
        let attributes = Attributes { description, session_duration, relay_state };
        let (managed_policies, mut short_named) = managed_policies(&mut reader, fields);
        let customer_managed_policies = customer_managed_policies(&mut reader, fields);
        limit_policies(&mut reader, fields, managed_policies.len() + customer_managed_policies.len());
        let boundary = fields.get("permissions_boundary").and_then(|node| reader.boundary(node));
        let permissions_boundary = boundary.map(|(boundary, short)| {
            if let (true, model::PermissionsBoundary::Managed(arn)) = (short, &boundary) {
                short_named.push(arn.clone());
            }
            boundary
        });
        let tags = tags(&mut reader, fields);
        let owners = owners(&mut reader, fields);
        let inline_policy = match fields.get("inline_policies") {
            Some(node) => self.inline_policies(file, node),
            None => Ok(None),
        };
        let (name, place) = name?;
        // A broken policy file is complained about at its own place and still breaks the set.
        let inline_policy = inline_policy.ok()?;
        let set = DeclaredPermissionSet {
            name: name.clone(),
            title,
            attributes,
            managed_policies,
            customer_managed_policies,
            inline_policy,
            permissions_boundary,
            tags,
            owners,
            source: place.source(),
        };
        Some(CatalogSet { set, short_named, place: place.clone() })
    }
}

/// What is wrong with the name of a set.
pub(super) fn wrong_set_name(file: &SourceFile<'_>, text: Text<'_>) -> Diagnostic {
    let length = text.text.chars().count();
    let allowed = |character: &char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(*character);
    let (label, help) = match text.text.chars().find(|character| !allowed(character)) {
        Some(bad) => {
            let kept: String = text.text.replace(' ', "-").chars().filter(allowed).collect();
            let help = if kept.is_empty() || !text.text.is_ascii() {
                "letters A-Z, a-z, digits and `_+=,.@-` are allowed; other languages go into `title`".to_owned()
            } else {
                format!("letters, digits and `_+=,.@-` are allowed: {kept}")
            };
            (format!("`{bad}` is not allowed"), help)
        }
        None => (format!("{length} characters"), "AWS takes at most 32 characters".to_owned()),
    };
    file.error("permission-set-name", text.span, format!("`{}` is no name of a permission set", text.text))
        .label(label)
        .help(help)
}

fn session_duration(reader: &mut Reader<'_, '_>, fields: &Fields<'_>) -> SessionDuration {
    let Some(text) = reader.text_of(fields, "session_duration") else { return SessionDuration::default() };
    if let Ok(duration) = text.text.parse() {
        return duration;
    }
    let message = format!("`{}` is no session duration", text.text);
    let problem = reader.file.error("session-duration", text.span, message);
    let digits: String = text.text.chars().filter(char::is_ascii_digit).collect();
    let hours = digits.parse::<u32>().ok().filter(|hours| (1..=12).contains(hours));
    let help = match hours {
        Some(hours) if !text.text.starts_with("PT") => format!("from PT1H to PT12H: write PT{hours}H"),
        _ => "AWS takes PT1H to PT12H, as in PT8H or PT1H30M".to_owned(),
    };
    reader.report(problem.label("not from PT1H to PT12H").help(help));
    SessionDuration::default()
}

fn managed_policies(
    reader: &mut Reader<'_, '_>,
    fields: &Fields<'_>,
) -> (BTreeSet<ManagedPolicyArn>, Vec<ManagedPolicyArn>) {
    let mut policies = BTreeSet::new();
    let mut short_named = Vec::new();
    for text in reader.texts_of(fields, "managed_policies").unwrap_or_default().into_iter().flatten() {
        let Some(policy) = reader.managed_policy(text) else { continue };
        if policy.short {
            short_named.push(policy.arn.clone());
        }
        if !policies.insert(policy.arn) {
            twice(reader, text);
        }
    }
    (policies, short_named)
}

fn twice(reader: &mut Reader<'_, '_>, text: Text<'_>) {
    let problem = reader.file.warning("listed-twice", text.span, format!("`{}` is listed twice", text.text));
    reader.report(problem.label("again").help("delete it"));
}

fn customer_managed_policies(
    reader: &mut Reader<'_, '_>,
    fields: &Fields<'_>,
) -> BTreeSet<model::CustomerManagedPolicy> {
    let mut policies = BTreeSet::new();
    let Some(node) = fields.get("customer_managed_policies") else { return policies };
    for item in reader.list(node, "`customer_managed_policies`").unwrap_or_default() {
        let Some(policy) = reader.customer_managed_policy(item) else { continue };
        if policies.contains(&policy) {
            let problem = reader.file.warning("listed-twice", item.span, format!("`{policy}` is listed twice"));
            reader.report(problem.label("again").help("delete it"));
        }
        policies.insert(policy);
    }
    policies
}

fn limit_policies(reader: &mut Reader<'_, '_>, fields: &Fields<'_>, found: usize) {
    // Quotas of IAM Identity Center, November 2026: 25 managed and customer managed policies, not raisable beyond.
    const LIMIT: usize = 25;
    if found <= LIMIT {
        return;
    }
    let span = ["managed_policies", "customer_managed_policies"].iter().find_map(|name| fields.key_span(name));
    let message = format!("the set has {found} managed policies; AWS takes {LIMIT}");
    let problem = reader.file.error("too-many-policies", span.unwrap_or(fields.start), message);
    reader
        .report(problem.label(format!("{} too many", found - LIMIT)).help("put what they allow into an inline policy"));
}

fn tags(reader: &mut Reader<'_, '_>, fields: &Fields<'_>) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    let Some(node) = fields.get("tags") else { return tags };
    let Value::Mapping { entries, .. } = &node.value else {
        reader.wrong_type(node, "`tags`", "a mapping", "write one `key: value` line for each tag");
        return tags;
    };
    for entry in entries {
        let key = Text { text: &entry.key.text, span: entry.key.span };
        let value = match &entry.value {
            // A tag may have an empty value, written as "".
            Node { span, value: Value::Scalar { text, .. } } if text.is_empty() && span.end > span.start => {
                Some(Text { text: "", span: *span })
            }
            value => reader.text(value, &format!("the tag `{}`", entry.key.text)),
        };
        tags.extend(value.and_then(|value| reader.tag(key, value)));
    }
    if entries.len() > MAX_TAGS {
        let message = format!("the set has {}; AWS takes {MAX_TAGS}", count(entries.len(), "tag"));
        let span = fields.key_span("tags").unwrap_or(fields.start);
        reader.report(reader.file.error("too-many-tags", span, message).label("too many").help("delete some"));
    }
    tags
}
