//! What CloudTrail calls an event and what IAM calls the permission for it: mostly the same, and sometimes not.

use policy::catalogue;

/// Events whose permission has another name. Source: AWS's service authorization reference and the S3 and Lambda guides.
const OTHERS: [(&str, &[&str]); 38] = [
    ("s3:ListObjects", &["s3:ListBucket"]),
    ("s3:ListObjectsV2", &["s3:ListBucket"]),
    ("s3:HeadBucket", &["s3:ListBucket"]),
    ("s3:ListBuckets", &["s3:ListAllMyBuckets"]),
    ("s3:ListObjectVersions", &["s3:ListBucketVersions"]),
    ("s3:HeadObject", &["s3:GetObject"]),
    ("s3:SelectObjectContent", &["s3:GetObject"]),
    ("s3:CopyObject", &["s3:GetObject", "s3:PutObject"]),
    ("s3:PostObject", &["s3:PutObject"]),
    ("s3:CreateMultipartUpload", &["s3:PutObject"]),
    ("s3:UploadPart", &["s3:PutObject"]),
    ("s3:UploadPartCopy", &["s3:GetObject", "s3:PutObject"]),
    ("s3:CompleteMultipartUpload", &["s3:PutObject"]),
    ("s3:ListMultipartUploads", &["s3:ListBucketMultipartUploads"]),
    ("s3:ListParts", &["s3:ListMultipartUploadParts"]),
    ("s3:DeleteObjects", &["s3:DeleteObject"]),
    ("s3:DeleteBucketCors", &["s3:PutBucketCORS"]),
    ("s3:GetBucketEncryption", &["s3:GetEncryptionConfiguration"]),
    ("s3:PutBucketEncryption", &["s3:PutEncryptionConfiguration"]),
    ("s3:GetBucketLifecycle", &["s3:GetLifecycleConfiguration"]),
    ("s3:GetBucketLifecycleConfiguration", &["s3:GetLifecycleConfiguration"]),
    ("s3:PutBucketLifecycle", &["s3:PutLifecycleConfiguration"]),
    ("s3:PutBucketLifecycleConfiguration", &["s3:PutLifecycleConfiguration"]),
    ("s3:GetBucketReplication", &["s3:GetReplicationConfiguration"]),
    ("s3:PutBucketReplication", &["s3:PutReplicationConfiguration"]),
    ("s3:GetBucketPublicAccessBlock", &["s3:GetBucketPublicAccessBlock"]),
    ("lambda:Invoke", &["lambda:InvokeFunction"]),
    ("lambda:InvokeAsync", &["lambda:InvokeFunction"]),
    (
        "dynamodb:ExecuteStatement",
        &["dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"],
    ),
    (
        "dynamodb:TransactWriteItems",
        &["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"],
    ),
    ("dynamodb:TransactGetItems", &["dynamodb:GetItem"]),
    ("kms:GenerateDataKeyWithoutPlaintext", &["kms:GenerateDataKeyWithoutPlaintext"]),
    ("apigateway:GetRestApis", &["apigateway:GET"]),
    ("sts:GetCallerIdentity", &[]),
    ("sts:GetSessionToken", &[]),
    ("signin:ConsoleLogin", &[]),
    ("signin:CheckMfa", &[]),
    ("ses:SendSmtpEmail", &["ses:SendRawEmail"]),
];

/// What an event needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    /// These permissions.
    Actions(Vec<String>),
    /// None: everybody may.
    Nothing,
    /// Nobody here knows; the best guess is the event's own name.
    Unknown(String),
}

/// The permissions for `eventSource:eventName`.
#[must_use]
pub fn needs(event: &str) -> Needs {
    let (source, name) = event.split_once(':').unwrap_or((event, ""));
    let source = source.split('.').next().unwrap_or(source);
    let service = super::verdict::iam_service(source);
    let plain = format!("{service}:{name}");
    if let Some((_, actions)) = OTHERS.iter().find(|(other, _)| *other == plain) {
        return if actions.is_empty() {
            Needs::Nothing
        } else {
            Needs::Actions(actions.iter().map(|action| (*action).to_owned()).collect())
        };
    }
    for candidate in [plain.clone(), format!("{service}:{}", unversioned(name))] {
        if let Some(action) = catalogue::find(&candidate) {
            return Needs::Actions(vec![format!("{service}:{}", action.name)]);
        }
        if let Some((_, actions)) = OTHERS.iter().find(|(other, _)| *other == candidate) {
            return Needs::Actions(actions.iter().map(|action| (*action).to_owned()).collect());
        }
    }
    Needs::Unknown(plain)
}

/// `ListFunctions20150331`, `GetFunction20150331v2`, `CreateDistribution2020_05_31`: without the date of the API.
fn unversioned(name: &str) -> &str {
    let without_v = name
        .rsplit_once('v')
        .filter(|(_, digits)| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let name = without_v
        .map_or(name, |(before, _)| if before.ends_with(|last: char| last.is_ascii_digit()) { before } else { name });
    let plain = name.trim_end_matches(|last: char| last.is_ascii_digit() || last == '_');
    if name.len() - plain.len() >= 8 { plain } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_permissions_mostly_of_the_same_name() {
        for (event, expected) in [
            ("ec2.amazonaws.com:DescribeInstances", vec!["ec2:DescribeInstances"]),
            ("s3.amazonaws.com:ListObjects", vec!["s3:ListBucket"]),
            ("s3.amazonaws.com:CopyObject", vec!["s3:GetObject", "s3:PutObject"]),
            ("lambda.amazonaws.com:GetFunction20150331v2", vec!["lambda:GetFunction"]),
            ("lambda.amazonaws.com:Invoke", vec!["lambda:InvokeFunction"]),
            ("cloudfront.amazonaws.com:CreateInvalidation2020_05_31", vec!["cloudfront:CreateInvalidation"]),
            ("monitoring.amazonaws.com:GetMetricData", vec!["cloudwatch:GetMetricData"]),
        ] {
            assert_eq!(needs(event), Needs::Actions(expected.into_iter().map(str::to_owned).collect()), "{event}");
        }
        assert_eq!(needs("sts.amazonaws.com:GetCallerIdentity"), Needs::Nothing);
        assert_eq!(needs("nimbus.amazonaws.com:Fly"), Needs::Unknown("nimbus:Fly".to_owned()));
    }
}
