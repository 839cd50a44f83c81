//! Objects of a bucket: pages of names, and contents that are whole.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::{Region, SdkConfig};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::future::{Either, select};
use ports::{AwsError, AwsErrorKind, Clock, ListObjects, ListedObject, ObjectPage, ObjectStorage, StoredObject};

use crate::api::{self, Api};
use crate::client::sdk_config;
use crate::cut_answer::RefusesCutAnswers;
use crate::error::{failure, odd_answer, own_error};
use crate::options::{Options, Retries};

/// A body that sends nothing for this long has stalled.
const STALL: Duration = Duration::from_secs(20);
/// Where buckets are looked for when no Region is configured: S3 answers there which one a bucket is in.
const ANY_REGION: &str = "us-east-1";

/// S3, and CloudTrail's own API. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    pub(crate) inner: Arc<StorageInner>,
}

/// What the clones share.
pub(crate) struct StorageInner {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) retries: Retries,
    rate_factor: f64,
    pub(crate) config: SdkConfig,
    path_style: bool,
    /// A client for each Region, and in which one a bucket is.
    clients: Mutex<HashMap<String, aws_sdk_s3::Client>>,
    regions: Mutex<HashMap<String, String>>,
    random: Mutex<fastrand::Rng>,
}

impl fmt::Debug for Storage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Storage").finish_non_exhaustive()
    }
}

impl Storage {
    /// Sets it up; no call is made yet. `path_style` puts the bucket's name into the path, as servers other than AWS's want it.
    pub async fn connect(options: Options, path_style: bool) -> Self {
        let rate_factor = Some(options.rate_factor).filter(|factor| factor.is_finite() && *factor > 0.0).unwrap_or(1.0);
        let config = sdk_config(&options).await;
        let random = options.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Self {
            inner: Arc::new(StorageInner {
                clock: options.clock,
                retries: options.retries,
                rate_factor,
                config,
                path_style,
                clients: Mutex::default(),
                regions: Mutex::default(),
                random: Mutex::new(random),
            }),
        }
    }
}

/// A try that failed, and whether another Region was named.
struct Failed {
    error: AwsError,
    retry_after: Option<Duration>,
    region: Option<String>,
}

impl Failed {
    fn of<E>(api: &Api, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let header = error.raw_response().and_then(|response| response.headers().get("x-amz-bucket-region"));
        let region = header.map(str::to_owned);
        let failed = failure(api, error);
        Self { error: failed.error, retry_after: failed.retry_after, region }
    }
}

impl From<AwsError> for Failed {
    fn from(error: AwsError) -> Self {
        Self { error, retry_after: None, region: None }
    }
}

impl StorageInner {
    /// Tries until it works or will not: throttled and broken calls again after a wait, up to the deadline.
    pub(crate) async fn persist<T, F, Fut>(&self, send: F) -> Result<T, AwsError>
    where
        F: Fn() -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, (AwsError, Option<Duration>)>> + Send,
    {
        let began = self.clock.now();
        let mut attempt = 0_u32;
        loop {
            let (error, retry_after) = match Box::pin(send()).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            attempt += 1;
            let doubled = self.retries.base.saturating_mul(2_u32.saturating_pow(attempt - 1)).min(self.retries.cap);
            let jitter = self.random.lock().unwrap_or_else(PoisonError::into_inner).f64();
            let wait = doubled.mul_f64(jitter / self.rate_factor).max(retry_after.unwrap_or_default());
            let elapsed = Duration::try_from(self.clock.now().duration_since(began)).unwrap_or_default();
            let passes = matches!(error.kind, AwsErrorKind::Throttled | AwsErrorKind::Transient);
            if !passes || attempt >= self.retries.attempts || elapsed.saturating_add(wait) > self.retries.deadline {
                return Err(error);
            }
            tracing::debug!(operation = %error.operation, code = error.code, attempt, "trying again");
            self.clock.sleep(wait).await;
        }
    }

    fn region_of(&self, bucket: &str) -> String {
        let known = self.regions.lock().unwrap_or_else(PoisonError::into_inner).get(bucket).cloned();
        known
            .or_else(|| self.config.region().map(ToString::to_string).filter(|region| !region.is_empty()))
            .unwrap_or_else(|| ANY_REGION.to_owned())
    }

    fn client(&self, bucket: &str) -> aws_sdk_s3::Client {
        let region = self.region_of(bucket);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let config = aws_sdk_s3::config::Builder::from(&self.config)
                .region(Region::new(region.clone()))
                .force_path_style(self.path_style);
            aws_sdk_s3::Client::from_conf(config.build())
        };
        clients.entry(region.clone()).or_insert_with(make).clone()
    }

    /// Calls, in the bucket's own Region once that is known.
    async fn call<T, F, Fut>(&self, bucket: &str, send: F) -> Result<T, AwsError>
    where
        F: Fn(aws_sdk_s3::Client) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, Failed>> + Send,
    {
        let send = &send;
        self.persist(|| async move {
            let failed = match send(self.client(bucket)).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let moved = failed.region.filter(|region| !region.is_empty() && *region != self.region_of(bucket));
            let Some(region) = moved else { return Err((failed.error, failed.retry_after)) };
            self.regions.lock().unwrap_or_else(PoisonError::into_inner).insert(bucket.to_owned(), region);
            send(self.client(bucket)).await.map_err(|failed| (failed.error, failed.retry_after))
        })
        .await
    }

    /// The whole body, or why there is none.
    async fn body(&self, mut answer: GetObjectOutput, listed: &ListedObject) -> Result<StoredObject, AwsError> {
        let api = &api::GET_OBJECT;
        let cut = |told: String| own_error(api, AwsErrorKind::Transient, told);
        let promised = answer.content_length().and_then(|length| u64::try_from(length).ok());
        let mut bytes: Vec<u8> = Vec::with_capacity(usize::try_from(listed.size_bytes.min(64 << 20)).unwrap_or(0));
        loop {
            let next = Box::pin(answer.body.next());
            let chunk = match select(next, self.clock.sleep(STALL)).await {
                Either::Left((chunk, _)) => chunk,
                Either::Right(_) => return Err(cut(format!("nothing came for {} s", STALL.as_secs()))),
            };
            match chunk {
                Some(Ok(chunk)) => bytes.extend_from_slice(&chunk),
                Some(Err(error)) => {
                    return Err(cut(format!("the answer broke off after {} bytes: {error}", bytes.len())));
                }
                None => break,
            }
        }
        let (length, etag) = (bytes.len() as u64, answer.e_tag.take().unwrap_or_default());
        let is_same = etag.is_empty() || etag == listed.etag;
        let expected = if is_same { Some(listed.size_bytes) } else { promised };
        if expected.is_some_and(|expected| expected != length) {
            return Err(cut(format!("cut off: {length} bytes came of {}", expected.unwrap_or_default())));
        }
        let metadata = answer.metadata.take().unwrap_or_default();
        let metadata: BTreeMap<_, _> =
            metadata.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        Ok(StoredObject { bytes, etag, metadata })
    }
}

#[async_trait]
impl ObjectStorage for Storage {
    async fn list(&self, wanted: &ListObjects) -> Result<ObjectPage, AwsError> {
        let api = &api::LIST_BUCKET;
        let answer = self
            .inner
            .call(&wanted.bucket, |client| async move {
                client
                    .list_objects_v2()
                    .bucket(&wanted.bucket)
                    .set_prefix(Some(wanted.prefix.clone()).filter(|prefix| !prefix.is_empty()))
                    .set_delimiter(wanted.folder_only.then(|| "/".to_owned()))
                    .set_start_after(wanted.start_after.clone())
                    .set_continuation_token(wanted.token.clone())
                    .customize()
                    .interceptor(RefusesCutAnswers)
                    .send()
                    .await
                    .map_err(|error| Failed::of(api, error))
            })
            .await?;
        let next = answer.next_continuation_token().map(str::to_owned);
        if answer.is_truncated() == Some(true) && (next.is_none() || next == wanted.token) {
            return Err(odd_answer(api, "the listing goes on, and it does not say where"));
        }
        let folders = answer.common_prefixes.unwrap_or_default().into_iter().filter_map(|folder| folder.prefix);
        let objects = answer.contents.unwrap_or_default().into_iter().filter_map(|object| {
            Some(ListedObject {
                key: object.key?,
                size_bytes: u64::try_from(object.size.unwrap_or_default()).unwrap_or_default(),
                etag: object.e_tag.unwrap_or_default(),
            })
        });
        Ok(ObjectPage {
            objects: objects.collect(),
            folders: folders.collect(),
            next: next.filter(|_| answer.is_truncated == Some(true)),
        })
    }

    async fn get(&self, bucket: &str, listed: &ListedObject) -> Result<StoredObject, AwsError> {
        let api = &api::GET_OBJECT;
        self.inner
            .call(bucket, |client| async move {
                let sent = client.get_object().bucket(bucket).key(&listed.key).send().await;
                let answer = sent.map_err(|error| Failed::of(api, error))?;
                Ok(self.inner.body(answer, listed).await?)
            })
            .await
    }
}
