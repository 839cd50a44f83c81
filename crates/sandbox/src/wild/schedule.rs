//! When things happen, from where, and which calls they are.

use super::DAY_S;

/// Regions the company uses.
pub(crate) const REGIONS: &[&str] = &["ap-northeast-1", "us-east-1", "us-west-2", "eu-west-1"];

/// A call of AWS's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    /// `s3` of `s3.amazonaws.com`, which is also what IAM calls the service here, but for `monitoring`.
    pub(crate) source: &'static str,
    pub(crate) name: &'static str,
    pub(crate) is_read: bool,
    /// A data event.
    pub(crate) is_data: bool,
    /// CloudTrail never tells of it.
    pub(crate) is_silent: bool,
}

const fn read(source: &'static str, name: &'static str) -> Call {
    Call { source, name, is_read: true, is_data: false, is_silent: false }
}

const fn write(source: &'static str, name: &'static str) -> Call {
    Call { is_read: false, ..read(source, name) }
}

const fn data(source: &'static str, name: &'static str, is_read: bool) -> Call {
    Call { is_read, is_data: true, ..read(source, name) }
}

pub(crate) const SEND_MAIL: Call = Call { is_silent: true, ..write("ses", "SendRawEmail") };
/// Not among the events that CloudTrail has of this service.
pub(crate) const SHIP_LOGS: Call = Call { is_silent: true, ..write("logs", "PutLogEvents") };
pub(crate) const WHO_AM_I: Call = read("sts", "GetCallerIdentity");
pub(crate) const SESSION: Call = read("sts", "GetSessionToken");
pub(crate) const SIGN_IN: Call = write("signin", "ConsoleLogin");

/// What people look at and change. Which of it somebody favours is up to them.
pub(crate) const BY_HAND: &[Call] = &[
    read("ec2", "DescribeInstances"),
    read("ec2", "DescribeSecurityGroups"),
    read("ec2", "DescribeVpcs"),
    read("ec2", "DescribeSubnets"),
    read("ec2", "DescribeImages"),
    read("ec2", "DescribeVolumes"),
    read("ec2", "DescribeAddresses"),
    read("ec2", "DescribeSnapshots"),
    read("ec2", "DescribeNetworkInterfaces"),
    read("ec2", "DescribeRouteTables"),
    read("ec2", "DescribeKeyPairs"),
    read("ec2", "DescribeRegions"),
    write("ec2", "AuthorizeSecurityGroupIngress"),
    write("ec2", "RevokeSecurityGroupIngress"),
    write("ec2", "StartInstances"),
    write("ec2", "StopInstances"),
    write("ec2", "RunInstances"),
    write("ec2", "TerminateInstances"),
    write("ec2", "CreateTags"),
    write("ec2", "CreateImage"),
    read("s3", "ListBuckets"),
    read("s3", "GetBucketLocation"),
    read("s3", "GetBucketPolicy"),
    read("s3", "GetBucketAcl"),
    read("s3", "GetBucketCors"),
    read("s3", "GetBucketVersioning"),
    write("s3", "PutBucketPolicy"),
    write("s3", "CreateBucket"),
    write("s3", "PutBucketCors"),
    data("s3", "GetObject", true),
    data("s3", "ListObjects", true),
    data("s3", "PutObject", false),
    data("s3", "HeadObject", true),
    read("lambda", "ListFunctions20150331"),
    read("lambda", "GetFunction20150331v2"),
    read("lambda", "GetFunctionConfiguration20150331v2"),
    write("lambda", "UpdateFunctionConfiguration20150331v2"),
    data("lambda", "Invoke", false),
    read("logs", "DescribeLogGroups"),
    read("logs", "FilterLogEvents"),
    read("logs", "DescribeLogStreams"),
    read("logs", "GetLogEvents"),
    write("logs", "StartQuery"),
    read("monitoring", "DescribeAlarms"),
    read("monitoring", "ListMetrics"),
    read("monitoring", "GetMetricData"),
    write("monitoring", "PutMetricAlarm"),
    read("rds", "DescribeDBInstances"),
    read("rds", "DescribeDBClusters"),
    read("rds", "DescribeDBSnapshots"),
    write("rds", "ModifyDBInstance"),
    write("rds", "CreateDBSnapshot"),
    read("ecs", "ListClusters"),
    read("ecs", "ListServices"),
    read("ecs", "DescribeServices"),
    read("ecs", "DescribeTasks"),
    read("ecs", "ListTasks"),
    read("ecs", "DescribeTaskDefinition"),
    write("ecs", "UpdateService"),
    read("iam", "ListUsers"),
    read("iam", "GetUser"),
    read("iam", "ListRoles"),
    read("iam", "GetRole"),
    read("iam", "ListPolicies"),
    read("iam", "ListAttachedUserPolicies"),
    write("iam", "ChangePassword"),
    read("dynamodb", "ListTables"),
    read("dynamodb", "DescribeTable"),
    data("dynamodb", "Query", true),
    data("dynamodb", "Scan", true),
    data("dynamodb", "PutItem", false),
    read("cloudformation", "DescribeStacks"),
    read("cloudformation", "ListStacks"),
    read("cloudformation", "DescribeStackEvents"),
    write("cloudformation", "UpdateStack"),
    read("route53", "ListHostedZones"),
    read("route53", "ListResourceRecordSets"),
    write("route53", "ChangeResourceRecordSets"),
    read("secretsmanager", "ListSecrets"),
    read("secretsmanager", "GetSecretValue"),
    read("ssm", "DescribeParameters"),
    read("ssm", "GetParameter"),
    write("ssm", "StartSession"),
    read("ecr", "DescribeRepositories"),
    read("ecr", "GetAuthorizationToken"),
    read("cloudfront", "ListDistributions2020_05_31"),
    write("cloudfront", "CreateInvalidation2020_05_31"),
    read("elasticloadbalancing", "DescribeLoadBalancers"),
    read("elasticloadbalancing", "DescribeTargetHealth"),
    read("kms", "ListKeys"),
    read("kms", "DescribeKey"),
    read("ce", "GetCostAndUsage"),
    read("sts", "GetCallerIdentity"),
    read("organizations", "DescribeOrganization"),
    read("athena", "GetQueryExecution"),
    write("athena", "StartQueryExecution"),
];

/// What people without engineering look at.
pub(crate) const OFFICE: &[Call] = &[
    read("ce", "GetCostAndUsage"),
    read("ce", "GetCostForecast"),
    read("ce", "GetDimensionValues"),
    read("budgets", "DescribeBudgets"),
    read("s3", "ListBuckets"),
    read("s3", "GetBucketLocation"),
    data("s3", "ListObjects", true),
    data("s3", "GetObject", true),
    data("s3", "PutObject", false),
    read("cloudfront", "ListDistributions2020_05_31"),
    write("cloudfront", "CreateInvalidation2020_05_31"),
    read("monitoring", "DescribeAlarms"),
    read("ses", "ListIdentities"),
    read("ec2", "DescribeRegions"),
    read("health", "DescribeEventAggregates"),
];

/// What programs do, again and again.
pub(crate) const SCRIPTS: &[&[Call]] = &[
    &[
        read("s3", "GetBucketLocation"),
        data("s3", "ListObjects", true),
        data("s3", "GetObject", true),
        data("s3", "PutObject", false),
    ],
    &[
        read("ec2", "DescribeInstances"),
        write("ec2", "CreateSnapshot"),
        read("ec2", "DescribeSnapshots"),
        write("ec2", "DeleteSnapshot"),
    ],
    &[read("rds", "DescribeDBSnapshots"), write("rds", "CreateDBSnapshot"), write("rds", "DeleteDBSnapshot")],
    &[
        data("dynamodb", "Query", true),
        data("dynamodb", "PutItem", false),
        data("sqs", "ReceiveMessage", true),
        data("sqs", "DeleteMessage", false),
    ],
    &[read("ec2", "DescribeInstances"), write("ec2", "StartInstances"), write("ec2", "StopInstances")],
    &[read("secretsmanager", "GetSecretValue"), data("s3", "PutObject", false)],
    &[read("athena", "GetQueryExecution"), write("athena", "StartQueryExecution"), data("s3", "GetObject", true)],
    &[read("logs", "DescribeLogGroups"), write("logs", "CreateExportTask")],
    &[read("ssm", "GetParameter"), read("kms", "Decrypt"), data("s3", "GetObject", true)],
];
pub(crate) const DATA_ONLY: &[Call] = &[data("s3", "GetObject", true), data("s3", "PutObject", false)];
pub(crate) const DEPLOY: &[Call] = &[
    read("ecr", "GetAuthorizationToken"),
    read("ecr", "BatchCheckLayerAvailability"),
    write("ecr", "PutImage"),
    read("ecs", "DescribeTaskDefinition"),
    write("ecs", "RegisterTaskDefinition"),
    write("ecs", "UpdateService"),
    read("ecs", "DescribeServices"),
];
pub(crate) const TERRAFORM: &[Call] = &[
    WHO_AM_I,
    read("ec2", "DescribeVpcs"),
    read("ec2", "DescribeSubnets"),
    read("ec2", "DescribeSecurityGroups"),
    read("ec2", "DescribeRouteTables"),
    read("iam", "GetRole"),
    read("iam", "ListRolePolicies"),
    read("iam", "ListAttachedRolePolicies"),
    read("s3", "GetBucketPolicy"),
    read("s3", "GetBucketVersioning"),
    read("rds", "DescribeDBInstances"),
    read("ecs", "DescribeServices"),
    read("elasticloadbalancing", "DescribeLoadBalancers"),
    data("s3", "GetObject", true),
    data("dynamodb", "PutItem", false),
    data("dynamodb", "GetItem", true),
    write("ec2", "AuthorizeSecurityGroupIngress"),
    write("ecs", "UpdateService"),
];
pub(crate) const WATCHING: &[Call] = &[
    read("monitoring", "GetMetricData"),
    read("monitoring", "ListMetrics"),
    read("ec2", "DescribeInstances"),
    read("rds", "DescribeDBInstances"),
    read("elasticloadbalancing", "DescribeLoadBalancers"),
    read("lambda", "ListFunctions20150331"),
    read("tagging", "GetResources"),
];

/// Where the company's machines and people sit.
#[derive(Debug, Clone)]
pub(crate) struct Offices {
    /// Addresses behind which everybody in an office is, people and machines.
    pub(crate) offices: Vec<[u8; 3]>,
    /// The VPN's way out, in a cloud.
    pub(crate) vpn: [u8; 3],
    /// Office hours begin about here (UTC; Japan's nine o'clock is midnight).
    pub(crate) opening_hour: i64,
}

impl Offices {
    pub(crate) fn draw(random: &mut fastrand::Rng) -> Self {
        let offices = (0..random.usize(1..4)).map(|_| [203, random.u8(0..250), random.u8(0..250)]).collect();
        Self { offices, vpn: [52, random.u8(60..80), random.u8(0..250)], opening_hour: random.i64(0..2) }
    }

    pub(crate) fn office(&self, random: &mut fastrand::Rng) -> [u8; 3] {
        random.choice(&self.offices).copied().unwrap_or([203, 0, 113])
    }
}

/// Where calls come from.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// One of these networks each day.
    Networks(Vec<[u8; 3]>),
    /// Another address with each run, of a cloud's many.
    Anywhere(&'static [[u8; 2]]),
}

impl Place {
    pub(crate) fn of_day(&self, random: &mut fastrand::Rng) -> [u8; 4] {
        match self {
            Self::Networks(networks) => {
                let [a, b, c] = random.choice(networks).copied().unwrap_or([192, 0, 2]);
                [a, b, c, random.u8(2..12)]
            }
            Self::Anywhere(ranges) => {
                let [a, b] = random.choice(*ranges).copied().unwrap_or([20, 0]);
                [a, b, random.u8(0..255), random.u8(1..255)]
            }
        }
    }
}

/// With what a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credential {
    /// Signed in to the console.
    Console {
        /// With a second factor.
        mfa: bool,
    },
    /// The user's first or second key.
    Key(usize),
    /// A session that the user opened with a second factor.
    Session,
}

/// One call that was made.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) time_s: i64,
    pub(crate) call: Call,
    pub(crate) credential: Credential,
    pub(crate) agent: &'static str,
    pub(crate) address: [u8; 4],
    pub(crate) region: &'static str,
    pub(crate) is_denied: bool,
}

/// When.
#[derive(Debug, Clone)]
pub(crate) enum Timetable {
    /// A person at work: first hour of the day (UTC), on how many of a hundred working days, sittings a day, also at weekends sometimes.
    Person { from_hour: i64, hours: i64, days_percent: u32, sittings: i64, weekend_percent: u32 },
    /// A timer at these hours and this minute, on these weekdays (bit 0 is Monday); it fails to run now and then.
    Timer { hours: Vec<i64>, minute: i64, weekdays: u8, miss_percent: u32 },
    /// A timer on one day of the month.
    Monthly { day: i8, hour: i64, miss_percent: u32 },
    /// Every so many minutes, day and night.
    Polling { minutes: i64 },
    /// When somebody pushes or uploads: in working hours, so many times on a working day (in hundredths).
    OnEvent { from_hour: i64, hours: i64, per_hundred_days: u32 },
    /// On a few days only, so many seconds before the inventory.
    Once { ago_s: Vec<i64> },
}

impl Timetable {
    /// Beginnings of runs on a day (since 1970).
    pub(crate) fn starts(&self, day: i64, inventory_s: i64, random: &mut fastrand::Rng) -> Vec<i64> {
        let weekday = (day + 3).rem_euclid(7);
        let is_weekend = weekday >= 5;
        let midnight = day * DAY_S;
        match self {
            Self::Person { from_hour, hours, days_percent, sittings, weekend_percent } => {
                let percent = if is_weekend { *weekend_percent } else { *days_percent };
                if random.u32(0..100) >= percent {
                    return Vec::new();
                }
                let number = random.i64(1..=(*sittings * 2 - 1).max(1));
                (0..number).map(|_| midnight + from_hour * 3600 + random.i64(0..hours * 3600)).collect()
            }
            Self::Timer { hours, minute, weekdays, miss_percent } => {
                if weekdays >> weekday & 1 == 0 {
                    return Vec::new();
                }
                let runs = hours.iter().map(|hour| midnight + hour * 3600 + minute * 60 + random.i64(0..50));
                runs.collect::<Vec<_>>().into_iter().filter(|_| random.u32(0..100) >= *miss_percent).collect()
            }
            Self::Monthly { day: wanted, hour, miss_percent } => {
                let date = jiff::Timestamp::from_second(midnight).map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).day());
                let runs = date.is_ok_and(|date| date == *wanted) && random.u32(0..100) >= *miss_percent;
                if runs { vec![midnight + hour * 3600 + random.i64(0..600)] } else { Vec::new() }
            }
            Self::Polling { minutes } => {
                let first = random.i64(0..minutes * 60);
                (0..DAY_S / (minutes * 60)).map(|run| midnight + first + run * minutes * 60).collect()
            }
            Self::OnEvent { from_hour, hours, per_hundred_days } => {
                let today = if is_weekend { per_hundred_days / 12 } else { *per_hundred_days };
                let number = today / 100 + u32::from(random.u32(0..100) < today % 100);
                (0..number).map(|_| midnight + from_hour * 3600 + random.i64(0..hours * 3600)).collect()
            }
            Self::Once { ago_s } => {
                let times = ago_s.iter().map(|ago_s| inventory_s - ago_s);
                times.filter(|time| time.div_euclid(DAY_S) == day).collect()
            }
        }
    }
}
