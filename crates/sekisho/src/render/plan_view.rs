//! A plan arranged for readers: by permission set, then by account, then by principal.

use std::collections::{BTreeMap, BTreeSet};

use model::change::{Change, Scope};
use model::declared::{Extent, Source, Unresolved};
use model::id::{AccountId, PermissionSetName};
use model::operation::{Because, Operation};
use model::permission_set::{Attributes, PermissionsBoundary};
use model::principal::PrincipalId;
use model::{Observed, Plan};

use super::policy_change;
use super::words::{count, list};

/// What happens to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Sign {
    /// It goes. First, because a loss is what a reader must not miss.
    Remove,
    /// Something in it goes and something comes.
    Change,
    /// It comes.
    Add,
}

impl Sign {
    /// The sign as Terraform writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Remove => "-",
            Self::Change => "~",
        }
    }
}

/// A change of one part of a permission set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartChange {
    /// None for an attribute, which is told as `old → new`.
    pub(crate) sign: Option<Sign>,
    /// `session_duration`, `managed policy`, …
    pub(crate) part: &'static str,
    /// What of it.
    pub(crate) text: String,
    /// Details below it.
    pub(crate) details: Vec<(Sign, String)>,
}

/// One principal in one or several accounts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Row {
    /// Let in or taken out.
    pub(crate) sign: Sign,
    /// `group minimo-dev`, `user taro@example.com`.
    pub(crate) principal: String,
    /// `12 people`, `山田 太郎`.
    pub(crate) who: String,
    /// File and line, or the reason in words.
    pub(crate) because: String,
}

/// Accounts in which a set's assignments change in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// Of all rows together.
    pub(crate) sign: Sign,
    /// Accounts as `name (id)`; sorted by name.
    pub(crate) accounts: Vec<String>,
    /// Who.
    pub(crate) rows: Vec<Row>,
    /// What else will happen.
    pub(crate) warnings: Vec<String>,
    /// Whether the management account's executor does it.
    pub(crate) management: bool,
}

/// Everything about one permission set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetView {
    /// Its name.
    pub(crate) name: PermissionSetName,
    /// What happens to the set itself; none if only its assignments change.
    pub(crate) sign: Option<Sign>,
    /// File and line, or the reason in words.
    pub(crate) because: String,
    /// What of the set changes.
    pub(crate) parts: Vec<PartChange>,
    /// Names of accounts that are brought to the set's newest version.
    pub(crate) provisioned: Vec<String>,
    /// What else will happen.
    pub(crate) warnings: Vec<String>,
    /// Whether the management account's executor does it.
    pub(crate) management: bool,
    /// Assignments, removals first.
    pub(crate) blocks: Vec<Block>,
}

/// How much a plan does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub(crate) struct Counts {
    pub(crate) permission_sets_to_add: usize,
    pub(crate) permission_sets_to_change: usize,
    pub(crate) permission_sets_to_remove: usize,
    pub(crate) accounts_to_provision: usize,
    pub(crate) assignments_to_add: usize,
    pub(crate) assignments_to_remove: usize,
    pub(crate) operations: usize,
    pub(crate) unresolved: usize,
    pub(crate) frozen: usize,
    pub(crate) undeclared: usize,
}

impl Counts {
    /// `1 set to change, 1 assignment to add, 1 to remove`.
    pub(crate) fn sentence(&self) -> String {
        let mut parts = Vec::new();
        let mut group = |noun: &str, numbers: &[(usize, &str)]| {
            let mut named = false;
            for (number, verb) in numbers.iter().filter(|(number, _)| *number > 0) {
                let what = if named { super::words::thousands(*number) } else { count(*number, noun) };
                named = true;
                parts.push(format!("{what} to {verb}"));
            }
        };
        group(
            "set",
            &[
                (self.permission_sets_to_add, "add"),
                (self.permission_sets_to_change, "change"),
                (self.permission_sets_to_remove, "remove"),
            ],
        );
        group("account", &[(self.accounts_to_provision, "re-provision")]);
        group("assignment", &[(self.assignments_to_add, "add"), (self.assignments_to_remove, "remove")]);
        if parts.is_empty() { "nothing to change".to_owned() } else { parts.join(", ") }
    }
}

/// A plan with the names of what it acts on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    /// The plan.
    pub(crate) plan: &'a Plan,
    /// Where the names come from.
    pub(crate) observed: &'a Observed,
    /// The catalog's folder as the reader knows it, put before its files: `access`.
    pub(crate) folder: &'a str,
}

impl<'a> Named<'a> {
    /// A place in the catalog, with its folder.
    pub(crate) fn place(&self, source: &Source) -> String {
        place(self.folder, source)
    }

    /// Why an operation is there.
    pub(crate) fn because(&self, because: &Because) -> String {
        match because {
            Because::Declared { source } => self.place(source),
            Because::Undeclared => "not declared".to_owned(),
            Because::Outdated => "older version there".to_owned(),
            Because::Undo { run } => format!("undo of {run}"),
            Because::Retirement { why } => why.clone(),
        }
    }

    /// `minimo-stg (111122223333)`; the id alone where there is no name.
    pub(crate) fn account(&self, account: &AccountId) -> String {
        account_with_id(self.observed, account)
    }

    /// The sets of the plan by name, with all that happens to them.
    pub(crate) fn sets(&self) -> Vec<SetView> {
        let mut grouped: BTreeMap<&PermissionSetName, Vec<&'a Operation>> = BTreeMap::new();
        for operation in &self.plan.operations {
            if let Some(set) = operation.change.set() {
                grouped.entry(&set.name).or_default().push(operation);
            }
        }
        grouped.into_iter().map(|(name, operations)| self.set(name, &operations)).collect()
    }

    /// How much the plan does.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts {
            operations: self.plan.operations.len(),
            unresolved: self.plan.unresolved.len(),
            frozen: self.plan.frozen.len(),
            undeclared: self.plan.undeclared.len(),
            ..Counts::default()
        };
        let mut created = BTreeSet::new();
        let mut deleted = BTreeSet::new();
        let mut changed = BTreeSet::new();
        for operation in &self.plan.operations {
            let Some(name) = operation.change.set().map(|set| &set.name) else { continue };
            match &operation.change {
                Change::CreatePermissionSet { .. } => _ = created.insert(name),
                Change::DeletePermissionSet { .. } => _ = deleted.insert(name),
                Change::Provision { .. } => counts.accounts_to_provision += 1,
                Change::Assign { .. } => counts.assignments_to_add += 1,
                Change::Withdraw { .. } => counts.assignments_to_remove += 1,
                _ => _ = changed.insert(name),
            }
        }
        counts.permission_sets_to_add = created.len();
        counts.permission_sets_to_remove = deleted.len();
        counts.permission_sets_to_change = changed.difference(&created).filter(|name| !deleted.contains(*name)).count();
        counts
    }

    /// Whether the plan has few enough changed inline policies.
    pub(crate) fn compares_policies(&self) -> bool {
        let changed =
            |one: &&Operation| matches!(one.change, Change::SetInlinePolicy { from: Some(_), to: Some(_), .. });
        self.plan.operations.iter().filter(changed).nth(POLICIES_COMPARED).is_none()
    }

    fn set(&self, name: &PermissionSetName, operations: &[&'a Operation]) -> SetView {
        let mut view = SetView {
            name: name.clone(),
            sign: None,
            because: String::new(),
            parts: Vec::new(),
            provisioned: Vec::new(),
            warnings: Vec::new(),
            management: false,
            blocks: Vec::new(),
        };
        let mut pairs: BTreeMap<&AccountId, Vec<&Operation>> = BTreeMap::new();
        for operation in operations {
            match &operation.change {
                Change::Assign { account, .. } | Change::Withdraw { account, .. } => {
                    pairs.entry(account).or_default().push(operation);
                    continue;
                }
                Change::Provision { account, .. } => {
                    view.provisioned.push(self.observed.account_label(account).to_owned());
                }
                Change::CreatePermissionSet { .. } => view.sign = Some(Sign::Add),
                Change::DeletePermissionSet { .. } => view.sign = Some(Sign::Remove),
                _ => {}
            }
            view.parts.extend(part_changes(&operation.change, || self.compares_policies()));
            view.sign.get_or_insert(Sign::Change);
            view.management |= operation.scope == Scope::Management;
            if view.because.is_empty() || matches!(operation.change, Change::CreatePermissionSet { .. }) {
                view.because = self.because(&operation.because);
            }
            extend_new(&mut view.warnings, &operation.meaning.warnings);
        }
        view.provisioned.sort();
        view.blocks = self.blocks(pairs);
        view
    }

    /// Pairs whose assignments change alike become one block.
    fn blocks(&self, pairs: BTreeMap<&AccountId, Vec<&Operation>>) -> Vec<Block> {
        type Likeness = (Vec<Row>, Vec<String>, bool);
        let mut alike: BTreeMap<Likeness, Vec<String>> = BTreeMap::new();
        for (account, operations) in pairs {
            let mut rows: Vec<Row> = operations.iter().filter_map(|operation| self.row(operation)).collect();
            rows.sort();
            let mut warnings = Vec::new();
            for operation in &operations {
                extend_new(&mut warnings, &operation.meaning.warnings);
            }
            let management = operations.iter().any(|operation| operation.scope == Scope::Management);
            alike.entry((rows, warnings, management)).or_default().push(self.account(account));
        }
        let mut blocks: Vec<Block> = alike
            .into_iter()
            .map(|((rows, warnings, management), mut accounts)| {
                accounts.sort();
                let has = |sign: Sign| rows.iter().any(|row| row.sign == sign);
                let sign = match (has(Sign::Add), has(Sign::Remove)) {
                    (true, true) => Sign::Change,
                    (false, true) => Sign::Remove,
                    _ => Sign::Add,
                };
                Block { sign, accounts, rows, warnings, management }
            })
            .collect();
        blocks.sort_by(|left, right| (left.sign, &left.accounts).cmp(&(right.sign, &right.accounts)));
        blocks
    }

    fn row(&self, operation: &Operation) -> Option<Row> {
        let principal = operation.change.principal()?;
        let sign = if matches!(operation.change, Change::Assign { .. }) { Sign::Add } else { Sign::Remove };
        let (principal, who) = principal_words(self.observed, principal);
        Some(Row { sign, principal, who, because: self.because(&operation.because) })
    }

    /// What an unresolved declaration holds back: `Developer, ReadOnly for group minimo-all in minimo-stg`.
    pub(crate) fn footprint(&self, unresolved: &Unresolved) -> String {
        let footprint = &unresolved.footprint;
        let sets = extent(&footprint.sets, "every set", |name| name.to_string());
        let accounts =
            extent(&footprint.accounts, "every account", |account| self.observed.account_label(account).to_owned());
        let principals =
            extent(&footprint.principals, "everybody", |principal| principal_words(self.observed, principal).0);
        format!("{sets} in {accounts} for {principals}")
    }
}

fn extent<T: Ord>(extent: &Extent<T>, all: &str, name: impl Fn(&T) -> String) -> String {
    match extent {
        Extent::All => all.to_owned(),
        Extent::Only(values) => {
            let names: Vec<String> = values.iter().map(name).collect();
            list(names.iter().map(String::as_str), 4)
        }
    }
}

/// A place in the catalog, with the folder as the reader knows it.
pub(crate) fn place(folder: &str, source: &Source) -> String {
    if folder.is_empty() { source.to_string() } else { format!("{}/{source}", folder.trim_end_matches('/')) }
}

/// `minimo-stg (111122223333)`; the id alone where there is no name.
pub(crate) fn account_with_id(observed: &Observed, account: &AccountId) -> String {
    match observed.account(account) {
        Some(known) => format!("{} ({account})", known.name),
        None => account.to_string(),
    }
}

/// `group minimo-dev` and `12 people`; `user taro@example.com` and `山田 太郎`.
pub(crate) fn principal_words(observed: &Observed, principal: &PrincipalId) -> (String, String) {
    match principal {
        PrincipalId::Group(id) => {
            let people = match observed.memberships.get(id).and_then(|members| members.value()) {
                Some(members) => count(members.len(), "person"),
                None => "members unknown".to_owned(),
            };
            match observed.group(id) {
                Some(group) => (format!("group {}", group.display_name), people),
                None if observed.groups.is_known() => (format!("group {id}"), "no longer exists".to_owned()),
                None => (format!("group {id}"), "name unknown".to_owned()),
            }
        }
        PrincipalId::User(id) => match observed.user(id) {
            Some(user) => (
                format!("user {}", user.user_name),
                user.display_name.clone().filter(|name| *name != user.user_name).unwrap_or_default(),
            ),
            None if observed.users.is_known() => (format!("user {id}"), "no longer exists".to_owned()),
            None => (format!("user {id}"), "name unknown".to_owned()),
        },
    }
}

/// Up to so many changed inline policies of a plan are compared: each comparison may take a part of a second.
const POLICIES_COMPARED: usize = 32;

fn extend_new(warnings: &mut Vec<String>, more: &[String]) {
    for warning in more {
        if !warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
}

/// What a change does to the parts of its set.
fn part_changes(change: &Change, compares: impl Fn() -> bool) -> Vec<PartChange> {
    let one = |sign: Sign, part: &'static str, text: String| {
        vec![PartChange { sign: Some(sign), part, text, details: Vec::new() }]
    };
    match change {
        Change::CreatePermissionSet { attributes, tags, .. } => {
            let mut parts = created_attributes(attributes);
            parts.extend(tags.iter().flat_map(|(key, value)| one(Sign::Add, "tag", format!("{key} = {value}"))));
            parts
        }
        Change::UpdatePermissionSet { from, to, .. } => changed_attributes(from, to),
        Change::AttachManagedPolicy { policy, .. } => one(Sign::Add, "managed policy", policy.name().to_owned()),
        Change::DetachManagedPolicy { policy, .. } => one(Sign::Remove, "managed policy", policy.name().to_owned()),
        Change::AttachCustomerManagedPolicy { policy, .. } => one(Sign::Add, "customer policy", policy.to_string()),
        Change::DetachCustomerManagedPolicy { policy, .. } => one(Sign::Remove, "customer policy", policy.to_string()),
        Change::SetInlinePolicy { from, to, .. } => {
            vec![inline_policy(from.as_deref(), to.as_deref(), compares())]
        }
        Change::SetPermissionsBoundary { from, to, .. } => {
            optional("boundary", from.as_ref().map(boundary), to.as_ref().map(boundary))
        }
        Change::SetTag { key, from, to, .. } => {
            let told = |value: &String| format!("{key} = {value}");
            optional("tag", from.as_ref().map(told), to.as_ref().map(told))
        }
        Change::DeletePermissionSet { .. }
        | Change::Provision { .. }
        | Change::Assign { .. }
        | Change::Withdraw { .. }
        | Change::IamUser { .. } => Vec::new(),
    }
}

fn boundary(boundary: &PermissionsBoundary) -> String {
    match boundary {
        PermissionsBoundary::Managed(policy) => policy.name().to_owned(),
        PermissionsBoundary::CustomerManaged(policy) => policy.to_string(),
    }
}

fn optional(part: &'static str, from: Option<String>, to: Option<String>) -> Vec<PartChange> {
    let (sign, text) = match (from, to) {
        (None, Some(to)) => (Sign::Add, to),
        (Some(from), None) => (Sign::Remove, from),
        (Some(from), Some(to)) => (Sign::Change, format!("{from} → {to}")),
        (None, None) => return Vec::new(),
    };
    vec![PartChange { sign: Some(sign), part, text, details: Vec::new() }]
}

fn created_attributes(attributes: &Attributes) -> Vec<PartChange> {
    let plain =
        |part: &'static str, text: &str| PartChange { sign: None, part, text: text.to_owned(), details: Vec::new() };
    let mut parts = Vec::new();
    parts.extend(attributes.description.as_deref().map(|text| plain("description", text)));
    parts.push(plain("session_duration", &attributes.session_duration.to_string()));
    parts.extend(attributes.relay_state.as_deref().map(|text| plain("relay_state", text)));
    parts
}

fn changed_attributes(from: &Attributes, to: &Attributes) -> Vec<PartChange> {
    let mut parts = Vec::new();
    let mut changed = |part: &'static str, from: Option<String>, to: Option<String>| {
        if from != to {
            let told = |value: Option<String>| value.unwrap_or_else(|| "(none)".to_owned());
            parts.push(PartChange {
                sign: None,
                part,
                text: format!("{} → {}", told(from), told(to)),
                details: Vec::new(),
            });
        }
    };
    changed("description", from.description.clone(), to.description.clone());
    changed("session_duration", Some(from.session_duration.to_string()), Some(to.session_duration.to_string()));
    changed("relay_state", from.relay_state.clone(), to.relay_state.clone());
    parts
}

fn inline_policy(from: Option<&str>, to: Option<&str>, compares: bool) -> PartChange {
    let (sign, text) = match (from, to) {
        (None, Some(to)) => (Sign::Add, policy_change::size(to)),
        (Some(from), None) => (Sign::Remove, policy_change::size(from)),
        (Some(from), Some(to)) => {
            let sizes = format!("{} → {}", policy_change::size(from), policy_change::size(to));
            let relation = if compares { policy_change::relation(from, to) } else { None };
            (Sign::Change, relation.map_or(sizes.clone(), |(_, told)| format!("{told} ({sizes})")))
        }
        (None, None) => (Sign::Change, String::new()),
    };
    PartChange {
        sign: Some(sign),
        part: "inline policy",
        text,
        details: policy_change::describe(from, to).unwrap_or_default(),
    }
}
