//! `iam-users.yaml`: whose IAM users are, as people settled it.

use std::collections::BTreeMap;

use model::AccountId;

use super::Parser;
use crate::catalog::IamUserOwner;
use crate::diagnostic::{SourceFile, Span};
use crate::reader::Reader;
use crate::shape;
use crate::yaml::Node;

/// The owner of what nobody owns.
const SYSTEM: &str = "system";

impl Parser {
    pub(super) fn iam_users_file(&mut self, file: &SourceFile<'_>) {
        let tree = self.tree(file);
        let mut reader = self.reader(file);
        let Some(root) = &tree.root else { return };
        let mut seen: BTreeMap<(String, Option<AccountId>), Span> = BTreeMap::new();
        let mut records = Vec::new();
        for item in reader.list(root, "`iam-users.yaml`").unwrap_or_default() {
            let Some((record, span)) = entry(&mut reader, item) else { continue };
            // IAM takes names that differ in case only for one.
            let name = (record.user.to_ascii_lowercase(), record.account.clone());
            if let Some(first) = seen.insert(name, span) {
                let first = reader.file.place(first);
                let message = format!("the IAM user `{}` stands here twice", record.user);
                let problem = reader.file.error("duplicate-name", span, message);
                reader.report(problem.label("again").related(&first, "first here").help("keep one of them"));
                continue;
            }
            records.push(record);
        }
        self.catalog.iam_user_owners = records;
    }
}

fn entry(reader: &mut Reader<'_, '_>, node: &Node) -> Option<(IamUserOwner, Span)> {
    let fields = reader.mapping(node, &shape::IAM_USER_OWNER)?;
    let note = reader.text_of(&fields, "note").map(|text| text.text.to_owned());
    let account = match reader.text_of(&fields, "account") {
        None => None,
        Some(text) => match AccountId::new(text.text) {
            Ok(account) => Some(account),
            Err(problem) => {
                let problem = reader.file.error("account-id", text.span, problem.to_string());
                reader.report(
                    problem.label("not twelve digits").help("write the twelve digits in quotes: \"111122223333\""),
                );
                return None;
            }
        },
    };
    let user = reader.text_of(&fields, "user")?;
    let owner = reader.text_of(&fields, "owner")?;
    let owner = (owner.text != SYSTEM).then(|| owner.text.to_owned());
    Some((IamUserOwner { user: user.text.to_owned(), account, owner, note }, user.span))
}

#[cfg(test)]
mod tests {
    use crate::{CatalogFiles, parse};

    #[test]
    fn owners_are_read_and_written_in_one_form() {
        let text = "- {user: deploy, account: \"111122223333\", owner: hanako@example.com, note: asked on 2026-11-20}\n- {user: \"0123\", owner: system}\n";
        let parsed = parse(&CatalogFiles::new([("iam-users.yaml", text)]));
        assert!(!parsed.has_errors(), "{:?}", parsed.diagnostics);
        let owners = parsed.catalog.iam_user_owners();
        assert_eq!(
            (owners.len(), owners[0].owner.as_deref(), owners[1].owner.as_deref()),
            (2, Some("hanako@example.com"), None)
        );
        assert_eq!(owners.iter().map(crate::IamUserOwner::line).collect::<String>(), text);
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let text = "- user: deploy\n  account: \"12\"\n  owner: a@example.com\n- user: Taro\n  owner: b\n- user: taro\n  owner: c\n- user: x\n";
        let parsed = parse(&CatalogFiles::new([("iam-users.yaml", text)]));
        let told: Vec<&str> =
            parsed.diagnostics.iter().filter(|one| one.is_error()).map(|one| one.code.as_ref()).collect();
        assert_eq!(told, ["account-id", "duplicate-name", "missing-key"]);
        assert_eq!(parsed.catalog.iam_user_owners().len(), 1);
    }
}
