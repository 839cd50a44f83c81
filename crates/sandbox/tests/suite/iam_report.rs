//! The account's reports: credentials, rights, last access.

use jiff::SignedDuration;

use crate::support::{Desk, Office, element, statement, timed};

pub fn decoded(text: &str) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: String =
        text.trim_end_matches('=').chars().map(|c| format!("{:06b}", letters.find(c).unwrap())).collect();
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|b| u8::from_str_radix(std::str::from_utf8(b).unwrap(), 2).unwrap())
        .collect();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_credential_report_tells_never_unknown_and_not_there_apart() {
    let mut office = Office::member();
    assert_eq!(office.say("GetCredentialReport", &[]), "410 ReportNotPresent: No report exists.");
    let client = office.user("machine", &statement("Allow", "iam:ListUsers", "*"));
    office.ask("CreateUser", &[("UserName", "person"), ("Path", "/people/")]);
    office.ask("CreateUser", &[("UserName", "quiet")]);
    for user in ["person", "quiet"] {
        office.ask("CreateLoginProfile", &[("UserName", user), ("Password", "long enough")]);
    }
    let account = office.desk.sandbox.account_id("minimo-dev").unwrap();
    office.desk.now += SignedDuration::from_mins(10);
    let now = office.desk.now;
    assert!(office.desk.sandbox.console_sign_in(account, "person", now));
    assert!(!office.desk.sandbox.console_sign_in(account, "machine", now));
    assert_eq!(office.say_as(&client, "ListUsers", &[]), "ok");
    let second = element(&office.ask("CreateAccessKey", &[("UserName", "machine")]), "AccessKeyId");
    office.ask("UpdateAccessKey", &[("UserName", "machine"), ("AccessKeyId", &second), ("Status", "Inactive")]);
    assert_eq!(element(&office.ask("GenerateCredentialReport", &[]), "State"), "STARTED");
    assert_eq!(element(&office.ask("GenerateCredentialReport", &[]), "State"), "COMPLETE");
    let report = decoded(&element(&office.ask("GetCredentialReport", &[]), "Content"));
    insta::assert_snapshot!(report.replace(&office.account, "ACCOUNT"));
    office.client = office.desk.enter("minimo-dev");
    office.desk.now += SignedDuration::from_hours(4);
    office.client = office.desk.enter("minimo-dev");
    assert!(office.say("GetCredentialReport", &[]).starts_with("410 ReportExpired"));
}

#[test]
fn a_report_takes_its_time() {
    let mut desk = Desk::sample(timed(2_000, 2_000));
    let client = desk.enter("minimo-dev");
    let account = desk.account("minimo-dev");
    let mut office = Office { desk, client, account };
    office.ask("GenerateCredentialReport", &[]);
    assert!(office.say("GetCredentialReport", &[]).starts_with("404 ReportInProgress"));
    assert_eq!(element(&office.ask("GenerateCredentialReport", &[]), "State"), "INPROGRESS");
    office.desk.pass_ms(2_000);
    assert_eq!(office.say("GetCredentialReport", &[]), "ok");
    let arn = format!("arn:aws:iam::{}:role/OrganizationAccountAccessRole", office.account);
    let job = element(&office.ask("GenerateServiceLastAccessedDetails", &[("Arn", &arn)]), "JobId");
    let told = office.ask("GetServiceLastAccessedDetails", &[("JobId", &job)]);
    assert_eq!(element(&told, "JobStatus"), "IN_PROGRESS");
    office.desk.pass_ms(2_000);
    let told = office.ask("GetServiceLastAccessedDetails", &[("JobId", &job), ("MaxItems", "1000")]);
    assert_eq!(element(&told, "JobStatus"), "COMPLETED");
    let iam = told.split("<member>").find(|part| part.contains("<ServiceNamespace>iam<")).unwrap();
    assert_eq!(element(iam, "LastAuthenticatedEntity"), arn);
    let s3 = told.split("<member>").find(|part| part.contains("<ServiceNamespace>s3<")).unwrap();
    assert!(!s3.contains("LastAuthenticated>"), "allowed and never used: {s3}");
}

#[test]
fn everything_about_rights_is_in_one_listing() {
    let mut office = Office::member();
    office.user("hanako", &statement("Allow", "s3:*", "*"));
    office.ask("CreateGroup", &[("GroupName", "dev")]);
    office.ask("AddUserToGroup", &[("UserName", "hanako"), ("GroupName", "dev")]);
    office.ask(
        "AttachGroupPolicy",
        &[("GroupName", "dev"), ("PolicyArn", "arn:aws:iam::aws:policy/AmazonSQSFullAccess")],
    );
    let told = office.ask("GetAccountAuthorizationDetails", &[("MaxItems", "1000")]);
    for part in [
        "<GroupList><member>dev</member></GroupList>",
        "<PolicyName>own</PolicyName>",
        "<RoleName>OrganizationAccountAccessRole</RoleName>",
        "arn:aws:iam::aws:policy/AmazonSQSFullAccess",
        ":policy/team/deploy-artifacts",
    ] {
        assert!(told.contains(part), "{part}");
    }
    let told = office.ask("GetAccountAuthorizationDetails", &[("Filter.member.1", "Group")]);
    assert!(told.contains("<GroupName>dev</GroupName>") && !told.contains("<UserName>"));
    let (mut pages, mut marker) = (0, None::<String>);
    loop {
        let mut fields = vec![("MaxItems", "1")];
        fields.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = office.ask("GetAccountAuthorizationDetails", &fields);
        pages += 1;
        if element(&page, "IsTruncated") == "false" {
            break;
        }
        marker = Some(element(&page, "Marker"));
    }
    assert!(pages > 5, "{pages}");
    let summary = office.ask("GetAccountSummary", &[]);
    assert!(summary.contains("<entry><key>Users</key><value>1</value></entry>"), "{summary}");
}
