//! Records as CloudTrail writes them.

use super::account::WildUser;
use super::schedule::{Credential, Event, SIGN_IN};

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn time(time_s: i64) -> String {
    jiff::Timestamp::from_second(time_s).unwrap_or_default().to_string()
}

fn id(random: &mut fastrand::Rng) -> String {
    let number = format!("{:032x}", random.u128(..));
    let part = |from: usize, to: usize| number.get(from..to).unwrap_or_default().to_owned();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// The record of a call.
pub(crate) fn of(account: &str, user: &WildUser, event: &Event, random: &mut fastrand::Rng) -> String {
    let name = quoted(&user.name);
    let arn = quoted(&format!("arn:aws:iam::{account}:user/{}", user.name));
    let identity = format!(
        r#""type":"IAMUser","principalId":"{}","arn":{arn},"accountId":"{account}","userName":{name}"#,
        user.id()
    );
    let session = |mfa: bool| {
        format!(
            r#","accessKeyId":"ASIA{account}ABCD","sessionContext":{{"attributes":{{"creationDate":"{}","mfaAuthenticated":"{mfa}"}}}}"#,
            time(event.time_s)
        )
    };
    let is_sign_in = event.call == SIGN_IN;
    let more = match event.credential {
        _ if is_sign_in => String::new(),
        Credential::Console { mfa } => session(mfa),
        Credential::Session => session(true),
        Credential::Key(number) => {
            format!(r#","accessKeyId":"{}""#, user.keys.get(number).map_or("AKIAMISSING", |key| key.id.as_str()))
        }
    };
    let [a, b, c, d] = event.address;
    let call = event.call;
    let denied = if event.is_denied && !is_sign_in {
        r#""errorCode":"AccessDenied","errorMessage":"User is not authorized to perform the operation","#
    } else {
        ""
    };
    let (kind, tail) = if is_sign_in {
        let mfa = if matches!(event.credential, Credential::Console { mfa: true }) { "Yes" } else { "No" };
        let body = format!(
            r#""responseElements":{{"ConsoleLogin":"Success"}},"additionalEventData":{{"LoginTo":"https://console.aws.amazon.com/","MobileVersion":"No","MFAUsed":"{mfa}"}}"#
        );
        ("AwsConsoleSignIn", body)
    } else {
        (
            "AwsApiCall",
            format!(
                r#""requestParameters":{},"responseElements":null{}"#,
                parameters(event),
                resources(account, event)
            ),
        )
    };
    let category = if call.is_data { "Data" } else { "Management" };
    let console = if matches!(event.credential, Credential::Console { .. }) && !is_sign_in {
        r#","sessionCredentialFromConsole":"true""#
    } else {
        ""
    };
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{{identity}{more}}},"eventTime":"{}","eventSource":"{}.amazonaws.com","eventName":"{}","awsRegion":"{}","sourceIPAddress":"{a}.{b}.{c}.{d}","userAgent":{},{denied}{tail},"requestID":"{}","eventID":"{}","readOnly":{},"eventType":"{kind}","managementEvent":{},"recipientAccountId":"{account}","eventCategory":"{category}"{console}}}"#,
        time(event.time_s),
        call.source,
        call.name,
        event.region,
        quoted(event.agent),
        id(random),
        id(random),
        call.is_read,
        !call.is_data,
    )
}

fn parameters(event: &Event) -> &'static str {
    match event.call.source {
        "s3" => r#"{"bucketName":"company-data"}"#,
        _ => "null",
    }
}

fn resources(account: &str, event: &Event) -> String {
    let region = event.region;
    let (kind, arn) = match (event.call.source, event.call.is_data) {
        ("s3", true) => ("AWS::S3::Object", "arn:aws:s3:::company-data/2026/report.csv".to_owned()),
        ("s3", false) => ("AWS::S3::Bucket", "arn:aws:s3:::company-data".to_owned()),
        ("dynamodb", true) => ("AWS::DynamoDB::Table", format!("arn:aws:dynamodb:{region}:{account}:table/orders")),
        ("lambda", true) => ("AWS::Lambda::Function", format!("arn:aws:lambda:{region}:{account}:function:report")),
        ("sqs", true) => ("AWS::SQS::Queue", format!("arn:aws:sqs:{region}:{account}:jobs")),
        _ => return String::new(),
    };
    format!(r#","resources":[{{"accountId":"{account}","type":"{kind}","ARN":"{arn}"}}]"#)
}

/// Something that an AWS service did by itself.
pub(crate) fn service(account: &str, region: &str, time_s: i64) -> String {
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"AWSService","invokedBy":"config.amazonaws.com"}},"eventTime":"{}","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"{region}","sourceIPAddress":"config.amazonaws.com","userAgent":"config.amazonaws.com","requestParameters":{{"roleArn":"arn:aws:iam::{account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig","roleSessionName":"AWSConfig"}},"responseElements":null,"readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{account}","eventCategory":"Management"}}"#,
        time(time_s)
    )
}

/// The name of an object in the bucket that holds a day up to this second.
pub(crate) fn object_name(account: &str, region: &str, last_s: i64, random: &mut fastrand::Rng) -> String {
    let at = jiff::Timestamp::from_second(last_s).unwrap_or_default();
    let (date, compact) = (at.strftime("%Y/%m/%d"), at.strftime("%Y%m%dT%H%MZ"));
    let letters: String = (0..16).map(|_| random.alphanumeric()).collect();
    format!(
        "AWSLogs/o-exampleorg1/{account}/CloudTrail/{region}/{date}/{account}_CloudTrail_{region}_{compact}_{letters}.json"
    )
}
