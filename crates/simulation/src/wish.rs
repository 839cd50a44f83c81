//! What is declared, as plain facts of our own: the catalog's text is written from it, and what Sekisho does is judged by it. None of it goes
//! through Sekisho's own code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use catalog::CatalogFiles;
use sandbox::{Assignment, Company, CompanyAccount, Sandbox};

/// Everything that is declared at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) sets: BTreeMap<String, SetWish>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) ownership: Ownership,
    pub(crate) guards: Guards,
    /// A group from which nothing is withdrawn.
    pub(crate) protected: Option<String>,
}

/// A declared permission set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetWish {
    pub(crate) description: String,
    pub(crate) hours: u8,
    pub(crate) relay_state: Option<String>,
    pub(crate) managed: BTreeSet<String>,
    pub(crate) customer: bool,
    /// Which of the texts of [`INLINE`].
    pub(crate) inline: Option<usize>,
    pub(crate) boundary: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// Inline policies a set may have.
pub(crate) const INLINE: [&str; 3] = [
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:Query","dynamodb:GetItem"],"Resource":"*"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}]}"#,
];

/// An entry of `assignments/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) principals: BTreeSet<String>,
    pub(crate) sets: BTreeSet<String>,
    pub(crate) accounts: Vec<Selector>,
    pub(crate) except: Vec<Selector>,
}

/// A selector of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selector {
    Name(String),
    /// With everything below it.
    Unit(String),
    Tag(String),
    /// `name:*-prod`
    Suffix(String),
}

impl Selector {
    fn text(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Unit(unit) => format!("ou:{unit}/**"),
            Self::Tag(value) => format!("tag:env={value}"),
            Self::Suffix(suffix) => format!("name:*{suffix}"),
        }
    }

    pub(crate) fn fits(&self, account: &CompanyAccount) -> bool {
        match self {
            Self::Name(name) => account.name == *name,
            Self::Unit(unit) => {
                account.unit == *unit
                    || account.unit.strip_prefix(unit.as_str()).is_some_and(|rest| rest.starts_with('/'))
            }
            Self::Tag(value) => account.tags.iter().any(|(key, found)| key == "env" && found == value),
            Self::Suffix(suffix) => account.name.ends_with(suffix.as_str()),
        }
    }
}

/// What Sekisho may remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// Whatever is not declared.
    Exclusive,
    /// What it made itself.
    Additive,
    /// Nothing is changed in this account; elsewhere whatever is not declared.
    Except(String),
}

/// Most that a run may remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guards {
    pub(crate) withdrawals: u64,
    pub(crate) per_account: u64,
    pub(crate) per_principal: u64,
    pub(crate) deletions: u64,
}

impl Guards {
    /// Somebody has looked at it and said yes.
    pub(crate) const WIDE: Self = Self { withdrawals: 9_999, per_account: 9_999, per_principal: 9_999, deletions: 999 };
}

impl Wish {
    /// Every assignment that follows, by the sandbox's ids.
    pub(crate) fn rows(&self, company: &Company, sandbox: &Sandbox) -> BTreeSet<Assignment> {
        let mut rows = BTreeSet::new();
        for entry in &self.entries {
            for account in accounts(entry, company) {
                let Some(account) = sandbox.account_id(&account.name) else { continue };
                for principal in entry.principals.iter().filter_map(|name| sandbox.principal(name)) {
                    rows.extend(entry.sets.iter().map(|set| Assignment { account, set: set.clone(), principal }));
                }
            }
        }
        rows
    }

    /// The catalog that says all this.
    pub(crate) fn files(&self) -> CatalogFiles {
        let mut files = vec![("sekisho.yaml".to_owned(), self.settings())];
        for (name, set) in &self.sets {
            files.push((format!("permission-sets/{name}.yaml"), set.text(name)));
        }
        let mut text = String::new();
        for entry in &self.entries {
            let list = |items: Vec<String>| items.iter().map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", ");
            let texts = |selectors: &[Selector]| list(selectors.iter().map(Selector::text).collect());
            let _ = writeln!(text, "- principals: [{}]", list(entry.principals.iter().cloned().collect()));
            let _ = writeln!(text, "  permission_sets: [{}]", list(entry.sets.iter().cloned().collect()));
            let _ = writeln!(text, "  accounts: [{}]", texts(&entry.accounts));
            if !entry.except.is_empty() {
                let _ = writeln!(text, "  except: [{}]", texts(&entry.except));
            }
        }
        if !text.is_empty() {
            files.push(("assignments/all.yaml".to_owned(), text));
        }
        CatalogFiles::new(files)
    }

    pub(crate) fn settings(&self) -> String {
        let Guards { withdrawals, per_account, per_principal, deletions } = self.guards;
        let mut text = "deployment: simulation\n".to_owned();
        match &self.ownership {
            Ownership::Exclusive => text.push_str("ownership:\n  - mode: exclusive\n"),
            Ownership::Additive => {}
            Ownership::Except(account) => {
                let _ = write!(text, "ownership:\n  - mode: observe\n    accounts: {account}\n  - mode: exclusive\n");
            }
        }
        let _ = write!(
            text,
            "guards:\n  max_withdrawals: {withdrawals}\n  max_withdrawals_percent: 100\n  \
             max_withdrawals_per_account: {per_account}\n  max_withdrawals_per_principal: {per_principal}\n  \
             max_permission_set_deletions: {deletions}\n"
        );
        if let Some(group) = &self.protected {
            let _ = write!(text, "protected:\n  principals: [\"group:{group}\"]\n");
        }
        text
    }
}

/// The accounts of an entry.
pub(crate) fn accounts<'a>(entry: &'a Entry, company: &'a Company) -> impl Iterator<Item = &'a CompanyAccount> {
    company.accounts.iter().filter(|account| {
        entry.accounts.iter().any(|selector| selector.fits(account))
            && !entry.except.iter().any(|selector| selector.fits(account))
    })
}

impl SetWish {
    fn text(&self, name: &str) -> String {
        let mut text =
            format!("name: {name}\ndescription: {:?}\nsession_duration: PT{}H\n", self.description, self.hours);
        if let Some(page) = &self.relay_state {
            let _ = writeln!(text, "relay_state: {page:?}");
        }
        if !self.managed.is_empty() {
            let managed: Vec<&str> = self.managed.iter().map(String::as_str).collect();
            let _ = writeln!(text, "managed_policies: [{}]", managed.join(", "));
        }
        if self.customer {
            let (name, path) = crate::organisation::CUSTOMER_POLICY;
            let _ = writeln!(text, "customer_managed_policies: [{{name: {name}, path: {path}}}]");
        }
        if let Some(inline) = self.inline.and_then(|at| INLINE.get(at)) {
            let _ = writeln!(text, "inline_policies: [{inline}]");
        }
        if let Some(boundary) = &self.boundary {
            let _ = writeln!(text, "permissions_boundary: {boundary}");
        }
        if !self.tags.is_empty() {
            let tags: Vec<String> = self.tags.iter().map(|(key, value)| format!("{key}: {value:?}")).collect();
            let _ = writeln!(text, "tags: {{{}}}", tags.join(", "));
        }
        text
    }

    /// The ARNs of its AWS managed policies, in order.
    pub(crate) fn managed_arns(&self) -> Vec<String> {
        self.managed.iter().map(|name| format!("arn:aws:iam::aws:policy/{name}")).collect()
    }
}
