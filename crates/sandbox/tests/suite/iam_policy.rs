//! Inline and managed policies, their versions, groups and boundaries.

use serde_json::json;

use crate::support::{Office, element, statement};

#[test]
fn policies_answer_like_aws() {
    let mut office = Office::member();
    let good = statement("Allow", "s3:GetObject", "*").to_string();
    let principal = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}).to_string();
    let large = statement("Allow", "s3:GetObject", &format!("arn:aws:s3:::{}", "a".repeat(2_100))).to_string();
    let huge = statement("Allow", "s3:GetObject", &format!("arn:aws:s3:::{}", "a".repeat(6_200))).to_string();
    let (user, group) = (("UserName", "hanako"), ("GroupName", "dev"));
    let own = format!("arn:aws:iam::{}:policy/team/mine", office.account);
    let (aws, none) = ("arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/NoSuchPolicy");
    let told = office.table(&[
        ("CreateUser", &[user]),
        ("CreateGroup", &[group]),
        ("CreateGroup", &[group]),
        ("AddUserToGroup", &[user, ("GroupName", "none")]),
        ("AddUserToGroup", &[user, group]),
        ("PutUserPolicy", &[user, ("PolicyName", "p"), ("PolicyDocument", "{")]),
        ("PutUserPolicy", &[user, ("PolicyName", "p"), ("PolicyDocument", &principal)]),
        ("PutUserPolicy", &[user, ("PolicyName", "p"), ("PolicyDocument", &good)]),
        ("GetUserPolicy", &[user, ("PolicyName", "q")]),
        ("DeleteGroupPolicy", &[group, ("PolicyName", "q")]),
        ("AttachUserPolicy", &[user, ("PolicyArn", none)]),
        ("AttachGroupPolicy", &[group, ("PolicyArn", aws)]),
        ("AttachGroupPolicy", &[group, ("PolicyArn", aws)]),
        ("DetachUserPolicy", &[user, ("PolicyArn", aws)]),
        ("DeleteGroup", &[group]),
        ("CreatePolicy", &[("PolicyName", "mine"), ("Path", "/team/"), ("PolicyDocument", &good)]),
        ("CreatePolicy", &[("PolicyName", "Mine"), ("PolicyDocument", &good)]),
        ("DeletePolicy", &[("PolicyArn", aws)]),
        ("PutUserPermissionsBoundary", &[user, ("PermissionsBoundary", none)]),
        ("DeleteUserPermissionsBoundary", &[user]),
        ("PutUserPermissionsBoundary", &[user, ("PermissionsBoundary", &own)]),
        ("DeletePolicy", &[("PolicyArn", &own)]),
        ("DeleteUserPermissionsBoundary", &[user]),
        ("DeletePolicy", &[("PolicyArn", &own)]),
        ("GetPolicy", &[("PolicyArn", &own)]),
        ("GetPolicy", &[("PolicyArn", aws)]),
    ]);
    insta::assert_snapshot!(told.replace(&office.account, "ACCOUNT"));
    assert_eq!(
        office.say("PutUserPolicy", &[user, ("PolicyName", "q"), ("PolicyDocument", &large)]),
        "409 LimitExceeded: Maximum policy size of 2048 bytes exceeded for user hanako"
    );
    assert_eq!(
        office.say("CreatePolicy", &[("PolicyName", "huge"), ("PolicyDocument", &huge)]),
        "409 LimitExceeded: Cannot exceed quota for PolicySize: 6144"
    );
}

#[test]
fn a_policy_has_at_most_five_versions_and_one_in_force() {
    let mut office = Office::member();
    let text = |action: &str| statement("Allow", action, "*").to_string();
    let made = office.ask("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &text("s3:GetObject"))]);
    let arn = element(&made, "Arn");
    let policy = ("PolicyArn", arn.as_str());
    for action in ["s3:A", "s3:B", "s3:C"] {
        office.ask("CreatePolicyVersion", &[policy, ("PolicyDocument", &text(action))]);
    }
    office.ask("CreatePolicyVersion", &[policy, ("PolicyDocument", &text("s3:D")), ("SetAsDefault", "true")]);
    assert_eq!(element(&office.ask("GetPolicy", &[policy]), "DefaultVersionId"), "v5");
    let sixth = office.say("CreatePolicyVersion", &[policy, ("PolicyDocument", &text("s3:E"))]);
    assert!(sixth.starts_with("409 LimitExceeded: A managed policy can have up to 5 versions."), "{sixth}");
    assert!(
        office.say("DeletePolicy", &[policy]).starts_with("409 DeleteConflict: This policy has more than one version.")
    );
    assert!(office.say("DeletePolicyVersion", &[policy, ("VersionId", "v5")]).starts_with("409 DeleteConflict"));
    office.ask("DeletePolicyVersion", &[policy, ("VersionId", "v1")]);
    let listed = office.ask("ListPolicyVersions", &[policy]);
    let numbers: Vec<&str> = listed.split("<VersionId>").skip(1).map(|part| part.split('<').next().unwrap()).collect();
    assert_eq!(numbers, ["v5", "v4", "v3", "v2"]);
    office.ask("SetDefaultPolicyVersion", &[policy, ("VersionId", "v2")]);
    assert!(office.say("GetPolicyVersion", &[policy, ("VersionId", "v1")]).starts_with("404 NoSuchEntity"));
    let seventh = office.ask("CreatePolicyVersion", &[policy, ("PolicyDocument", &text("s3:F"))]);
    assert_eq!(element(&seventh, "VersionId"), "v6", "a number is never used again");
}

#[test]
fn whoever_holds_a_policy_is_listed() {
    let mut office = Office::member();
    let arn = "arn:aws:iam::aws:policy/job-function/SupportUser";
    office.ask("CreateUser", &[("UserName", "u")]);
    office.ask("CreateGroup", &[("GroupName", "g")]);
    office.ask("AttachUserPolicy", &[("UserName", "u"), ("PolicyArn", arn)]);
    office.ask("AttachGroupPolicy", &[("GroupName", "g"), ("PolicyArn", arn)]);
    let told = office.ask("ListEntitiesForPolicy", &[("PolicyArn", arn)]);
    assert!(told.contains("<UserName>u</UserName>") && told.contains("<GroupName>g</GroupName>"));
    let told = office.ask("ListEntitiesForPolicy", &[("PolicyArn", arn), ("EntityFilter", "Group")]);
    assert!(!told.contains("<UserName>") && told.contains("<GroupName>g</GroupName>"));
    assert_eq!(element(&office.ask("GetPolicy", &[("PolicyArn", arn)]), "AttachmentCount"), "2");
    let of_aws = office.ask("ListPolicies", &[("Scope", "AWS"), ("OnlyAttached", "true")]);
    assert!(of_aws.contains(arn), "{of_aws}");
}

#[test]
fn a_simulation_names_the_statement_that_decides() {
    let mut office = Office::member();
    office.user("sim", &statement("Allow", "s3:Get*", "arn:aws:s3:::bucket/*"));
    office.ask(
        "PutUserPermissionsBoundary",
        &[("UserName", "sim"), ("PermissionsBoundary", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")],
    );
    let arn = format!("arn:aws:iam::{}:user/sim", office.account);
    let extra = statement("Deny", "s3:GetObjectAcl", "*").to_string();
    let told = office.ask(
        "SimulatePrincipalPolicy",
        &[
            ("PolicySourceArn", &arn),
            ("ActionNames.member.1", "s3:GetObject"),
            ("ActionNames.member.2", "s3:PutObject"),
            ("ActionNames.member.3", "s3:GetObjectAcl"),
            ("ResourceArns.member.1", "arn:aws:s3:::bucket/a"),
            ("PolicyInputList.member.1", &extra),
        ],
    );
    let decisions: Vec<&str> =
        told.split("<EvalDecision>").skip(1).map(|part| part.split('<').next().unwrap()).collect();
    assert_eq!(decisions, ["allowed", "implicitDeny", "explicitDeny"]);
    assert_eq!(element(&told, "SourcePolicyId"), "user_sim_own");
    assert!(told.contains("<SourcePolicyId>PolicyInputList.1</SourcePolicyId>"));
    assert!(told.contains("<AllowedByPermissionsBoundary>true</AllowedByPermissionsBoundary>"));
    let gone = office.say(
        "SimulatePrincipalPolicy",
        &[("PolicySourceArn", &format!("{arn}x")), ("ActionNames.member.1", "s3:GetObject")],
    );
    assert!(gone.starts_with("404 NoSuchEntity"), "{gone}");
}
