//! A plan for programs: `schema_version` 1. Fields may be added; none is renamed, removed, or changes its meaning.

use jiff::Timestamp;
use model::change::{Change, Scope};
use model::declared::{Source, Unresolved};
use model::finding::{Finding, Severity};
use model::observed::CallerRole;
use model::operation::{Because, Inverse, Operation};
use serde::Serialize;

use super::people::{self, People};
use super::plan_view::{Counts, Named, principal_words};
use super::policy_change;

/// Version of this output.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// The whole plan.
#[derive(Debug, Serialize)]
pub(crate) struct PlanV1 {
    schema_version: u32,
    plan_id: String,
    sekisho_version: String,
    catalog_version: String,
    created: Timestamp,
    instance: InstanceV1,
    observation: ObservationV1,
    summary: Counts,
    people: People,
    refused: bool,
    changes: Vec<ChangeV1>,
    unresolved: Vec<UnresolvedV1>,
    frozen: Vec<LeftAloneV1>,
    undeclared: Vec<LeftAloneV1>,
    findings: Vec<FindingV1>,
}

#[derive(Debug, Serialize)]
struct InstanceV1 {
    arn: String,
    identity_store_id: String,
    region: String,
    partition: String,
}

#[derive(Debug, Serialize)]
struct ObservationV1 {
    as_of: Timestamp,
    caller_arn: String,
    caller_account_id: String,
    caller_role: CallerRole,
    accounts: Option<u64>,
    assignments: u64,
    calls: u64,
    throttled: u64,
    elapsed_ms: u64,
    complete: bool,
    unknown: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ChangeV1 {
    operation_id: String,
    /// `add`, `change` or `remove`.
    action: &'static str,
    kind: &'static str,
    permission_set: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_set_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountV1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<PrincipalV1>,
    /// What is changed from what to what, as the plan file has it.
    detail: serde_json::Value,
    /// Of a changed inline policy: what it allows relative to the old one. Missing where there are too many to compare.
    #[serde(skip_serializing_if = "Option::is_none")]
    relation_all_strings: Option<&'static str>,
    scope: Scope,
    because: BecauseV1,
    summary: String,
    warnings: Vec<String>,
    /// `exact`, `approximate` or `none`.
    undo: &'static str,
    needs: Vec<String>,
}

#[derive(Debug, Serialize)]
struct AccountV1 {
    id: String,
    name: Option<String>,
}

#[derive(Debug, Serialize)]
struct PrincipalV1 {
    /// `user` or `group`.
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    name: Option<String>,
    /// Members of a group; null when unknown.
    people: Option<usize>,
}

#[derive(Debug, Serialize)]
struct BecauseV1 {
    /// `declared`, `undeclared`, `outdated`, `undo` or `retirement`.
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceV1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
}

#[derive(Debug, Serialize)]
struct SourceV1 {
    file: String,
    line: u32,
    column: u32,
}

#[derive(Debug, Serialize)]
struct UnresolvedV1 {
    source: SourceV1,
    message: String,
    help: Option<String>,
    stays_as_it_is: String,
}

#[derive(Debug, Serialize)]
struct LeftAloneV1 {
    what: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct FindingV1 {
    rule: String,
    severity: Severity,
    message: String,
    help: Option<String>,
    source: Option<SourceV1>,
}

/// The plan in version 1.
pub(crate) fn v1(named: &Named<'_>) -> PlanV1 {
    let plan = named.plan;
    let observation = &plan.observation;
    PlanV1 {
        schema_version: SCHEMA_VERSION,
        plan_id: plan.id.to_string(),
        sekisho_version: plan.sekisho_version.clone(),
        catalog_version: plan.catalog_version.clone(),
        created: plan.created,
        instance: InstanceV1 {
            arn: plan.instance.instance.to_string(),
            identity_store_id: plan.instance.identity_store.to_string(),
            region: plan.instance.primary_region.clone(),
            partition: plan.instance.partition.clone(),
        },
        observation: ObservationV1 {
            as_of: observation.as_of,
            caller_arn: observation.caller.arn.clone(),
            caller_account_id: observation.caller.account.to_string(),
            caller_role: observation.caller.role,
            accounts: observation.accounts,
            assignments: observation.assignments,
            calls: observation.cost.calls,
            throttled: observation.cost.throttled,
            elapsed_ms: observation.cost.elapsed_ms,
            complete: observation.unknown.is_empty(),
            unknown: observation.unknown.clone(),
        },
        summary: named.counts(),
        people: people::of(plan, named.observed),
        refused: plan.findings.iter().any(|finding| finding.severity == Severity::Refusal),
        changes: plan.operations.iter().map(|operation| change(named, operation)).collect(),
        unresolved: plan.unresolved.iter().map(|one| unresolved(named, one)).collect(),
        frozen: plan.frozen.iter().map(|one| left_alone(&one.what, &one.reason)).collect(),
        undeclared: plan.undeclared.iter().map(|one| left_alone(&one.what, &one.reason)).collect(),
        findings: plan.findings.iter().map(|one| finding(named, one)).collect(),
    }
}

fn change(named: &Named<'_>, operation: &Operation) -> ChangeV1 {
    let change = &operation.change;
    ChangeV1 {
        operation_id: operation.id.to_string(),
        action: action(change),
        kind: change.kind(),
        permission_set: change.set().map_or_else(String::new, |set| set.name.to_string()),
        permission_set_arn: change.set().and_then(|set| set.arn.as_ref()).map(ToString::to_string),
        account: change.account().map(|id| AccountV1 {
            id: id.to_string(),
            name: named.observed.account(id).map(|account| account.name.clone()),
        }),
        principal: change.principal().map(|principal| principal_v1(named, principal)),
        detail: detail(change),
        relation_all_strings: relation(named, change),
        scope: operation.scope.clone(),
        because: because(named, &operation.because),
        summary: operation.meaning.summary.clone(),
        warnings: operation.meaning.warnings.clone(),
        undo: match operation.inverse {
            Inverse::Exact { .. } => "exact",
            Inverse::Approximate { .. } => "approximate",
            Inverse::None { .. } => "none",
        },
        needs: operation.needs.iter().map(ToString::to_string).collect(),
    }
}

fn action(change: &Change) -> &'static str {
    match change {
        Change::CreatePermissionSet { .. }
        | Change::AttachManagedPolicy { .. }
        | Change::AttachCustomerManagedPolicy { .. }
        | Change::Assign { .. } => "add",
        Change::DeletePermissionSet { .. }
        | Change::DetachManagedPolicy { .. }
        | Change::DetachCustomerManagedPolicy { .. }
        | Change::Withdraw { .. } => "remove",
        Change::SetInlinePolicy { from, to, .. } => present(from.is_some(), to.is_some()),
        Change::SetPermissionsBoundary { from, to, .. } => present(from.is_some(), to.is_some()),
        Change::SetTag { from, to, .. } => present(from.is_some(), to.is_some()),
        Change::IamUser { step, .. } if step.is_removal() => "remove",
        Change::IamUser { .. } => "add",
        Change::UpdatePermissionSet { .. } | Change::Provision { .. } => "change",
    }
}

fn present(from: bool, to: bool) -> &'static str {
    match (from, to) {
        (false, true) => "add",
        (true, false) => "remove",
        _ => "change",
    }
}

fn relation(named: &Named<'_>, change: &Change) -> Option<&'static str> {
    let Change::SetInlinePolicy { from: Some(from), to: Some(to), .. } = change else { return None };
    let compared = if named.compares_policies() { policy_change::relation(from, to) } else { None };
    compared.map(|(relation, _)| relation.name())
}

/// The fields of a change that are not told elsewhere.
fn detail(change: &Change) -> serde_json::Value {
    let mut value = serde_json::to_value(change).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        for told in ["kind", "set", "account", "principal"] {
            object.shift_remove(told);
        }
    }
    value
}

fn principal_v1(named: &Named<'_>, principal: &model::PrincipalId) -> PrincipalV1 {
    let exists = named.observed.principal_exists(principal) == Some(true);
    let people = match principal {
        model::PrincipalId::Group(id) => {
            named.observed.memberships.get(id).and_then(|members| members.value()).map(Vec::len)
        }
        model::PrincipalId::User(_) => Some(1),
    };
    let name = principal_words(named.observed, principal).0;
    PrincipalV1 {
        kind: principal.kind(),
        id: principal.as_str().to_owned(),
        name: exists.then(|| name.split_once(' ').map_or(name.clone(), |(_, name)| name.to_owned())),
        people,
    }
}

fn because(named: &Named<'_>, because: &Because) -> BecauseV1 {
    let (reason, source, run) = match because {
        Because::Declared { source } => ("declared", Some(source_v1(named, source)), None),
        Because::Undeclared => ("undeclared", None, None),
        Because::Outdated => ("outdated", None, None),
        Because::Undo { run } => ("undo", None, Some(run.clone())),
        Because::Retirement { .. } => ("retirement", None, None),
    };
    BecauseV1 { reason, source, run }
}

fn source_v1(named: &Named<'_>, source: &Source) -> SourceV1 {
    let without_line = Source { line: 0, ..source.clone() };
    SourceV1 { file: named.place(&without_line), line: source.line, column: source.column }
}

fn unresolved(named: &Named<'_>, one: &Unresolved) -> UnresolvedV1 {
    UnresolvedV1 {
        source: source_v1(named, &one.source),
        message: one.message.clone(),
        help: one.help.clone(),
        stays_as_it_is: named.footprint(one),
    }
}

fn left_alone(what: &str, reason: &str) -> LeftAloneV1 {
    LeftAloneV1 { what: what.to_owned(), reason: reason.to_owned() }
}

fn finding(named: &Named<'_>, finding: &Finding) -> FindingV1 {
    FindingV1 {
        rule: finding.rule.clone(),
        severity: finding.severity,
        message: finding.message.clone(),
        help: finding.help.clone(),
        source: finding.source.as_ref().map(|source| source_v1(named, source)),
    }
}
