//! Trusted token issuers, as records: no token is exchanged here.

use serde_json::{Value, json};

use crate::call::{Call, tags};
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::application::TokenIssuer;
use crate::state::id::Uuid;

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    call.check_instance()?;
    let name = call.required("Name")?.to_owned();
    let configuration = call.input.get("TrustedTokenIssuerConfiguration").cloned().unwrap_or_default();
    let url = |configuration: &Value| configuration.pointer("/OidcJwtConfiguration/IssuerUrl").cloned();
    let issuers = call.world.center.settings.issuers.values();
    if issuers.clone().any(|other| other.name == name || url(&other.configuration) == url(&configuration)) {
        return Err(ApiError::conflict("A trusted token issuer with this name or issuer URL already exists."));
    }
    let (account, id) = (call.caller.identity.account, Uuid::random(&mut call.world.rng));
    let instance = call.world.center.instance;
    let arn = format!("arn:aws:sso::{account}:trustedTokenIssuer/ssoins-{instance:016x}/tti-{id}");
    let tags = tags(call.input.get("Tags")).into_iter().collect();
    call.world.center.settings.issuers.insert(arn.clone(), TokenIssuer { name, configuration, tags });
    Ok(json!({ "TrustedTokenIssuerArn": arn }))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let (arn, found) = existing(call)?;
    Ok(json!({
        "TrustedTokenIssuerArn": arn,
        "Name": found.name,
        "TrustedTokenIssuerType": "OIDC_JWT",
        "TrustedTokenIssuerConfiguration": found.configuration,
    }))
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    let page = Page::<String>::of(call, 50)?;
    let found = call.world.center.settings.issuers.range(page.range());
    let rows = found.map(|(arn, found)| {
        let row = json!({"TrustedTokenIssuerArn": arn, "Name": found.name, "TrustedTokenIssuerType": "OIDC_JWT"});
        (arn.clone(), row)
    });
    answer("TrustedTokenIssuers", page.cut(rows))
}

/// The issuer's URL stays what it was.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let name = call.text("Name").map(str::to_owned);
    let changes = call.input.get("TrustedTokenIssuerConfiguration").and_then(|given| given.get("OidcJwtConfiguration"));
    let changes = changes.and_then(Value::as_object).cloned().unwrap_or_default();
    let (_, found) = existing(call)?;
    found.name = name.unwrap_or_else(|| found.name.clone());
    if let Some(kept) = found.configuration.get_mut("OidcJwtConfiguration").and_then(Value::as_object_mut) {
        kept.extend(changes);
    }
    done()
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (arn, _) = existing(call)?;
    call.world.center.settings.issuers.remove(&arn);
    done()
}

fn existing<'a>(call: &'a mut Call<'_>) -> Result<(String, &'a mut TokenIssuer), ApiError> {
    let arn = call.required("TrustedTokenIssuerArn")?.to_owned();
    match call.world.center.settings.issuers.get_mut(&arn) {
        Some(found) => Ok((arn, found)),
        None => Err(ApiError::not_found(format!("Trusted token issuer {arn} does not exist."))),
    }
}
