//! Applications, as records: nobody signs in to one here. Grants, authentication methods and session settings are not served.

use serde_json::{Map, Value, json};

use crate::call::{Call, tags};
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::application::Application;
use crate::wire::epoch_seconds;

/// What customers make applications of. AWS lists one for each of its own applications besides.
const PROVIDERS: [(&str, &str, &str); 2] = [
    ("arn:aws:sso::aws:applicationProvider/custom", "OAUTH", "Custom OAuth 2.0 application"),
    ("arn:aws:sso::aws:applicationProvider/custom-saml", "SAML", "Custom SAML 2.0 application"),
];

impl Call<'_> {
    /// The application of the member `ApplicationArn`.
    pub(super) fn application(&mut self) -> Result<(String, &mut Application), ApiError> {
        let arn = self.required("ApplicationArn")?.to_owned();
        match self.world.center.settings.applications.get_mut(&arn) {
            Some(found) => Ok((arn, found)),
            None => Err(ApiError::not_found(format!("Application {arn} does not exist."))),
        }
    }
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    call.check_instance()?;
    let (name, provider) = (call.required("Name")?.to_owned(), call.required("ApplicationProviderArn")?.to_owned());
    let known = PROVIDERS.iter().find(|(arn, ..)| *arn == provider);
    let (_, protocol, _) = known.ok_or_else(|| no_provider(&provider))?;
    if *protocol == "SAML" {
        // AWS's documentation of CreateApplication
        return Err(ApiError::validation("SAML 2.0 customer managed applications cannot be created through this API."));
    }
    let center = &call.world.center;
    if center.settings.applications.values().any(|other| other.name == name) {
        return Err(ApiError::conflict(format!("Application with name {name} already exists.")));
    }
    let account = call.caller.identity.account.to_string();
    let suffix = call.world.rng.u64(..);
    let arn =
        format!("arn:aws:sso::{account}:application/ssoins-{:016x}/apl-{suffix:016x}", call.world.center.instance);
    let made = Application {
        provider,
        name,
        description: call.text("Description").map(str::to_owned),
        enabled: call.text("Status") != Some("DISABLED"),
        portal_options: call.input.get("PortalOptions").cloned(),
        account,
        created_at: call.now,
        tags: tags(call.input.get("Tags")).into_iter().collect(),
        assignment_required: true,
        assigned: std::collections::BTreeSet::new(),
        scopes: std::collections::BTreeMap::new(),
    };
    call.world.center.settings.applications.insert(arn.clone(), made);
    Ok(json!({"ApplicationArn": arn, "InstanceArn": call.world.center.arn()}))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let (arn, found) = call.application()?;
    let found = found.clone();
    Ok(written(call, &arn, &found))
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    let wanted = |found: &Application| {
        let account = call.nested("Filter", "ApplicationAccount").is_none_or(|asked| asked == found.account);
        account && call.nested("Filter", "ApplicationProvider").is_none_or(|asked| asked == found.provider)
    };
    let page = Page::<String>::of(call, 100)?;
    let found = call.world.center.settings.applications.range(page.range()).filter(|(_, found)| wanted(found));
    answer("Applications", page.cut(found.map(|(arn, found)| (arn.clone(), written(call, arn, found)))))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let (name, description) = (call.text("Name").map(str::to_owned), call.text("Description").map(str::to_owned));
    let enabled = call.text("Status").map(|status| status == "ENABLED");
    let options = call.input.get("PortalOptions").cloned();
    let (arn, _) = call.application()?;
    let applications = &call.world.center.settings.applications;
    if name.as_ref().is_some_and(|name| applications.iter().any(|(other, found)| *other != arn && found.name == *name))
    {
        return Err(ApiError::conflict("Another application has this name."));
    }
    let (_, found) = call.application()?;
    found.name = name.unwrap_or_else(|| found.name.clone());
    found.description = description.or(found.description.take());
    found.enabled = enabled.unwrap_or(found.enabled);
    if let (Some(Value::Object(new)), kept) = (options, &mut found.portal_options) {
        let mut merged = kept.take().and_then(|value| value.as_object().cloned()).unwrap_or_else(Map::new);
        merged.extend(new);
        *kept = Some(Value::Object(merged));
    }
    done()
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (arn, _) = call.application()?;
    call.world.center.settings.applications.remove(&arn);
    done()
}

pub(super) fn list_providers(call: &Call<'_>) -> Answer {
    let rows = PROVIDERS.iter().map(|(arn, protocol, name)| provider(arn, protocol, name));
    answer("ApplicationProviders", Page::<u64>::of(call, 100)?.slice(rows))
}

pub(super) fn describe_provider(call: &Call<'_>) -> Answer {
    let asked = call.required("ApplicationProviderArn")?;
    let found = PROVIDERS.iter().find(|(arn, ..)| *arn == asked).ok_or_else(|| no_provider(asked))?;
    let (arn, protocol, name) = found;
    Ok(provider(arn, protocol, name))
}

fn provider(arn: &str, protocol: &str, name: &str) -> Value {
    json!({"ApplicationProviderArn": arn, "FederationProtocol": protocol, "DisplayData": {"DisplayName": name}})
}

fn no_provider(arn: &str) -> ApiError {
    ApiError::not_found(format!("Application provider {arn} does not exist."))
}

fn written(call: &Call<'_>, arn: &str, application: &Application) -> Value {
    let mut body = Map::new();
    body.insert("ApplicationArn".to_owned(), Value::from(arn));
    body.insert("ApplicationProviderArn".to_owned(), Value::from(application.provider.as_str()));
    body.insert("Name".to_owned(), Value::from(application.name.as_str()));
    body.insert("ApplicationAccount".to_owned(), Value::from(application.account.as_str()));
    body.insert("InstanceArn".to_owned(), Value::from(call.world.center.arn()));
    body.insert("Status".to_owned(), Value::from(if application.enabled { "ENABLED" } else { "DISABLED" }));
    if let Some(options) = &application.portal_options {
        body.insert("PortalOptions".to_owned(), options.clone());
    }
    if let Some(description) = &application.description {
        body.insert("Description".to_owned(), Value::from(description.as_str()));
    }
    body.insert("CreatedDate".to_owned(), epoch_seconds(application.created_at));
    Value::Object(body)
}
