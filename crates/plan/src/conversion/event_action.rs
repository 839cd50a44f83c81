//! Which actions of IAM an event of CloudTrail needed. Most events are named for the action; where they are not, this knows.
//!
//! S3: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html> (names of events) and
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html> (actions). Lambda's events carry the version of
//! its interface: <https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html>.

use policy::catalogue;

/// What an event needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventActions {
    /// These actions, all of them.
    Actions(Vec<String>),
    /// Nothing that a policy decides: a sign-in, a sign-out, something that AWS did by itself.
    NoAction,
    /// Not known.
    Unknown,
}

/// Services whose events come from another name than the one their actions have.
const SERVICES: [(&str, &str); 14] = [
    ("monitoring", "cloudwatch"),
    ("email", "ses"),
    ("tagging", "tag"),
    ("application-autoscaling", "application-autoscaling"),
    ("models.lex", "lex"),
    ("runtime.lex", "lex"),
    ("runtime.sagemaker", "sagemaker"),
    ("execute-api", "execute-api"),
    ("elasticfilesystem", "elasticfilesystem"),
    ("data.iot", "iot"),
    ("query.timestream", "timestream"),
    ("ingest.timestream", "timestream"),
    ("cloudhsmv2", "cloudhsm"),
    ("resource-explorer-2", "resource-explorer-2"),
];

/// Events that are named otherwise than their actions.
const EVENTS: [(&str, &str, &[&str]); 27] = [
    ("s3", "ListBuckets", &["s3:ListAllMyBuckets"]),
    ("s3", "ListObjects", &["s3:ListBucket"]),
    ("s3", "ListObjectsV2", &["s3:ListBucket"]),
    ("s3", "ListObjectVersions", &["s3:ListBucketVersions"]),
    ("s3", "HeadBucket", &["s3:ListBucket"]),
    ("s3", "HeadObject", &["s3:GetObject"]),
    ("s3", "SelectObjectContent", &["s3:GetObject"]),
    ("s3", "CopyObject", &["s3:GetObject", "s3:PutObject"]),
    ("s3", "DeleteObjects", &["s3:DeleteObject"]),
    ("s3", "CreateMultipartUpload", &["s3:PutObject"]),
    ("s3", "UploadPart", &["s3:PutObject"]),
    ("s3", "UploadPartCopy", &["s3:GetObject", "s3:PutObject"]),
    ("s3", "CompleteMultipartUpload", &["s3:PutObject"]),
    ("s3", "ListParts", &["s3:ListMultipartUploadParts"]),
    ("s3", "ListMultipartUploads", &["s3:ListBucketMultipartUploads"]),
    ("s3", "GetBucketEncryption", &["s3:GetEncryptionConfiguration"]),
    ("s3", "PutBucketEncryption", &["s3:PutEncryptionConfiguration"]),
    ("s3", "GetBucketLifecycle", &["s3:GetLifecycleConfiguration"]),
    ("s3", "PutBucketLifecycle", &["s3:PutLifecycleConfiguration"]),
    ("s3", "GetBucketReplication", &["s3:GetReplicationConfiguration"]),
    ("s3", "PutBucketReplication", &["s3:PutReplicationConfiguration"]),
    ("s3", "GetAccelerateConfiguration", &["s3:GetAccelerateConfiguration"]),
    ("s3", "GetPublicAccessBlock", &["s3:GetBucketPublicAccessBlock"]),
    ("s3", "PutPublicAccessBlock", &["s3:PutBucketPublicAccessBlock"]),
    ("s3", "DeleteBucketPublicAccessBlock", &["s3:PutBucketPublicAccessBlock"]),
    ("s3", "GetBucketOwnershipControls", &["s3:GetBucketOwnershipControls"]),
    ("lambda", "Invoke", &["lambda:InvokeFunction"]),
];

/// The actions of an event as evidence names it: `s3.amazonaws.com:GetObject`.
#[must_use]
pub fn actions_of(event: &str) -> EventActions {
    let Some((source, name)) = event.split_once(':') else { return EventActions::Unknown };
    let host = source.strip_suffix(".amazonaws.com").unwrap_or(source);
    if host == "signin" || (host == "sts" && name == "GetCallerIdentity") {
        // AWS allows GetCallerIdentity to everybody, whatever policies say.
        return EventActions::NoAction;
    }
    let service = SERVICES.iter().find(|(events, _)| *events == host).map_or(host, |(_, actions)| actions);
    if let Some((_, _, actions)) =
        EVENTS.iter().find(|(of, event, _)| *of == service && event.eq_ignore_ascii_case(name))
    {
        return EventActions::Actions(actions.iter().map(|action| (*action).to_owned()).collect());
    }
    let plain = without_version(name);
    for candidate in [name, plain] {
        let action = format!("{service}:{candidate}");
        if let Some(found) = catalogue::find(&action) {
            return EventActions::Actions(vec![format!("{service}:{}", found.name)]);
        }
    }
    EventActions::Unknown
}

/// `ListFunctions20150331` is `ListFunctions`, `UpdateFunctionCode20150331v2` as well.
fn without_version(name: &str) -> &str {
    let end = name.rfind('v').filter(|at| {
        let rest = name.get(at + 1..).unwrap_or_default();
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
    });
    let head = end.and_then(|at| name.get(..at)).unwrap_or(name);
    let plain = head.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '_');
    if head.len() - plain.len() >= 8 { plain } else { name }
}

#[cfg(test)]
mod tests {
    use super::{EVENTS, EventActions, actions_of};

    #[test]
    fn what_stands_here_is_in_the_catalogue() {
        for (_, event, actions) in EVENTS {
            for action in actions {
                assert!(policy::catalogue::contains(action), "{event}: {action}");
            }
        }
    }

    #[test]
    fn events_and_their_actions() {
        let one = |action: &str| EventActions::Actions(vec![action.to_owned()]);
        for (event, expected) in [
            ("s3.amazonaws.com:GetObject", one("s3:GetObject")),
            ("s3.amazonaws.com:ListObjectsV2", one("s3:ListBucket")),
            ("s3.amazonaws.com:HeadObject", one("s3:GetObject")),
            ("lambda.amazonaws.com:ListFunctions20150331", one("lambda:ListFunctions")),
            ("lambda.amazonaws.com:UpdateFunctionCode20150331v2", one("lambda:UpdateFunctionCode")),
            ("lambda.amazonaws.com:Invoke", one("lambda:InvokeFunction")),
            ("monitoring.amazonaws.com:PutMetricData", one("cloudwatch:PutMetricData")),
            ("ec2.amazonaws.com:DescribeInstances", one("ec2:DescribeInstances")),
            ("signin.amazonaws.com:ConsoleLogin", EventActions::NoAction),
            ("sts.amazonaws.com:GetCallerIdentity", EventActions::NoAction),
            ("sts.amazonaws.com:AssumeRole", one("sts:AssumeRole")),
            ("ec2.amazonaws.com:NoSuchEvent", EventActions::Unknown),
            ("nothing", EventActions::Unknown),
        ] {
            assert_eq!(actions_of(event), expected, "{event}");
        }
    }
}
