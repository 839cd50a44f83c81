//! `accounts.yaml`: a list of accounts.

use std::collections::BTreeMap;

use model::AccountId;

use super::Parser;
use crate::catalog::AccountRecord;
use crate::diagnostic::{SourceFile, Span};
use crate::reader::{Fields, Reader};
use crate::selector::PrincipalSelector;
use crate::shape;
use crate::yaml::Node;

impl Parser {
    pub(super) fn accounts_file(&mut self, file: &SourceFile<'_>) {
        let tree = self.tree(file);
        let mut reader = self.reader(file);
        let Some(root) = &tree.root else { return };
        let items = reader.list(root, "`accounts.yaml`").unwrap_or_default();
        let mut seen: BTreeMap<AccountId, Span> = BTreeMap::new();
        let mut records = Vec::new();
        for item in items {
            let Some((record, span)) = account(&mut reader, item) else { continue };
            if let Some(first) = seen.insert(record.id.clone(), span) {
                let first = reader.file.place(first);
                let problem = reader.file.error(
                    "duplicate-account",
                    span,
                    format!("the account `{}` stands here twice", record.id),
                );
                reader.report(problem.label("again").related(&first, "first here").help("keep one of them"));
            }
            records.push(record);
        }
        self.catalog.accounts = records;
    }
}

fn account(reader: &mut Reader<'_, '_>, node: &Node) -> Option<(AccountRecord, Span)> {
    let fields = reader.mapping(node, &shape::ACCOUNT)?;
    let mut own = |name| reader.text_of(&fields, name).map(|text| text.text.to_owned());
    let (name, title, role, profile) = (own("name"), own("title"), own("role"), own("profile"));
    if let Some(role) = &role
        && !(role.starts_with("arn:") && role.contains(":role/"))
    {
        let span = fields.get("role").map_or(fields.start, |node| node.span);
        let problem = reader.file.error("role-arn", span, format!("`{role}` is no ARN of a role"));
        reader.report(problem.label("not a role").help("it looks like arn:aws:iam::111122223333:role/NAME"));
    }
    let owners = owners(reader, &fields);
    let id = reader.text_of(&fields, "id")?;
    match AccountId::new(id.text) {
        Ok(account) => Some((AccountRecord { id: account, name, title, owners, role, profile }, id.span)),
        Err(problem) => {
            let problem = reader.file.error("account-id", id.span, problem.to_string());
            reader
                .report(problem.label("not twelve digits").help("write the twelve digits in quotes: \"111122223333\""));
            None
        }
    }
}

/// `owners`: principals, as written.
pub(super) fn owners(reader: &mut Reader<'_, '_>, fields: &Fields<'_>) -> Vec<String> {
    let mut owners = Vec::new();
    for text in reader.texts_of(fields, "owners").unwrap_or_default().into_iter().flatten() {
        match PrincipalSelector::parse(text.text) {
            Ok(principal) => owners.push(principal.to_string()),
            Err(problem) => {
                let found = reader.file.error("principal", text.span, problem.message);
                reader.report(found.label(problem.label).help(problem.help));
            }
        }
    }
    owners
}
