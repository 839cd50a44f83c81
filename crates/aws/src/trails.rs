//! What CloudTrail says of itself: its public keys, its trails, and what they record.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::Region;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use aws_sdk_cloudtrail::types::{AdvancedFieldSelector, EventSelector, Trail};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use ports::{AwsError, SigningKey, TrailDescription, TrailRead};
use serde_json::{Map, Value, json};

use crate::api::{self, Api};
use crate::error::{failure, odd_answer};
use crate::storage::Storage;

/// Pages of keys: a few keys are valid at any time, so that more than this is no answer.
const MOST_PAGES: usize = 100;

impl Storage {
    fn cloudtrail(&self, region: Option<&str>) -> aws_sdk_cloudtrail::Client {
        let mut config = aws_sdk_cloudtrail::config::Builder::from(&self.inner.config);
        let fallback = self.inner.config.region().is_none().then_some("us-east-1");
        if let Some(region) = region.or(fallback) {
            config = config.region(Region::new(region.to_owned()));
        }
        aws_sdk_cloudtrail::Client::from_conf(config.build())
    }

    async fn selectors(&self, trail: &Trail) -> Result<Value, AwsError> {
        let api = &api::GET_EVENT_SELECTORS;
        let Some(arn) = trail.trail_arn() else { return Err(odd_answer(api, "a trail without ARN")) };
        let client = &self.cloudtrail(trail.home_region());
        let answer = self
            .inner
            .persist(|| async move {
                client.get_event_selectors().trail_name(arn).send().await.map_err(|error| failed(api, error))
            })
            .await?;
        let simple = answer.event_selectors.unwrap_or_default();
        let advanced = answer.advanced_event_selectors.unwrap_or_default();
        let mut told = object([("TrailARN", json!(arn))]);
        if !simple.is_empty() {
            told.insert("EventSelectors".to_owned(), simple.iter().map(event_selector).collect());
        }
        if !advanced.is_empty() {
            let selectors = advanced.iter().map(|selector| {
                let fields: Vec<Value> = selector.field_selectors().iter().map(field_selector).collect();
                json!({ "Name": selector.name(), "FieldSelectors": fields })
            });
            told.insert("AdvancedEventSelectors".to_owned(), selectors.collect());
        }
        Ok(Value::Object(told))
    }
}

#[async_trait]
impl TrailRead for Storage {
    async fn signing_keys(&self, region: &str, from: Timestamp, to: Timestamp) -> Result<Vec<SigningKey>, AwsError> {
        let api = &api::LIST_PUBLIC_KEYS;
        let client = &self.cloudtrail(Some(region));
        let (mut keys, mut token) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let asked = &token;
            let answer = self
                .inner
                .persist(|| async move {
                    client
                        .list_public_keys()
                        .start_time(DateTime::from_secs(from.as_second()))
                        .end_time(DateTime::from_secs(to.as_second()))
                        .set_next_token(asked.clone())
                        .send()
                        .await
                        .map_err(|error| failed(api, error))
                })
                .await?;
            for key in answer.public_key_list.unwrap_or_default() {
                if let (Some(fingerprint), Some(value)) = (key.fingerprint, key.value) {
                    keys.push(SigningKey { fingerprint, der: value.into_inner() });
                }
            }
            match answer.next_token {
                Some(next) if token.as_ref() != Some(&next) => token = Some(next),
                Some(_) => return Err(odd_answer(api, "the same page again")),
                None => return Ok(keys),
            }
        }
        Err(odd_answer(api, "pages without end"))
    }

    async fn trails(&self) -> Result<Vec<TrailDescription>, AwsError> {
        let api = &api::DESCRIBE_TRAILS;
        let client = &self.cloudtrail(None);
        let answer = self
            .inner
            .persist(|| async move { client.describe_trails().send().await.map_err(|error| failed(api, error)) })
            .await?;
        let mut described = Vec::new();
        for trail in answer.trail_list.unwrap_or_default() {
            let selectors = self.selectors(&trail).await;
            let told = [
                ("TrailARN", json!(trail.trail_arn())),
                ("Name", json!(trail.name())),
                ("S3BucketName", json!(trail.s3_bucket_name())),
                ("S3KeyPrefix", json!(trail.s3_key_prefix())),
                ("HomeRegion", json!(trail.home_region())),
                ("IsMultiRegionTrail", json!(trail.is_multi_region_trail())),
                ("IsOrganizationTrail", json!(trail.is_organization_trail())),
                ("IncludeGlobalServiceEvents", json!(trail.include_global_service_events())),
                ("LogFileValidationEnabled", json!(trail.log_file_validation_enabled())),
            ];
            described.push(TrailDescription { trail: Value::Object(object(told)), selectors });
        }
        Ok(described)
    }
}

/// What AWS leaves out is left out here as well.
fn object<const COUNT: usize>(members: [(&str, Value); COUNT]) -> Map<String, Value> {
    let some = members.into_iter().filter(|(_, value)| !value.is_null());
    some.map(|(name, value)| (name.to_owned(), value)).collect()
}

fn event_selector(selector: &EventSelector) -> Value {
    let resources = selector.data_resources().iter();
    let resources: Vec<Value> =
        resources.map(|resource| json!({ "Type": resource.r#type(), "Values": resource.values() })).collect();
    Value::Object(object([
        ("ReadWriteType", json!(selector.read_write_type().map(|kind| kind.as_str()))),
        ("IncludeManagementEvents", json!(selector.include_management_events())),
        ("DataResources", json!(resources)),
        ("ExcludeManagementEventSources", json!(selector.exclude_management_event_sources())),
    ]))
}

fn field_selector(selector: &AdvancedFieldSelector) -> Value {
    let mut told = object([("Field", json!(selector.field()))]);
    for (name, values) in [
        ("Equals", selector.equals()),
        ("StartsWith", selector.starts_with()),
        ("EndsWith", selector.ends_with()),
        ("NotEquals", selector.not_equals()),
        ("NotStartsWith", selector.not_starts_with()),
        ("NotEndsWith", selector.not_ends_with()),
    ] {
        if !values.is_empty() {
            told.insert(name.to_owned(), json!(values));
        }
    }
    Value::Object(told)
}

fn failed<E>(api: &Api, error: SdkError<E, HttpResponse>) -> (AwsError, Option<Duration>)
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let failed = failure(api, error);
    (failed.error, failed.retry_after)
}

/// Keys as the AWS CLI prints them (`list-public-keys`): one answer, or several one after the other.
///
/// # Errors
/// What is wrong with the text.
pub fn read_signing_keys(text: &[u8]) -> Result<Vec<SigningKey>, String> {
    let mut keys = Vec::new();
    for answer in serde_json::Deserializer::from_slice(text).into_iter::<Value>() {
        let answer = answer.map_err(|error| format!("it is no JSON: {error}"))?;
        let list = answer.get("PublicKeyList").unwrap_or(&answer);
        let list = list.as_array().ok_or("it has no `PublicKeyList`")?;
        for key in list {
            let text = |name: &str| key.get(name).and_then(Value::as_str).ok_or(format!("a key has no `{name}`"));
            let der = aws_smithy_types::base64::decode(text("Value")?).map_err(|error| error.to_string())?;
            keys.push(SigningKey { fingerprint: text("Fingerprint")?.to_owned(), der });
        }
    }
    if keys.is_empty() { Err("it holds no keys".to_owned()) } else { Ok(keys) }
}

/// Whether this is the key's signature of the message: RSA (PKCS #1 v1.5) with SHA-256, as CloudTrail signs digest files. `der` is a key in
/// PKCS #1, DER; one that is none verifies nothing.
#[must_use]
pub fn is_signed(der: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).verify(message, signature).is_ok()
}
