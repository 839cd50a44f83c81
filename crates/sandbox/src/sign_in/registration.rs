//! Clients, and the start of the way over a second device.

use jiff::SignedDuration;
use serde_json::json;

use super::redirect::RedirectUri;
use super::{AUTHORIZATION_CODE, Call, DEVICE_CODE, GRANT_TYPES, invalid_request, refused, unsupported_grant_type};
use crate::error::{Answer, ApiError};
use crate::state::id::{secret, upper};
use crate::state::sign_in::{DeviceGrant, OidcClient};

/// A client is registered for 90 days.
const REGISTERED_S: i64 = 90 * 86_400;
/// How long a person may take to type the code.
const DEVICE_S: i64 = 600;
/// Seconds between two polls.
pub(super) const INTERVAL_S: i64 = 1;

pub(super) fn register(call: &mut Call<'_>) -> Answer {
    if call.text("clientType") != Some("public") {
        return Err(refused(
            "InvalidClientMetadataException",
            "invalid_client_metadata",
            "The client type has to be public.",
        ));
    }
    let client = OidcClient {
        secret: secret(&mut call.world.rng),
        expires_at: call.after(REGISTERED_S),
        scopes: call.texts("scopes"),
        grant_types: call.texts("grantTypes"),
        redirect_uris: call.texts("redirectUris"),
    };
    if !client.grant_types.iter().all(|kind| GRANT_TYPES.contains(&kind.as_str())) {
        return Err(unsupported_grant_type());
    }
    let needs_uri = client.grant_types.iter().any(|kind| kind == AUTHORIZATION_CODE);
    if (needs_uri && client.redirect_uris.is_empty())
        || !client.redirect_uris.iter().all(|uri| RedirectUri::parse(uri).is_some())
    {
        return Err(refused(
            "InvalidRedirectUriException",
            "invalid_redirect_uri",
            "Only loopback URIs are redirected to.",
        ));
    }
    let id = secret(&mut call.world.rng).replace(['/', '+'], "-");
    let host = host(call);
    let told = json!({
        "clientId": id,
        "clientSecret": client.secret,
        "clientIdIssuedAt": call.now.as_second(),
        "clientSecretExpiresAt": client.expires_at.as_second(),
        "authorizationEndpoint": format!("http://{host}/authorize"),
        "tokenEndpoint": format!("http://{host}/token"),
    });
    call.world.sign_in.clients.insert(id, client);
    Ok(told)
}

/// Where the sandbox was called, for links that lead back to it.
fn host(call: &Call<'_>) -> String {
    call.request.header("host").unwrap_or("127.0.0.1").to_owned()
}

/// The registered client of the request, if it knows its secret and may come by this way.
pub(super) fn client(call: &Call<'_>, grant: &str) -> Result<String, ApiError> {
    let wrong = || refused("InvalidClientException", "invalid_client", "The client id or its secret is not valid.");
    let id = call.text("clientId").ok_or_else(wrong)?;
    let client = call.world.sign_in.clients.get(id).ok_or_else(wrong)?;
    if call.text("clientSecret") != Some(client.secret.as_str()) {
        return Err(wrong());
    }
    let named = client.grant_types.iter().any(|kind| kind == grant);
    if !named && (grant == AUTHORIZATION_CODE || !client.grant_types.is_empty()) {
        let message = "The client is not registered for this grant type.";
        return Err(refused("UnauthorizedClientException", "unauthorized_client", message));
    }
    Ok(id.to_owned())
}

pub(super) fn start_device(call: &mut Call<'_>) -> Answer {
    let client = client(call, DEVICE_CODE)?;
    let host = host(call);
    if !is_start_url(call, call.text("startUrl").unwrap_or_default(), &host) {
        return Err(invalid_request("The start URL is not that of this Identity Center."));
    }
    let rng = &mut call.world.rng;
    let device_code = secret(rng);
    let user_code = format!("{}-{}", upper(rng, 4), upper(rng, 4));
    let grant = DeviceGrant {
        client,
        user_code: user_code.clone(),
        expires_at: call.now.checked_add(SignedDuration::from_secs(DEVICE_S)).unwrap_or(call.now),
        polls: (call.now, 0),
        user: None,
    };
    call.world.sign_in.devices.insert(device_code.clone(), grant);
    let page = format!("http://{host}/_sandbox/device");
    Ok(json!({
        "deviceCode": device_code,
        "userCode": user_code,
        "verificationUri": page,
        "verificationUriComplete": format!("{page}?user_code={user_code}"),
        "expiresIn": DEVICE_S,
        "interval": INTERVAL_S,
    }))
}

/// The portal's address: by the identity store, by the instance, or where the sandbox listens.
fn is_start_url(call: &Call<'_>, url: &str, host: &str) -> bool {
    let url = url.trim_end_matches('#').trim_end_matches('/').trim_end_matches("/#");
    let world = &call.world;
    let own = [
        format!("https://{}.awsapps.com/start", world.directory.id()),
        format!("https://ssoins-{:016x}.portal.{}.app.aws", world.center.instance, world.region),
        format!("http://{host}/start"),
    ];
    own.iter().any(|own| own == url)
}
