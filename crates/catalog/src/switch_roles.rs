//! Roles that people switch to, and who may take which: `switch-roles/*.yaml`.

use std::collections::BTreeMap;

use model::{AccountId, Source};

use crate::diagnostic::Place;

/// One file of `switch-roles/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchRoles {
    /// Accounts in which people sign in; any if none is named.
    pub(crate) hubs: Vec<NamedAccount>,
    pub(crate) roles: Vec<SwitchRole>,
    pub(crate) matrix: Vec<MatrixLine>,
}

/// An account by name or id, and where that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedAccount {
    pub(crate) place: Place,
    pub(crate) name: AccountName,
}

/// How an account is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccountName {
    Id(AccountId),
    Name(String),
}

/// A role, in one account or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SwitchRole {
    /// What the matrix calls it.
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) target: RoleTarget,
    pub(crate) display_name: Option<String>,
    pub(crate) color: Option<String>,
    /// Whether it is taken with a second factor only.
    pub(crate) mfa: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoleTarget {
    Arn(String),
    /// The role of this name (with its path) in each of these accounts.
    InAccounts {
        role: String,
        accounts: Vec<NamedAccount>,
    },
}

/// One line of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MatrixLine {
    pub(crate) place: Place,
    /// Names of groups.
    pub(crate) functions: Vec<(String, Place)>,
    /// Names of roles of the file.
    pub(crate) roles: Vec<String>,
}

/// A role that somebody may take, and what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleToTake {
    /// ARN of the role.
    pub arn: String,
    /// What the matrix calls it.
    pub name: String,
    /// By which of their functions.
    pub function: String,
    /// The line of the matrix.
    pub source: Source,
    /// Whether it is taken with a second factor only.
    pub mfa: bool,
    /// What the console's menu calls it, unless people name it themselves.
    pub display_name: Option<String>,
    /// Its colour there: six hexadecimal digits.
    pub color: Option<String>,
}

/// An account that the files name and nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAccount {
    /// Its name, as written.
    pub name: String,
    /// Where.
    pub source: Source,
}

/// Roles that somebody with these functions may take who signs in to `home`, in the order of the files, each once. `names` are names of accounts by
/// id; names of groups are compared without their case, as Identity Center does.
///
/// # Errors
/// An account is named that `names` does not hold, or that two accounts are called: which roles are meant is unknown then.
pub fn roles_to_take(
    files: &[SwitchRoles],
    home: &AccountId,
    functions: &[&str],
    partition: &str,
    names: &BTreeMap<AccountId, String>,
) -> Result<Vec<RoleToTake>, UnknownAccount> {
    let mut found: Vec<RoleToTake> = Vec::new();
    for file in files {
        let mut hubs = Vec::new();
        for hub in &file.hubs {
            hubs.push(hub.id(names)?);
        }
        if !hubs.is_empty() && !hubs.contains(home) {
            continue;
        }
        for line in &file.matrix {
            let has = |wanted: &str| functions.iter().any(|function| function.to_lowercase() == wanted.to_lowercase());
            let Some((function, _)) = line.functions.iter().find(|(function, _)| has(function)) else { continue };
            for role in line.roles.iter().filter_map(|name| file.roles.iter().find(|role| role.name == *name)) {
                for arn in role.arns(partition, names)? {
                    if found.iter().any(|one| one.arn == arn) {
                        continue;
                    }
                    found.push(RoleToTake {
                        arn,
                        name: role.name.clone(),
                        function: function.clone(),
                        source: line.place.source(),
                        mfa: role.mfa,
                        display_name: role.display_name.clone(),
                        color: role.color.clone(),
                    });
                }
            }
        }
    }
    Ok(found)
}

impl NamedAccount {
    fn id(&self, names: &BTreeMap<AccountId, String>) -> Result<AccountId, UnknownAccount> {
        let wanted = match &self.name {
            AccountName::Id(id) => return Ok(id.clone()),
            AccountName::Name(name) => name,
        };
        let mut found = names.iter().filter(|(_, name)| *name == wanted).map(|(id, _)| id);
        match (found.next(), found.next()) {
            (Some(id), None) => Ok(id.clone()),
            _ => Err(UnknownAccount { name: wanted.clone(), source: self.place.source() }),
        }
    }
}

impl SwitchRole {
    fn arns(&self, partition: &str, names: &BTreeMap<AccountId, String>) -> Result<Vec<String>, UnknownAccount> {
        match &self.target {
            RoleTarget::Arn(arn) => Ok(vec![arn.clone()]),
            RoleTarget::InAccounts { role, accounts } => accounts
                .iter()
                .map(|account| {
                    Ok(format!("arn:{partition}:iam::{}:role/{}", account.id(names)?, role.trim_start_matches('/')))
                })
                .collect(),
        }
    }
}

impl SwitchRoles {
    /// Every account that is named.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &NamedAccount> {
        let targets = self.roles.iter().flat_map(|role| match &role.target {
            RoleTarget::Arn(_) => &[][..],
            RoleTarget::InAccounts { accounts, .. } => accounts,
        });
        self.hubs.iter().chain(targets)
    }

    /// Every function that is named.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &(String, Place)> {
        self.matrix.iter().flat_map(|line| &line.functions)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{CatalogFiles, parse};

    const MATRIX: &str = r#"
hubs: [hub]
roles:
  - name: Admin
    role: people/Administrator
    accounts: [prod, "111122223333"]
    display_name: prod-admin
    color: "f2b0a9"
  - {name: ReadOnly, accounts: [prod]}
  - {name: Costs, arn: "arn:aws:iam::444455556666:role/Costs", mfa: false}
matrix:
  - functions: [SRE, 開発リーダー]
    roles: [Admin, ReadOnly]
  - functions: [経理]
    roles: [Costs, ReadOnly]
"#;

    fn names() -> BTreeMap<AccountId, String> {
        [("000011112222", "hub"), ("777788889999", "prod"), ("111122223333", "dev")]
            .map(|(id, name)| (AccountId::new(id).unwrap(), name.to_owned()))
            .into()
    }

    fn taken(text: &str, home: &str, functions: &[&str]) -> Result<Vec<String>, UnknownAccount> {
        let parsed = parse(&CatalogFiles::new([("switch-roles/hub.yaml", text)]));
        assert!(!parsed.has_errors(), "{:?}", parsed.diagnostics);
        let home = AccountId::new(home).unwrap();
        let found = roles_to_take(parsed.catalog.switch_roles(), &home, functions, "aws", &names())?;
        let told = |role: &RoleToTake| {
            let mfa = if role.mfa { "" } else { " without MFA" };
            format!("{} {} {}{mfa}", role.arn, role.function, role.source.line)
        };
        Ok(found.iter().map(told).collect())
    }

    #[test]
    fn a_function_has_its_roles_with_the_line_that_says_so() {
        let of = |functions: &[&str]| taken(MATRIX, "000011112222", functions).unwrap();
        assert_eq!(
            of(&["people", "sre"]),
            [
                "arn:aws:iam::777788889999:role/people/Administrator SRE 12",
                "arn:aws:iam::111122223333:role/people/Administrator SRE 12",
                "arn:aws:iam::777788889999:role/ReadOnly SRE 12",
            ]
        );
        assert_eq!(
            of(&["経理"]),
            [
                "arn:aws:iam::444455556666:role/Costs 経理 14 without MFA",
                "arn:aws:iam::777788889999:role/ReadOnly 経理 14"
            ]
        );
        // Each role once, by the first line that gives it.
        assert_eq!(of(&["開発リーダー", "経理"]).len(), 4);
        assert_eq!(of(&["人事"]), Vec::<String>::new());
        assert_eq!(of(&[]), Vec::<String>::new());
        // Whoever signs in elsewhere is not meant.
        assert_eq!(taken(MATRIX, "111122223333", &["SRE"]).unwrap(), Vec::<String>::new());
        assert_eq!(taken(&MATRIX.replace("hubs: [hub]\n", ""), "111122223333", &["SRE"]).unwrap().len(), 3);
        // What nobody can tell is not guessed.
        let unknown = taken(&MATRIX.replace("[prod, ", "[prd, "), "000011112222", &["SRE"]).unwrap_err();
        assert_eq!((unknown.name.as_str(), unknown.source.line), ("prd", 6));
    }

    proptest! {
        /// Whatever the matrix: nobody gets a role that no line with one of their functions names.
        #[test]
        fn roles_come_from_lines_of_ones_own(
            lines in proptest::collection::vec((proptest::collection::btree_set(0..5_usize, 1..3), proptest::collection::btree_set(0..4_usize, 1..4)), 1..6),
            mine in proptest::collection::btree_set(0..5_usize, 0..3),
        ) {
            let roles: String = (0..4).map(|role| format!("  - {{name: r{role}, accounts: [prod]}}\n")).collect();
            let flow = |prefix: &str, numbers: &std::collections::BTreeSet<usize>| {
                numbers.iter().map(|number| format!("{prefix}{number}")).collect::<Vec<_>>().join(", ")
            };
            let matrix: String = lines
                .iter()
                .map(|(functions, roles)| format!("  - {{functions: [{}], roles: [{}]}}\n", flow("f", functions), flow("r", roles)))
                .collect();
            let functions: Vec<String> = mine.iter().map(|number| format!("F{number}")).collect();
            let functions: Vec<&str> = functions.iter().map(String::as_str).collect();
            let found = taken(&format!("roles:\n{roles}matrix:\n{matrix}"), "000011112222", &functions).unwrap();
            let mut expected: Vec<usize> = Vec::new();
            for (_, roles) in lines.iter().filter(|(functions, _)| !functions.is_disjoint(&mine)) {
                expected.extend(roles.iter().filter(|role| !expected.contains(role)).collect::<Vec<_>>());
            }
            let found: Vec<usize> = found
                .iter()
                .map(|told| told.split(' ').next().unwrap().rsplit('r').next().unwrap().parse().unwrap())
                .collect();
            prop_assert_eq!(found, expected);
        }

        /// No text makes it fall over, and what is read of a broken one is never more than of the whole.
        #[test]
        fn any_text_is_read_or_refused(text in "[a-h:#\\-\\[\\]{}'\"*, \n]{0,80}", cut in 0..400_usize) {
            drop(parse(&CatalogFiles::new([("switch-roles/a.yaml", text)])));
            let cut = MATRIX.char_indices().map(|(at, _)| at).take_while(|at| *at <= cut).last().unwrap_or(0);
            let parsed = parse(&CatalogFiles::new([("switch-roles/a.yaml", &MATRIX[..cut])]));
            let home = AccountId::new("000011112222").unwrap();
            let found = roles_to_take(parsed.catalog.switch_roles(), &home, &["経理"], "aws", &names());
            prop_assert!(parsed.has_errors() || found.map_or(0, |found| found.len()) <= 2);
        }
    }
}
