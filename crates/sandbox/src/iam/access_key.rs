//! Access keys: made active, at most two a user, told when last used.

use super::page::{page, truncation};
use super::{Context, Family, Reply, no_such_entity, quota, status};
use crate::error::ApiError;
use crate::state::credential::{Credential, IamPrincipal, Identity};
use crate::state::iam_user::AccessKey;
use crate::state::id::{secret, upper};
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("CreateAccessKey", create),
    ("ListAccessKeys", list),
    ("UpdateAccessKey", update),
    ("DeleteAccessKey", delete),
    ("GetAccessKeyLastUsed", last_used),
];

const MOST: usize = 2;

fn create(context: &mut Context<'_>) -> Reply {
    let (account, name, now) = (context.account(), context.user_name()?, context.now);
    let user = context.user(&name)?;
    if user.keys.len() >= MOST {
        return Err(quota("AccessKeysPerUser", MOST));
    }
    let (arn, user_id) = (user.arn(account, &name), user.id.clone());
    let id = format!("AKIA{}", upper(&mut context.world.rng, 16));
    let secret = secret(&mut context.world.rng);
    context.user(&name)?.keys.insert(id.clone(), AccessKey { created_at: now, active: true, last_used: None });
    let identity = Identity { account, arn, user_id, principal: IamPrincipal::User(name.clone()), session: None };
    let credential = Credential { secret: secret.clone(), token: None, expires_at: None, active: true, identity };
    context.credentials.keys.insert(id.clone(), credential);
    let described = Xml::default()
        .leaf("UserName", &name)
        .leaf("AccessKeyId", &id)
        .leaf("Status", status(true))
        .leaf("SecretAccessKey", &secret)
        .leaf("CreateDate", iso8601(now));
    Ok(Some(Xml::default().node("AccessKey", described)))
}

fn list(context: &mut Context<'_>) -> Reply {
    let name = context.user_name()?;
    let user = context.user(&name)?.clone();
    let (items, marker) = page(context, user.keys.iter().map(|(id, key)| (id, (id, key))))?;
    let described = items.into_iter().map(|(id, key)| {
        Xml::default()
            .leaf("UserName", &name)
            .leaf("AccessKeyId", id)
            .leaf("Status", status(key.active))
            .leaf("CreateDate", iso8601(key.created_at))
    });
    Ok(Some(truncation(Xml::default().list("AccessKeyMetadata", described), marker)))
}

fn update(context: &mut Context<'_>) -> Reply {
    let (name, id) = (context.user_name()?, context.required("AccessKeyId")?.to_owned());
    let active = match context.required("Status")? {
        "Active" => true,
        "Inactive" => false,
        other => return Err(ApiError::new("ValidationError", format!("Status {other} cannot be set."))),
    };
    let key = context.user(&name)?.keys.get_mut(&id).ok_or_else(|| missing(&id))?;
    key.active = active;
    if let Some(credential) = context.credentials.keys.get_mut(&id) {
        credential.active = active;
    }
    Ok(None)
}

fn delete(context: &mut Context<'_>) -> Reply {
    let (name, id) = (context.user_name()?, context.required("AccessKeyId")?.to_owned());
    context.user(&name)?.keys.remove(&id).ok_or_else(|| missing(&id))?;
    context.credentials.keys.remove(&id);
    Ok(None)
}

/// Keys of other accounts are told like keys that do not exist.
fn last_used(context: &mut Context<'_>) -> Reply {
    let id = context.required("AccessKeyId")?.to_owned();
    let iam = context.own();
    let owner = iam.users.iter().find_map(|(name, user)| Some((name, user.keys.get(&id)?)));
    let (name, key) = owner.ok_or_else(|| missing(&id))?;
    let used = match &key.last_used {
        None => Xml::default().leaf("ServiceName", "N/A").leaf("Region", "N/A"),
        Some(used) => Xml::default()
            .leaf("LastUsedDate", iso8601(used.at))
            .leaf("ServiceName", used.service)
            .leaf("Region", &used.region),
    };
    Ok(Some(Xml::default().leaf("UserName", name).node("AccessKeyLastUsed", used)))
}

fn missing(id: &str) -> ApiError {
    no_such_entity(format!("The Access Key with id {id} cannot be found."))
}
