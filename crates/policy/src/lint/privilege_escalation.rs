use super::{Group, Kind, Rule, Subject};
use crate::catalogue;
use crate::compare::containment::is_within;
use crate::compare::overlap::can_meet;
use crate::glob;
use crate::pattern::{Dialect, Pattern};
use crate::policy::{Clause, Effect, Statement};
use crate::problem::Problem;
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    name: "privilege-escalation",
    summary: "rights by which whoever has them can give themselves more",
    group: Group::Review,
    check,
};

/// Sets of actions that together lead to more rights, and how. Sources: Rhino Security Labs' research on IAM privilege escalation, Bishop
/// Fox's categories, and Datadog's pathfinding.cloud, as the tools parliament 1.6.4 and cloudsplaining 0.9.1 list them (what is here
/// covers all of their paths); for Identity Center, its API reference.
const PATHS: [(&[&str], &str); 52] = [
    (&["iam:CreatePolicyVersion"], "writes a new version of a policy that is attached to them"),
    (&["iam:SetDefaultPolicyVersion"], "goes back to a version of a policy that allowed more"),
    (&["iam:CreateAccessKey"], "makes an access key of a stronger user"),
    (&["iam:CreateLoginProfile"], "gives a stronger user a password"),
    (&["iam:UpdateLoginProfile"], "changes a stronger user's password"),
    (&["iam:AttachUserPolicy"], "attaches any policy to their user"),
    (&["iam:AttachGroupPolicy"], "attaches any policy to their group"),
    (&["iam:AttachRolePolicy"], "attaches any policy to a role they can assume"),
    (&["iam:PutUserPolicy"], "writes any policy into their user"),
    (&["iam:PutGroupPolicy"], "writes any policy into their group"),
    (&["iam:PutRolePolicy"], "writes any policy into a role they can assume"),
    (&["iam:AddUserToGroup"], "adds their user to a stronger group"),
    (&["iam:UpdateAssumeRolePolicy"], "lets themselves assume a stronger role"),
    (&["iam:DeleteUserPermissionsBoundary"], "removes the boundary of their user"),
    (&["iam:DeleteRolePermissionsBoundary"], "removes the boundary of a role they can assume"),
    (&["iam:PassRole", "ec2:RunInstances"], "starts an instance with a stronger role"),
    (&["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], "runs a function with a stronger role"),
    (
        &["iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
        "has events run a function with a stronger role",
    ),
    (&["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"], "runs a container with a stronger role"),
    (&["iam:PassRole", "cloudformation:CreateStack"], "has CloudFormation act with a stronger role"),
    (&["iam:PassRole", "glue:CreateDevEndpoint"], "opens a development endpoint with a stronger role"),
    (&["iam:PassRole", "glue:CreateJob", "glue:StartJobRun"], "runs a job with a stronger role"),
    (&["iam:PassRole", "sagemaker:CreateNotebookInstance"], "opens a notebook with a stronger role"),
    (&["iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"], "runs a build with a stronger role"),
    (&["iam:PassRole", "ec2:RequestSpotInstances"], "starts a spot instance with a stronger role"),
    (
        &["iam:PassRole", "lambda:CreateFunction", "lambda:AddPermission"],
        "lets themselves run a function with a stronger role",
    ),
    (&["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:StartTask"], "runs a container with a stronger role"),
    (&["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:CreateService"], "runs a service with a stronger role"),
    (
        &["iam:PassRole", "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"],
        "has CloudFormation act with a stronger role",
    ),
    (&["iam:PassRole", "cloudformation:UpdateStackSet"], "has CloudFormation act with a stronger role"),
    (
        &["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"],
        "changes a stack that has a stronger role",
    ),
    (&["iam:PassRole", "glue:CreateJob", "glue:CreateTrigger"], "has a trigger run a job with a stronger role"),
    (&["iam:PassRole", "glue:UpdateJob", "glue:StartJobRun"], "runs a job with a stronger role"),
    (&["iam:PassRole", "glue:UpdateJob", "glue:CreateTrigger"], "has a trigger run a job with a stronger role"),
    (&["iam:PassRole", "sagemaker:CreateTrainingJob"], "runs a training job with a stronger role"),
    (&["iam:PassRole", "sagemaker:CreateProcessingJob"], "runs a processing job with a stronger role"),
    (&["iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuildBatch"], "runs a build with a stronger role"),
    (&["iam:PassRole", "apprunner:CreateService"], "runs a service with a stronger role"),
    (
        &[
            "iam:PassRole",
            "bedrock-agentcore:CreateCodeInterpreter",
            "bedrock-agentcore:StartCodeInterpreterSession",
            "bedrock-agentcore:InvokeCodeInterpreter",
        ],
        "runs code with a stronger role",
    ),
    (
        &["bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"],
        "runs code in an interpreter that has a stronger role",
    ),
    (
        &["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"],
        "has an instance that has a stronger role run their commands at its start",
    ),
    (
        &["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"],
        "has new instances with a stronger role run their commands",
    ),
    (&["ec2-instance-connect:SendSSHPublicKey"], "signs in to an instance that has a stronger role"),
    (&["ecs:ExecuteCommand"], "runs commands in a container that has a stronger role"),
    (&["sagemaker:CreatePresignedNotebookInstanceUrl"], "opens a notebook that has a stronger role"),
    (
        &[
            "sagemaker:CreateNotebookInstanceLifecycleConfig",
            "sagemaker:StopNotebookInstance",
            "sagemaker:UpdateNotebookInstance",
            "sagemaker:StartNotebookInstance",
        ],
        "has a notebook that has a stronger role run their commands at its start",
    ),
    (&["iam:PassRole", "datapipeline:CreatePipeline"], "makes a pipeline with a stronger role"),
    (&["lambda:UpdateFunctionCode"], "puts code into a function that has a stronger role"),
    (&["glue:UpdateDevEndpoint"], "puts a key on an endpoint that has a stronger role"),
    (&["ssm:SendCommand"], "runs commands on instances that have a stronger role"),
    (&["sso:CreateAccountAssignment"], "assigns themselves any permission set"),
    (&["sso:PutInlinePolicyToPermissionSet"], "writes any policy into a permission set they hold"),
];

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    if subject.kind != Kind::Identity {
        return;
    }
    let statements = &subject.policy.statements;
    // an administrator needs no path
    if statements.iter().any(|statement| allows(statement, "*").is_some()) {
        return;
    }
    for (actions, how) in PATHS {
        let places: Vec<Span> = actions.iter().filter_map(|action| place(statements, action)).collect();
        if places.len() == actions.len()
            && let (Some(first), Some(last)) = (places.first(), places.last())
        {
            let named: Vec<String> = actions.iter().map(|action| format!("`{action}`")).collect();
            let message = format!("whoever may {} {how}", named.join(" and "));
            let problem =
                Problem::warning(RULE.name, *first, message).help("limit the resources, or add a permissions boundary");
            problems.push(if places.len() > 1 {
                problem.related(*last, "together with what is allowed")
            } else {
                problem
            });
        }
    }
}

/// Where an action is allowed on resources that were not picked one by one, if no statement denies it flatly.
fn place(statements: &[Statement], action: &str) -> Option<Span> {
    let flatly_denied = |statement: &Statement| {
        let everything = statement
            .resource
            .as_ref()
            .is_some_and(|clause| !clause.negated && clause.patterns().any(|text| text == "*"));
        statement.effect.value == Effect::Deny
            && statement.conditions.is_empty()
            && everything
            && takes(statement, action)
    };
    if statements.iter().any(flatly_denied) {
        return None;
    }
    statements.iter().find_map(|statement| allows(statement, action))
}

fn allows(statement: &Statement, action: &str) -> Option<Span> {
    let fits = statement.effect.value == Effect::Allow
        && statement.conditions.is_empty()
        && takes(statement, action)
        && statement.resource.as_ref().is_some_and(|clause| is_open(clause, action));
    let exact = statement.action.values.iter().find(|text| glob::matches_ignore_case(text, action));
    fits.then(|| exact.map_or(statement.action.place.span, |text| text.span))
}

/// Whether the clause leaves open which of the action's resources: all of a kind, or all under some path.
fn is_open(clause: &Clause, action: &str) -> bool {
    let kinds: Vec<&str> = catalogue::find(action).map(|action| action.resources().collect()).unwrap_or_default();
    if kinds.is_empty() {
        return clause.negated || clause.patterns().any(|text| text == "*" || text.ends_with("/*"));
    }
    if clause.negated {
        return kinds.iter().any(|kind| !clause.patterns().any(|text| text == "*" || takes_all(text, kind)));
    }
    clause.patterns().any(|text| text == "*" || kinds.iter().any(|kind| takes_all(text, kind) || is_path(text, kind)))
}

/// Service and name of an ARN pattern: in which account and Region is left aside.
fn service_and_name(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':').skip(2);
    Some((parts.next()?, parts.nth(2)?))
}

fn pattern(text: &str) -> Pattern {
    Pattern::compile(text, Dialect { variables: true, ..Dialect::ACTION })
}

/// Whether the resource pattern takes all names of this kind.
fn takes_all(text: &str, kind: &str) -> bool {
    let (Some((service, name)), Some((kind_service, kind_name))) = (service_and_name(text), service_and_name(kind))
    else {
        return false;
    };
    glob::matches(service, kind_service) && is_within(&pattern(kind_name), &pattern(name))
}

/// Whether the resource pattern takes all of this kind under one path: `role/service-role/*`. Of kinds whose names end with an id
/// (`stack/*/*`), a star in its place leaves nothing open.
fn is_path(text: &str, kind: &str) -> bool {
    let (Some((service, name)), Some((kind_service, kind_name))) = (service_and_name(text), service_and_name(kind))
    else {
        return false;
    };
    glob::matches(service, kind_service)
        && kind_name.matches('*').count() == 1
        && name.ends_with("/*")
        && can_meet(&pattern(kind_name), &pattern(name))
}

fn takes(statement: &Statement, action: &str) -> bool {
    statement.action.patterns().any(|pattern| glob::matches_ignore_case(pattern, action)) != statement.action.negated
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Clause, PATHS, is_open};
    use crate::catalogue;

    #[test]
    fn every_path_is_made_of_actions_that_exist_and_stands_once() {
        let mut seen = BTreeSet::new();
        for (actions, how) in PATHS {
            for action in actions {
                assert!(catalogue::contains(action), "{action}: {:?}", catalogue::nearest(action, 2));
            }
            assert!(seen.insert(actions), "{actions:?} {how}");
        }
    }

    #[test]
    fn resources_are_open_where_nobody_picked_them() {
        for (action, resource, expected) in [
            ("iam:PassRole", "*", true),
            ("iam:PassRole", "arn:aws:iam::*:role/*", true),
            ("iam:PassRole", "arn:aws:iam::111122223333:role/*", true),
            ("iam:PassRole", "arn:aws:iam::*:role/service-role/*", true),
            ("iam:PassRole", "arn:aws:iam::*:role/web-*", false),
            ("iam:CreateAccessKey", "arn:aws:iam::*:user/${aws:username}", false),
            ("iam:PassRole", "arn:aws:s3:::bucket/*", false),
            ("lambda:UpdateFunctionCode", "arn:aws:lambda:*:*:function:*", true),
            ("lambda:UpdateFunctionCode", "arn:aws:lambda:*:*:function:jobs-*", false),
            ("cloudformation:ExecuteChangeSet", "arn:aws:cloudformation:*:*:stack/*", true),
            ("cloudformation:ExecuteChangeSet", "arn:aws:cloudformation:*:*:stack/Deadline*/*", false),
            ("glue:UpdateDevEndpoint", "arn:aws:glue:*:*:table/*", false),
            ("glue:UpdateDevEndpoint", "arn:aws:glue:*:*:devEndpoint/*", true),
            ("sagemaker:CreatePresignedNotebookInstanceUrl", "arn:aws:sagemaker:*:*:app/*", false),
        ] {
            assert_eq!(is_open(&Clause::of(&[resource]), action), expected, "{action} on {resource}");
            let without = Clause { negated: true, ..Clause::of(&[resource]) };
            let all_of_the_kind = expected && !resource.contains("service-role");
            assert_eq!(is_open(&without, action), !all_of_the_kind, "{action} on all but {resource}");
        }
    }
}
