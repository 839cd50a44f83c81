//! Identifiers, each its own type, parsed once at the edge.
//!
//! Patterns are those of botocore's service models (`sso-admin`, `identitystore`, `organizations`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct ParseIdError {
    /// The text as given.
    pub text: String,
    /// What was expected, with an article: "an account id (12 digits)".
    pub wanted: &'static str,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $wanted:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// Parses the text.
            ///
            /// # Errors
            /// When the text does not have the form AWS gives this identifier.
            pub fn new(text: impl AsRef<str>) -> Result<Self, ParseIdError> {
                let text = text.as_ref();
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(ParseIdError { text: text.to_owned(), wanted: $wanted })
                }
            }

            /// The text as AWS writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;
            fn try_from(text: String) -> Result<Self, ParseIdError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0.into()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

identifier!(
    /// The twelve digits of an AWS account.
    AccountId,
    "an account id (12 digits)",
    |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
);
identifier!(
    /// ARN of an Identity Center instance: `arn:aws:sso:::instance/ssoins-…`.
    InstanceArn,
    "the ARN of an Identity Center instance",
    |text| text.starts_with("arn:") && text.contains(":sso:::instance/") && text.len() <= 1224
);
identifier!(
    /// ARN of a permission set: `arn:aws:sso:::permissionSet/ssoins-…/ps-…` (moto: `arn:aws:sso:::instance/ssoins-…/ps-…`).
    PermissionSetArn,
    "the ARN of a permission set",
    |text| text.starts_with("arn:")
        && (text.contains(":sso:::permissionSet/") || (text.contains(":sso:::instance/") && text.contains("/ps-")))
        && text.len() <= 1224
);
identifier!(
    /// Name of a permission set, 1–32 of `[\w+=,.@-]`; unique in an instance and never renamed.
    PermissionSetName,
    "a permission set name (1–32 letters, digits or `_+=,.@-`)",
    |text| (1..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
);
identifier!(
    /// Identity store of an instance: `d-…`.
    IdentityStoreId,
    "an identity store id",
    |text| !text.is_empty() && text.len() <= 36
);
identifier!(
    /// Id of a user in the identity store.
    UserId,
    "a user id of the identity store",
    |text| (1..=47).contains(&text.len())
);
identifier!(
    /// Id of a group in the identity store.
    GroupId,
    "a group id of the identity store",
    |text| (1..=47).contains(&text.len())
);
identifier!(
    /// Id of an organizational unit (`ou-…`) or of a root (`r-…`).
    OrganizationalUnitId,
    "the id of an organizational unit (`ou-…`) or root (`r-…`)",
    |text| (text.starts_with("ou-") || text.starts_with("r-")) && text.len() <= 68
);
identifier!(
    /// ARN of a managed policy: `arn:aws:iam::aws:policy/…`.
    ManagedPolicyArn,
    "the ARN of a managed policy",
    |text| text.starts_with("arn:") && text.contains(":policy/") && (20..=2048).contains(&text.len())
);
identifier!(
    /// Stable id of an operation: hash of its kind and of what it acts on.
    OperationId,
    "an operation id",
    |text| !text.is_empty()
);
identifier!(
    /// Id of a plan: hash of its content.
    PlanId,
    "a plan id",
    |text| !text.is_empty()
);
identifier!(
    /// Id of a run; sorts by the time it began.
    RunId,
    "a run id",
    |text| !text.is_empty()
);

impl PermissionSetName {
    /// Whether AWS or Control Tower keeps this set for itself (`AWS…` names).
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.as_str().starts_with("AWS")
    }
}

impl ManagedPolicyArn {
    /// The policy's name: what follows the last `/`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.as_str().rsplit('/').next().unwrap_or_default()
    }
}

/// First sixteen hex digits of the SHA-256 of the parts, each closed by a zero byte so that no two lists of
/// parts collide by concatenation.
#[must_use]
pub fn short_hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let mut text = hex::encode(hasher.finalize());
    text.truncate(16);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_are_twelve_digits() {
        assert!(AccountId::new("111122223333").is_ok());
        for bad in ["", "1111", "11112222333x", "1111222233334"] {
            assert!(AccountId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn permission_set_names_follow_the_model() {
        assert!(PermissionSetName::new("Read_Only+=,.@-").is_ok());
        for bad in ["", "with space", "日本語", &"x".repeat(33)] {
            assert!(PermissionSetName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hashes_keep_parts_apart() {
        assert_ne!(short_hash(["ab", "c"]), short_hash(["a", "bc"]));
    }
}
