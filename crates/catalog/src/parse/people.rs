//! `people.yaml`: people and groups.

use std::collections::BTreeMap;

use super::{Parser, suggestion};
use crate::catalog::{GroupRecord, Person};
use crate::diagnostic::{SourceFile, Span};
use crate::reader::{Reader, Text};
use crate::shape;
use crate::yaml::Node;

impl Parser {
    pub(super) fn people_file(&mut self, file: &SourceFile<'_>) {
        let tree = self.tree(file);
        let mut reader = self.reader(file);
        let Some(root) = &tree.root else { return };
        let Some(fields) = reader.mapping(root, &shape::PEOPLE) else { return };
        let mut groups = Vec::new();
        let mut names = BTreeMap::new();
        if let Some(node) = fields.get("groups") {
            for item in reader.list(node, "`groups`").unwrap_or_default() {
                let Some((group, span)) = group(&mut reader, item) else { continue };
                refuse_twin(&mut reader, &mut names, &group.name, span, "group");
                groups.push(group);
            }
        }
        let mut people = Vec::new();
        let mut user_names = BTreeMap::new();
        if let Some(node) = fields.get("people") {
            for item in reader.list(node, "`people`").unwrap_or_default() {
                let Some((person, span, memberships)) = person(&mut reader, item) else { continue };
                // User names that differ in case only are one name to Identity Center.
                refuse_twin(&mut reader, &mut user_names, &person.user_name.to_lowercase(), span, "user name");
                check_groups(&mut reader, &memberships, &groups);
                people.push(person);
            }
        }
        self.catalog.people = people;
        self.catalog.groups = groups;
    }
}

fn refuse_twin(reader: &mut Reader<'_, '_>, seen: &mut BTreeMap<String, Span>, name: &str, span: Span, what: &str) {
    if let Some(first) = seen.insert(name.to_owned(), span) {
        let first = reader.file.place(first);
        let problem = reader.file.error("duplicate-name", span, format!("the {what} `{name}` stands here twice"));
        reader.report(problem.label("again").related(&first, "first here").help("keep one of them"));
    }
}

fn group(reader: &mut Reader<'_, '_>, node: &Node) -> Option<(GroupRecord, Span)> {
    let fields = reader.mapping(node, &shape::GROUP)?;
    let description = reader.text_of(&fields, "description").map(|text| text.text.to_owned());
    let name = reader.text_of(&fields, "name")?;
    Some((GroupRecord { name: name.text.to_owned(), description }, name.span))
}

fn person<'n>(reader: &mut Reader<'_, '_>, node: &'n Node) -> Option<(Person, Span, Vec<Text<'n>>)> {
    let fields = reader.mapping(node, &shape::PERSON)?;
    let mut own = |name| reader.text_of(&fields, name);
    let (given_name, family_name, display_name) = (own("given_name"), own("family_name"), own("display_name"));
    let (user_name, email, left) = (own("user_name"), own("email"), own("left"));
    if let Some(left) = left
        && left.text.parse::<jiff::civil::Date>().is_err()
    {
        let problem = reader.file.error("date", left.span, format!("`{}` is no day", left.text));
        reader.report(problem.label("not a day").help("write it as in 2026-03-31"));
    }
    if let Some(email) = email
        && !is_email(email.text)
    {
        let problem = reader.file.error("email", email.span, format!("`{}` is no e-mail address", email.text));
        reader.report(problem.label("not an address").help("write it as in hanako@example.com"));
    }
    if let Some(name) = user_name
        && name.text.chars().count() > 128
    {
        let problem = reader.file.error("too-long", name.span, "`user_name` has more than 128 characters");
        reader.report(problem.label("too long").help("shorten it"));
    }
    let groups: Vec<Text<'n>> = reader.texts_of(&fields, "groups").unwrap_or_default().into_iter().flatten().collect();
    let (user_name, given_name, family_name, email) = (user_name?, given_name?, family_name?, email?);
    let person = Person {
        user_name: user_name.text.to_owned(),
        given_name: given_name.text.to_owned(),
        family_name: family_name.text.to_owned(),
        display_name: display_name.map(|text| text.text.to_owned()),
        email: email.text.to_owned(),
        groups: groups.iter().map(|group| group.text.to_owned()).collect(),
        left: left.map(|text| text.text.to_owned()),
    };
    Some((person, user_name.span, groups))
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}

/// Where groups are listed, a membership must name one of them.
fn check_groups(reader: &mut Reader<'_, '_>, memberships: &[Text<'_>], groups: &[GroupRecord]) {
    if groups.is_empty() {
        return;
    }
    for membership in memberships {
        if groups.iter().all(|group| group.name != membership.text) {
            let problem =
                reader.file.error("unknown-group", membership.span, format!("no group named `{}`", membership.text));
            let help = suggestion(membership.text, groups.iter().map(|group| group.name.as_str()));
            let help = help.unwrap_or_else(|| "add it under `groups`, or delete it here".to_owned());
            reader.report(problem.label("not listed under `groups`").help(help));
        }
    }
}
