//! The access portal: which accounts and roles a user has, and credentials for them.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Call;
use crate::cloudtrail::Origin;
use crate::error::{Answer, ApiError};
use crate::state::center::{Principal, PrincipalKind};
use crate::state::credential::{IamPrincipal, Identity, Session};
use crate::state::id::{AccountId, SetId, Uuid};
use crate::state::world::{World, reserved_name};

/// The most entries of a page.
const PAGE: usize = 100;
/// The longest name of a session.
const LONGEST_NAME: usize = 64;

/// The user behind the token of the request.
fn user(call: &mut Call<'_>) -> Result<Uuid, ApiError> {
    let token = call.text("accessToken").unwrap_or_default();
    let session = call.world.sign_in.sessions.get(token).filter(|session| session.expires_at > call.now);
    let user = session
        .map(|session| session.user)
        .filter(|user| call.world.directory.users.get(user).is_some_and(|user| user.enabled));
    let user = user
        .ok_or_else(|| ApiError::new("UnauthorizedException", "Session token not found or invalid").with_status(401))?;
    call.user = Some(user);
    Ok(user)
}

/// The sets that a user has in each account, by itself or through its groups, where there is a role for them.
fn held(world: &World, user: Uuid) -> BTreeMap<AccountId, BTreeMap<String, SetId>> {
    let groups = world.directory.groups_of(user).keys().map(|id| Principal { kind: PrincipalKind::Group, id: *id });
    let principals = std::iter::once(Principal { kind: PrincipalKind::User, id: user }).chain(groups);
    let mut found: BTreeMap<AccountId, BTreeMap<String, SetId>> = BTreeMap::new();
    for (account, set) in principals.flat_map(|principal| world.center.held(principal).collect::<Vec<_>>()) {
        if !world.organization.is_active(account) || !world.center.is_provisioned(account, set) {
            continue;
        }
        if let Some(definition) = world.center.sets.get(&set) {
            found.entry(account).or_default().insert(definition.name.clone(), set);
        }
    }
    found
}

pub(super) fn accounts(call: &mut Call<'_>) -> Answer {
    let user = user(call)?;
    let held = held(call.world, user);
    let accounts = held.keys().filter_map(|account| {
        let found = call.world.organization.accounts.get(account)?;
        let id = account.to_string();
        Some(json!({"accountId": id, "accountName": found.name, "emailAddress": found.email}))
    });
    page(call, "accountList", accounts.collect())
}

pub(super) fn roles(call: &mut Call<'_>) -> Answer {
    let user = user(call)?;
    let account = account(call)?;
    let held = held(call.world, user).remove(&account).ok_or_else(no_access)?;
    let id = account.to_string();
    page(call, "roleList", held.keys().map(|name| json!({"roleName": name, "accountId": id})).collect())
}

fn account(call: &Call<'_>) -> Result<AccountId, ApiError> {
    let text = call.text("accountId").unwrap_or_default();
    AccountId::parse(text).ok_or_else(|| ApiError::new("InvalidRequestException", "The account id is not valid"))
}

fn no_access() -> ApiError {
    ApiError::new("ForbiddenException", "No access").with_status(403)
}

/// A page of a list; the token is where the next begins.
fn page(call: &Call<'_>, name: &str, items: Vec<Value>) -> Answer {
    let wrong = || ApiError::new("InvalidRequestException", "The token of the page is not valid");
    let skip = call.text("nextToken").map_or(Ok(0), |token| token.parse::<usize>().map_err(|_| wrong()))?;
    let size = call.input.get("maxResults").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
    let size = size.unwrap_or(PAGE).clamp(1, PAGE);
    let more = items.len() > skip.saturating_add(size);
    let items: Vec<Value> = items.into_iter().skip(skip).take(size).collect();
    let next = if more { Value::from((skip + size).to_string()) } else { Value::Null };
    Ok(json!({name: items, "nextToken": next}))
}

/// Credentials of the set's role in the account, for as long as the set says.
pub(super) fn credentials(call: &mut Call<'_>) -> Answer {
    let user = user(call)?;
    let account = account(call)?;
    let wanted = call.text("roleName").unwrap_or_default();
    let set = held(call.world, user).remove(&account).and_then(|mut sets| sets.remove_entry(wanted));
    let (set_name, set) = set.ok_or_else(no_access)?;
    let suffix = call.world.center.pair(account, set).and_then(|pair| pair.role).map(|role| role.suffix);
    let role_name = reserved_name(&set_name, suffix.ok_or_else(no_access)?);
    let role = call.world.iam.get(&account).and_then(|iam| iam.roles.get(&role_name)).ok_or_else(no_access)?;
    let seconds = i64::try_from(role.max_session_seconds).unwrap_or(3_600);
    let session_name = session_name(call.world, user);
    let identity = Identity {
        account,
        arn: format!("arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}"),
        user_id: format!("{}:{session_name}", role.id),
        principal: IamPrincipal::Role(role_name),
        session: Some(Session::default()),
    };
    let origin = Origin { opened_at: call.now, user: Some(user) };
    let lasts = SignedDuration::from_secs(seconds);
    let opened = call.credentials.open(&mut call.world.rng, call.config, identity, origin, lasts);
    Ok(json!({"roleCredentials": {
        "accessKeyId": opened.key,
        "secretAccessKey": opened.secret,
        "sessionToken": opened.token,
        "expiration": opened.expires_at.as_millisecond(),
    }}))
}

/// The user's name, as far as a session may be called so.
fn session_name(world: &World, user: Uuid) -> String {
    let name = world.directory.users.get(&user).map_or("", |user| user.user_name());
    let fits = |letter: &char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(*letter);
    let name: String = name.chars().filter(fits).take(LONGEST_NAME).collect();
    if name.len() < 2 { user.to_string() } else { name }
}

/// Ends the session of the portal; credentials that it gave out go on.
pub(super) fn logout(call: &mut Call<'_>) -> Answer {
    user(call)?;
    let token = call.text("accessToken").unwrap_or_default().to_owned();
    let session = call.world.sign_in.sessions.remove(&token);
    if let Some(refresh) = session.and_then(|session| session.refresh) {
        call.world.sign_in.refreshes.remove(&refresh);
    }
    Ok(json!({}))
}
