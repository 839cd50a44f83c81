//! A log of an invented organization, the same for the same seed: accounts, users with keys, roles with sessions, people, services;
//! every principal calls its own few actions, in bursts, and leaves records whose parts repeat as much as real ones do.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;

/// What to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Files.
    pub(crate) files: usize,
    /// All of them together, decompressed.
    pub(crate) bytes: u64,
    /// How many files have the same size: a log that is longer by so many times, of objects that are no larger.
    pub(crate) times: usize,
    /// All accounts and principals are about as busy, so that a short log names all of them, too.
    pub(crate) is_even: bool,
}

/// What was made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Made {
    pub(crate) text_bytes: u64,
    pub(crate) stored_bytes: u64,
}

const REGIONS: [&str; 5] = ["us-east-1", "eu-west-1", "us-west-2", "eu-central-1", "ap-southeast-2"];
const SERVICES: [&str; 10] = ["s3", "ec2", "kms", "sts", "dynamodb", "lambda", "iam", "ssm", "logs", "secretsmanager"];
const VERBS: [&str; 8] = ["Get", "List", "Describe", "Put", "Create", "Delete", "Update", "Decrypt"];
const NOUNS: [&str; 12] = [
    "Object",
    "Item",
    "Instances",
    "Parameter",
    "Key",
    "Role",
    "Policy",
    "Function",
    "Stream",
    "Table",
    "Secret",
    "Volume",
];
const AGENTS: [&str; 5] = [
    "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#5.10.210 md/arch#x86_64 lang/python#3.11.6 cfg/retry-mode#legacy",
    "aws-sdk-go-v2/1.30.3 ua/2.1 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/s3#1.58.2",
    "APN/1.0 HashiCorp/1.0 Terraform/1.7.4 (+https://www.terraform.io) aws-sdk-go-v2/1.25.2 os/linux lang/go#1.21.7",
    "aws-cli/2.15.24 md/awscrt#0.19.19 ua/2.0 os/macos#23.3.0 md/arch#arm64 lang/python#3.11.8",
    "aws-sdk-go/1.50.8 (go1.21.6; linux; arm64) sidecar-\\\"proxy\\\"/0.11",
];
/// The first second of the log: 2026-03-02, a Monday.
const START_S: u64 = 1_772_409_600;
const DAYS: u64 = 28;
const ACCOUNTS: u64 = 12;
/// Principals of an account, of each of the four kinds.
const USERS: u64 = 30;
const ROLES: u64 = 100;
const PEOPLE: u64 = 25;

/// Writes the files below this folder.
pub(crate) fn write(folder: &Path, size: Size, seed: u64, threads: usize) -> Result<Made, String> {
    // Many small files and a few large ones, as in a real bucket.
    let mut random = Rng::with_seed(seed);
    let weights: Vec<f64> = (0..size.files).map(|_| (-random.f64().max(1e-9).ln()).powf(1.6) + 0.01).collect();
    let weights: Vec<f64> =
        (0..size.files).filter_map(|number| weights.get(number / size.times.max(1))).copied().collect();
    let sum: f64 = weights.iter().sum();
    let next = AtomicUsize::new(0);
    let results: Vec<Result<Made, String>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut made = Made::default();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(weight) = weights.get(number) else { return Ok(made) };
                        #[expect(
                            clippy::cast_precision_loss,
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "a size"
                        )]
                        let bytes = (size.bytes as f64 * weight / sum) as usize;
                        let one = file(folder, seed, (number as u64, size), bytes.clamp(1500, 24_000_000))?;
                        made.text_bytes += one.text_bytes;
                        made.stored_bytes += one.stored_bytes;
                    }
                })
            })
            .collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.map(|result| result.unwrap_or_else(|_| Err("a worker stopped".to_owned()))).collect()
    });
    let mut made = Made::default();
    for result in results {
        let one = result?;
        made.text_bytes += one.text_bytes;
        made.stored_bytes += one.stored_bytes;
    }
    Ok(made)
}

fn file(folder: &Path, seed: u64, (number, size): (u64, Size), bytes: usize) -> Result<Made, String> {
    let mut random = Rng::with_seed(seed ^ (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let skewed = random.u64(0..ACCOUNTS) * random.u64(0..ACCOUNTS) / ACCOUNTS;
    let account = if size.is_even { number / size.times.max(1) as u64 % ACCOUNTS } else { skewed };
    let region = REGIONS.get(random.usize(0..REGIONS.len())).copied().unwrap_or_default();
    let delivered = START_S + random.u64(0..DAYS * 288) * 300;
    let mut text = String::with_capacity(bytes + 4096);
    text.push_str("{\"Records\":[");
    let mut caller = Caller::new(account, size.is_even, &mut random);
    let (mut left, mut time) = (0, delivered - 900);
    while text.len() < bytes {
        if left == 0 {
            caller = Caller::new(account, size.is_even, &mut random);
            time = delivered - 60 - random.u64(0..800);
            left = 1 + random.usize(0..20);
        }
        left -= 1;
        if !text.ends_with('[') {
            text.push(',');
        }
        caller.record(time, region, &mut random, &mut text);
    }
    text.push_str("]}");
    let packed = trail::gzip(text.as_bytes()).ok_or("there is no memory")?;
    let (year, month, day) = date(delivered);
    let account = caller.account;
    let place = folder.join(format!("AWSLogs/o-bench/{account}/CloudTrail/{region}/{year}/{month:02}/{day:02}"));
    fs::create_dir_all(&place).map_err(|error| error.to_string())?;
    let minute = delivered / 60 % 1440;
    let name = format!(
        "{account}_CloudTrail_{region}_{year}{month:02}{day:02}T{:02}{:02}Z_{number:016x}.json.gz",
        minute / 60,
        minute % 60
    );
    fs::write(place.join(name), &packed).map_err(|error| error.to_string())?;
    Ok(Made { text_bytes: text.len() as u64, stored_bytes: packed.len() as u64 })
}

/// March 2026, and April where the last delivery spills over.
fn date(seconds: u64) -> (u64, u64, u64) {
    let day = 2 + (seconds - START_S) / 86_400;
    if day > 31 { (2026, 4, day - 31) } else { (2026, 3, day) }
}

/// Who calls.
struct Caller {
    account: String,
    /// Which of the account's principals: decides its actions, its agent, its address.
    principal: u64,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    User,
    Role,
    Person,
    Service,
}

impl Caller {
    fn new(account: u64, is_even: bool, random: &mut Rng) -> Self {
        let pick = random.u64(0..100);
        let (kind, number) = match pick {
            0..25 => (Kind::User, random.u64(0..USERS)),
            25..75 => {
                let (role, other) = (random.u64(0..ROLES), random.u64(0..ROLES));
                (Kind::Role, if is_even { role } else { role * other / ROLES })
            }
            75..85 => (Kind::Person, random.u64(0..PEOPLE)),
            _ => (Kind::Service, random.u64(0..8)),
        };
        let account = format!("{:012}", 111_122_223_333 + account * 7_777_777_777);
        Self { account, principal: number, kind }
    }

    fn record(&self, time: u64, region: &str, random: &mut Rng, out: &mut String) {
        let (year, month, day) = date(time.max(START_S));
        let second = time % 86_400;
        let stamp =
            format!("{year}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60);
        let mut fixed = Rng::with_seed(self.principal ^ (self.kind as u64) << 32);
        let choices: Vec<u64> = (0..3 + fixed.u64(0..9)).map(|_| fixed.u64(0..u64::MAX)).collect();
        let choice = choices.get(random.usize(0..choices.len())).copied().unwrap_or_default();
        let of = |list: &[&'static str], shift: u32| {
            let place = usize::try_from(choice >> shift & 0xffff).unwrap_or_default();
            list.get(place % list.len()).copied().unwrap_or_default()
        };
        let (service, verb, noun) = (of(&SERVICES, 0), of(&VERBS, 16), of(&NOUNS, 32));
        let agent =
            AGENTS.get(usize::try_from(self.principal).unwrap_or_default() % AGENTS.len()).copied().unwrap_or_default();
        let address = match self.kind {
            Kind::Service => format!("{service}.amazonaws.com"),
            Kind::Person => format!("81.2.{}.{}", self.principal, 1 + random.u64(0..4)),
            _ => format!("10.{}.{}.{}", self.principal % 250, time / 3600 % 250, random.u64(0..30)),
        };
        let _ = write!(out, "{{\"eventVersion\":\"1.11\",\"userIdentity\":{}", self.identity(time, random));
        let _ = write!(
            out,
            ",\"eventTime\":\"{stamp}\",\"eventSource\":\"{service}.amazonaws.com\",\"eventName\":\"{verb}{noun}\",\"awsRegion\":\"{region}\",\"sourceIPAddress\":\"{address}\",\"userAgent\":\"{agent}\","
        );
        if random.u64(0..28) == 0 {
            let arn = format!("arn:aws:iam::{}:user/x", self.account);
            let _ = write!(
                out,
                "\"errorCode\":\"AccessDenied\",\"errorMessage\":\"User: {arn} is not authorized to perform: {service}:{verb}{noun} because no identity-based policy allows the {service}:{verb}{noun} action\","
            );
        }
        self.parameters(choice, service, random, out);
        let is_read = matches!(verb, "Get" | "List" | "Describe" | "Decrypt");
        let is_data = matches!(service, "s3" | "dynamodb");
        let _ = write!(
            out,
            ",\"requestID\":\"{}\",\"eventID\":\"{}\",\"readOnly\":{is_read},\"resources\":[{{\"accountId\":\"{account}\",\"type\":\"AWS::{service}::{noun}\",\"ARN\":\"arn:aws:{service}:{region}:{account}:{noun}/{}\"}}],\"eventType\":\"AwsApiCall\",\"apiVersion\":\"2012-08-10\",\"managementEvent\":{},\"recipientAccountId\":\"{account}\",\"eventCategory\":\"{}\",\"tlsDetails\":{{\"tlsVersion\":\"TLSv1.3\",\"cipherSuite\":\"TLS_AES_128_GCM_SHA256\",\"clientProvidedHostHeader\":\"{service}.{region}.amazonaws.com\"}}}}",
            uuid(random),
            uuid(random),
            choice % 997,
            !is_data,
            if is_data { "Data" } else { "Management" },
            account = self.account,
        );
    }

    fn identity(&self, time: u64, random: &mut Rng) -> String {
        let (account, number) = (&self.account, self.principal);
        match self.kind {
            Kind::User => format!(
                "{{\"type\":\"IAMUser\",\"principalId\":\"AIDA{number:016}\",\"arn\":\"arn:aws:iam::{account}:user/service/app-{number:02}\",\"accountId\":\"{account}\",\"accessKeyId\":\"AKIA{number:016}\",\"userName\":\"app-{number:02}\"}}"
            ),
            Kind::Service => "{\"type\":\"AWSService\",\"invokedBy\":\"ec2.amazonaws.com\"}".to_owned(),
            Kind::Role | Kind::Person => {
                let is_person = self.kind == Kind::Person;
                // Instances of a role, and a new key for each a few times a day.
                let instance = random.u64(0..12) * random.u64(0..12) / 12;
                let session = if is_person {
                    format!("person{number}@example.com")
                } else {
                    format!("i-{:017x}", number * 100 + instance)
                };
                let key = (time / 21_600) * 100_000 + number * 100 + instance;
                let role = if is_person {
                    format!("AWSReservedSSO_Set{}_0123456789abcdef", number % 4)
                } else {
                    format!("app-{number:03}-role")
                };
                format!(
                    "{{\"type\":\"AssumedRole\",\"principalId\":\"AROA{number:016}:{session}\",\"arn\":\"arn:aws:sts::{account}:assumed-role/{role}/{session}\",\"accountId\":\"{account}\",\"accessKeyId\":\"ASIA{key:016}\",\"sessionContext\":{{\"sessionIssuer\":{{\"type\":\"Role\",\"principalId\":\"AROA{number:016}\",\"arn\":\"arn:aws:iam::{account}:role/{role}\",\"accountId\":\"{account}\",\"userName\":\"{role}\"}},\"webIdFederationData\":{{}},\"attributes\":{{\"creationDate\":\"2026-03-02T00:00:00Z\",\"mfaAuthenticated\":\"{is_person}\"}}}}}}"
                )
            }
        }
    }

    /// `requestParameters` and `responseElements`: shapes that belong to the action, values that change.
    fn parameters(&self, choice: u64, service: &str, random: &mut Rng, out: &mut String) {
        let mut shape = Rng::with_seed(choice);
        out.push_str("\"requestParameters\":");
        match shape.u64(0..6) {
            0 => out.push_str("null"),
            1 => {
                // A policy as text: quotes and backslashes, and names that look like a record's.
                let _ = write!(
                    out,
                    "{{\"policyArn\":\"arn:aws:iam::{}:policy/app\",\"policyDocument\":\"{{\\n  \\\"Version\\\": \\\"2012-10-17\\\",\\n  \\\"Statement\\\": [{{\\\"Sid\\\": \\\"errorCode\\\", \\\"Action\\\": [\\\"{service}:*\\\"], \\\"Resource\\\": \\\"*\\\", \\\"Condition\\\": {{\\\"StringLike\\\": {{\\\"eventTime\\\": \\\"\\\\\\\\{}\\\"}}}}}}]\\n}}\"}}",
                    self.account,
                    random.u64(0..1000)
                );
            }
            _ => members(&mut shape, random, 2, out),
        }
        out.push_str(",\"responseElements\":");
        if shape.u64(0..2) == 0 {
            out.push_str("null");
        } else {
            members(&mut shape, random, 3, out);
        }
    }
}

fn members(shape: &mut Rng, random: &mut Rng, depth: u32, out: &mut String) {
    out.push('{');
    for number in 0..2 + shape.u64(0..5) {
        if number > 0 {
            out.push(',');
        }
        let name = NOUNS.get(shape.usize(0..NOUNS.len())).copied().unwrap_or_default();
        let _ = write!(
            out,
            "\"{}{name}{number}\":",
            ["request", "source", "target"].get(shape.usize(0..3)).copied().unwrap_or_default()
        );
        match shape.u64(0..6) {
            0 | 1 if depth > 0 => members(shape, random, depth - 1, out),
            0 => out.push_str("true"),
            1 => drop(write!(out, "{}", random.u64(0..100_000))),
            2 => drop(write!(out, "[\"{}\",\"{name}\"]", uuid(random))),
            3 => drop(write!(out, "\"app-data-lake-prod-{}\"", random.u64(0..50))),
            4 => drop(write!(out, "\"events/dt=2026-03-02/hour=11/part-{:05}.snappy.parquet\"", random.u64(0..5000))),
            _ => drop(write!(out, "\"arn:aws:{name}:eu-west-1:111122223333:item/{}\"", random.u64(0..500))),
        }
    }
    out.push('}');
}

fn uuid(random: &mut Rng) -> String {
    let number = random.u128(..);
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        number >> 96,
        number >> 80 & 0xffff,
        number >> 68 & 0xfff,
        number >> 56 & 0xfff,
        number & 0xffff_ffff_ffff
    )
}
