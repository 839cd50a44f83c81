//! The request tables of `models/`, read once.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;
use serde::Deserialize;

use crate::wire::route::Service;

/// What requests of one service look like.
#[derive(Debug, Deserialize)]
pub(crate) struct Model {
    pub(crate) operations: BTreeMap<String, Option<String>>,
    /// Operations of AWS that are not served.
    #[serde(default)]
    pub(crate) absent: Vec<String>,
    pub(crate) shapes: BTreeMap<String, Shape>,
}

/// One shape of botocore's model, as far as requests are checked by it.
#[derive(Debug, Deserialize)]
pub(crate) struct Shape {
    #[serde(rename = "t")]
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) min: Option<i64>,
    #[serde(default)]
    pub(crate) max: Option<i64>,
    #[serde(rename = "p", default)]
    pub(crate) pattern: Option<String>,
    #[serde(rename = "r", default)]
    pub(crate) rust_pattern: Option<String>,
    /// Whether AWS calls it sensitive: it is quoted nowhere.
    #[serde(rename = "s", default)]
    pub(crate) sensitive: bool,
    #[serde(rename = "enum", default)]
    pub(crate) values: Vec<String>,
    #[serde(rename = "req", default)]
    pub(crate) required: Vec<String>,
    #[serde(rename = "m", default)]
    pub(crate) members: Members,
    #[serde(rename = "of", default)]
    pub(crate) element: Option<String>,
    #[serde(default)]
    pub(crate) key: Option<String>,
    #[serde(default)]
    pub(crate) union: bool,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

/// Members of a structure in the model's order (the order of AWS's messages).
#[derive(Debug, Default)]
pub(crate) struct Members(pub(crate) Vec<(String, String)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = serde_json::Map::<String, serde_json::Value>::deserialize(deserializer)?;
        let pairs = map.into_iter().filter_map(|(name, shape)| Some((name, shape.as_str()?.to_owned())));
        Ok(Self(pairs.collect()))
    }
}

#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Structure,
    List,
    Map,
    String,
    Integer,
    Boolean,
    Timestamp,
    Document,
}

impl Shape {
    /// Whether the whole of `text` matches the shape's pattern. Compiled on first use: most are never needed.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| {
            let pattern = self.rust_pattern.as_deref().or(self.pattern.as_deref())?;
            Regex::new(&format!("^(?:{pattern})$")).ok()
        });
        compiled.as_ref().is_none_or(|regex| regex.is_match(text))
    }

    #[cfg(test)]
    fn compiles(&self) -> bool {
        self.matches("");
        self.pattern.is_none() || self.compiled.get().is_some_and(Option::is_some)
    }
}

static SSO_ADMIN: LazyLock<Model> = LazyLock::new(|| read(include_str!("../models/sso-admin.json")));
static IDENTITY_STORE: LazyLock<Model> = LazyLock::new(|| read(include_str!("../models/identitystore.json")));
static ORGANIZATIONS: LazyLock<Model> = LazyLock::new(|| read(include_str!("../models/organizations.json")));
static IAM: LazyLock<Model> = LazyLock::new(|| read(include_str!("../models/iam.json")));
static STS: LazyLock<Model> = LazyLock::new(|| read(include_str!("../models/sts.json")));
static CLOUD_TRAIL: LazyLock<Model> = LazyLock::new(|| read(include_str!("../models/cloudtrail.json")));
static S3: LazyLock<Model> = LazyLock::new(|| read(include_str!("../models/s3.json")));
static SSO_OIDC: LazyLock<Model> = LazyLock::new(|| read(include_str!("../models/sso-oidc.json")));
static SSO_PORTAL: LazyLock<Model> = LazyLock::new(|| read(include_str!("../models/sso.json")));
static ACCOUNT_ACCESS: LazyLock<Model> = LazyLock::new(|| read(include_str!("../models/account-access.json")));
static ATHENA: LazyLock<Model> = LazyLock::new(|| read(include_str!("../models/athena.json")));

/// The table of a service.
pub(crate) fn of(service: Service) -> &'static Model {
    match service {
        Service::SsoAdmin => &SSO_ADMIN,
        Service::IdentityStore => &IDENTITY_STORE,
        Service::Organizations => &ORGANIZATIONS,
        Service::Iam => &IAM,
        Service::Sts => &STS,
        Service::CloudTrail => &CLOUD_TRAIL,
        Service::S3 => &S3,
        Service::SsoOidc => &SSO_OIDC,
        Service::SsoPortal => &SSO_PORTAL,
        Service::AccountAccess => &ACCOUNT_ACCESS,
        Service::Athena => &ATHENA,
    }
}

fn read(text: &'static str) -> Model {
    // a table that does not parse is found by the test below; without operations every call is an unknown operation
    serde_json::from_str(text).unwrap_or(Model {
        operations: BTreeMap::new(),
        absent: Vec::new(),
        shapes: BTreeMap::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_whole() {
        for (service, least) in [
            (Service::SsoAdmin, 37),
            (Service::IdentityStore, 19),
            (Service::Organizations, 29),
            (Service::Iam, 100),
            (Service::Sts, 4),
            (Service::CloudTrail, 6),
            (Service::S3, 11),
            (Service::SsoOidc, 3),
            (Service::SsoPortal, 4),
            (Service::AccountAccess, 8),
            (Service::Athena, 13),
        ] {
            let model = of(service);
            assert!(model.operations.len() >= least, "{service:?} has {}", model.operations.len());
            for input in model.operations.values().flatten() {
                assert!(model.shapes.contains_key(input), "{input}");
            }
            for (name, shape) in &model.shapes {
                assert!(shape.compiles(), "{name}: {:?}", shape.pattern);
                let named = shape.members.0.iter().map(|(_, shape)| shape).chain(&shape.element).chain(&shape.key);
                for child in named {
                    assert!(model.shapes.contains_key(child), "{name} names {child}");
                }
            }
        }
    }

    #[test]
    fn patterns_mean_what_aws_means() {
        let shapes = &of(Service::SsoAdmin).shapes;
        let ok = |shape: &str, text: &str| shapes[shape].matches(text);
        assert!(ok("PermissionSetName", "Read-Only.1"));
        assert!(!ok("PermissionSetName", "権限"));
        assert!(!ok("PermissionSetDescription", "開発者"));
        assert!(ok("PermissionSetDescription", "d\u{e9}veloppeur"));
        assert!(ok("InstanceArn", "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6"));
        assert!(!ok("InstanceArn", "xarn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6"));
        assert!(ok("RelayState", "https://console.aws.amazon.com/s3/home?region=x#[a]~&"));
        assert!(ok("Duration", "PT8H") && !ok("Duration", "8h"));
        assert!(ok("ManagedPolicyArn", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"));
        assert!(ok("UUId", "c744547c-9021-4e25-9da0-6a3ef5b5b4f7"));
    }
}
