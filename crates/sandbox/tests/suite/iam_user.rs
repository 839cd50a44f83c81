//! IAM users and what they sign in with.

use crate::support::{Office, element};

#[test]
fn users_keys_passwords_and_devices_answer_like_aws() {
    let mut office = Office::member();
    let serial = format!("arn:aws:iam::{}:mfa/hanako", office.account);
    let user = ("UserName", "hanako");
    let told = office.table(&[
        ("GetUser", &[]),
        ("GetUser", &[user]),
        ("CreateUser", &[user, ("Path", "/people/")]),
        ("CreateUser", &[("UserName", "HANAKO")]),
        ("CreateUser", &[("UserName", "bad name")]),
        ("CreateUser", &[("UserName", "x"), ("Path", "people")]),
        ("CreateUser", &[]),
        ("CreateAccessKey", &[user]),
        ("CreateAccessKey", &[user]),
        ("CreateAccessKey", &[user]),
        ("UpdateAccessKey", &[user, ("AccessKeyId", "AKIA0000000000000000"), ("Status", "Inactive")]),
        ("UpdateAccessKey", &[user, ("AccessKeyId", "AKIA0000000000000000"), ("Status", "Off")]),
        ("DeleteAccessKey", &[user, ("AccessKeyId", "AKIA0000000000000000")]),
        ("GetAccessKeyLastUsed", &[("AccessKeyId", "AKIA0000000000000000")]),
        ("GetLoginProfile", &[user]),
        ("CreateLoginProfile", &[user, ("Password", "short")]),
        ("CreateLoginProfile", &[user, ("Password", "long enough")]),
        ("CreateLoginProfile", &[user, ("Password", "long enough")]),
        ("UpdateLoginProfile", &[user, ("PasswordResetRequired", "true")]),
        (
            "EnableMFADevice",
            &[user, ("SerialNumber", &serial), ("AuthenticationCode1", "111111"), ("AuthenticationCode2", "222222")],
        ),
        ("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "hanako")]),
        ("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "hanako")]),
        (
            "EnableMFADevice",
            &[user, ("SerialNumber", &serial), ("AuthenticationCode1", "111111"), ("AuthenticationCode2", "111111")],
        ),
        (
            "EnableMFADevice",
            &[user, ("SerialNumber", &serial), ("AuthenticationCode1", "111111"), ("AuthenticationCode2", "222222")],
        ),
        ("DeleteVirtualMFADevice", &[("SerialNumber", &serial)]),
        ("ListMFADevices", &[("UserName", "nobody")]),
        ("DeleteUser", &[("UserName", "nobody")]),
    ]);
    insta::assert_snapshot!(told.replace(&office.account, "ACCOUNT"));
}

#[test]
fn a_user_is_deleted_only_when_nothing_hangs_on_it() {
    let mut office = Office::member();
    let user = ("UserName", "taro");
    let (serial, arn) = (format!("arn:aws:iam::{}:mfa/taro", office.account), "arn:aws:iam::aws:policy/ReadOnlyAccess");
    let policy = crate::support::statement("Allow", "s3:*", "*").to_string();
    for (operation, fields) in [
        ("CreateUser", vec![user]),
        ("CreateGroup", vec![("GroupName", "dev")]),
        ("AddUserToGroup", vec![user, ("GroupName", "dev")]),
        ("CreateLoginProfile", vec![user, ("Password", "long enough")]),
        ("CreateVirtualMFADevice", vec![("VirtualMFADeviceName", "taro")]),
        (
            "EnableMFADevice",
            vec![user, ("SerialNumber", &serial), ("AuthenticationCode1", "111111"), ("AuthenticationCode2", "222222")],
        ),
        ("UploadSSHPublicKey", vec![user, ("SSHPublicKeyBody", "ssh-rsa AAAA taro")]),
        ("CreateServiceSpecificCredential", vec![user, ("ServiceName", "codecommit.amazonaws.com")]),
        (
            "UploadSigningCertificate",
            vec![user, ("CertificateBody", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----")],
        ),
        ("PutUserPolicy", vec![user, ("PolicyName", "p"), ("PolicyDocument", &policy)]),
        ("AttachUserPolicy", vec![user, ("PolicyArn", arn)]),
    ] {
        office.ask(operation, &fields);
    }
    let key = element(&office.ask("CreateAccessKey", &[user]), "AccessKeyId");
    let ssh = element(&office.ask("ListSSHPublicKeys", &[user]), "SSHPublicKeyId");
    let service = element(&office.ask("ListServiceSpecificCredentials", &[user]), "ServiceSpecificCredentialId");
    let certificate = element(&office.ask("ListSigningCertificates", &[user]), "CertificateId");
    assert_eq!(office.say("UpdateSSHPublicKey", &[user, ("SSHPublicKeyId", &ssh), ("Status", "Inactive")]), "ok");
    assert_eq!(element(&office.ask("ListSSHPublicKeys", &[user]), "Status"), "Inactive");
    let mut told = Vec::new();
    for (operation, fields) in [
        ("DetachUserPolicy", vec![user, ("PolicyArn", arn)]),
        ("DeleteUserPolicy", vec![user, ("PolicyName", "p")]),
        ("DeleteAccessKey", vec![user, ("AccessKeyId", key.as_str())]),
        ("DeleteSigningCertificate", vec![user, ("CertificateId", certificate.as_str())]),
        ("DeleteSSHPublicKey", vec![user, ("SSHPublicKeyId", ssh.as_str())]),
        ("DeleteServiceSpecificCredential", vec![user, ("ServiceSpecificCredentialId", service.as_str())]),
        ("DeactivateMFADevice", vec![user, ("SerialNumber", &serial)]),
        ("DeleteLoginProfile", vec![user]),
        ("RemoveUserFromGroup", vec![user, ("GroupName", "dev")]),
    ] {
        told.push(office.say("DeleteUser", &[user]));
        office.ask(operation, &fields);
    }
    told.push(office.say("DeleteUser", &[user]));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_renamed_user_keeps_its_keys_and_its_groups() {
    let mut office = Office::member();
    let client = office.user("old", &crate::support::statement("Allow", "iam:GetUser", "*"));
    office.ask("CreateGroup", &[("GroupName", "dev")]);
    office.ask("AddUserToGroup", &[("UserName", "old"), ("GroupName", "dev")]);
    office.ask("UpdateUser", &[("UserName", "old"), ("NewUserName", "new"), ("NewPath", "/people/")]);
    office.ask("UpdateGroup", &[("GroupName", "dev"), ("NewGroupName", "engineers")]);
    let told = client.query(&mut office.desk.sandbox, office.desk.now, "GetUser", &[]).text();
    assert_eq!(element(&told, "Arn"), format!("arn:aws:iam::{}:user/people/new", office.account));
    let told = client.query(&mut office.desk.sandbox, office.desk.now, "GetCallerIdentity", &[]).text();
    assert!(element(&told, "Arn").ends_with(":user/people/new"));
    assert_eq!(element(&office.ask("ListGroupsForUser", &[("UserName", "new")]), "GroupName"), "engineers");
    assert_eq!(element(&office.ask("GetGroup", &[("GroupName", "engineers")]), "UserName"), "new");
}

#[test]
fn listings_come_in_pages_that_hide_and_repeat_nothing() {
    let mut office = Office::member();
    for number in 0..25 {
        office.ask("CreateUser", &[("UserName", &format!("user-{number:02}"))]);
    }
    let (mut names, mut marker) = (Vec::new(), String::new());
    loop {
        let fields = [("MaxItems", "10"), ("Marker", marker.as_str())];
        let page = office.ask("ListUsers", if marker.is_empty() { &fields[..1] } else { &fields });
        names.extend(page.split("<UserName>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()));
        if element(&page, "IsTruncated") == "false" {
            break;
        }
        marker = element(&page, "Marker");
    }
    let expected: Vec<String> = (0..25).map(|number| format!("user-{number:02}")).collect();
    assert_eq!(names, expected);
    assert_eq!(office.say("ListUsers", &[("Marker", "nonsense")]), "400 ValidationError: Invalid Marker.");
    assert!(office.say("ListUsers", &[("MaxItems", "1001")]).starts_with("400 ValidationError"));
}

#[test]
fn each_account_has_users_of_its_own() {
    let mut office = Office::member();
    office.ask("CreateUser", &[("UserName", "only-here")]);
    let elsewhere = office.desk.enter("tsubame-dev");
    assert_eq!(
        office.say_as(&elsewhere, "GetUser", &[("UserName", "only-here")]),
        "404 NoSuchEntity: The user with name only-here cannot be found."
    );
}

#[test]
fn tags_are_merged_listed_and_taken_away() {
    let mut office = Office::member();
    let user = ("UserName", "a");
    office.ask("CreateUser", &[user, ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "x")]);
    office.ask("TagUser", &[user, ("Tags.member.1.Key", "owner"), ("Tags.member.1.Value", "")]);
    office.ask("UntagUser", &[user, ("TagKeys.member.1", "team")]);
    let told = office.ask("ListUserTags", &[user]);
    assert_eq!((element(&told, "Key"), element(&told, "Value")), ("owner".to_owned(), String::new()));
    assert!(!told.contains("team"));
}

#[test]
fn a_deny_stops_what_somebody_does_in_the_console() {
    let mut office = Office::member();
    let user = ("UserName", "hanako");
    office.ask("CreateUser", &[user]);
    office.ask("AttachUserPolicy", &[user, ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")]);
    let (account, now) = (office.desk.sandbox.account_id("minimo-dev").unwrap(), office.desk.now);
    assert!(office.desk.sandbox.console_session(account, "hanako", now).is_none(), "there is no password");
    office.ask("CreateLoginProfile", &[user, ("Password", "long enough")]);
    let browser = office.desk.sandbox.console_session(account, "hanako", now).unwrap();
    assert_eq!(office.say_as(&browser, "ListUsers", &[]), "ok");
    assert!(office.say_as(&browser, "GetSessionToken", &[]).starts_with("403 AccessDenied"), "it is a session already");
    let told = office.desk.delegated.clone();
    let told = told.query(&mut office.desk.sandbox, office.desk.now, "ListUsers", &[]);
    assert_eq!(told.status, 200);
    let deny = crate::support::statement("Deny", "*", "*").to_string();
    office.ask("PutUserPolicy", &[user, ("PolicyName", "stop"), ("PolicyDocument", &deny)]);
    let refused = office.say_as(&browser, "ListUsers", &[]);
    assert!(refused.ends_with("with an explicit deny in an identity-based policy"), "{refused}");
    let later = office.desk.sandbox.console_session(account, "hanako", now).unwrap();
    assert!(office.say_as(&later, "ListUsers", &[]).contains("explicit deny"), "and a new sign-in helps nobody");
    office.ask("DeleteUserPolicy", &[user, ("PolicyName", "stop")]);
    assert_eq!(office.say_as(&browser, "ListUsers", &[]), "ok");
    // the records tell the browser from the key
    let client = office.client.in_region("us-east-1");
    let body = serde_json::json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "ListUsers"}]});
    let told = office.desk.ask(&client, "CloudTrail_20131101.LookupEvents", body).unwrap();
    let record: serde_json::Value =
        serde_json::from_str(told["Events"][0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(record["sessionCredentialFromConsole"], "true");
    assert_eq!(
        (&record["userIdentity"]["type"], &record["userIdentity"]["userName"]),
        (&"IAMUser".into(), &"hanako".into())
    );
    assert_eq!(record["userIdentity"]["sessionContext"]["attributes"]["mfaAuthenticated"], "false");
    // without a password nobody signs in, and what is open goes on, as on AWS
    office.ask("DeleteLoginProfile", &[user]);
    assert!(office.desk.sandbox.console_session(account, "hanako", now).is_none());
    assert_eq!(office.say_as(&browser, "ListUsers", &[]), "ok");
    office.desk.now += jiff::SignedDuration::from_hours(12);
    assert!(office.say_as(&browser, "ListUsers", &[]).starts_with("403 ExpiredToken"));
}

#[test]
fn last_use_moves_with_use() {
    let mut office = Office::member();
    let user = ("UserName", "hanako");
    let client = office.user("hanako", &crate::support::statement("Allow", "*", "*"));
    office.ask("CreateLoginProfile", &[user, ("Password", "long enough")]);
    let account = office.desk.sandbox.account_id("minimo-dev").unwrap();
    let key = element(&office.ask("ListAccessKeys", &[user]), "AccessKeyId");
    let mut seen = Vec::new();
    for day in 0..3 {
        let used = office.ask("GetAccessKeyLastUsed", &[("AccessKeyId", &key)]);
        let at = if used.contains("LastUsedDate") { element(&used, "LastUsedDate") } else { "never".to_owned() };
        let service = format!("{} {}", element(&used, "ServiceName"), element(&used, "Region"));
        let told = office.ask("GetUser", &[user]);
        let password =
            if told.contains("PasswordLastUsed") { element(&told, "PasswordLastUsed") } else { "never".to_owned() };
        office.ask("GenerateCredentialReport", &[]);
        let report = office.ask("GetCredentialReport", &[]);
        let report = crate::iam_report::decoded(&element(&report, "Content"));
        let row = report.lines().find(|line| line.starts_with("hanako,")).unwrap().to_owned();
        seen.push(format!("{at} | {service} | {password} | {row}"));
        office.desk.now += jiff::SignedDuration::from_hours(24);
        let now = office.desk.now;
        assert!(office.desk.sandbox.console_sign_in(account, "hanako", now));
        if day == 0 {
            assert_eq!(office.say_as(&client, "ListUsers", &[]), "ok");
        } else {
            let told = client.rest(&mut office.desk.sandbox, now, "s3", ("GET", "/"));
            assert_eq!(told.status, 200, "{}", told.text());
        }
        office.client = office.desk.enter("minimo-dev");
    }
    insta::assert_snapshot!(seen.join("\n").replace(&office.account, "ACCOUNT"));
}
