//! Which roles the matrix of `switch-roles/` gives the owner of a user.

use std::collections::BTreeMap;

use catalog::{Catalog, Diagnostic, RoleToTake, SwitchRoles, UnknownAccount, roles_to_take};
use model::AccountId;
use model::iam_user::{IamUser, IamUserRef};
use plan::conversion::Memberships;
use plan::iam_users::{OwnerFinding, Ownership};
use plan::retirement::SURE;

use crate::error::CommandError;
use crate::render::style::harmless;

/// Folder of the matrix in a catalog.
const FOLDER: &str = "switch-roles/";

/// The matrix, as the catalog tells it.
#[derive(Debug, Default)]
pub(super) struct Matrix {
    files: Vec<SwitchRoles>,
    /// Names of accounts that the catalog knows.
    names: BTreeMap<AccountId, String>,
    /// Mistakes in it, as they are told: nothing is read off it then.
    mistakes: Option<String>,
}

/// Why the matrix says nothing of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Silent {
    /// Nobody knows whose it is.
    NoOwner,
    /// Several may be meant.
    Ambiguous(Vec<String>),
    /// It is settled that it is nobody's.
    System,
    /// It is not sure enough.
    Unsure(String, u8),
    /// The owner has left.
    Left(String),
    /// The owner is not among the people that are known.
    Stranger(String),
    /// The owner is in no group.
    NoFunction(String),
    /// No line names one of their functions, for whoever signs in to this account.
    NoLine(String, Vec<String>),
    /// It names an account that nobody knows, or that two are called.
    Account(UnknownAccount),
}

/// Who a user is, for the matrix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) reference: &'a IamUserRef,
    pub(super) user: &'a IamUser,
    pub(super) owner: Option<&'a OwnerFinding>,
    pub(super) memberships: &'a Memberships,
    /// Names of accounts of the inventory.
    pub(super) names: &'a BTreeMap<AccountId, String>,
}

impl Matrix {
    /// `mistakes`: what is wrong in its files, as it is told.
    pub(super) fn of(catalog: &Catalog, mistakes: Option<String>) -> Self {
        let named = |account: &catalog::AccountRecord| Some((account.id.clone(), account.name.clone()?));
        let names = catalog.accounts().iter().filter_map(named).collect();
        Self { files: catalog.switch_roles().to_vec(), names, mistakes }
    }

    /// Whether a mistake is one of its files'.
    pub(super) fn is_about(mistake: &Diagnostic) -> bool {
        mistake.is_error() && mistake.file.starts_with(FOLDER)
    }

    pub(super) fn mistakes(&self) -> Option<&str> {
        self.mistakes.as_deref()
    }

    /// Whether the catalog has one.
    pub(super) fn is_there(&self) -> bool {
        !self.files.is_empty() || self.mistakes.is_some()
    }

    /// Roles of the owner, at least one.
    pub(super) fn roles(&self, asked: &Asked<'_>) -> Result<Vec<RoleToTake>, Silent> {
        let owner = owner(asked.owner)?;
        if asked.owner.is_some_and(|found| found.has_left) {
            return Err(Silent::Left(owner));
        }
        let functions = asked.memberships.of_person(&owner).ok_or_else(|| Silent::Stranger(owner.clone()))?;
        if functions.is_empty() {
            return Err(Silent::NoFunction(owner));
        }
        // What AWS calls an account counts more than what a file does.
        let mut names = self.names.clone();
        names.extend(asked.names.iter().map(|(id, name)| (id.clone(), name.clone())));
        let partition = asked.user.arn.split(':').nth(1).filter(|part| !part.is_empty()).unwrap_or("aws");
        let roles = roles_to_take(&self.files, &asked.reference.account, &functions, partition, &names);
        match roles.map_err(Silent::Account)? {
            roles if roles.is_empty() => Err(Silent::NoLine(owner, functions.into_iter().map(str::to_owned).collect())),
            roles => Ok(roles),
        }
    }
}

/// The owner, if that is settled or as sure as it has to be where a leaver's user is switched off.
fn owner(found: Option<&OwnerFinding>) -> Result<String, Silent> {
    match found.map(|found| &found.ownership) {
        Some(Ownership::Settled { owner }) => Ok(owner.clone()),
        Some(Ownership::Matched { owner, confidence }) if *confidence >= SURE => Ok(owner.clone()),
        Some(Ownership::Matched { owner, confidence }) => Err(Silent::Unsure(owner.clone(), *confidence)),
        Some(Ownership::Ambiguous { candidates }) => Err(Silent::Ambiguous(candidates.clone())),
        Some(Ownership::System) => Err(Silent::System),
        Some(Ownership::Nobody) | None => Err(Silent::NoOwner),
    }
}

impl Silent {
    /// The sentence, after "the matrix gives it no roles: ".
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::NoOwner => "nobody knows whose it is".to_owned(),
            Self::Ambiguous(candidates) => format!("it may be {}'s", harmless(&candidates.join("'s or "))),
            Self::System => "it is settled that it is a system's".to_owned(),
            Self::Unsure(owner, confidence) => {
                format!("that it is {}'s is only {confidence} % sure", harmless(owner))
            }
            Self::Left(owner) => format!("{}, whose it is, has left", harmless(owner)),
            Self::Stranger(owner) => {
                format!("{}, whose it is, is not among the people that are known", harmless(owner))
            }
            Self::NoFunction(owner) => format!("{}, whose it is, has no function: no group", harmless(owner)),
            Self::NoLine(owner, functions) => format!(
                "no line of it is for {} ({}) and this account",
                harmless(owner),
                harmless(&functions.join(", "))
            ),
            Self::Account(unknown) => format!(
                "it names the account `{}` ({}:{}), of which nobody knows which it is",
                harmless(&unknown.name),
                harmless(&unknown.source.origin),
                unknown.source.line
            ),
        }
    }

    /// The refusal to reduce a user for which nobody said otherwise.
    pub(super) fn refusal(&self, user: &IamUserRef) -> CommandError {
        let name = harmless(&user.name);
        let told = CommandError::guard(format!(
            "{name}: the matrix gives it no roles: {}; nothing was changed",
            self.sentence()
        ));
        let told = match self {
            Self::NoOwner | Self::Ambiguous(_) | Self::Unsure(..) => told.hint(format!(
                "settle whose it is: `sekisho iam-users assign-owner {name} OWNER --account {}`",
                user.account
            )),
            Self::Left(_) => told.hint("whoever has left needs no user: `sekisho iam-users retire` switches it off"),
            Self::Stranger(_) | Self::NoFunction(_) => {
                told.hint("functions are the groups of people.yaml, or of the file that `--people` names")
            }
            Self::NoLine(..) => told.hint("a line of `matrix` in `switch-roles/` says who may take which"),
            Self::Account(_) => told.hint("write the id of the account in its place"),
            Self::System => told,
        };
        told.hint("`--may-assume ARN` names roles by hand; `--no-matrix` leaves it without any")
    }
}

#[cfg(test)]
mod tests {
    use catalog::CatalogFiles;
    use model::Reading;
    use plan::iam_users::DirectoryPerson;

    use super::*;

    const MATRIX: &str = "hubs: [hub]\nroles:\n  - {name: Operator, accounts: [prod]}\nmatrix:\n  - functions: [SRE]\n    roles: [Operator]\n";

    fn account(id: &str) -> AccountId {
        AccountId::new(id).unwrap()
    }

    fn finding(ownership: Ownership, has_left: bool) -> OwnerFinding {
        OwnerFinding { ownership, has_left, reasons: Vec::new(), named_for: None }
    }

    fn person(name: &str, groups: &[&str]) -> DirectoryPerson {
        DirectoryPerson {
            user_name: name.to_owned(),
            email: Some(format!("{name}@example.com")),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            ..DirectoryPerson::default()
        }
    }

    fn ask(text: &str, owner: Option<&OwnerFinding>) -> Result<Vec<RoleToTake>, Silent> {
        let parsed = catalog::parse(&CatalogFiles::new([("switch-roles/hub.yaml", text)]));
        assert!(!parsed.has_errors(), "{:?}", parsed.diagnostics);
        let matrix = Matrix::of(&parsed.catalog, None);
        assert!(matrix.is_there() && matrix.mistakes().is_none());
        let at = jiff::Timestamp::UNIX_EPOCH;
        let user = IamUser {
            id: "AIDA".to_owned(),
            name: "yamada".to_owned(),
            arn: "arn:aws-cn:iam::000011112222:user/yamada".to_owned(),
            path: "/".to_owned(),
            created: at,
            tags: BTreeMap::new(),
            groups: Vec::new(),
            attached_policies: Vec::new(),
            inline_policies: BTreeMap::new(),
            permissions_boundary: None,
            password: Reading::known(None, at),
            access_keys: Reading::known(Vec::new(), at),
            mfa_devices: Reading::known(Vec::new(), at),
            other_credentials: Reading::known(Vec::new(), at),
            services_last_accessed: Reading::unknown("not asked"),
        };
        let people = [person("hanako", &["sre", "全員"]), person("taro", &["web"]), person("jiro", &[])];
        let reference = IamUserRef { account: account("000011112222"), name: "yamada".to_owned() };
        let names = [(account("000011112222"), "hub".to_owned()), (account("777788889999"), "prod".to_owned())].into();
        let memberships = Memberships::of(&people);
        matrix.roles(&Asked { reference: &reference, user: &user, owner, memberships: &memberships, names: &names })
    }

    #[test]
    fn the_owner_s_functions_give_the_roles() {
        for owner in [
            Ownership::Settled { owner: "Hanako@example.com".to_owned() },
            Ownership::Matched { owner: "hanako".to_owned(), confidence: SURE },
        ] {
            let roles = ask(MATRIX, Some(&finding(owner, false))).unwrap();
            let told: Vec<(&str, &str, u32)> =
                roles.iter().map(|role| (role.arn.as_str(), role.function.as_str(), role.source.line)).collect();
            assert_eq!(told, [("arn:aws-cn:iam::777788889999:role/Operator", "SRE", 5)]);
        }
    }

    #[test]
    fn whatever_is_not_known_is_refused_with_its_sentence() {
        let settled = |owner: &str| finding(Ownership::Settled { owner: owner.to_owned() }, false);
        let cases = [
            ask(MATRIX, None),
            ask(MATRIX, Some(&finding(Ownership::Nobody, false))),
            ask(
                MATRIX,
                Some(&finding(Ownership::Ambiguous { candidates: vec!["hanako".into(), "taro".into()] }, false)),
            ),
            ask(MATRIX, Some(&finding(Ownership::System, false))),
            ask(MATRIX, Some(&finding(Ownership::Matched { owner: "hanako".into(), confidence: SURE - 1 }, false))),
            ask(MATRIX, Some(&finding(Ownership::Settled { owner: "hanako".into() }, true))),
            ask(MATRIX, Some(&settled("vendor@example.org"))),
            ask(MATRIX, Some(&settled("jiro"))),
            ask(MATRIX, Some(&settled("taro"))),
            ask(&MATRIX.replace("[hub]", "[prod]"), Some(&settled("hanako"))),
            ask(&MATRIX.replace("accounts: [prod]", "accounts: [prd]"), Some(&settled("hanako"))),
        ];
        let user = IamUserRef { account: account("000011112222"), name: "yamada".to_owned() };
        let told: Vec<String> = cases
            .into_iter()
            .map(|found| {
                let refusal = found.unwrap_err().refusal(&user);
                format!("{refusal}\n  {}\n", refusal.hints().join("\n  "))
            })
            .collect();
        insta::assert_snapshot!("refusals", told.join("\n"));
    }
}
