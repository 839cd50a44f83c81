//! `s3://…`, and how it is reached.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws::Storage;
use ports::{AwsError, Clock, TokioClock, TrailRead};
use trail::selectors::Recording;

use crate::cli::trail::BucketFlags;
use crate::console::Console;
use crate::error::CommandError;
use crate::wiring::environment;

/// CloudTrail is asked what it records; whoever may not know reads the log all the same, and does not wait longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

/// A bucket, and what of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    /// The bucket.
    pub(super) bucket: String,
    /// A folder or an object; nothing for all of it.
    pub(super) prefix: String,
}

impl Location {
    /// Of a path on the command line; none where it is a local one.
    pub(super) fn parse(path: &Path) -> Option<Result<Self, CommandError>> {
        let rest = path.to_str()?.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            let told = CommandError::new(format!("`{}` names no bucket", path.display()));
            return Some(Err(told.hint("s3://BUCKET/PREFIX")));
        }
        Some(Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() }))
    }

    /// `s3://bucket/key`
    pub(super) fn name(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }
}

/// Does what is asynchronous from a thread that is not, and that may wait.
pub(super) fn wait<F: Future>(future: F) -> F::Output {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}

/// The clock of this process.
pub(super) fn clock() -> Arc<dyn Clock> {
    Arc::new(TokioClock::system())
}

/// S3 and CloudTrail with the standard chain of credentials.
pub(super) fn connect(flags: &BucketFlags) -> Storage {
    let mut options = aws::Options::new(clock());
    options.profile.clone_from(&flags.profile);
    options.endpoint_url.clone_from(&flags.endpoint_url);
    options.rate_factor = flags.rate_factor.unwrap_or(1.0);
    options.retries.base = Duration::from_millis(200);
    let endpoint = flags
        .endpoint_url
        .clone()
        .filter(|endpoint| !endpoint.is_empty())
        .or_else(|| environment("AWS_ENDPOINT_URL_S3"))
        .or_else(|| environment("AWS_ENDPOINT_URL"));
    wait(Storage::connect(options, endpoint.is_some_and(|endpoint| !is_of_aws(&endpoint))))
}

/// Whether an endpoint is AWS's own, which takes names of buckets as names of hosts.
fn is_of_aws(endpoint: &str) -> bool {
    let host = endpoint.split("://").last().unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn")
}

/// What the trails that write to these buckets record, or why nobody knows.
pub(super) fn recording(storage: &Storage, buckets: &[&str]) -> Result<Recording, String> {
    let clock = clock();
    let answer = wait(async {
        tokio::select! {
            answer = storage.trails() => answer.map_err(|error: AwsError| error.to_string()),
            () = clock.sleep(PATIENCE) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
        }
    })?;
    let mut recording = Recording::default();
    let mut reasons = Vec::new();
    for described in answer {
        let bucket = described.trail.get("S3BucketName").and_then(|bucket| bucket.as_str());
        if !bucket.is_some_and(|bucket| buckets.contains(&bucket)) {
            continue;
        }
        recording.take(&described.trail, 0);
        match described.selectors {
            Ok(selectors) => drop(recording.take(&selectors, 0)),
            Err(error) => reasons.push(error.to_string()),
        }
    }
    match reasons.first() {
        Some(reason) => Err(reason.clone()),
        None if recording.trails.is_empty() => {
            Err("no trail that writes there is seen with these credentials".to_owned())
        }
        None => Ok(recording),
    }
}

/// A warning that is no reason to stop.
pub(super) fn tell_unknown(reason: &str, console: &Console) {
    console.note(format!(
        "what the trails record is not known ({reason}); classes of events are told from what was seen. `--event-selectors FILE` tells it"
    ));
}

#[cfg(test)]
mod tests {
    use super::{Location, is_of_aws};
    use std::path::Path;

    #[test]
    fn locations_and_endpoints() {
        let at = |text: &str| Location::parse(Path::new(text)).map(|found| found.map(|at| (at.bucket, at.prefix)).ok());
        let some = |bucket: &str, prefix: &str| Some(Some((bucket.to_owned(), prefix.to_owned())));
        assert_eq!(at("s3://logs"), some("logs", ""));
        assert_eq!(at("s3://logs/a/b/"), some("logs", "a/b/"));
        assert_eq!((at("s3:///a"), at("logs"), at("s3:/logs")), (Some(None), None, None));
        assert!(
            is_of_aws("https://s3.eu-west-1.amazonaws.com/") && is_of_aws("https://s3.cn-north-1.amazonaws.com.cn")
        );
        assert!(!is_of_aws("http://127.0.0.1:9000") && !is_of_aws("http://localhost:9000/s3.amazonaws.com"));
    }
}
