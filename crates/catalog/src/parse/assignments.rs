//! `assignments/*.yaml`: a list of entries.

use model::PermissionSetName;

use super::Parser;
use super::permission_set::wrong_set_name;
use crate::catalog::{Entry, Member};
use crate::diagnostic::{Place, SourceFile, Span};
use crate::reader::{Fields, Reader, Text};
use crate::selector::{AccountSelector, PrincipalSelector, SelectorProblem};
use crate::shape;
use crate::yaml::{Node, Value};

impl Parser {
    pub(super) fn assignments_file(&mut self, file: &SourceFile<'_>) {
        let tree = self.tree(file);
        let mut entries = Vec::new();
        let mut readable = !tree.broken;
        if let Some(root) = &tree.root {
            let mut reader = self.reader(file);
            let items = match &root.value {
                Value::Mapping { .. } => {
                    let help = "begin each entry with `- `: - principals: [group:NAME]";
                    reader.wrong_type(root, "a file of assignments/", "a list", help);
                    None
                }
                _ => reader.list(root, "a file of assignments/"),
            };
            readable &= items.is_some();
            entries.extend(items.unwrap_or_default().iter().map(|item| entry(&mut reader, item)));
        }
        if !readable {
            // The file may hold any assignment: all of them stay as they are.
            entries.push(unreadable(Place { line: 1, column: 1, ..Place::file(&file.path) }));
        }
        self.catalog.entries.append(&mut entries);
    }
}

fn unknown<T>(place: &Place) -> Vec<Member<T>> {
    vec![Member { place: place.clone(), value: None }]
}

fn unreadable(place: Place) -> Entry {
    Entry {
        principals: unknown(&place),
        permission_sets: unknown(&place),
        accounts: unknown(&place),
        except: Vec::new(),
        place,
    }
}

fn entry(reader: &mut Reader<'_, '_>, node: &Node) -> Entry {
    let Some(fields) = reader.mapping(node, &shape::ASSIGNMENT) else {
        return unreadable(reader.file.place(node.span));
    };
    let place = reader.file.place(fields.start);
    let mut entry = Entry {
        principals: members(reader, &fields, &place, "principals", |reader, text| {
            selector(reader, text, "principal", PrincipalSelector::parse(text.text))
        }),
        permission_sets: members(reader, &fields, &place, "permission_sets", set_name),
        accounts: members(reader, &fields, &place, "accounts", account),
        except: match fields.get("except") {
            Some(node) if matches!(&node.value, Value::Sequence { items, .. } if items.is_empty()) => Vec::new(),
            Some(_) => members(reader, &fields, &place, "except", account),
            None => Vec::new(),
        },
        place,
    };
    if fields.broken {
        // An unknown key may have been meant as any of the known ones, `except` included.
        let except = unknown(&entry.place);
        entry.except.extend(except);
    }
    entry
}

fn selector<T>(reader: &mut Reader<'_, '_>, text: Text<'_>, code: &str, read: Result<T, SelectorProblem>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(problem) => {
            let found = reader.file.error(code, text.span, problem.message);
            reader.report(found.label(problem.label).help(problem.help));
            None
        }
    }
}

fn account(reader: &mut Reader<'_, '_>, text: Text<'_>) -> Option<AccountSelector> {
    selector(reader, text, "account", AccountSelector::parse(text.text))
}

fn set_name(reader: &mut Reader<'_, '_>, text: Text<'_>) -> Option<PermissionSetName> {
    match PermissionSetName::new(text.text) {
        Ok(name) => Some(name),
        Err(_) => {
            let mut problem = wrong_set_name(reader.file, text);
            if text.text.contains('*') {
                problem.help = Some("permission sets are named one by one: there are no patterns for them".to_owned());
            }
            reader.report(problem);
            None
        }
    }
}

/// The items of a key. A key that is missing, empty or no list is one member that could not be read.
fn members<T: PartialEq>(
    reader: &mut Reader<'_, '_>,
    fields: &Fields<'_>,
    entry: &Place,
    name: &str,
    mut read: impl FnMut(&mut Reader<'_, '_>, Text<'_>) -> Option<T>,
) -> Vec<Member<T>> {
    let Some(node) = fields.get(name) else { return unknown(entry) };
    let Some(items) = reader.list(node, &format!("`{name}`")) else { return unknown(&reader.file.place(node.span)) };
    if items.is_empty() {
        let problem =
            reader.file.error("empty-list", node.span, format!("`{name}` is empty: the entry grants nothing"));
        reader.report(problem.label("nothing in it").help("name at least one, or delete the whole entry"));
        return unknown(&reader.file.place(node.span));
    }
    let what = format!("an item of `{name}`");
    let mut members: Vec<Member<T>> = Vec::with_capacity(items.len());
    for item in items {
        let text = reader.text(item, &what);
        let span: Span = text.map_or(item.span, |text| text.span);
        let value = text.and_then(|text| read(reader, text));
        if value.is_some() && items.len() <= 1_000 && members.iter().any(|member| member.value == value) {
            let text = text.map(|text| text.text).unwrap_or_default();
            let problem = reader.file.note("listed-twice", span, format!("`{text}` is listed twice"));
            reader.report(problem.label("again").help("delete it"));
            continue;
        }
        members.push(Member { place: reader.file.place(span), value });
    }
    members
}
