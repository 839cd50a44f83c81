//! Console passwords. The password itself is checked for its length and not kept.

use super::{Context, Family, Reply, already_exists, no_such_entity};
use crate::error::ApiError;
use crate::state::iam_user::Login;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("CreateLoginProfile", create),
    ("GetLoginProfile", get),
    ("UpdateLoginProfile", update),
    ("DeleteLoginProfile", delete),
];

/// The shortest password of an account without a password policy.
const SHORTEST: usize = 8;

fn create(context: &mut Context<'_>) -> Reply {
    let (name, now) = (context.user_name()?, context.now);
    check(context)?;
    let reset_required = context.text("PasswordResetRequired") == Some("true");
    let user = context.user(&name)?;
    if user.login.is_some() {
        return Err(already_exists(format!("Login Profile for user {name} already exists.")));
    }
    let login = Login { created_at: now, changed_at: now, reset_required };
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
    check(context)?;
    let changed = context.text("Password").is_some();
    let reset = context.text("PasswordResetRequired").map(|text| text == "true");
    let login = context.user(&name)?.login.as_mut().ok_or_else(|| missing(&name))?;
    if changed {
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

fn check(context: &Context<'_>) -> Result<(), ApiError> {
    match context.text("Password") {
        Some(password) if password.chars().count() < SHORTEST => Err(ApiError::new(
            "PasswordPolicyViolation",
            format!("Password should have a minimum length of {SHORTEST}"),
        )),
        _ => Ok(()),
    }
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
