//! Console passwords. The password itself is not kept, only a digest of it.

use super::{Context, Family, Reply, already_exists, no_such_entity, password_policy};
use crate::error::ApiError;
use crate::state::iam_user::Login;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("CreateLoginProfile", create),
    ("GetLoginProfile", get),
    ("UpdateLoginProfile", update),
    ("DeleteLoginProfile", delete),
];

fn create(context: &mut Context<'_>) -> Reply {
    let (name, now) = (context.user_name()?, context.now);
    let digest = checked(context)?.unwrap_or_default();
    let reset_required = context.text("PasswordResetRequired") == Some("true");
    let user = context.user(&name)?;
    if user.login.is_some() {
        return Err(already_exists(format!("Login Profile for user {name} already exists.")));
    }
    let login = Login { created_at: now, changed_at: now, reset_required, digest };
    let described = describe(&name, &login);
    user.login = Some(login);
    Ok(Some(described))
}

fn get(context: &mut Context<'_>) -> Reply {
    let name = context.user_name()?;
    let login = context.user(&name)?.login.as_ref().ok_or_else(|| missing(&name))?;
    Ok(Some(describe(&name, login)))
}

fn update(context: &mut Context<'_>) -> Reply {
    let (name, now) = (context.user_name()?, context.now);
    let digest = checked(context)?;
    let reset = context.text("PasswordResetRequired").map(|text| text == "true");
    let login = context.user(&name)?.login.as_mut().ok_or_else(|| missing(&name))?;
    if let Some(digest) = digest {
        login.digest = digest;
        login.changed_at = now;
    }
    login.reset_required = reset.unwrap_or(login.reset_required);
    Ok(None)
}

fn delete(context: &mut Context<'_>) -> Reply {
    let name = context.user_name()?;
    context.user(&name)?.login.take().ok_or_else(|| missing(&name))?;
    Ok(None)
}

/// The digest of the password of the request, if there is one and it keeps the rules.
fn checked(context: &mut Context<'_>) -> Result<Option<String>, ApiError> {
    let Some(password) = context.text("Password").map(str::to_owned) else { return Ok(None) };
    password_policy::check(context, &password)?;
    Ok(Some(password_policy::digest(&password)))
}

fn missing(name: &str) -> ApiError {
    no_such_entity(format!("Login Profile for User {name} cannot be found."))
}

fn describe(name: &str, login: &Login) -> Xml {
    let described = Xml::default()
        .leaf("UserName", name)
        .leaf("CreateDate", iso8601(login.created_at))
        .leaf("PasswordResetRequired", if login.reset_required { "true" } else { "false" });
    Xml::default().node("LoginProfile", described)
}
