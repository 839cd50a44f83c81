//! Files for permission sets and assignments that somebody proposes: what a conversion of IAM users found.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{CatalogFiles, FileKind};
use crate::format::pretty_json;
use crate::import::text::{Item, list, plain_list, slug, unique};
use crate::schema::header;
use crate::yaml::{comment, scalar};

/// A permission set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProposedSet {
    /// Its name in AWS.
    pub name: String,
    /// AWS's description: Latin-1.
    pub description: String,
    /// Lines to stand above it.
    pub comments: Vec<String>,
    /// Names or ARNs of AWS managed policies.
    pub managed_policies: Vec<String>,
    /// Names of files in `policies/` without `.json`, and their JSON.
    pub inline_policies: Vec<(String, String)>,
    /// The boundary: ARN of an AWS managed policy.
    pub boundary: Option<String>,
    /// The boundary: name and path of a policy that every account has to hold.
    pub customer_boundary: Option<(String, String)>,
}

/// An entry of assignments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProposedAssignment {
    /// `user:…` or `group:…`, and what to say of it.
    pub principals: Vec<(String, String)>,
    /// Names of permission sets.
    pub permission_sets: Vec<String>,
    /// Name or id of the account, and what to say of it.
    pub account: (String, String),
}

/// The files: a set each, the policies, and `assignments/<name>.yaml`.
#[must_use]
pub fn proposed(sets: &[ProposedSet], assignments: &[ProposedAssignment], name: &str) -> CatalogFiles {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for set in sets {
        let file = unique(&mut taken, slug(&set.name));
        files.insert(format!("permission-sets/{file}.yaml"), set_file(set));
        for (policy, json) in &set.inline_policies {
            files.insert(format!("policies/{policy}.json"), pretty_json(json));
        }
    }
    if !assignments.is_empty() {
        let mut text = header(FileKind::Assignments).to_owned();
        for assignment in assignments {
            text.push('\n');
            entry(&mut text, assignment);
        }
        files.insert(format!("assignments/{name}.yaml"), text);
    }
    CatalogFiles { files }
}

fn set_file(set: &ProposedSet) -> String {
    let mut text = header(FileKind::PermissionSet).to_owned();
    for line in &set.comments {
        // A line that could end the comment is left out.
        let line = comment(line);
        if !line.is_empty() {
            text.push_str(line.trim_start());
            text.push('\n');
        }
    }
    text.push_str(&format!("name: {}\n", scalar(&set.name)));
    if !set.description.is_empty() {
        text.push_str(&format!("description: {}\n", scalar(&set.description)));
    }
    if !set.managed_policies.is_empty() {
        plain_list(&mut text, "", "managed_policies", set.managed_policies.iter().map(|arn| short(arn)));
    }
    if !set.inline_policies.is_empty() {
        let paths = set.inline_policies.iter().map(|(policy, _)| format!("policies/{policy}.json"));
        plain_list(&mut text, "", "inline_policies", paths);
    }
    if let Some(arn) = &set.boundary {
        text.push_str(&format!("permissions_boundary: {}\n", scalar(&short(arn))));
    } else if let Some((name, path)) = &set.customer_boundary {
        text.push_str(&format!("permissions_boundary: {{name: {}, path: {}}}\n", scalar(name), scalar(path)));
    }
    text
}

fn entry(text: &mut String, assignment: &ProposedAssignment) {
    let item = |(text, about): &(String, String)| Item { text: text.clone(), about: about.clone() };
    let principals: Vec<Item> = assignment.principals.iter().map(item).collect();
    list(text, "- ", "principals", &principals);
    plain_list(text, "  ", "permission_sets", assignment.permission_sets.iter().cloned());
    list(text, "  ", "accounts", &[item(&assignment.account)]);
}

/// The short name where it means just this ARN.
fn short(name_or_arn: &str) -> String {
    match policy::managed::by_arn(name_or_arn) {
        Some(known) if policy::managed::resolve(known.name).is_some_and(|found| found.arn() == known.arn()) => {
            known.name.to_owned()
        }
        _ => name_or_arn.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{ProposedAssignment, ProposedSet, proposed};

    #[test]
    fn what_is_proposed_is_a_catalog() {
        let set = ProposedSet {
            name: "developers".to_owned(),
            description: "What these IAM users may do: hanako".to_owned(),
            comments: vec!["of 3 IAM users".to_owned(), "x\nname: no key".to_owned()],
            managed_policies: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()],
            inline_policies: vec![(
                "deploy".to_owned(),
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codedeploy:*","Resource":"*"}]}"#
                    .to_owned(),
            )],
            customer_boundary: Some(("limit".to_owned(), "/team/".to_owned())),
            ..ProposedSet::default()
        };
        let assignment = ProposedAssignment {
            principals: vec![
                ("user:hanako@example.com".to_owned(), "IAM user hanako".to_owned()),
                ("user:taro@example.com".to_owned(), String::new()),
            ],
            permission_sets: vec!["developers".to_owned()],
            account: ("111122223333".to_owned(), "minimo-dev".to_owned()),
        };
        let files = proposed(&[set], &[assignment], "converted");
        let all: Vec<String> = files.files.iter().map(|(path, text)| format!("── {path}\n{text}")).collect();
        insta::assert_snapshot!(all.join("\n"));
        let parsed = crate::parse(&files);
        assert!(
            parsed.diagnostics.iter().all(|one| one.severity != crate::Severity::Error),
            "{:?}",
            parsed.diagnostics
        );
        for (path, text) in &files.files {
            if path.ends_with(".yaml") {
                assert_eq!(crate::format(path, text).as_deref(), Ok(text.as_str()), "{path}");
            }
        }
    }
}
