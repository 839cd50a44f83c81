//! A small company for tests of what is shown.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::change::{Change, PermissionSetRef, Scope};
use model::claim::Claim;
use model::declared::{Bindings, Extent, Footprint, Source, Unresolved};
use model::finding::{Finding, Severity};
use model::id::{AccountId, GroupId, UserId};
use model::observed::{Caller, CallerRole, InstanceKey, ReadingCost};
use model::operation::{Because, Inverse, Meaning, Operation};
use model::organization::{Account, AccountState, Organization};
use model::permission_set::{Attributes, CustomerManagedPolicy};
use model::plan::{Frozen, ObservationSummary, Undeclared};
use model::principal::{Group, PrincipalId, User};
use model::{AssignmentTable, Observed, Plan, Reading, SessionDuration};

pub(crate) fn as_of() -> Timestamp {
    "2026-11-22T01:02:03Z".parse().unwrap()
}

fn instance() -> InstanceKey {
    InstanceKey {
        partition: "aws".into(),
        instance: "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6".parse().unwrap(),
        identity_store: "d-9567a1b2c3".parse().unwrap(),
        primary_region: "ap-northeast-1".into(),
    }
}

pub(crate) fn account_id(number: usize) -> AccountId {
    format!("{:012}", 111_100_000_000 + number).parse().unwrap()
}

pub(crate) fn group(name: &str) -> PrincipalId {
    PrincipalId::Group(GroupId::new(format!("g-{name}")).unwrap())
}

pub(crate) fn user(name: &str) -> PrincipalId {
    PrincipalId::User(UserId::new(format!("u-{name}")).unwrap())
}

/// Accounts 1..=40: `minimo-prod`, `minimo-stg`, `tools-3` …
pub(crate) fn observed() -> Observed {
    let root = "r-1".parse::<model::OrganizationalUnitId>().unwrap();
    let accounts: BTreeMap<AccountId, Account> = (1..=40)
        .map(|number| {
            let name = match number {
                1 => "minimo-prod".to_owned(),
                2 => "minimo-stg".to_owned(),
                other => format!("tools-{other}"),
            };
            let id = account_id(number);
            let account = Account {
                id: id.clone(),
                email: format!("{name}@example.com"),
                name,
                state: AccountState::Active,
                parent: root.clone(),
                tags: Reading::known(BTreeMap::new(), as_of()),
            };
            (id, account)
        })
        .collect();
    let users: BTreeMap<UserId, User> = [("taro", "山田 太郎"), ("hanako", "佐藤 花子"), ("jiro", "jiro@example.com")]
        .into_iter()
        .map(|(name, display)| {
            let id = UserId::new(format!("u-{name}")).unwrap();
            let user = User {
                id: id.clone(),
                user_name: format!("{name}@example.com"),
                display_name: Some(display.into()),
                email: Some(format!("{name}@example.com")),
            };
            (id, user)
        })
        .collect();
    let groups: BTreeMap<GroupId, Group> = ["minimo-dev", "minimo-all", "platform-admins"]
        .into_iter()
        .map(|name| {
            let id = GroupId::new(format!("g-{name}")).unwrap();
            (id.clone(), Group { id, display_name: name.into() })
        })
        .collect();
    let members = |names: &[&str]| {
        Reading::known(names.iter().map(|name| UserId::new(format!("u-{name}")).unwrap()).collect(), as_of())
    };
    Observed {
        instance: instance(),
        caller: Caller {
            account: account_id(3),
            arn: "arn:aws:sts::111100000003:assumed-role/sekisho/ci".into(),
            role: CallerRole::DelegatedAdministrator,
        },
        as_of: as_of(),
        organization: Reading::known(
            Organization { management_account: Some(account_id(40)), units: BTreeMap::new(), accounts },
            as_of(),
        ),
        users: Reading::known(users, as_of()),
        groups: Reading::known(groups, as_of()),
        memberships: BTreeMap::from([
            (GroupId::new("g-minimo-dev").unwrap(), members(&["taro", "hanako"])),
            (GroupId::new("g-minimo-all").unwrap(), members(&["taro", "hanako", "jiro"])),
            (GroupId::new("g-platform-admins").unwrap(), Reading::unknown("AWS refused")),
        ]),
        permission_set_listing: Reading::known((), as_of()),
        permission_sets: BTreeMap::new(),
        unreadable_sets: BTreeMap::new(),
        assignments: AssignmentTable::from_names([(&"Admin".parse().unwrap(), &account_id(1), &user("taro"))]),
        incomplete_pairs: Vec::new(),
        cost: ReadingCost::default(),
    }
}

pub(crate) fn set(name: &str) -> PermissionSetRef {
    PermissionSetRef { name: name.parse().unwrap(), arn: None }
}

pub(crate) fn source(file: &str, line: u32) -> Source {
    Source { origin: file.into(), line, column: 5 }
}

pub(crate) fn declared(file: &str, line: u32) -> Because {
    Because::Declared { source: source(file, line) }
}

pub(crate) fn operation(change: Change, because: Because, warnings: &[&str]) -> Operation {
    Operation {
        id: change.operation_id(),
        before: Vec::new(),
        after: Claim::PermissionSetExists { set: change.set().cloned().expect("a change of a set") },
        inverse: Inverse::None { reason: "test".into() },
        needs: Vec::new(),
        scope: Scope::Delegated,
        because,
        meaning: Meaning { summary: "in words".into(), warnings: warnings.iter().map(|&text| text.into()).collect() },
        change,
    }
}

pub(crate) fn assign(name: &str, account: usize, principal: PrincipalId, line: u32) -> Operation {
    let change = Change::Assign { set: set(name), account: account_id(account), principal };
    operation(change, declared("assignments/minimo.yaml", line), &[])
}

fn withdrawal() -> Operation {
    operation(
        Change::Withdraw { set: set("Admin"), account: account_id(1), principal: user("taro") },
        Because::Undeclared,
        &["last assignment of Admin here: the role AWSReservedSSO_Admin_3f2a disappears"],
    )
}

fn developer_change() -> Vec<Operation> {
    let hours = |hours: u16| Attributes {
        description: Some("developer rights".into()),
        session_duration: SessionDuration::from_minutes(hours * 60).unwrap(),
        relay_state: None,
    };
    let old = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::minimo-stg-*/*"}]}"#;
    let new = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::minimo-stg-*/*"}]}"#;
    let because = || declared("permission-sets/developer.yaml", 1);
    let mut operations = vec![
        operation(
            Change::UpdatePermissionSet { set: set("Developer"), from: hours(4), to: hours(8) },
            because(),
            &["open sessions keep the old rights for up to 4 h"],
        ),
        operation(
            Change::AttachManagedPolicy {
                set: set("Developer"),
                policy: "arn:aws:iam::aws:policy/AmazonECS_FullAccess".parse().unwrap(),
            },
            because(),
            &[],
        ),
        operation(
            Change::SetInlinePolicy { set: set("Developer"), from: Some(old.into()), to: Some(new.into()) },
            because(),
            &[],
        ),
    ];
    operations.extend((1..=14).map(|number| {
        operation(Change::Provision { set: set("Developer"), account: account_id(number) }, Because::Outdated, &[])
    }));
    operations
}

/// A set that is created and given to many, alike and not alike.
fn deploy() -> Vec<Operation> {
    let attributes = Attributes { description: Some("deployments".into()), ..Attributes::default() };
    let because = || declared("permission-sets/deploy.yaml", 1);
    let mut operations = vec![
        operation(
            Change::CreatePermissionSet {
                set: set("Deploy"),
                attributes,
                tags: BTreeMap::from([("sekisho:deployment".into(), "main".into())]),
            },
            because(),
            &[],
        ),
        operation(
            Change::AttachCustomerManagedPolicy {
                set: set("Deploy"),
                policy: CustomerManagedPolicy { name: "deploy-boundary".into(), path: "/".into() },
            },
            because(),
            &[],
        ),
    ];
    operations.extend((3..=39).map(|number| assign("Deploy", number, group("platform-admins"), 20)));
    operations.push(Operation { scope: Scope::Management, ..assign("Deploy", 40, group("platform-admins"), 21) });
    operations
}

fn unresolved() -> Unresolved {
    Unresolved {
        source: source("assignments/kaigo.yaml", 4),
        message: "no group named `kaigo-devs`".into(),
        help: Some("did you mean `kaigo-dev`?".into()),
        footprint: Footprint {
            sets: Extent::Only(BTreeSet::from(["ReadOnly".parse().unwrap()])),
            accounts: Extent::Only(BTreeSet::from([account_id(1), account_id(2)])),
            principals: Extent::All,
        },
    }
}

pub(crate) fn plan(operations: Vec<Operation>) -> Plan {
    Plan {
        format_version: Plan::FORMAT_VERSION,
        id: "plan-0123456789abcdef".parse().unwrap(),
        sekisho_version: "0.1.0".into(),
        catalog_version: "4f1c2d3".into(),
        created: as_of(),
        instance: instance(),
        observation: ObservationSummary {
            as_of: as_of(),
            caller: observed().caller,
            accounts: Some(40),
            assignments: 601,
            cost: ReadingCost { calls: 412, throttled: 0, elapsed_ms: 3_140 },
            unknown: Vec::new(),
        },
        operations,
        unresolved: Vec::new(),
        frozen: Vec::new(),
        undeclared: Vec::new(),
        findings: Vec::new(),
        bindings: Bindings::default(),
    }
}

/// Some of everything.
pub(crate) fn rich_plan() -> Plan {
    let mut operations = developer_change();
    operations.push(assign("Developer", 2, group("minimo-dev"), 3));
    operations.push(withdrawal());
    operations.extend(deploy());
    let mut plan = plan(operations);
    plan.observation.unknown = vec!["members of group:platform-admins: AWS refused".into()];
    plan.unresolved = vec![unresolved()];
    plan.frozen = vec![Frozen {
        what: "assign group:ops to payer with Admin".into(),
        reason: "the set is provisioned in the management account, and no executor of it runs".into(),
    }];
    plan.undeclared = (3..=12)
        .map(|number| Undeclared {
            what: format!("user:jiro@example.com in tools-{number} with ReadOnly"),
            reason: "additive ownership: Sekisho did not create it".into(),
        })
        .collect();
    plan.findings = vec![
        Finding {
            rule: "customer-policy-missing".into(),
            severity: Severity::Warning,
            message: "the customer managed policy `/deploy-boundary` is missing in 2 accounts: tools-3, tools-4".into(),
            help: Some("create it there first".into()),
            source: Some(source("permission-sets/deploy.yaml", 5)),
        },
        Finding {
            rule: "guard-withdrawals".into(),
            severity: Severity::Refusal,
            message: "61 assignments would be withdrawn, 50 are allowed in one run".into(),
            help: Some("raise `guards.max_withdrawals` in sekisho.yaml if this is meant".into()),
            source: None,
        },
    ];
    plan
}
