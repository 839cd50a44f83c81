//! The account's rules for passwords, and users who change their own.

use sha2::{Digest, Sha256};

use super::{Context, Family, Reply, no_such_entity};
use crate::error::ApiError;
use crate::state::credential::IamPrincipal;
use crate::state::iam_provider::PasswordPolicy;
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: Family = &[
    ("GetAccountPasswordPolicy", get),
    ("UpdateAccountPasswordPolicy", update),
    ("DeleteAccountPasswordPolicy", delete),
    ("ChangePassword", change),
];

/// The shortest password of an account without rules of its own.
const SHORTEST: usize = 8;

fn get(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    // aws/aws-cli#7265
    let missing = || no_such_entity(format!("The Password Policy with domain name {account} cannot be found."));
    let policy = context.own().password_policy.clone().ok_or_else(missing)?;
    let xml = Xml::default()
        .leaf("MinimumPasswordLength", policy.minimum_length.to_string())
        .leaf("RequireSymbols", flag(policy.symbols))
        .leaf("RequireNumbers", flag(policy.numbers))
        .leaf("RequireUppercaseCharacters", flag(policy.uppercase))
        .leaf("RequireLowercaseCharacters", flag(policy.lowercase))
        .leaf("AllowUsersToChangePassword", flag(policy.users_may_change))
        .leaf("ExpirePasswords", flag(policy.max_age_days > 0));
    let xml = if policy.max_age_days > 0 {
        xml.leaf("MaxPasswordAge", policy.max_age_days.to_string()).leaf("HardExpiry", flag(policy.hard_expiry))
    } else {
        xml
    };
    let xml = xml.maybe("PasswordReusePrevention", policy.reuse_prevention.map(|count| count.to_string()));
    Ok(Some(Xml::default().node("PasswordPolicy", xml)))
}

/// Whatever is not given goes back to its default, as AWS documents.
fn update(context: &mut Context<'_>) -> Reply {
    let yes = |name: &str| context.text(name) == Some("true");
    let number = |name: &str| context.text(name).and_then(|text| text.parse::<u64>().ok());
    let minimum = number("MinimumPasswordLength").and_then(|length| usize::try_from(length).ok());
    let policy = PasswordPolicy {
        minimum_length: minimum.unwrap_or(6),
        symbols: yes("RequireSymbols"),
        numbers: yes("RequireNumbers"),
        uppercase: yes("RequireUppercaseCharacters"),
        lowercase: yes("RequireLowercaseCharacters"),
        users_may_change: yes("AllowUsersToChangePassword"),
        max_age_days: number("MaxPasswordAge").unwrap_or(0),
        reuse_prevention: number("PasswordReusePrevention"),
        hard_expiry: yes("HardExpiry"),
    };
    context.own().password_policy = Some(policy);
    Ok(None)
}

fn delete(context: &mut Context<'_>) -> Reply {
    match context.own().password_policy.take() {
        Some(_) => Ok(None),
        // moto has the words: iam/models.py, delete_account_password_policy
        None => Err(no_such_entity("The account policy with name PasswordPolicy cannot be found.".to_owned())),
    }
}

/// Only a user's own call can change the user's password so.
fn change(context: &mut Context<'_>) -> Reply {
    let (old, new) = (context.required("OldPassword")?.to_owned(), context.required("NewPassword")?.to_owned());
    let identity = &context.caller.identity;
    let IamPrincipal::User(name) = identity.principal.clone() else {
        return Err(ApiError::new("InvalidUserType", "Only IAM Users can change their own password"));
    };
    check(context, &new)?;
    let now = context.now;
    let login = context.user(&name)?.login.as_mut();
    let login = login.ok_or_else(|| no_such_entity(format!("Login Profile for User {name} cannot be found.")))?;
    if login.digest != digest(&old) {
        return Err(ApiError::new("AccessDenied", "The old password was incorrect.").with_status(403));
    }
    login.digest = digest(&new);
    login.changed_at = now;
    login.reset_required = false;
    Ok(None)
}

/// What is kept of a password.
pub(super) fn digest(password: &str) -> String {
    hex::encode(Sha256::digest(password))
}

/// Refuses a password that breaks the account's rules. Of AWS's rules for accounts without their own only the length is checked.
pub(super) fn check(context: &mut Context<'_>, password: &str) -> Result<(), ApiError> {
    let policy = context.own().password_policy.clone();
    let least = policy.as_ref().map_or(SHORTEST, |policy| policy.minimum_length);
    let has = |of: fn(char) -> bool| password.chars().any(of);
    let lacks =
        |wanted: fn(&PasswordPolicy) -> bool, of: fn(char) -> bool| policy.as_ref().is_some_and(wanted) && !has(of);
    let broken = if password.chars().count() < least {
        format!("Password should have a minimum length of {least}")
    } else if lacks(|policy| policy.uppercase, |letter| letter.is_ascii_uppercase()) {
        "Password should have at least one uppercase letter".to_owned()
    } else if lacks(|policy| policy.lowercase, |letter| letter.is_ascii_lowercase()) {
        "Password should have at least one lowercase letter".to_owned()
    } else if lacks(|policy| policy.numbers, |letter| letter.is_ascii_digit()) {
        "Password should have at least one number".to_owned()
    } else if lacks(|policy| policy.symbols, |letter| "!@#$%^&*()_+-=[]{}|'".contains(letter)) {
        "Password should have at least one symbol".to_owned()
    } else {
        return Ok(());
    };
    Err(ApiError::new("PasswordPolicyViolation", broken))
}

fn flag(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
