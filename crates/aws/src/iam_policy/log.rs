//! The least that reading CloudTrail's bucket takes.

use serde_json::json;

/// IAM policy (JSON) that allows what `trail scan`, `trail coverage` and `trail verify` call for this bucket, and nothing else.
/// `kms_key_arn` is the key that the objects are encrypted with, if there is one.
///
/// Actions: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html> and `…/list_awscloudtrail.html`.
#[must_use]
pub fn log_policy(partition: &str, bucket: &str, kms_key_arn: Option<&str>) -> String {
    let partition = if partition.is_empty() { "aws" } else { partition };
    let mut statements = vec![
        json!({
            "Sid": "ListLog", "Effect": "Allow", "Action": "s3:ListBucket",
            "Resource": format!("arn:{partition}:s3:::{bucket}"),
        }),
        json!({
            "Sid": "ReadLog", "Effect": "Allow", "Action": "s3:GetObject",
            "Resource": format!("arn:{partition}:s3:::{bucket}/*"),
        }),
        json!({
            "Sid": "ReadTrails", "Effect": "Allow",
            "Action": ["cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:ListPublicKeys"],
            "Resource": "*",
        }),
    ];
    if let Some(key) = kms_key_arn {
        statements.push(json!({"Sid": "Decrypt", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}));
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    // A JSON value made above is always writable.
    serde_json::to_string_pretty(&policy).unwrap_or_default()
}
