//! A plan to write down, and the stores to write it to.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::change::{Change, PermissionSetRef, Scope};
use model::claim::Claim;
use model::declared::Bindings;
use model::id::{PermissionSetArn, PlanId, RunId, UserId};
use model::journal::{JournalEvent, StepState};
use model::observed::{Caller, CallerRole, InstanceKey, ReadingCost};
use model::operation::{Because, Inverse, Meaning, Operation};
use model::plan::{ObservationSummary, Plan};
use model::principal::PrincipalId;
use store::Store;

pub(crate) const LEASE: Duration = Duration::from_secs(30);

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

/// An instance nobody else uses: tests share one PostgreSQL database, also with earlier runs of the tests.
pub(crate) fn instance() -> InstanceKey {
    let unique = tempfile::Builder::new().prefix("").rand_bytes(12).tempfile().unwrap();
    let unique = unique.path().file_name().unwrap().to_str().unwrap().to_owned();
    InstanceKey {
        partition: "aws".into(),
        instance: format!("arn:aws:sso:::instance/ssoins-{unique}").parse().unwrap(),
        identity_store: "d-1234567890".parse().unwrap(),
        primary_region: "ap-northeast-1".into(),
    }
}

pub(crate) fn set(name: &str) -> PermissionSetRef {
    PermissionSetRef { name: name.parse().unwrap(), arn: Some(arn(name)) }
}

pub(crate) fn arn(name: &str) -> PermissionSetArn {
    format!("arn:aws:sso:::permissionSet/ssoins-1/ps-{name}").parse().unwrap()
}

pub(crate) fn principal(number: usize) -> PrincipalId {
    PrincipalId::User(UserId::new(format!("user-{number}")).unwrap())
}

pub(crate) fn assign(set_name: &str, number: usize) -> Change {
    Change::Assign { set: set(set_name), account: "111122223333".parse().unwrap(), principal: principal(number) }
}

pub(crate) fn withdraw(set_name: &str, number: usize) -> Change {
    Change::Withdraw { set: set(set_name), account: "111122223333".parse().unwrap(), principal: principal(number) }
}

pub(crate) fn operation(change: Change) -> Operation {
    let after = match &change {
        Change::Assign { set, account, principal } | Change::Withdraw { set, account, principal } => Claim::Assigned {
            set: set.clone(),
            account: account.clone(),
            principal: principal.clone(),
            assigned: matches!(change, Change::Assign { .. }),
        },
        other => Claim::PermissionSetExists { set: other.set().unwrap().clone() },
    };
    Operation {
        id: change.operation_id(),
        change,
        before: vec![],
        after,
        inverse: Inverse::None { reason: "a test".into() },
        needs: vec![],
        scope: Scope::Delegated,
        because: Because::Undeclared,
        meaning: Meaning::default(),
    }
}

pub(crate) fn plan(instance: &InstanceKey, changes: Vec<Change>) -> Plan {
    let mut plan = Plan {
        format_version: Plan::FORMAT_VERSION,
        id: PlanId::new("plan-x").unwrap(),
        sekisho_version: "0.1.0".into(),
        catalog_version: "test".into(),
        created: at(0),
        instance: instance.clone(),
        observation: ObservationSummary {
            as_of: at(0),
            caller: Caller {
                account: "111122223333".parse().unwrap(),
                arn: "arn:aws:iam::111122223333:role/sekisho".into(),
                role: CallerRole::DelegatedAdministrator,
            },
            accounts: Some(1),
            assignments: 0,
            cost: ReadingCost::default(),
            unknown: vec![],
        },
        operations: changes.into_iter().map(operation).collect(),
        unresolved: vec![],
        frozen: vec![],
        undeclared: vec![],
        findings: vec![],
        bindings: Bindings::default(),
    };
    plan.id = plan.content_id().unwrap();
    plan
}

pub(crate) fn run(number: u32) -> RunId {
    RunId::new(format!("run-20261122T04{number:04}Z-abcd")).unwrap()
}

pub(crate) fn began(id: &RunId, plan: &Plan) -> JournalEvent {
    JournalEvent::RunStarted { run: id.clone(), who: "arn:aws:iam::1:role/x".into(), plan: Box::new(plan.clone()) }
}

pub(crate) fn step(id: &RunId, change: &Change, state: StepState) -> JournalEvent {
    JournalEvent::Step { run: id.clone(), operation: change.operation_id(), state }
}

pub(crate) fn verified(id: &RunId, change: &Change) -> JournalEvent {
    let set_arn = change.set().unwrap().arn.clone();
    step(id, change, StepState::Verified { change: Box::new(change.clone()), set_arn })
}

pub(crate) fn ended(id: &RunId) -> JournalEvent {
    JournalEvent::RunFinished { run: id.clone(), outcome: "all verified".into(), verified: 1, failed: 0, skipped: 0 }
}

pub(crate) fn bound(entries: &[(&str, &[&str])]) -> JournalEvent {
    let entries = entries
        .iter()
        .map(|(name, ids)| ((*name).to_owned(), ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>()))
        .collect();
    JournalEvent::BindingsRecorded { bindings: Bindings { entries } }
}

/// A store of one kind; the folder lives as long as the store.
pub(crate) struct Kind {
    pub(crate) store: Arc<Store>,
    pub(crate) url: String,
    folder: tempfile::TempDir,
}

/// Opens one store of each kind. PostgreSQL where `SEKISHO_TEST_POSTGRES_URL` says which; its absence is a failure
/// with `SEKISHO_TEST_REQUIRE_ALL=1`.
pub(crate) async fn kinds() -> Vec<Kind> {
    let folder = tempfile::tempdir().unwrap();
    let mut urls = vec!["memory:".to_owned(), format!("sqlite://{}", folder.path().join("state.db").display())];
    match postgres_url() {
        Some(url) => urls.push(url),
        None => eprintln!("skipped for PostgreSQL: SEKISHO_TEST_POSTGRES_URL is not set"),
    }
    let mut kinds = Vec::new();
    for url in urls {
        let store = store::open(&url).await.unwrap();
        kinds.push(Kind { store, url, folder: tempfile::tempdir().unwrap() });
    }
    if let Some(sqlite) = kinds.get_mut(1) {
        sqlite.folder = folder;
    }
    kinds
}

pub(crate) fn postgres_url() -> Option<String> {
    let url = std::env::var("SEKISHO_TEST_POSTGRES_URL").ok();
    let required = std::env::var("SEKISHO_TEST_REQUIRE_ALL").is_ok_and(|value| value == "1");
    assert!(url.is_some() || !required, "SEKISHO_TEST_POSTGRES_URL is not set");
    url
}
