//! SAML providers. Of the metadata only the issuer (`entityID`) is read; certificates are not looked at.

use jiff::SignedDuration;

use super::tag::{given, tags_xml};
use super::{Context, Family, Reply, already_exists, no_such_entity, quota};
use crate::error::ApiError;
use crate::state::iam_provider::SamlProvider;
use crate::state::id::Uuid;
use crate::state::organization::Tags;
use crate::sts::saml::issuer_of_metadata;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("CreateSAMLProvider", create),
    ("GetSAMLProvider", get),
    ("ListSAMLProviders", list),
    ("UpdateSAMLProvider", update),
    ("DeleteSAMLProvider", delete),
];

/// IAM's quota of an account.
const MOST: usize = 100;
const VALID: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

impl Context<'_> {
    fn saml_provider(&mut self) -> Result<(String, &mut SamlProvider), ApiError> {
        let arn = self.required("SAMLProviderArn")?.to_owned();
        let account = self.account();
        let name = arn.strip_prefix(&format!("arn:aws:iam::{account}:saml-provider/")).unwrap_or_default().to_owned();
        if !arn.contains(":saml-provider/") {
            return Err(ApiError::new("InvalidInput", format!("Invalid SAML provider ARN: {arn}")));
        }
        match self.own().saml_providers.get_mut(&name) {
            Some(provider) => Ok((arn, provider)),
            None => Err(no_such_entity(format!("Manifest not found for arn {arn}"))),
        }
    }
}

pub(super) fn tags<'a>(context: &'a mut Context<'_>) -> Result<&'a mut Tags, ApiError> {
    Ok(&mut context.saml_provider()?.1.tags)
}

fn create(context: &mut Context<'_>) -> Reply {
    let (account, name) = (context.account(), context.required("Name")?.to_owned());
    let metadata = context.required("SAMLMetadataDocument")?.to_owned();
    check_metadata(&metadata)?;
    let (tags, now) = (given(context.form)?, context.now);
    let uuid = format!("SAML{}", Uuid::random(&mut context.world.rng).to_string().replace('-', "").to_uppercase());
    let providers = &mut context.own().saml_providers;
    if providers.contains_key(&name) {
        return Err(already_exists(format!("SAMLProvider with name {name} already exists.")));
    }
    if providers.len() >= MOST {
        return Err(quota("SAMLProvidersPerAccount", MOST));
    }
    let made = Xml::default().leaf("SAMLProviderArn", format!("arn:aws:iam::{account}:saml-provider/{name}"));
    let made = if tags.is_empty() { made } else { made.list("Tags", tags_xml(&tags)) };
    let valid_until = now.checked_add(VALID).unwrap_or(now);
    providers.insert(name, SamlProvider { metadata, uuid, created_at: now, valid_until, tags });
    Ok(Some(made))
}

fn get(context: &mut Context<'_>) -> Reply {
    let (_, provider) = context.saml_provider()?;
    let xml = Xml::default()
        .leaf("SAMLProviderUUID", &provider.uuid)
        .leaf("SAMLMetadataDocument", &provider.metadata)
        .leaf("CreateDate", iso8601(provider.created_at))
        .leaf("ValidUntil", iso8601(provider.valid_until));
    Ok(Some(if provider.tags.is_empty() { xml } else { xml.list("Tags", tags_xml(&provider.tags)) }))
}

fn list(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let rows: Vec<Xml> = context
        .own()
        .saml_providers
        .iter()
        .map(|(name, provider)| {
            Xml::default()
                .leaf("Arn", format!("arn:aws:iam::{account}:saml-provider/{name}"))
                .leaf("ValidUntil", iso8601(provider.valid_until))
                .leaf("CreateDate", iso8601(provider.created_at))
        })
        .collect();
    Ok(Some(Xml::default().list("SAMLProviderList", rows)))
}

fn update(context: &mut Context<'_>) -> Reply {
    let metadata = context.text("SAMLMetadataDocument").map(str::to_owned);
    let (arn, provider) = context.saml_provider()?;
    let Some(metadata) = metadata else {
        // AWS's documentation, Troubleshoot SAML federation
        let message =
            "Unable to update identity provider. No updates are defined for metadata or encryption assertion.";
        return Err(ApiError::new("InvalidInput", message));
    };
    check_metadata(&metadata)?;
    provider.metadata = metadata;
    Ok(Some(Xml::default().leaf("SAMLProviderArn", arn)))
}

fn delete(context: &mut Context<'_>) -> Reply {
    let (arn, _) = context.saml_provider()?;
    let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
    context.own().saml_providers.remove(&name);
    Ok(None)
}

fn check_metadata(text: &str) -> Result<(), ApiError> {
    match issuer_of_metadata(text) {
        Some(_) => Ok(()),
        // AWS's documentation, Troubleshoot SAML federation
        None => Err(ApiError::new("InvalidInput", "Could not parse metadata.")),
    }
}
