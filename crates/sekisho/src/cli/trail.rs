//! `sekisho trail`, as types.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::FormatFlag;

/// `trail`
#[derive(Debug, Args)]
pub(crate) struct TrailArguments {
    /// What.
    #[command(subcommand)]
    pub(crate) command: TrailCommand,
}

/// What is asked of the log.
#[derive(Debug, Subcommand)]
pub(crate) enum TrailCommand {
    /// Read log files into evidence: who did what, from where, when last.
    ///
    /// Takes CloudTrail's files as they are (gzip, zip, JSON, one record a line, EventBridge, LookupEvents, CSV of Lake and Athena), folders
    /// of them, and `-` for standard input. What cannot be read is counted and named, and the rest goes on.
    #[command(
        after_help = "Examples:\n  sekisho trail scan AWSLogs\n  sekisho trail scan AWSLogs --since 2026-03-01 --account 111122223333 --out evidence\n  sekisho trail scan AWSLogs --by key --format ndjson > keys.ndjson\n  sekisho trail scan s3://example-logs --since 2026-03-01 --out evidence\n  sekisho trail scan evidence --format parquet > evidence.parquet"
    )]
    Scan(ScanArguments),
    /// One page about a principal (its ARN or its name) or an access key.
    #[command(
        after_help = "Examples:\n  sekisho trail show AKIAIOSFODNN7EXAMPLE evidence\n  sekisho trail show taro AWSLogs --since 2026-03-01"
    )]
    Show(ShowArguments),
    /// What of the log was there: accounts, regions, days, classes of events, gaps, delay of delivery.
    #[command(
        after_help = "Examples:\n  sekisho trail coverage evidence\n  sekisho trail coverage AWSLogs --format json"
    )]
    Coverage(CoverageArguments),
    /// Verify log files against CloudTrail's digests: nothing changed, removed or added since it was delivered.
    ///
    /// Checks the hash of each log file, the chain of digests, and their signatures. Ends with 1 where something was changed or a signature
    /// cannot be checked; what no digest is about is told and leaves that open. In a copied folder a digest's signature is read from a file beside it
    /// (`….json.gz.signature`), else from the next digest.
    #[command(
        after_help = "Examples:\n  sekisho trail verify s3://example-logs --from 2026-03-01 --to 2026-03-08\n  sekisho trail verify AWSLogs --public-keys keys.json --format json"
    )]
    Verify(VerifyArguments),
    /// The same evidence from Amazon Athena over the organization's bucket: for logs too large for one machine.
    ///
    /// Makes the table, with partitions computed by account, region and day, and runs one query that reads the log once. Only aggregates
    /// leave Athena. What it reads is paid for: `--max-bytes` stops it, and so does the workgroup's own limit.
    #[command(
        after_help = "Examples:\n  sekisho trail athena s3://org-trail/AWSLogs/o-exampleorg1 --account 111122223333 --region eu-west-1 --print\n  sekisho trail athena s3://org-trail/AWSLogs/o-exampleorg1 --account 111122223333 --region eu-west-1 --since 2026-03-01 --max-bytes 200000000000 --output s3://results/"
    )]
    Athena(AthenaArguments),
}

/// Where the log is, and which part of it counts.
#[derive(Debug, Args)]
pub(crate) struct TrailInputs {
    /// Log files, folders of them, `s3://BUCKET/PREFIX`, folders that `trail scan --out` wrote, or `-`.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// The first day, or instant, that counts (`2026-03-01`, `2026-03-01T09:00:00Z`); UTC.
    #[arg(long, value_name = "TIME", value_parser = instant, help_heading = "Filters")]
    pub(crate) since: Option<i64>,
    /// The first day, or instant, that counts no more; UTC.
    #[arg(long, value_name = "TIME", value_parser = instant, help_heading = "Filters")]
    pub(crate) until: Option<i64>,
    /// These accounts only.
    #[arg(long = "account", value_name = "ID", help_heading = "Filters")]
    pub(crate) accounts: Vec<String>,
    /// These regions only.
    #[arg(long = "region", value_name = "REGION", help_heading = "Filters")]
    pub(crate) regions: Vec<String>,
    /// Count records with the same eventID once, also from different files; says what memory that took.
    #[arg(long)]
    pub(crate) dedupe: bool,
    /// Named ranges of addresses, one a line: `20.0.0.0/8 azure`.
    #[arg(long, value_name = "FILE")]
    pub(crate) ranges: Option<PathBuf>,
    /// Threads; else one for each processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    /// What the trails record: the output of `aws cloudtrail get-event-selectors` (and `describe-trails`). Else CloudTrail is
    /// asked where a bucket is read.
    #[arg(long, value_name = "FILE")]
    pub(crate) event_selectors: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) bucket: BucketFlags,
}

/// How buckets are read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Buckets")]
pub(crate) struct BucketFlags {
    /// Profile of the AWS configuration; else the standard chain of credentials.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Another endpoint than AWS's own, as `AWS_ENDPOINT_URL`.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Objects read at the same time.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) parallel: u16,
    /// Divides the waits between tries; for tests.
    #[arg(long, value_name = "FACTOR", env = "SEKISHO_RATE_FACTOR", hide = true, value_parser = super::rate_factor)]
    pub(crate) rate_factor: Option<f64>,
    /// Objects that are read before evidence is written down; for tests.
    #[arg(long, value_name = "N", hide = true)]
    pub(crate) batch: Option<usize>,
}

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowsBy {
    /// A principal, its long-lived keys apart, its sessions together.
    Principal,
    /// Account, ARN and access key as they stand in the log, temporary ones as well.
    Key,
}

/// Forms of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    /// For people.
    Text,
    /// For programs: versioned, snake_case, RFC 3339 times.
    Json,
    /// One object a line.
    Ndjson,
    /// One table, for DuckDB, Athena and others: to standard output, which must be a file or a pipe.
    Parquet,
}

/// `trail scan`
#[derive(Debug, Args)]
pub(crate) struct ScanArguments {
    #[command(flatten)]
    pub(crate) inputs: TrailInputs,
    /// What a row stands for.
    #[arg(long, value_enum, default_value_t = RowsBy::Principal, value_name = "WHAT")]
    pub(crate) by: RowsBy,
    /// Keep evidence in this folder, a file for each day, for `trail show` and `trail coverage`. It may hold evidence of an earlier scan: then
    /// only what is new is read, and added. A scan that was ended goes on where it was.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = ScanFormat::Text, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: ScanFormat,
}

/// `trail show`
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// ARN or name of a user or role, an access key, or who opened sessions.
    #[arg(value_name = "PRINCIPAL|KEY")]
    pub(crate) who: String,
    #[command(flatten)]
    pub(crate) inputs: TrailInputs,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
}

/// `trail coverage`
#[derive(Debug, Args)]
pub(crate) struct CoverageArguments {
    #[command(flatten)]
    pub(crate) inputs: TrailInputs,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
}

/// `trail verify`
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// Folder, `s3://BUCKET` or `s3://BUCKET/PREFIX` that holds both `CloudTrail` and `CloudTrail-Digest`.
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// From when on (`2026-03-01`, `2026-03-01T09:00:00Z`); UTC.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) from: Option<i64>,
    /// Until when; UTC.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) to: Option<i64>,
    /// These accounts only.
    #[arg(long = "account", value_name = "ID")]
    pub(crate) accounts: Vec<String>,
    /// These regions only.
    #[arg(long = "region", value_name = "REGION")]
    pub(crate) regions: Vec<String>,
    /// CloudTrail's public keys: the output of `aws cloudtrail list-public-keys`. Else CloudTrail is asked.
    #[arg(long, value_name = "FILE")]
    pub(crate) public_keys: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) bucket: BucketFlags,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
}

/// `trail athena`
#[derive(Debug, Args)]
pub(crate) struct AthenaArguments {
    /// Folder of the accounts in the bucket: `s3://BUCKET/PREFIX/AWSLogs/o-…` (`…/AWSLogs` without an organization).
    #[arg(value_name = "S3-FOLDER")]
    pub(crate) location: String,
    /// These accounts; once for each.
    #[arg(long = "account", value_name = "ID", required = true, help_heading = "Filters")]
    pub(crate) accounts: Vec<String>,
    /// These regions; once for each.
    #[arg(long = "region", value_name = "REGION", required = true, help_heading = "Filters")]
    pub(crate) regions: Vec<String>,
    /// The first day, or instant, that counts (`2026-03-01`, `2026-03-01T09:00:00Z`); UTC.
    #[arg(long, value_name = "TIME", value_parser = instant, help_heading = "Filters")]
    pub(crate) since: Option<i64>,
    /// The first day, or instant, that counts no more; UTC.
    #[arg(long, value_name = "TIME", value_parser = instant, help_heading = "Filters")]
    pub(crate) until: Option<i64>,
    /// Print the table and the query, and do nothing else.
    #[arg(long)]
    pub(crate) print: bool,
    /// Stop when the query has read more than this.
    #[arg(long, value_name = "BYTES", default_value_t = 1_000_000_000_000)]
    pub(crate) max_bytes: u64,
    /// Stop when the query takes longer than this.
    #[arg(long, value_name = "MINUTES", default_value_t = 30)]
    pub(crate) max_minutes: u64,
    /// Named ranges of addresses, one a line: `20.0.0.0/8 azure`.
    #[arg(long, value_name = "FILE")]
    pub(crate) ranges: Option<PathBuf>,
    /// Database of the table; it must be there.
    #[arg(long, value_name = "NAME", default_value = "default", help_heading = "Athena")]
    pub(crate) database: String,
    /// Name of the table. One that is there already is used as it is: name another one for other accounts or regions.
    #[arg(long, value_name = "NAME", default_value = "sekisho_cloudtrail", help_heading = "Athena")]
    pub(crate) table: String,
    /// Workgroup.
    #[arg(long, value_name = "NAME", help_heading = "Athena")]
    pub(crate) workgroup: Option<String>,
    /// Where Athena puts results, if the workgroup does not say: `s3://…`.
    #[arg(long, value_name = "S3-FOLDER", help_heading = "Athena")]
    pub(crate) output: Option<String>,
    /// Region of Athena and of the bucket; else the AWS configuration's.
    #[arg(long, value_name = "REGION", help_heading = "AWS")]
    pub(crate) athena_region: Option<String>,
    /// Profile of the AWS configuration; else the standard chain of credentials.
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    pub(crate) profile: Option<String>,
    /// Another endpoint than AWS's own, as `AWS_ENDPOINT_URL`.
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    pub(crate) endpoint_url: Option<String>,
    /// How much faster than usual to ask; for sandboxes.
    #[arg(long, value_name = "FACTOR", env = "SEKISHO_RATE_FACTOR", hide = true)]
    pub(crate) rate_factor: Option<f64>,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = ScanFormat::Text, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: ScanFormat,
}

/// Seconds since 1970 of a day or an instant.
fn instant(text: &str) -> Result<i64, String> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time.as_second());
    }
    let day = text.parse::<jiff::civil::Date>().and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC));
    day.map(|day| day.timestamp().as_second())
        .map_err(|_| "wanted is a day or an instant: 2026-03-01, 2026-03-01T09:00:00Z".to_owned())
}
