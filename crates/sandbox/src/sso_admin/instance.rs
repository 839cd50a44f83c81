//! The instance and its Regions.

use serde_json::{Value, json};

use crate::call::{Call, Standing};
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::wire::epoch_seconds;

pub(super) fn list(call: &Call<'_>) -> Answer {
    let page = Page::<u64>::of(call, 10)?;
    let everywhere = call.text("RegionScope") == Some("ALL_REGIONS");
    let visible = (everywhere || call.in_primary_region()).then(|| metadata(call));
    answer("Instances", page.slice(visible.into_iter()))
}

pub(super) fn describe(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    let mut body = metadata(call);
    if let Some(body) = body.as_object_mut() {
        let encryption = match &call.config.instance_kms_key {
            None => json!({"KeyType": "AWS_OWNED_KMS_KEY", "EncryptionStatus": "ENABLED"}),
            Some(arn) => {
                json!({"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": arn, "EncryptionStatus": "ENABLED"})
            }
        };
        body.insert("EncryptionConfigurationDetails".to_owned(), encryption);
        body.insert("PermissionSetsEnabled".to_owned(), Value::Bool(true));
    }
    Ok(body)
}

/// The name; keys and networks are settings of the sandbox, not of the call.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    call.check_instance()?;
    if call.caller.standing != Standing::Management {
        return Err(call.not_authorized());
    }
    if let Some(name) = call.text("Name").map(str::to_owned) {
        call.world.center.settings.name = Some(name).filter(|name| !name.is_empty());
    }
    done()
}

pub(super) fn list_regions(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    answer("Regions", Page::<u64>::of(call, 100)?.slice(std::iter::once(region(call))))
}

pub(super) fn describe_region(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    let name = call.required("RegionName")?;
    if name != call.config.region {
        return Err(ApiError::not_found(format!("Region {name} is not enabled for this instance.")));
    }
    Ok(region(call))
}

fn metadata(call: &Call<'_>) -> Value {
    let management = call.world.organization.management;
    let store = call.world.directory.id();
    let mut body = json!({
        "InstanceArn": call.world.center.arn(),
        "IdentityStoreId": store,
        "IdentityStoreArn": format!("arn:aws:identitystore::{management}:identitystore/{store}"),
        "OwnerAccountId": management.to_string(),
        "CreatedDate": epoch_seconds(call.world.center.created_at),
        "Status": "ACTIVE",
        "PrimaryRegion": call.config.region,
        "Regions": [region(call)],
    });
    if let (Some(body), Some(name)) = (body.as_object_mut(), &call.world.center.settings.name) {
        body.insert("Name".to_owned(), Value::from(name.as_str()));
    }
    body
}

fn region(call: &Call<'_>) -> Value {
    json!({
        "RegionName": call.config.region,
        "Status": "ACTIVE",
        "AddedDate": epoch_seconds(call.world.center.created_at),
        "IsPrimaryRegion": true,
    })
}
