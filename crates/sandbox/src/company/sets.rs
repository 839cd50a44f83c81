//! The permission sets of the sample company.

use serde_json::{Value, json};

use super::SetDeclaration;

pub(super) fn sample() -> Vec<SetDeclaration> {
    let mut all = administration();
    all.extend(development());
    all.extend(operation());
    all.extend(special());
    all
}

fn set(name: &str, title: &str, description: &str, hours: u32, managed: &[&str]) -> SetDeclaration {
    SetDeclaration {
        name: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        session_duration: format!("PT{hours}H"),
        managed_policies: managed.iter().map(|policy| (*policy).to_owned()).collect(),
        tags: vec![("managed-by".to_owned(), "platform".to_owned())],
        ..SetDeclaration::default()
    }
}

fn policy(statements: Value) -> Option<Value> {
    Some(json!({"Version": "2012-10-17", "Statement": statements}))
}

fn administration() -> Vec<SetDeclaration> {
    vec![
        set("OrganizationAdmin", "組織管理者", "Administrator of the management account", 1, &["AdministratorAccess"]),
        set("BillingView", "請求閲覧", "Bills of the whole organization", 4, &["AWSBillingReadOnlyAccess"]),
        set("PlatformAdmin", "基盤管理者", "Administrator of member accounts", 2, &["AdministratorAccess"]),
        set("ReadOnly", "閲覧", "Reads everything, changes nothing", 8, &["ReadOnlyAccess"]),
        set("ViewOnly", "一覧のみ", "Lists resources without their contents", 8, &["job-function/ViewOnlyAccess"]),
        set("SecurityAudit", "セキュリティ監査", "Reads configuration relevant to security", 8, &["SecurityAudit"]),
    ]
}

fn development() -> Vec<SetDeclaration> {
    let developer = SetDeclaration {
        relay_state: Some("https://ap-northeast-1.console.aws.amazon.com/console/home".to_owned()),
        inline_policy: policy(json!([
            {
                "Sid": "StagingBuckets",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                "Resource": "arn:aws:s3:::*-stg-*/*"
            },
            {
                "Sid": "NoIdentityChanges",
                "Effect": "Deny",
                "Action": ["iam:CreateUser", "iam:CreateAccessKey", "organizations:*"],
                "Resource": "*"
            }
        ])),
        ..set(
            "Developer",
            "開発者",
            "Builds and runs services outside production",
            8,
            &["ReadOnlyAccess", "AmazonECS_FullAccess", "AmazonDynamoDBFullAccess"],
        )
    };
    let deploy = SetDeclaration {
        customer_managed_policies: vec![("deploy-artifacts".to_owned(), "/team/".to_owned())],
        ..set("Deploy", "デプロイ", "Deploys a product", 4, &["AWSCodeDeployDeployerAccess"])
    };
    vec![developer, deploy]
}

fn operation() -> Vec<SetDeclaration> {
    let support = SetDeclaration {
        inline_policy: policy(json!([{
            "Effect": "Allow",
            "Action": ["ssm:StartSession", "ssm:TerminateSession", "ssm:ResumeSession"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/support": "allowed"}}
        }])),
        ..set("ProductionSupport", "本番サポート", "Reads production and opens sessions", 4, &["ReadOnlyAccess"])
    };
    let incident = SetDeclaration {
        inline_policy: policy(json!([
            {"Effect": "Allow", "Action": ["ecs:*", "ec2:Reboot*", "rds:Reboot*", "lambda:*"], "Resource": "*"},
            {"Effect": "Deny", "Action": ["rds:DeleteDB*", "s3:DeleteBucket"], "Resource": "*"}
        ])),
        ..set("IncidentResponse", "障害対応", "Acts in an incident", 2, &["ReadOnlyAccess"])
    };
    let logs = SetDeclaration {
        inline_policy: policy(json!([{
            "Effect": "Allow",
            "Action": ["logs:StartQuery", "logs:StopQuery", "logs:FilterLogEvents", "logs:StartLiveTail"],
            "Resource": "arn:aws:logs:*:*:log-group:/service/*"
        }])),
        ..set("LogViewer", "ログ閲覧", "Reads and queries service logs", 8, &["CloudWatchLogsReadOnlyAccess"])
    };
    vec![
        support,
        incident,
        logs,
        set("DatabaseAdmin", "DB管理者", "Runs databases", 4, &["job-function/DatabaseAdministrator"]),
        set("NetworkAdmin", "ネットワーク管理者", "Runs networks", 4, &["job-function/NetworkAdministrator"]),
        set("SupportDesk", "サポート窓口", "Talks to AWS Support", 8, &["AWSSupportAccess"]),
    ]
}

fn special() -> Vec<SetDeclaration> {
    let data = SetDeclaration {
        inline_policy: policy(json!([{
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::example-lake", "arn:aws:s3:::example-lake/*"]
        }])),
        ..set(
            "DataEngineer",
            "データ基盤",
            "Queries the data lake",
            8,
            &["AmazonAthenaFullAccess", "AWSGlueConsoleFullAccess"],
        )
    };
    let cost = SetDeclaration {
        inline_policy: policy(json!([
            {"Effect": "Allow", "Action": ["ce:Get*", "ce:Describe*", "ce:List*", "budgets:View*"], "Resource": "*"}
        ])),
        ..set("CostExplorer", "コスト閲覧", "Sees what the account costs", 8, &[])
    };
    let sandbox = SetDeclaration {
        managed_boundary: Some("PowerUserAccess".to_owned()),
        ..set("SandboxAdmin", "サンドボックス管理者", "Tries things out", 12, &["AdministratorAccess"])
    };
    vec![
        data,
        set("MachineLearning", "機械学習", "Trains and serves models", 8, &["AmazonSageMakerFullAccess"]),
        cost,
        sandbox,
    ]
}
