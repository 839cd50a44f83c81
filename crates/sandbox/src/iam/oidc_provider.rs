//! OpenID Connect providers. AWS fetches the issuer's keys; the sandbox speaks to nobody, so that a URL that does not answer is taken.

use super::tag::{given, tags_xml};
use super::{Context, Family, Reply, already_exists, no_such_entity, quota};
use crate::error::ApiError;
use crate::state::iam_provider::OidcProvider;
use crate::state::id::AccountId;
use crate::state::organization::Tags;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("CreateOpenIDConnectProvider", create),
    ("GetOpenIDConnectProvider", get),
    ("ListOpenIDConnectProviders", list),
    ("DeleteOpenIDConnectProvider", delete),
    ("AddClientIDToOpenIDConnectProvider", add_client),
    ("RemoveClientIDFromOpenIDConnectProvider", remove_client),
    ("UpdateOpenIDConnectProviderThumbprint", update_thumbprint),
];

/// Quotas of AWS's documentation (IAM and STS quotas).
const MOST: usize = 100;
const MOST_CLIENTS: usize = 100;
const MOST_THUMBPRINTS: usize = 5;

impl Context<'_> {
    fn oidc_provider(&mut self) -> Result<(String, &mut OidcProvider), ApiError> {
        let arn = self.required("OpenIDConnectProviderArn")?.to_owned();
        let account = self.account();
        let invalid = || ApiError::new("InvalidInput", format!("Invalid ARN: {arn}"));
        let url = arn.strip_prefix(&format!("arn:aws:iam::{account}:oidc-provider/")).map(str::to_owned);
        let url = match url {
            Some(url) => url,
            None if arn.contains(":oidc-provider/") => String::new(),
            None => return Err(invalid()),
        };
        match self.own().oidc_providers.get_mut(&url) {
            Some(provider) => Ok((url, provider)),
            None => Err(no_such_entity(format!("OpenIDConnect Provider not found for arn {arn}"))),
        }
    }
}

pub(super) fn tags<'a>(context: &'a mut Context<'_>) -> Result<&'a mut Tags, ApiError> {
    Ok(&mut context.oidc_provider()?.1.tags)
}

pub(super) fn arn(account: AccountId, url: &str) -> String {
    format!("arn:aws:iam::{account}:oidc-provider/{url}")
}

fn create(context: &mut Context<'_>) -> Reply {
    let (account, given_url) = (context.account(), context.required("Url")?.to_owned());
    let url = given_url.strip_prefix("https://").filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
    // moto has the words: iam/models.py, OpenIDConnectProvider
    let url = url.ok_or_else(|| ApiError::new("ValidationError", "Invalid Open ID Connect Provider URL"))?.to_owned();
    if url.contains(['?', '#', ':']) {
        return Err(ApiError::new("InvalidInput", format!("Invalid URL: {given_url}")));
    }
    let clients = context.form.texts("ClientIDList");
    let thumbprints = context.form.texts("ThumbprintList");
    check_thumbprints(&thumbprints)?;
    if clients.len() > MOST_CLIENTS {
        return Err(quota("ClientIdsPerOpenIdConnectProvider", MOST_CLIENTS));
    }
    let (tags, now) = (given(context.form)?, context.now);
    let providers = &mut context.own().oidc_providers;
    if providers.contains_key(&url) {
        // unfunco/terraform-aws-oidc-github#23
        return Err(already_exists(format!("Provider with url {given_url} already exists.")));
    }
    if providers.len() >= MOST {
        return Err(quota("OpenIdConnectProvidersPerAccount", MOST));
    }
    let made = Xml::default().leaf("OpenIDConnectProviderArn", arn(account, &url));
    let made = if tags.is_empty() { made } else { made.list("Tags", tags_xml(&tags)) };
    providers.insert(url, OidcProvider { clients, thumbprints, created_at: now, tags });
    Ok(Some(made))
}

/// The URL is told without its scheme.
fn get(context: &mut Context<'_>) -> Reply {
    let (url, provider) = context.oidc_provider()?;
    let xml = Xml::default()
        .leaf("Url", url)
        .texts("ClientIDList", provider.clients.iter().cloned())
        .texts("ThumbprintList", provider.thumbprints.iter().cloned())
        .leaf("CreateDate", iso8601(provider.created_at));
    Ok(Some(if provider.tags.is_empty() { xml } else { xml.list("Tags", tags_xml(&provider.tags)) }))
}

fn list(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let providers = context.own().oidc_providers.keys();
    let rows: Vec<Xml> = providers.map(|url| Xml::default().leaf("Arn", arn(account, url))).collect();
    Ok(Some(Xml::default().list("OpenIDConnectProviderList", rows)))
}

/// Roles that trust it stay; they can be assumed through it no more.
fn delete(context: &mut Context<'_>) -> Reply {
    let (url, _) = context.oidc_provider()?;
    context.own().oidc_providers.remove(&url);
    Ok(None)
}

/// Idempotent, as AWS documents.
fn add_client(context: &mut Context<'_>) -> Reply {
    let client = context.required("ClientID")?.to_owned();
    let (_, provider) = context.oidc_provider()?;
    if provider.clients.contains(&client) {
        return Ok(None);
    }
    if provider.clients.len() >= MOST_CLIENTS {
        return Err(quota("ClientIdsPerOpenIdConnectProvider", MOST_CLIENTS));
    }
    provider.clients.push(client);
    Ok(None)
}

/// Idempotent, as AWS documents.
fn remove_client(context: &mut Context<'_>) -> Reply {
    let client = context.required("ClientID")?.to_owned();
    context.oidc_provider()?.1.clients.retain(|other| *other != client);
    Ok(None)
}

fn update_thumbprint(context: &mut Context<'_>) -> Reply {
    let thumbprints = context.form.texts("ThumbprintList");
    check_thumbprints(&thumbprints)?;
    context.oidc_provider()?.1.thumbprints = thumbprints;
    Ok(None)
}

fn check_thumbprints(thumbprints: &[String]) -> Result<(), ApiError> {
    if thumbprints.len() > MOST_THUMBPRINTS {
        // moto has the words: iam/models.py, OpenIDConnectProvider
        return Err(ApiError::new("InvalidInput", "Thumbprint list must contain fewer than 5 entries."));
    }
    Ok(())
}
