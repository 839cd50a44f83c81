//! New accounts: accepted at once, there later.

use serde_json::{Map, Value, json};

use super::PAGE;
use crate::call::{Call, texts};
use crate::error::{Answer, ApiError};
use crate::page::{Page, answer};
use crate::state::id::{AccountId, Uuid};
use crate::state::task::{Family, Job, Kind, Status, Task};
use crate::wire::epoch_seconds;

pub(super) fn start(call: &mut Call<'_>) -> Answer {
    let email = call.required("Email")?.to_owned();
    let name = call.required("AccountName")?.to_owned();
    if call.world.organization.accounts.len() >= call.config.quotas.accounts {
        return Err(ApiError::new("ConstraintViolationException", "You have reached the number of accounts.")
            .with("Reason", "ACCOUNT_NUMBER_LIMIT_EXCEEDED"));
    }
    let taken = |other: &str| other.eq_ignore_ascii_case(&email);
    let members = call.world.organizations().flat_map(|organization| organization.accounts.values());
    let used = members.map(|account| &account.email).any(|email| taken(email))
        || call.world.standalone.values().any(|account| taken(&account.email));
    let coming = call
        .world
        .tasks
        .open(&[Family::AccountCreation])
        .any(|task| matches!(&task.kind, Kind::CreateAccount { email, .. } if taken(email)));
    let account = unused_number(call);
    let id = Uuid::random(&mut call.world.rng);
    let takes = call.config.latency.account_creation.draw(&mut call.world.rng);
    let job = Job { task: id, account, takes, fails: false };
    let organization = Some(call.world.organization.id.clone());
    let kind = Kind::CreateAccount { name, email, account, completed_at: None, organization };
    // an address in use is found out later, as a failed request
    let jobs = if used || coming { Vec::new() } else { vec![job] };
    let mut task = call.world.tasks.accept(id, kind, jobs, &call.caller.identity.arn, call.now);
    if used || coming {
        let failed = Status::Failed("EMAIL_ALREADY_EXISTS".to_owned());
        if let Some(kept) = call.world.tasks.get_mut(id) {
            kept.status = failed.clone();
        }
        task.status = failed;
    }
    Ok(json!({"CreateAccountStatus": written(id, &task)}))
}

pub(super) fn describe(call: &Call<'_>) -> Answer {
    let text = call.required("CreateAccountRequestId")?;
    let found = text.strip_prefix("car-").and_then(|hex| u128::from_str_radix(hex, 16).ok()).map(Uuid);
    let found = found.and_then(|id| Some((id, call.world.tasks.get(id)?)));
    let (id, task) = found.filter(|(_, task)| is_own(call, task)).ok_or_else(|| {
        ApiError::new("CreateAccountStatusNotFoundException", "We can't find a create account request with that ID.")
    })?;
    Ok(json!({"CreateAccountStatus": written(id, task)}))
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let states = texts(call.input.get("States"));
    let wanted = |task: &Task| states.is_empty() || states.iter().any(|state| state == task.status.name());
    let tasks = call.world.tasks.family(Family::AccountCreation);
    let tasks = tasks.filter(|(_, task)| is_own(call, task) && wanted(task));
    let rows: Vec<Value> = tasks.map(|(id, task)| written(id, task)).collect();
    answer("CreateAccountStatuses", Page::<u64>::of(call, PAGE)?.slice(rows.into_iter()))
}

/// Whether the account is made in the caller's organization.
fn is_own(call: &Call<'_>, task: &Task) -> bool {
    let (organization, first) =
        (&call.world.organization, !call.world.others.contains_key(&call.world.organization.id));
    match &task.kind {
        Kind::CreateAccount { organization: Some(id), .. } => *id == organization.id,
        Kind::CreateAccount { organization: None, .. } => first,
        _ => false,
    }
}

fn unused_number(call: &mut Call<'_>) -> AccountId {
    loop {
        let id = AccountId::from_number(call.world.rng.u64(100_000_000_000..1_000_000_000_000));
        if call.world.email(id).is_none() {
            return id;
        }
    }
}

fn written(id: Uuid, task: &Task) -> Value {
    let Kind::CreateAccount { name, account, completed_at, .. } = &task.kind else { return Value::Null };
    let mut body = Map::new();
    body.insert("Id".to_owned(), Value::from(format!("car-{:032x}", id.0)));
    body.insert("AccountName".to_owned(), Value::from(name.as_str()));
    body.insert("State".to_owned(), Value::from(task.status.name()));
    body.insert("RequestedTimestamp".to_owned(), epoch_seconds(task.created_at));
    if let Some(at) = completed_at {
        body.insert("CompletedTimestamp".to_owned(), epoch_seconds(*at));
        body.insert("AccountId".to_owned(), Value::from(account.to_string()));
    }
    if let Status::Failed(reason) = &task.status {
        body.insert("FailureReason".to_owned(), Value::from(reason.as_str()));
    }
    Value::Object(body)
}
