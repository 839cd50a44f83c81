//! Tokens: for a device code, for an authorization code with its proof (RFC 7636), and for a refresh token.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::registration::{INTERVAL_S, client};
use super::{
    AUTHORIZATION_CODE, Call, DEVICE_CODE, GRANT_TYPES, REFRESH_TOKEN, invalid_request, refused, unsupported_grant_type,
};
use crate::error::{Answer, ApiError};
use crate::state::id::{Uuid, secret};
use crate::state::sign_in::{PortalSession, Refresh};
use crate::wire::base64;

/// How long an access token lasts.
const SESSION_S: i64 = 8 * 3_600;
/// How long a session can be refreshed.
const REFRESH_S: i64 = 90 * 86_400;
/// Polls within one interval that are let pass: clients ask twice before they wait.
const POLLS: u32 = 3;
/// The scope without which there is no refresh token.
const ACCOUNT_ACCESS: &str = "sso:account:access";

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let grant = call.text("grantType").unwrap_or_default().to_owned();
    if !GRANT_TYPES.contains(&grant.as_str()) {
        return Err(unsupported_grant_type());
    }
    let client = client(call, &grant)?;
    let user = match grant.as_str() {
        DEVICE_CODE => by_device(call, &client)?,
        AUTHORIZATION_CODE => by_code(call, &client)?,
        _ => by_refresh(call, &client)?,
    };
    if call.world.directory.users.get(&user).is_none_or(|user| !user.enabled) {
        return Err(refused("AccessDeniedException", "access_denied", "The user cannot sign in."));
    }
    call.user = Some(user);
    Ok(give(call, client, user))
}

fn give(call: &mut Call<'_>, client: String, user: Uuid) -> Value {
    let token = |call: &mut Call<'_>| format!("aoa{}{}", secret(&mut call.world.rng), secret(&mut call.world.rng));
    let access = token(call);
    let registered = call.world.sign_in.clients.get(&client);
    let renews = registered.is_some_and(|client| {
        let may = client.grant_types.is_empty() || client.grant_types.iter().any(|kind| kind == REFRESH_TOKEN);
        may && client.scopes.iter().any(|scope| scope == ACCOUNT_ACCESS)
    });
    let refresh = renews.then(|| token(call).replacen("aoa", "aor", 1));
    let expires_at = call.after(SESSION_S);
    let mut told = json!({"accessToken": access, "tokenType": "Bearer", "expiresIn": SESSION_S});
    if let (Some(refresh), Some(told)) = (&refresh, told.as_object_mut()) {
        told.insert("refreshToken".to_owned(), Value::from(refresh.as_str()));
        let row = Refresh { client, user, expires_at: call.after(REFRESH_S) };
        call.world.sign_in.refreshes.insert(refresh.clone(), row);
    }
    call.world.sign_in.sessions.insert(access, PortalSession { user, expires_at, refresh });
    told
}

fn by_device(call: &mut Call<'_>, client: &str) -> Result<Uuid, ApiError> {
    let now = call.now;
    let code = call.text("deviceCode").ok_or_else(|| invalid_request("deviceCode is required"))?.to_owned();
    let wrong = || refused("InvalidGrantException", "invalid_grant", "The device code is not valid.");
    let device = call.world.sign_in.devices.get_mut(&code).filter(|device| device.client == client);
    let device = device.ok_or_else(wrong)?;
    if device.expires_at <= now {
        return Err(refused("ExpiredTokenException", "expired_token", "The device code has expired."));
    }
    if let Some(user) = device.user {
        // a code is good for one token
        call.world.sign_in.devices.remove(&code);
        return Ok(user);
    }
    let (since, count) = device.polls;
    device.polls = if now.duration_since(since).as_secs() < INTERVAL_S { (since, count + 1) } else { (now, 1) };
    if device.polls.1 > POLLS {
        return Err(refused("SlowDownException", "slow_down", "The device asks too often."));
    }
    Err(refused("AuthorizationPendingException", "authorization_pending", "Nobody has typed the code yet."))
}

fn by_code(call: &mut Call<'_>, client: &str) -> Result<Uuid, ApiError> {
    let wrong = || refused("InvalidGrantException", "invalid_grant", "The authorization code is not valid.");
    let code = call.text("code").ok_or_else(|| invalid_request("code is required"))?.to_owned();
    let verifier = call.text("codeVerifier").ok_or_else(|| invalid_request("codeVerifier is required"))?.to_owned();
    // a code that was shown once is gone, whatever comes of it
    let grant = call.world.sign_in.codes.remove(&code).ok_or_else(wrong)?;
    let proof = url_base64(&Sha256::digest(verifier.as_bytes()));
    let same = grant.client == client && call.text("redirectUri") == Some(grant.redirect_uri.as_str());
    if !same || proof != grant.challenge {
        return Err(wrong());
    }
    if grant.expires_at <= call.now {
        return Err(refused("ExpiredTokenException", "expired_token", "The authorization code has expired."));
    }
    Ok(grant.user)
}

fn by_refresh(call: &mut Call<'_>, client: &str) -> Result<Uuid, ApiError> {
    let wrong = || refused("InvalidGrantException", "invalid_grant", "The refresh token is not valid.");
    let token = call.text("refreshToken").ok_or_else(|| invalid_request("refreshToken is required"))?.to_owned();
    let known = call.world.sign_in.refreshes.get(&token).is_some_and(|refresh| refresh.client == client);
    let found = known.then(|| call.world.sign_in.refreshes.remove(&token)).flatten();
    found.map(|refresh| refresh.user).ok_or_else(wrong)
}

/// Base64 for URLs, without padding.
fn url_base64(bytes: &[u8]) -> String {
    base64(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_proof_is_the_rfc_s() {
        let digest = Sha256::digest(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(url_base64(&digest), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
