//! Invitations: the organization asks, the account answers.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{PAGE, departure};
use crate::call::{Call, Standing, tags};
use crate::error::{Answer, ApiError};
use crate::page::{Page, answer};
use crate::state::handshake::{Handshake, HandshakeState, Target};
use crate::state::id::{AccountId, lower};
use crate::state::membership::Way;
use crate::state::organization::Organization;
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
    // one of another organization may come from there directly
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
        expires_at: call.now.checked_add(STANDS).unwrap_or(Timestamp::MAX),
        notes: call.text("Notes").map(str::to_owned),
        tags: tags(call.input.get("Tags")).into_iter().collect(),
    };
    let body = written(&call.world.organization, &made, call.now);
    call.world.organization.handshakes.insert(made.id.clone(), made);
    Ok(json!({ "Handshake": body }))
}

/// Those who sent it and the invited account see it.
pub(super) fn describe(call: &Call<'_>) -> Answer {
    let (sender, found) = existing(call)?;
    let own = sender.id == call.world.organization.id;
    let sent = own && matches!(call.caller.standing, Standing::Management | Standing::Delegated);
    if !(sent || is_received(call, found)) {
        return Err(call.not_authorized());
    }
    Ok(json!({"Handshake": written(sender, found, call.now)}))
}

/// The account joins at the root. From another organization it goes over directly, as long as it may leave that: AWS's announcement of direct account
/// transfers between organizations, and the errors of AcceptHandshake.
pub(super) fn accept(call: &mut Call<'_>) -> Answer {
    let id = call.caller.identity.account;
    let (sender, made) = answered(call, HandshakeState::Accepted)?;
    let inside = call.caller.standing != Standing::Outside;
    if inside && call.world.organization.id == sender {
        let message = "The invited account is already a member of an organization.";
        return Err(ApiError::new("HandshakeConstraintViolationException", message)
            .with("Reason", "ALREADY_IN_AN_ORGANIZATION"));
    }
    let members = call.world.organization_mut(&sender).map_or(0, |found| found.accounts.len());
    if members >= call.config.quotas.accounts {
        let message = "You attempted to exceed the limit on the number of accounts in an organization.";
        return Err(
            ApiError::new("ConstraintViolationException", message).with("Reason", "ACCOUNT_NUMBER_LIMIT_EXCEEDED")
        );
    }
    if inside {
        departure::check(call, id)?;
        call.world.depart(id, Way::Left, call.now);
    }
    call.world.join(id, &sender, made.tags.clone(), call.now);
    kept(call, &sender, made)
}

/// Only member and standalone accounts answer: AWS's user guide, Accepting or declining account invitations.
pub(super) fn decline(call: &mut Call<'_>) -> Answer {
    let (sender, made) = answered(call, HandshakeState::Declined)?;
    if call.caller.standing == Standing::Management {
        return Err(call.not_authorized());
    }
    kept(call, &sender, made)
}

pub(super) fn cancel(call: &mut Call<'_>) -> Answer {
    let (sender, found) = existing(call)?;
    if sender.id != call.world.organization.id {
        return Err(call.not_authorized());
    }
    let (sender, made) = (sender.id.clone(), changed(call, found.clone(), HandshakeState::Canceled)?);
    kept(call, &sender, made)
}

/// Those that the caller's account was sent, by whichever organization.
pub(super) fn list_of_account(call: &Call<'_>) -> Answer {
    listed(call, call.world.organizations(), |handshake| is_received(call, handshake))
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    listed(call, std::iter::once(&call.world.organization), |_| true)
}

fn listed<'a>(
    call: &Call<'_>,
    senders: impl Iterator<Item = &'a Organization>,
    wanted: impl Fn(&Handshake) -> bool,
) -> Answer {
    let action = call.nested("Filter", "ActionType").is_none_or(|asked| asked == "INVITE");
    let told = |found: &Handshake| {
        let ended = found.state_name(call.now) != "OPEN";
        action && wanted(found) && !(ended && call.now.duration_since(found.requested_at) > TOLD)
    };
    let all = senders.flat_map(|sender| sender.handshakes.values().map(move |found| (sender, found)));
    let rows = all.filter(|(_, found)| told(found)).map(|(sender, found)| written(sender, found, call.now));
    answer("Handshakes", Page::<u64>::of(call, PAGE)?.slice(rows))
}

/// A handshake, and the organization that sent it.
fn existing<'a>(call: &'a Call<'_>) -> Result<(&'a Organization, &'a Handshake), ApiError> {
    let id = call.required("HandshakeId")?;
    let found = call.world.organizations().find_map(|sender| Some((sender, sender.handshakes.get(id)?)));
    found.ok_or_else(|| {
        ApiError::new(
            "HandshakeNotFoundException",
            "We can't find a handshake with the HandshakeId that you specified.",
        )
    })
}

/// The id of the organization that sent it, and the handshake as the invited account leaves it.
fn answered(call: &Call<'_>, to: HandshakeState) -> Result<(String, Handshake), ApiError> {
    let (sender, found) = existing(call)?;
    if !concerns(call, found) {
        return Err(call.not_authorized());
    }
    Ok((sender.id.clone(), changed(call, found.clone(), to)?))
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

fn kept(call: &mut Call<'_>, sender: &str, handshake: Handshake) -> Answer {
    let now = call.now;
    let Some(sender) = call.world.organization_mut(sender) else {
        return Err(ApiError::new("ServiceException", "The organization that sent the handshake is gone."));
    };
    let body = written(sender, &handshake, now);
    sender.handshakes.insert(handshake.id.clone(), handshake);
    Ok(json!({ "Handshake": body }))
}

/// Whether the caller's account is the invited one.
fn concerns(call: &Call<'_>, handshake: &Handshake) -> bool {
    let own = call.caller.identity.account;
    match &handshake.target {
        Target::Account(account) => *account == own,
        Target::Email(email) => call.world.email(own).is_some_and(|own| own.eq_ignore_ascii_case(email)),
    }
}

/// Whether the caller's account is the invited one and can see it: a management account cannot until its own organization is deleted
/// (AWS's user guide, Accepting or declining account invitations).
fn is_received(call: &Call<'_>, handshake: &Handshake) -> bool {
    call.caller.standing != Standing::Management && concerns(call, handshake)
}

fn written(organization: &Organization, handshake: &Handshake, now: Timestamp) -> Value {
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
        "Arn": organization.handshake_arn(&handshake.id),
        "Parties": [{"Id": short, "Type": "ORGANIZATION"}, {"Id": target, "Type": kind}],
        "State": handshake.state_name(now),
        "RequestedTimestamp": epoch_seconds(handshake.requested_at),
        "ExpirationTimestamp": epoch_seconds(handshake.expires_at),
        "Action": "INVITE",
        "Resources": resources,
    })
}
