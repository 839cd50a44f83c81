//! Taking stock of IAM users in the sandbox: everything there is, with the calls it takes, and whatever goes wrong.

mod faults;
mod office;

use std::collections::BTreeMap;

use aws::{Client, Credentials, InventoryPart, Options, PolicyOptions, inventory_policy};
use engine::iam_users::{AccountsError, KnownDoor, Wish, select};
use model::iam_user::{AccessKeyStatus, LastUse, OtherCredentialKind};
use ports::{IamDoor, IamRead};
use sandbox::{Company, Config, KeyPair};

use self::office::{Office, ROLE, START, element};

const DEVELOPER: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","iam:ListUsers"],"Resource":"*"}]}"#;

/// A person, a machine, and somebody who has nothing, in minimo-prod.
fn staffed(office: &Office) -> BTreeMap<&'static str, String> {
    let hand = office.enter("minimo-prod", 0);
    hand.ask("CreateGroup", &[("GroupName", "developers"), ("Path", "/team/")]);
    hand.ask("PutGroupPolicy", &[("GroupName", "developers"), ("PolicyName", "own"), ("PolicyDocument", DEVELOPER)]);
    let tag = [("UserName", "hanako"), ("Tags.member.1.Key", "email"), ("Tags.member.1.Value", "花子@example.com")];
    hand.ask("CreateUser", &tag);
    hand.ask("AddUserToGroup", &[("GroupName", "developers"), ("UserName", "hanako")]);
    let reading = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    hand.ask("AttachUserPolicy", &[("UserName", "hanako"), ("PolicyArn", reading)]);
    hand.ask("CreateLoginProfile", &[("UserName", "hanako"), ("Password", "Long-enough-1!")]);
    let device = hand.ask("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "hanako")]);
    let serial = element(&device, "SerialNumber");
    let enable = [("AuthenticationCode1", "123456"), ("AuthenticationCode2", "654321")];
    hand.ask("EnableMFADevice", &[&[("UserName", "hanako"), ("SerialNumber", &serial)], &enable[..]].concat());
    let (batch_key, batch) = hand.user_with_key("batch");
    hand.ask("PutUserPolicy", &[("UserName", "batch"), ("PolicyName", "own"), ("PolicyDocument", DEVELOPER)]);
    hand.call_as(&batch, "ListUsers");
    hand.ask("CreateServiceSpecificCredential", &[("UserName", "batch"), ("ServiceName", "codecommit.amazonaws.com")]);
    hand.ask("CreateUser", &[("UserName", "quiet"), ("Path", "/former/")]);
    let (first, _) = hand.key("quiet");
    let inactive = [("UserName", "quiet"), ("AccessKeyId", first.as_str()), ("Status", "Inactive")];
    hand.ask("UpdateAccessKey", &inactive);
    let (second, _) = hand.key("quiet");
    BTreeMap::from([("batch", batch_key), ("first", first), ("second", second), ("device", serial)])
}

#[tokio::test(start_paused = true)]
async fn everything_about_a_user_is_read() {
    let office = Office::sample();
    let made = staffed(&office);
    let client = office.client().await;
    let account = office.one(&client, "minimo-prod", true).await;
    assert_eq!(account.users.keys().collect::<Vec<_>>(), ["batch", "hanako", "quiet"]);

    let hanako = &account.users["hanako"];
    assert_eq!(hanako.tags["email"], "花子@example.com");
    assert_eq!(hanako.groups, ["developers"]);
    assert_eq!(hanako.attached_policies, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    let password = hanako.password.value().unwrap().as_ref().unwrap();
    assert_eq!((password.changed, password.last_use), (Some(START.parse().unwrap()), LastUse::Never));
    assert_eq!(hanako.mfa_devices.value().unwrap(), &[made["device"].clone()]);
    assert_eq!(hanako.access_keys.value().unwrap(), &[]);
    let group = &account.groups["developers"];
    assert_eq!((group.path.as_str(), group.inline_policies["own"].as_str()), ("/team/developers", DEVELOPER));
    // the default version of what users hold, and no other of AWS's own
    let aws: Vec<_> = account.managed_policies.keys().filter(|arn| arn.contains("::aws:")).collect();
    assert_eq!(aws, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    assert!(account.managed_policies.values().all(|text| text.starts_with('{')));

    let batch = &account.users["batch"];
    assert_eq!(batch.inline_policies["own"], DEVELOPER);
    let [key] = batch.access_keys.value().unwrap().as_slice() else { panic!("{:?}", batch.access_keys) };
    assert_eq!((key.id.as_str(), key.status), (made["batch"].as_str(), AccessKeyStatus::Active));
    assert_eq!(key.last_use, LastUse::At { at: START.parse().unwrap() });
    assert_eq!((key.last_service.as_deref(), key.last_region.as_deref()), (Some("iam"), Some("us-east-1")));
    assert_eq!(batch.password.value(), Some(&None));
    let [other] = batch.other_credentials.value().unwrap().as_slice() else { panic!() };
    assert_eq!(other.kind, OtherCredentialKind::ServiceSpecificCredential);
    assert_eq!(other.service.as_deref(), Some("codecommit.amazonaws.com"));
    let services = batch.services_last_accessed.value().unwrap();
    assert!(services["iam"].is_some() && services["s3"].is_none(), "{services:?}");

    let quiet = &account.users["quiet"];
    assert_eq!(quiet.path, "/former/");
    let keys = quiet.access_keys.value().unwrap();
    let statuses: BTreeMap<_, _> = keys.iter().map(|key| (key.id.as_str(), key.status)).collect();
    let expected = [(made["first"].as_str(), AccessKeyStatus::Inactive), (&made["second"], AccessKeyStatus::Active)];
    assert_eq!(statuses, BTreeMap::from(expected));
    assert!(keys.iter().all(|key| key.last_use == LastUse::Never));
    let root = account.root.value().unwrap();
    assert_eq!((root.mfa, root.access_keys), (false, false));
    assert!(account.roles[ROLE].trust_policy.contains("sts:AssumeRole"));
}

/// The report is up to four hours old. Who is newer, and whatever is newer about keys, is asked about.
#[tokio::test(start_paused = true)]
async fn what_the_report_cannot_know_is_asked() {
    let office = Office::sample();
    staffed(&office);
    let client = office.client().await;
    office.one(&client, "minimo-prod", false).await;
    let before = client.calls();
    office.clock.sleep(std::time::Duration::from_secs(3600)).await;
    let hand = office.enter("minimo-prod", 0);
    let (_, late) = hand.user_with_key("late");
    hand.ask("CreateLoginProfile", &[("UserName", "late"), ("Password", "Long-enough-1!")]);
    hand.call_as(&late, "ListUsers");
    // the same name, another user
    for (operation, fields) in [("DeleteAccessKey", true), ("DeleteAccessKey", true), ("DeleteUser", false)] {
        let listed = hand.ask("ListAccessKeys", &[("UserName", "quiet")]);
        match fields {
            true => hand.ask(operation, &[("UserName", "quiet"), ("AccessKeyId", &element(&listed, "AccessKeyId"))]),
            false => hand.ask(operation, &[("UserName", "quiet")]),
        };
    }
    hand.ask("CreateUser", &[("UserName", "quiet"), ("Path", "/former/")]);
    hand.ask("CreateLoginProfile", &[("UserName", "quiet"), ("Password", "Long-enough-1!")]);

    let account = office.one(&client, "minimo-prod", false).await;
    let late = &account.users["late"];
    let password = late.password.value().unwrap().as_ref().unwrap();
    assert_eq!((password.changed, password.last_use), (None, LastUse::Never));
    let [key] = late.access_keys.value().unwrap().as_slice() else { panic!() };
    assert!(matches!(key.last_use, LastUse::At { .. }), "{key:?}");
    assert!(account.users["quiet"].password.value().unwrap().is_some());
    // what the report says is as old as the report
    let known = &account.users["hanako"].password;
    let model::Reading::Known { as_of, .. } = known else { panic!("{known:?}") };
    assert_eq!(as_of.to_string(), START);
    let calls = client.calls();
    let more = |operation| {
        calls.get(&("iam", operation)).copied().unwrap_or(0) - before.get(&("iam", operation)).copied().unwrap_or(0)
    };
    assert_eq!((more("GetLoginProfile"), more("ListUsers"), more("GetAccessKeyLastUsed")), (2, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_printed_policies_are_enough() {
    let office = Office::sample();
    staffed(&office);
    let options = PolicyOptions { inspection_role: Some("audit/Stock".into()), ..PolicyOptions::default() };
    let (caller, role) =
        (inventory_policy(InventoryPart::Caller, &options), inventory_policy(InventoryPart::Role, &options));
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":"sts:AssumeRole"}}]}}"#,
        office.account("example-management")
    );
    let hand = office.enter("minimo-prod", 0);
    let named = [("RoleName", "Stock"), ("Path", "/audit/"), ("AssumeRolePolicyDocument", trust.as_str())];
    hand.ask("CreateRole", &named);
    hand.ask("PutRolePolicy", &[("RoleName", "Stock"), ("PolicyName", "own"), ("PolicyDocument", &role)]);
    let administrator = office.with(|sandbox| sandbox.config().administrator.clone());
    let own = sandbox::Client::new(&administrator, "us-east-1");
    let ask = |operation: &str, fields: &[(&str, &str)]| {
        let told = office.with(|sandbox| own.query(sandbox, office.clock.now(), operation, fields));
        assert_eq!(told.status, 200, "{}", told.text());
        told.text()
    };
    ask("CreateUser", &[("UserName", "stock-taker")]);
    ask("PutUserPolicy", &[("UserName", "stock-taker"), ("PolicyName", "own"), ("PolicyDocument", &caller)]);
    let key = ask("CreateAccessKey", &[("UserName", "stock-taker")]);
    let key = KeyPair::new(element(&key, "AccessKeyId"), element(&key, "SecretAccessKey"));
    let client = Client::connect(office.options(&key)).await.unwrap();
    let wish = Wish {
        accounts: vec!["minimo-prod".into(), "example-management".into(), "minimo-dev".into()],
        role: Some("audit/Stock".into()),
        known: Vec::new(),
    };
    let selection = select(&client, &wish).await.unwrap();
    let depth = ports::IamDepth { services_last_accessed: true };
    let stock = engine::iam_users::take_stock(&client, office.clock.as_ref(), &selection, depth, &()).await;
    for name in ["minimo-prod", "example-management"] {
        let account = stock.inventory.accounts[&office.account(name)].value().unwrap();
        assert!(account.root.is_known());
        for user in account.users.values() {
            let found = engine::iam_users::remarks(user, account, stock.as_of, Default::default(), true);
            assert!(!format!("{found:?}").contains("NotRead"), "{found:?}");
        }
    }
    // the role is not in this one: unknown, and nothing else suffers
    let closed = &stock.inventory.accounts[&office.account("minimo-dev")];
    assert!(closed.reason().unwrap().contains("role/audit/Stock"), "{closed:?}");
}

#[test]
fn inventory_policies_read_well_and_name_real_actions() {
    let options = PolicyOptions { inspection_role: Some("/audit/Stock".into()), ..PolicyOptions::default() };
    let caller = inventory_policy(InventoryPart::Caller, &options);
    insta::assert_snapshot!("inventory_policy", caller);
    for text in [caller, inventory_policy(InventoryPart::Role, &options)] {
        let policy: serde_json::Value = serde_json::from_str(&text).unwrap();
        for statement in policy["Statement"].as_array().unwrap() {
            for action in statement["Action"].as_array().into_iter().flatten() {
                let action = policy::catalogue::find(action.as_str().unwrap()).unwrap();
                let narrowed = statement["Resource"].as_str().unwrap().contains(":user/");
                let takes_users = action.resources().any(|resource| resource.contains(":user/"));
                assert_eq!(narrowed, takes_users, "{}", action.name);
            }
        }
        assert!(!text.contains("iam:Create") && !text.contains("iam:Put") && !text.contains("iam:Update"));
    }
}

#[tokio::test(start_paused = true)]
async fn accounts_are_chosen_by_name_id_and_written_doors() {
    let office = Office::sample();
    let client = office.client().await;
    let own = client.own_account().await.unwrap();
    let all = office.select(&client, &[]).await;
    let company = Company::sample();
    assert_eq!(all.accounts.len(), company.accounts.iter().filter(|account| !account.suspended).count());
    assert_eq!(all.left_out.len(), company.accounts.iter().filter(|account| account.suspended).count());
    let door = |id: &model::AccountId| all.accounts.iter().find(|account| account.id == *id).unwrap().door.clone();
    assert_eq!(door(&own), IamDoor::Own);
    assert_eq!(door(&office.account("minimo-prod")), IamDoor::RoleNamed(ROLE.into()));

    let id = office.account("minimo-stg");
    let wish = |accounts: &[&str], role: Option<&str>| Wish {
        accounts: accounts.iter().map(|&name| name.to_owned()).collect(),
        role: role.map(str::to_owned),
        known: Vec::new(),
    };
    let two = select(&client, &wish(&["minimo-prod", id.as_str()], Some("R"))).await.unwrap();
    assert_eq!(two.accounts.len(), 2);
    let error = select(&client, &wish(&["minimo-prd"], Some("R"))).await.unwrap_err();
    assert!(matches!(&error, AccountsError::NoSuchAccount { names, .. } if names.contains(&"minimo-prod".to_owned())));
    assert!(matches!(select(&client, &wish(&[], None)).await, Err(AccountsError::NoRole { count: 38, .. })));
    let alone = select(&client, &wish(&[own.as_str()], None)).await.unwrap();
    assert_eq!(alone.accounts[0].door, IamDoor::Own);

    // where nobody may list the organization, a written list says it all
    office.with(|sandbox| sandbox.faults_mut().deny = ["ListAccounts".to_owned()].into());
    assert!(matches!(select(&client, &wish(&[], Some("R"))).await, Err(AccountsError::Listing(_))));
    assert!(matches!(select(&client, &wish(&["minimo-prod"], Some("R"))).await, Err(AccountsError::Listing(_))));
    assert_eq!(select(&client, &wish(&[id.as_str()], Some("R"))).await.unwrap().accounts.len(), 1);
    let arn = format!("arn:aws:iam::{id}:role/{ROLE}");
    let known = KnownDoor { id: id.clone(), name: Some("minimo-stg".into()), door: Some(IamDoor::RoleArn(arn)) };
    let wish = Wish { known: vec![known], ..Wish::default() };
    let written = select(&client, &wish).await.unwrap();
    assert_eq!(
        written.accounts.iter().map(|account| account.id.clone()).collect::<Vec<_>>(),
        [own, id.clone()].into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    );
    assert!(written.without_organization.is_some());
    let depth = ports::IamDepth { services_last_accessed: false };
    let stock = engine::iam_users::take_stock(&client, office.clock.as_ref(), &written, depth, &()).await;
    assert!(stock.inventory.accounts[&id].is_known());
    assert!(stock.without_organization.unwrap().contains("ListAccounts"));

    // a role that opens the others was to be used for accounts that nobody can name now
    let with_role = Wish { role: Some("R".into()), ..wish.clone() };
    assert!(matches!(select(&client, &with_role).await, Err(AccountsError::Listing(_))));
    // and a list that fails otherwise is no sign that there is none
    office.with(|sandbox| sandbox.faults_mut().deny.clear());
    for (code, is_none) in [
        ("AWSOrganizationsNotInUseException", true),
        ("InvalidInputException", false),
        ("TooManyRequestsException", false),
        ("ServiceException", false),
        ("UnknownOperationException", false),
    ] {
        office.on_answers(move |operation, told| {
            if operation == "ListAccounts" {
                *told = (400, format!("{{\"__type\": \"{code}\", \"Message\": \"no\"}}"));
            }
        });
        let client = office.client().await;
        for wish in [&wish, &with_role] {
            let selected = select(&client, wish).await;
            let is_accepted = selected.as_ref().is_ok_and(|chosen| chosen.without_organization.is_some());
            assert_eq!(is_accepted, is_none, "{code}: {selected:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_door_into_another_account_is_refused() {
    let office = Office::sample();
    let client = office.client().await;
    let (meant, other) = (office.account("minimo-prod"), office.account("minimo-dev"));
    let depth = ports::IamDepth { services_last_accessed: false };
    let wrong = IamDoor::RoleArn(format!("arn:aws:iam::{other}:role/{ROLE}"));
    for door in [wrong, IamDoor::Own] {
        let read = client.iam_account(&meant, &door, depth, &()).await;
        assert!(read.reason().is_some_and(|reason| reason.contains("account")), "{read:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_calls_are_those_of_the_formula() {
    count_calls(20, 25).await;
}

#[tokio::test(start_paused = true)]
#[ignore = "ten thousand users take minutes to make where the sandbox is not optimised"]
async fn the_calls_of_two_hundred_accounts_are_those_of_the_formula() {
    count_calls(200, 50).await;
}

/// One run: the calls are those of the formula, none is throttled, and each account keeps to its rate. (200 accounts with 50 users: 63,022
/// calls, 184 s in virtual time.)
async fn count_calls(accounts: usize, users: usize) {
    let company = Company::synthetic(accounts, 1, 1, 1, 0, 7);
    let office = Office::of(Config { empty_page_chance: 0.0, ..Config::calm() }, &company);
    let names: Vec<String> = company.accounts.iter().map(|account| account.name.clone()).collect();
    let mut with_mfa = 0;
    for name in &names {
        let hand = office.enter(name, 1);
        for number in 0..users {
            let user = format!("user-{number:03}");
            hand.user_with_key(&user);
            if number % 5 == 0 {
                let device = hand.ask("CreateVirtualMFADevice", &[("VirtualMFADeviceName", &user)]);
                let serial = element(&device, "SerialNumber");
                let codes = [("AuthenticationCode1", "123456"), ("AuthenticationCode2", "654321")];
                hand.ask(
                    "EnableMFADevice",
                    &[&[("UserName", user.as_str()), ("SerialNumber", &serial)], &codes[..]].concat(),
                );
                with_mfa += 1;
            }
        }
    }
    office.with(|sandbox| sandbox.calls_mut().clear());
    let key = office.with(|sandbox| sandbox.config().administrator.clone());
    let client = Client::connect(Options {
        credentials: Some(Credentials::new(&key.access_key_id, &key.secret_access_key, None, None, "test")),
        ..office.options(&key)
    })
    .await
    .unwrap();
    let began = office.clock.now();
    let stock = office.stock(&client, &[], true).await;
    let took = office.clock.now().duration_since(began).as_secs_f64();
    assert_eq!(stock.inventory.unread().count(), 0);
    // Management and delegated account have an administrator each besides.
    let all = accounts * users + 2;
    assert_eq!(stock.inventory.users().count(), all);
    for (_, user) in stock.inventory.users() {
        assert!(user.access_keys.is_known() && user.services_last_accessed.is_known());
    }
    let calls = client.calls();
    let of = |service, operation| usize::try_from(calls.get(&(service, operation)).copied().unwrap_or(0)).unwrap();
    let each_account =
        ["GetAccountAuthorizationDetails", "GetAccountSummary", "GenerateCredentialReport", "GetCredentialReport"];
    let each_user = [
        "ListAccessKeys",
        "ListSSHPublicKeys",
        "ListServiceSpecificCredentials",
        "ListSigningCertificates",
        "GenerateServiceLastAccessedDetails",
        "GetServiceLastAccessedDetails",
    ];
    assert!(each_account.iter().all(|operation| of("iam", operation) == accounts), "{calls:?}");
    assert!(each_user.iter().all(|operation| of("iam", operation) == all), "{calls:?}");
    assert_eq!(of("iam", "ListMFADevices"), with_mfa);
    assert_eq!(of("sts", "AssumeRole"), accounts - 1);
    let pages = accounts.div_ceil(20);
    assert_eq!(of("organizations", "ListAccounts"), pages);
    assert_eq!(of("sts", "GetCallerIdentity"), 1);
    // Administrators whose keys were used or made after the report.
    assert!(of("iam", "GetAccessKeyLastUsed") <= 2, "{calls:?}");
    let formula = 4 * accounts + 6 * all + with_mfa + (accounts - 1) + pages + 1 + of("iam", "GetAccessKeyLastUsed");
    let (total, throttled) = client.call_totals();
    assert_eq!(usize::try_from(total).unwrap(), formula);
    // 32 accounts at a time, each at no more than 10 calls a second, a quarter of that for the reports on services
    let per_account = (users * 6).max(users * 4) as f64 / 10.0;
    assert!(took < accounts.div_ceil(32) as f64 * (per_account + users as f64 / 2.5 + 10.0), "{took}");
    assert_eq!(throttled, 0);
}
