//! `switch-roles/*.yaml`: hub accounts, roles, and the matrix of functions and roles.

use std::collections::{BTreeMap, BTreeSet};

use super::{Parser, suggestion};
use crate::diagnostic::{Place, Severity, SourceFile, Span};
use crate::reader::{Fields, Reader, Text};
use crate::selector::AccountSelector;
use crate::shape;
use crate::switch_roles::{AccountName, MatrixLine, NamedAccount, RoleTarget, SwitchRole, SwitchRoles};
use crate::yaml::Node;

impl Parser {
    pub(super) fn switch_roles_file(&mut self, file: &SourceFile<'_>) {
        let tree = self.tree(file);
        let mut reader = self.reader(file);
        let Some(root) = &tree.root else { return };
        let Some(fields) = reader.mapping(root, &shape::SWITCH_ROLES) else { return };
        let errors = reader.errors();
        let hubs = accounts(&mut reader, &fields, "hubs");
        let (roles, broken) = roles(&mut reader, &fields);
        let mut matrix = Vec::new();
        if let Some(node) = fields.get("matrix") {
            for item in reader.list(node, "`matrix`").unwrap_or_default() {
                // What could not be read may be the role that is meant.
                matrix.extend(line(&mut reader, item, &roles, broken));
            }
        }
        // A mistake elsewhere may be why nobody may take one.
        if reader.errors() == errors {
            note_unused(&mut reader, &roles, &matrix);
        }
        self.catalog.switch_roles.push(SwitchRoles { hubs, roles, matrix });
    }

    /// Where groups are listed, a function must be one of them.
    pub(super) fn check_functions(&mut self) {
        let groups: BTreeSet<&str> = self.catalog.groups.iter().map(|group| group.name.as_str()).collect();
        if groups.is_empty() {
            return;
        }
        let is_listed = |name: &str| groups.iter().any(|group| group.to_lowercase() == name.to_lowercase());
        for (name, place) in self.catalog.switch_roles.iter().flat_map(SwitchRoles::functions) {
            if is_listed(name) {
                continue;
            }
            let message = format!("no group named `{name}` in `people.yaml`");
            let problem = crate::Diagnostic::new(Severity::Error, "unknown-group", place, message);
            let help = suggestion(name, groups.iter().copied());
            let help = help.unwrap_or_else(|| "functions are names of groups: add it under `groups`".to_owned());
            self.diagnostics.push(problem.label("not listed under `groups`").help(help));
        }
    }
}

/// The roles, and whether one could not be read.
fn roles(reader: &mut Reader<'_, '_>, fields: &Fields<'_>) -> (Vec<SwitchRole>, bool) {
    let mut roles = Vec::new();
    let mut broken = false;
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    let Some(node) = fields.get("roles") else { return (roles, true) };
    let Some(items) = reader.list(node, "`roles`") else { return (roles, true) };
    for item in items {
        let Some((role, span)) = role(reader, item) else {
            broken = true;
            continue;
        };
        if let Some(first) = seen.insert(role.name.clone(), span) {
            let first = reader.file.place(first);
            let message = format!("the role `{}` stands here twice", role.name);
            let problem = reader.file.error("duplicate-name", span, message);
            reader.report(problem.label("again").related(&first, "first here").help("keep one of them"));
            continue;
        }
        roles.push(role);
    }
    (roles, broken)
}

fn role(reader: &mut Reader<'_, '_>, node: &Node) -> Option<(SwitchRole, Span)> {
    let fields = reader.mapping(node, &shape::SWITCH_ROLE)?;
    let display_name = reader.text_of(&fields, "display_name");
    if let Some(name) = display_name
        && name.text.chars().count() > 64
    {
        let problem = reader.file.error("too-long", name.span, "`display_name` has more than 64 characters");
        reader.report(problem.label("too long").help("shorten it: the console's menu takes no more"));
    }
    let color = reader.text_of(&fields, "color").and_then(|text| color(reader, text));
    let mfa = reader.text_of(&fields, "mfa").map_or(Some(true), |text| truth(reader, text, "mfa"));
    let name = reader.text_of(&fields, "name");
    let target = target(reader, &fields, name);
    let (name, mfa) = (name?, mfa?);
    let role = SwitchRole {
        name: name.text.to_owned(),
        place: reader.file.place(name.span),
        target: target?,
        display_name: display_name.map(|text| text.text.to_owned()),
        color,
        mfa,
    };
    (!fields.broken).then_some((role, name.span))
}

/// The role by its ARN, or by name in each of some accounts.
fn target(reader: &mut Reader<'_, '_>, fields: &Fields<'_>, name: Option<Text<'_>>) -> Option<RoleTarget> {
    let places = ["role", "accounts"].map(|key| fields.key_span(key));
    if let Some(arn) = reader.text_of(fields, "arn") {
        if let Some(span) = places.into_iter().flatten().next() {
            let problem = reader.file.error("role-twice", span, "a role is named by its ARN, or by name and accounts");
            reader.report(problem.label("besides `arn`").help("delete `arn`, or delete `role` and `accounts`"));
            return None;
        }
        if !is_role_arn(arn.text) {
            let problem = reader.file.error("role-arn", arn.span, format!("`{}` is no ARN of a role", arn.text));
            reader.report(problem.label("not a role").help("it looks like arn:aws:iam::111122223333:role/NAME"));
            return None;
        }
        return Some(RoleTarget::Arn(arn.text.to_owned()));
    }
    if fields.get("arn").is_some() {
        return None;
    }
    let role = reader.text_of(fields, "role");
    if role.is_none() && fields.get("role").is_some() {
        return None;
    }
    let role = role.or(name)?;
    if !is_role_name(role.text) {
        let problem = reader.file.error("role-name", role.span, format!("`{}` is no name of a role", role.text));
        let help = "names have 1–64 letters, digits or `_+=,.@-`, with the path before: `people/Operator`; `role` may say it where `name` is another";
        reader.report(problem.label("not a name of IAM").help(help));
        return None;
    }
    if fields.get("accounts").is_none() {
        let problem = reader.file.error("missing-key", fields.start, "a role has no `accounts` and no `arn`");
        reader.report(problem.label("missing here").help("add `accounts: [NAME]`, or `arn: …`"));
        return None;
    }
    let accounts = accounts(reader, fields, "accounts");
    (!accounts.is_empty()).then(|| RoleTarget::InAccounts { role: role.text.to_owned(), accounts })
}

/// Accounts by name or id.
fn accounts(reader: &mut Reader<'_, '_>, fields: &Fields<'_>, key: &str) -> Vec<NamedAccount> {
    let mut named: Vec<NamedAccount> = Vec::new();
    for text in listed(reader, fields, key) {
        let name = match AccountSelector::parse(text.text) {
            Ok(AccountSelector::Id(id)) => AccountName::Id(id),
            Ok(AccountSelector::Name(name)) => AccountName::Name(name),
            Ok(_) => {
                let message = format!("`{}` names no single account", text.text);
                let problem = reader.file.error("account", text.span, message);
                reader.report(problem.label("a pattern").help("name each account, by name or id"));
                continue;
            }
            Err(problem) => {
                let found = reader.file.error("account", text.span, problem.message);
                reader.report(found.label(problem.label).help(problem.help));
                continue;
            }
        };
        named.push(NamedAccount { place: reader.file.place(text.span), name });
    }
    named
}

/// The texts of a list that must not be empty, each once.
fn listed<'n>(reader: &mut Reader<'_, '_>, fields: &Fields<'n>, key: &str) -> Vec<Text<'n>> {
    let Some(items) = reader.texts_of(fields, key) else { return Vec::new() };
    if items.is_empty() {
        let span = fields.get(key).map_or(fields.start, |node| node.span);
        let problem = reader.file.error("empty-list", span, format!("`{key}` is empty"));
        reader.report(problem.label("nothing in it").help("name at least one, or delete the key"));
    }
    let mut texts: Vec<Text<'n>> = Vec::new();
    for text in items.into_iter().flatten() {
        if texts.iter().any(|held| held.text == text.text) {
            let problem = reader.file.note("listed-twice", text.span, format!("`{}` is listed twice", text.text));
            reader.report(problem.label("again").help("delete it"));
            continue;
        }
        texts.push(text);
    }
    texts
}

fn line(reader: &mut Reader<'_, '_>, node: &Node, known: &[SwitchRole], broken: bool) -> Option<MatrixLine> {
    let fields = reader.mapping(node, &shape::MATRIX_LINE)?;
    let functions = listed(reader, &fields, "functions");
    let mut roles = Vec::new();
    for role in listed(reader, &fields, "roles") {
        if !broken && known.iter().all(|one| one.name != role.text) {
            let message = format!("no role named `{}` in this file", role.text);
            let problem = reader.file.error("unknown-role", role.span, message);
            let help = suggestion(role.text, known.iter().map(|one| one.name.as_str()));
            let help = help.unwrap_or_else(|| "add it under `roles`, or delete it here".to_owned());
            reader.report(problem.label("not listed under `roles`").help(help));
            continue;
        }
        roles.push(role.text.to_owned());
    }
    let place = |span: Span| -> Place { reader.file.place(span) };
    let functions = functions.iter().map(|text| (text.text.to_owned(), place(text.span))).collect();
    (!fields.broken).then(|| MatrixLine { place: place(fields.start), functions, roles })
}

fn note_unused(reader: &mut Reader<'_, '_>, roles: &[SwitchRole], matrix: &[MatrixLine]) {
    for role in roles {
        if matrix.iter().all(|line| !line.roles.contains(&role.name)) {
            let problem = reader.file.note("unused-role", role.place.span, format!("nobody may take `{}`", role.name));
            reader.report(problem.label("not in the matrix").help("name it in a line of `matrix`, or delete it"));
        }
    }
}

fn color(reader: &mut Reader<'_, '_>, text: Text<'_>) -> Option<String> {
    if text.text.len() == 6 && text.text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(text.text.to_uppercase());
    }
    let problem = reader.file.error("color", text.span, format!("`{}` is no colour", text.text));
    reader.report(problem.label("not six hexadecimal digits").help("write it in quotes, as in \"F2B0A9\""));
    None
}

fn truth(reader: &mut Reader<'_, '_>, text: Text<'_>, key: &str) -> Option<bool> {
    match text.text {
        "true" => Some(true),
        "false" => Some(false),
        other => {
            let problem = reader.file.error("wrong-type", text.span, format!("`{key}` must be true or false"));
            reader.report(problem.label(format!("this is `{other}`")).help(format!("write `{key}: true`")));
            None
        }
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn is_role_name(text: &str) -> bool {
    let parts: Vec<&str> = text.trim_start_matches('/').split('/').collect();
    let fits = |part: &&str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        !part.is_empty() && part.bytes().all(allowed)
    };
    text.len() <= 512 && parts.iter().all(fits) && parts.last().is_some_and(|name| name.len() <= 64)
}

fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, "iam", "", account, role]
        if !partition.is_empty()
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && role.strip_prefix("role/").is_some_and(is_role_name))
}
