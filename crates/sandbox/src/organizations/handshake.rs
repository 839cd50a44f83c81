//! Invitations: the organization asks, the account answers.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::PAGE;
use crate::call::{Call, Standing, tags};
use crate::error::{Answer, ApiError};
use crate::page::{Page, answer};
use crate::state::handshake::{Handshake, HandshakeState, Target};
use crate::state::id::{AccountId, lower};
use crate::wire::epoch_seconds;

/// How long an invitation stands: AWS's documentation, Quotas for Organizations.
const STANDS: SignedDuration = SignedDuration::from_hours(15 * 24);
/// How long one that has ended is told.
const TOLD: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) fn invite(call: &mut Call<'_>) -> Answer {
    let (id, kind) = (call.nested("Target", "Id").unwrap_or_default(), call.nested("Target", "Type"));
    let invalid =
        |reason: &str, message: &str| ApiError::new("InvalidInputException", message.to_owned()).with("Reason", reason);
    let target = match (kind, AccountId::parse(id)) {
        (Some("ACCOUNT"), Some(account)) => Target::Account(account),
        (Some("EMAIL"), _) if id.contains('@') => Target::Email(id.to_owned()),
        (Some("ACCOUNT" | "EMAIL"), _) => {
            return Err(invalid("INVALID_PATTERN", "You provided a value that does not match the required pattern."));
        }
        _ => {
            let message = "You specified the wrong type of entity (account, organization, or email) as a party.";
            return Err(invalid("INVALID_PARTY_TYPE_TARGET", message));
        }
    };
    let organization = &call.world.organization;
    let member = organization.accounts.values().any(|account| match &target {
        Target::Account(id) => account.id == *id,
        Target::Email(email) => account.email.eq_ignore_ascii_case(email),
    });
    if member {
        let message = "The invited account is already a member of an organization.";
        return Err(ApiError::new("HandshakeConstraintViolationException", message)
            .with("Reason", "ALREADY_IN_AN_ORGANIZATION"));
    }
    let open = |other: &Handshake| other.target == target && other.state_name(call.now) == "OPEN";
    if organization.handshakes.values().any(open) {
        return Err(ApiError::new(
            "DuplicateHandshakeException",
            "A handshake with the same action and target already exists.",
        ));
    }
    let made = Handshake {
        id: format!("h-{}", lower(&mut call.world.rng, 12)),
        target,
        state: HandshakeState::Open,
        requested_at: call.now,
        expires_at: call.now.checked_add(STANDS).unwrap_or(jiff::Timestamp::MAX),
        notes: call.text("Notes").map(str::to_owned),
        tags: tags(call.input.get("Tags")).into_iter().collect(),
    };
    let body = written(call, &made);
    call.world.organization.handshakes.insert(made.id.clone(), made);
    Ok(json!({ "Handshake": body }))
}

pub(super) fn describe(call: &Call<'_>) -> Answer {
    let found = existing(call)?;
    if call.caller.standing == Standing::Member && !concerns(call, found) {
        return Err(call.not_authorized());
    }
    Ok(json!({"Handshake": written(call, found)}))
}

/// The account joins at the root.
pub(super) fn accept(call: &mut Call<'_>) -> Answer {
    let made = answered(call, HandshakeState::Accepted)?;
    let id = call.caller.identity.account;
    if call.world.organization.accounts.contains_key(&id) {
        let message = "The invited account is already a member of an organization.";
        return Err(ApiError::new("HandshakeConstraintViolationException", message)
            .with("Reason", "ALREADY_IN_AN_ORGANIZATION"));
    }
    if call.world.organization.accounts.len() >= call.config.quotas.accounts {
        let message = "You attempted to exceed the limit on the number of accounts in an organization.";
        return Err(
            ApiError::new("ConstraintViolationException", message).with("Reason", "ACCOUNT_NUMBER_LIMIT_EXCEEDED")
        );
    }
    call.world.join(id, made.tags.clone(), call.now);
    kept(call, made)
}

pub(super) fn decline(call: &mut Call<'_>) -> Answer {
    let made = answered(call, HandshakeState::Declined)?;
    kept(call, made)
}

pub(super) fn cancel(call: &mut Call<'_>) -> Answer {
    let found = existing(call)?.clone();
    let made = changed(call, found, HandshakeState::Canceled)?;
    kept(call, made)
}

/// Those that the caller's account was sent.
pub(super) fn list_of_account(call: &Call<'_>) -> Answer {
    listed(call, |handshake| concerns(call, handshake))
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    listed(call, |_| true)
}

fn listed(call: &Call<'_>, wanted: impl Fn(&Handshake) -> bool) -> Answer {
    let action = call.nested("Filter", "ActionType").is_none_or(|asked| asked == "INVITE");
    let told = |found: &&Handshake| {
        let ended = found.state_name(call.now) != "OPEN";
        action && wanted(found) && !(ended && call.now.duration_since(found.requested_at) > TOLD)
    };
    let rows = call.world.organization.handshakes.values().filter(told).map(|found| written(call, found));
    answer("Handshakes", Page::<u64>::of(call, PAGE)?.slice(rows))
}

fn existing<'a>(call: &'a Call<'_>) -> Result<&'a Handshake, ApiError> {
    let found = call.world.organization.handshakes.get(call.required("HandshakeId")?);
    found.ok_or_else(|| {
        ApiError::new(
            "HandshakeNotFoundException",
            "We can't find a handshake with the HandshakeId that you specified.",
        )
    })
}

/// The handshake as the invited account leaves it.
fn answered(call: &Call<'_>, to: HandshakeState) -> Result<Handshake, ApiError> {
    let found = existing(call)?;
    if !concerns(call, found) {
        return Err(call.not_authorized());
    }
    changed(call, found.clone(), to)
}

fn changed(call: &Call<'_>, found: Handshake, to: HandshakeState) -> Result<Handshake, ApiError> {
    if found.state == to {
        let message = "The specified handshake is already in the requested state.";
        return Err(ApiError::new("HandshakeAlreadyInStateException", message));
    }
    if found.state_name(call.now) != "OPEN" {
        let message = "You can't perform the operation on the handshake in its current state.";
        return Err(ApiError::new("InvalidHandshakeTransitionException", message));
    }
    Ok(Handshake { state: to, ..found })
}

fn kept(call: &mut Call<'_>, handshake: Handshake) -> Answer {
    let body = written(call, &handshake);
    call.world.organization.handshakes.insert(handshake.id.clone(), handshake);
    Ok(json!({ "Handshake": body }))
}

/// Whether the caller's account is the invited one.
fn concerns(call: &Call<'_>, handshake: &Handshake) -> bool {
    let (organization, own) = (&call.world.organization, call.caller.identity.account);
    match &handshake.target {
        Target::Account(account) => *account == own,
        Target::Email(email) => {
            let inside = organization.accounts.get(&own).map(|account| &account.email);
            let own = inside.or(organization.former.get(&own).map(|account| &account.email));
            own.is_some_and(|own| own.eq_ignore_ascii_case(email))
        }
    }
}

fn written(call: &Call<'_>, handshake: &Handshake) -> Value {
    let organization = &call.world.organization;
    let (target, kind) = match &handshake.target {
        Target::Account(account) => (account.to_string(), "ACCOUNT"),
        Target::Email(email) => (email.clone(), "EMAIL"),
    };
    let management = organization.accounts.get(&organization.management);
    let email = management.map(|account| account.email.as_str());
    let name = management.map(|account| account.name.as_str());
    let short = organization.id.strip_prefix("o-").unwrap_or(&organization.id);
    let mut resources = vec![
        json!({"Type": "ORGANIZATION", "Value": organization.id, "Resources": [
            {"Type": "MASTER_EMAIL", "Value": email},
            {"Type": "MASTER_NAME", "Value": name},
            {"Type": "ORGANIZATION_FEATURE_SET", "Value": "ALL"},
        ]}),
        json!({"Type": kind, "Value": target}),
    ];
    resources.extend(handshake.notes.iter().map(|notes| json!({"Type": "NOTES", "Value": notes})));
    json!({
        "Id": handshake.id,
        "Arn": format!("arn:aws:organizations::{}:handshake/{}/invite/{}", organization.management, organization.id, handshake.id),
        "Parties": [{"Id": short, "Type": "ORGANIZATION"}, {"Id": target, "Type": kind}],
        "State": handshake.state_name(call.now),
        "RequestedTimestamp": epoch_seconds(handshake.requested_at),
        "ExpirationTimestamp": epoch_seconds(handshake.expires_at),
        "Action": "INVITE",
        "Resources": resources,
    })
}
