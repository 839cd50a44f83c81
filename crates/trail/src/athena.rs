//! The same evidence from Amazon Athena over the organization's bucket: the table, the query, and what its rows come to.
//!
//! The query reads the log once and sends aggregates only. It folds principals, as the names of sessions are many; addresses and user agents
//! come as they stand and are folded here, by the same code that folds them elsewhere. Everything is one list of
//! texts for each record (`action|s3.amazonaws.com:GetObject`, `region|eu-west-1`, …), counted by principal.
//!
//! Written for Athena's engine 3 (Trino). CloudTrail's own SerDe reads the files: `org.apache.hive.hcatalog.data.JsonSerDe` over
//! `com.amazon.emr.cloudtrail.CloudTrailInputFormat`, as AWS documents it:
//! <https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-partition-projection.html>

mod rows;

use std::fmt::Write;

use crate::time::{DAY_S, text};

pub use rows::{Row, RowError, add_row};

/// Where the log is, and what of it counts.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Database of the table.
    pub database: String,
    /// Name of the table.
    pub table: String,
    /// The folder of the accounts: `s3://bucket/prefix/AWSLogs/o-exampleorg1`, without a slash at its end.
    pub location: String,
    /// The accounts whose log is read.
    pub accounts: Vec<String>,
    /// The regions whose log is read.
    pub regions: Vec<String>,
    /// The first day there is, since 1970.
    pub first_day: i64,
}

/// The part of the log that a query reads.
#[derive(Debug, Clone, Default)]
pub struct Span {
    /// The first instant, in seconds since 1970.
    pub since_s: Option<i64>,
    /// The first instant that is out.
    pub until_s: Option<i64>,
    /// These accounts only, where there are some.
    pub accounts: Vec<String>,
    /// These regions only, where there are some.
    pub regions: Vec<String>,
}

/// A text in SQL.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name in Trino's SQL.
fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A text within the double quotes of Hive's table properties: none that could end it, or begin another statement.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:+=@,".contains(&byte))
}

/// What a table cannot be named or where it cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot stand in the definition of a table")]
pub struct UnusableName(pub String);

/// The statement that makes the table, with partitions that are computed: nothing has to be added when days, accounts or regions come.
///
/// # Errors
/// When a name or place holds characters that have a meaning there.
pub fn table(place: &Place) -> Result<String, UnusableName> {
    let parts = [&place.database, &place.table, &place.location];
    if let Some(bad) = parts.into_iter().chain(&place.accounts).chain(&place.regions).find(|part| !is_plain(part)) {
        return Err(UnusableName(bad.clone()));
    }
    let day = text(place.first_day.saturating_mul(DAY_S)).replace('-', "/");
    let first_day = day.get(..10).unwrap_or("1970/01/01");
    let mut sql = format!("CREATE EXTERNAL TABLE IF NOT EXISTS `{}`.`{}` (\n", place.database, place.table);
    for (number, (column, kind)) in COLUMNS.iter().enumerate() {
        let _ = writeln!(sql, "  `{column}` {kind}{}", if number + 1 < COLUMNS.len() { "," } else { "" });
    }
    let _ = write!(
        sql,
        ")\nPARTITIONED BY (`account` string, `region` string, `day` string)\n\
        ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'\n\
        STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'\n\
        OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'\n\
        LOCATION '{location}/'\n\
        TBLPROPERTIES (\n\
        \x20 'projection.enabled'='true',\n\
        \x20 'projection.account.type'='enum', 'projection.account.values'='{accounts}',\n\
        \x20 'projection.region.type'='enum', 'projection.region.values'='{regions}',\n\
        \x20 'projection.day.type'='date', 'projection.day.format'='yyyy/MM/dd', 'projection.day.range'='{first_day},NOW',\n\
        \x20 'projection.day.interval'='1', 'projection.day.interval.unit'='DAYS',\n\
        \x20 'storage.location.template'='{location}/${{account}}/CloudTrail/${{region}}/${{day}}'\n)",
        location = place.location,
        accounts = place.accounts.join(","),
        regions = place.regions.join(","),
    );
    Ok(sql)
}

/// Columns of a log file, in Hive's types. Structures whose shape differs from call to call are texts.
const COLUMNS: [(&str, &str); 25] = [
    ("eventversion", "string"),
    (
        "useridentity",
        "struct<type:string,principalid:string,arn:string,accountid:string,invokedby:string,accesskeyid:string,username:string,identityprovider:string,onbehalfof:struct<userid:string,identitystorearn:string>,sessioncontext:struct<attributes:struct<mfaauthenticated:string,creationdate:string>,sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,ec2roledelivery:string,sourceidentity:string,webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>>>",
    ),
    ("eventtime", "string"),
    ("eventsource", "string"),
    ("eventname", "string"),
    ("awsregion", "string"),
    ("sourceipaddress", "string"),
    ("useragent", "string"),
    ("errorcode", "string"),
    ("errormessage", "string"),
    ("requestparameters", "string"),
    ("responseelements", "string"),
    ("additionaleventdata", "string"),
    ("requestid", "string"),
    ("eventid", "string"),
    ("readonly", "string"),
    ("resources", "array<struct<arn:string,accountid:string,type:string>>"),
    ("eventtype", "string"),
    ("apiversion", "string"),
    ("managementevent", "string"),
    ("recipientaccountid", "string"),
    ("sharedeventid", "string"),
    ("vpcendpointid", "string"),
    ("eventcategory", "string"),
    ("sessioncredentialfromconsole", "string"),
];

/// The query over a table. Its columns are those of [`Row`], in this order.
#[must_use]
pub fn query(place: &Place, span: &Span) -> String {
    let from = format!("{}.{}", name(&place.database), name(&place.table));
    let listed = |column: &str, list: &[String]| {
        let list: Vec<String> = list.iter().map(|one| quoted(one)).collect();
        (!list.is_empty()).then(|| format!("{column} IN ({})", list.join(", ")))
    };
    // What is delivered late lies in the folder of a later day.
    let day = |seconds: i64| quoted(&text(seconds).get(..10).unwrap_or_default().replace('-', "/"));
    let conditions = [
        listed("account", &span.accounts),
        listed("region", &span.regions),
        span.since_s.map(|since| format!("day >= {}", day(since - DAY_S))),
        span.until_s.map(|until| format!("day <= {}", day(until + DAY_S))),
        span.since_s.map(|since| format!("eventtime >= {}", quoted(&text(since)))),
        span.until_s.map(|until| format!("eventtime < {}", quoted(&text(until)))),
    ];
    let partitions: String = conditions.into_iter().flatten().fold(String::new(), |mut all, one| {
        let _ = write!(all, "\n    AND {one}");
        all
    });
    QUERY.replace("{from}", &from).replace("{partitions}", &partitions)
}

const QUERY: &str = include_str!("athena/query.sql");
