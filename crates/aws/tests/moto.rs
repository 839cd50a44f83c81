//! The client against moto, an AWS nobody here wrote: what moto has works, what it lacks makes the observation partial.
//!
//! `SEKISHO_TEST_MOTO` names the server's program; without it (and without `moto_server` in the path) nothing is tested.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests may fail loudly, read the environment, and say why they are skipped"
)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use aws::{Client, Credentials, Options, Rate, Rates, ReadingMode};
use model::change::{Change, PermissionSetRef};
use model::claim::{Part, PartValue};
use model::iam_change::{IamPart, IamPartValue, IamStep};
use model::iam_user::{AccessKeyStatus, IamUser, IamUserRef};
use model::observed::CallerRole;
use model::permission_set::{Attributes, CustomerManagedPolicy};
use model::principal::PrincipalId;
use model::reading::Reading;
use ports::{AwsErrorKind, AwsRead, AwsWrite, Started, TokioClock};

/// A running server, ended when dropped.
struct Moto {
    child: Child,
    url: String,
}

impl Moto {
    /// Starts the server on a free port; none where there is no such program.
    fn start() -> Option<Self> {
        let named = std::env::var("SEKISHO_TEST_MOTO").ok();
        let mut command = Command::new(named.as_deref().unwrap_or("moto_server"));
        command.env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true");
        command.args(["-H", "127.0.0.1", "-p", "0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) if named.is_some() || std::env::var_os("SEKISHO_TEST_REQUIRE_ALL").is_some() => {
                panic!("{error}")
            }
            Err(_) => return None,
        };
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, address) = line.split_once("Running on ")?;
            Some(address.trim().to_owned())
        });
        // moto writes a line a request; nobody reading would stop it
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, url: url.expect("moto said where it runs") })
    }

    async fn client(&self, reading: ReadingMode) -> Client {
        let fast = Rate::new(500.0, 50);
        Client::connect(Options {
            region: Some("us-east-1".into()),
            endpoint_url: Some(self.url.clone()),
            credentials: Some(Credentials::new("testing", "testing", None, None, "test")),
            reading,
            rates: Rates {
                sso_admin: fast,
                identity_store: fast,
                organizations: fast,
                organizations_tags: fast,
                sts: fast,
                iam: fast,
                in_flight: 8,
            },
            rate_factor: 20.0,
            ..Options::new(Arc::new(TokioClock::system()))
        })
        .await
        .unwrap()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // pyenv's shim starts the server as its child; it ends with its own process all the same
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn what_moto_has_works_and_the_rest_is_partial() {
    let Some(moto) = Moto::start() else {
        eprintln!("skipped: no moto_server here");
        return;
    };
    let client = moto.client(ReadingMode::PerPrincipal).await;

    // without an organization: accounts are unknown, the rest is there
    let observed = client.observe(&()).await.unwrap();
    let unknown = observed.unknown_parts();
    assert!(unknown.len() == 1 && unknown[0].starts_with("accounts and OUs"), "{unknown:?}");

    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region("us-east-1")
        .endpoint_url(&moto.url)
        .credentials_provider(Credentials::new("testing", "testing", None, None, "test"))
        .load()
        .await;
    aws_sdk_organizations::Client::new(&config).create_organization().send().await.unwrap();
    let store = aws_sdk_identitystore::Client::new(&config);
    let store_id = observed.instance.identity_store.as_str();
    let group = store.create_group().identity_store_id(store_id).display_name("dev").send().await.unwrap();
    let user = store
        .create_user()
        .identity_store_id(store_id)
        .user_name("hanako@example.com")
        .display_name("山田 花子")
        .name(aws_sdk_identitystore::types::Name::builder().given_name("花子").family_name("山田").build())
        .send()
        .await
        .unwrap();
    store
        .create_group_membership()
        .identity_store_id(store_id)
        .group_id(&group.group_id)
        .member_id(aws_sdk_identitystore::types::MemberId::UserId(user.user_id.clone()))
        .send()
        .await
        .unwrap();

    let create = Change::CreatePermissionSet {
        set: PermissionSetRef { name: "Trial".parse().unwrap(), arn: None },
        attributes: Attributes { description: Some("for a trial".into()), ..Attributes::default() },
        tags: [].into(),
    };
    let Started::Done { created: Some(arn) } = client.start(&create, None).await.unwrap() else { panic!() };
    let set = PermissionSetRef { name: "Trial".parse().unwrap(), arn: Some(arn) };
    let account: model::AccountId = observed.caller.account.clone();
    let principal = PrincipalId::Group(group.group_id.parse().unwrap());
    let managed: model::ManagedPolicyArn = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
    let customer = CustomerManagedPolicy { name: "Team".into(), path: "/".into() };
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:List*","Resource":"*"}]}"#;
    let s = || set.clone();
    for change in [
        Change::AttachManagedPolicy { set: s(), policy: managed.clone() },
        Change::AttachCustomerManagedPolicy { set: s(), policy: customer.clone() },
        Change::SetInlinePolicy { set: s(), from: None, to: Some(document.into()) },
        Change::Assign { set: s(), account: account.clone(), principal: principal.clone() },
    ] {
        assert_eq!(client.start(&change, None).await.unwrap(), Started::Done { created: None }, "{change:?}");
    }

    let observed = client.observe(&()).await.unwrap();
    assert_eq!(observed.caller.role, CallerRole::Management);
    let trial = &observed.permission_sets[&set.name];
    assert_eq!(trial.attributes.session_duration.minutes(), 60);
    assert_eq!(trial.managed_policies.value().unwrap(), &[managed.clone()].into());
    assert_eq!(trial.customer_managed_policies.value().unwrap(), &[customer.clone()].into());
    assert_eq!(trial.inline_policy.value().unwrap().as_deref(), Some(document));
    assert!(observed.assignments.find(&set.name, &account, &principal).is_some());
    assert_eq!(observed.memberships.values().next().unwrap().value().unwrap(), &[user.user_id.parse().unwrap()]);
    // what moto 5.2.5 lacks: tags and boundaries of sets
    let lacking = ["tags of Trial", "permissions boundary of Trial", "assignments of Trial"];
    for part in observed.unknown_parts() {
        assert!(lacking.iter().any(|lacking| part.starts_with(lacking)), "{part}");
    }
    let error = client.read(&Part::Tags { set: s() }).await.unwrap_err();
    assert_eq!(error.kind, AwsErrorKind::NotSupported, "{error}");

    let pair = Part::Assignments { set: s(), account: account.clone() };
    assert_eq!(client.read(&pair).await.unwrap(), PartValue::Assignments([principal.clone()].into()));
    for change in [
        Change::Withdraw { set: s(), account: account.clone(), principal: principal.clone() },
        Change::Withdraw { set: s(), account, principal },
        Change::SetInlinePolicy { set: s(), from: None, to: None },
        Change::DetachManagedPolicy { set: s(), policy: managed },
        Change::DetachCustomerManagedPolicy { set: s(), policy: customer },
        Change::DeletePermissionSet { set: s() },
    ] {
        assert_eq!(client.start(&change, None).await.unwrap(), Started::Done { created: None }, "{change:?}");
    }
    assert_eq!(client.read(&Part::PermissionSet { set: s() }).await.unwrap(), PartValue::PermissionSet(None));
}

/// A user of IAM through all that a retirement does to one, and read back piece by piece.
#[tokio::test]
async fn users_are_switched_off_taken_back_and_deleted() {
    let Some(moto) = Moto::start() else {
        eprintln!("skipped: no moto_server here");
        return;
    };
    let client = moto.client(ReadingMode::PerPair).await;
    let account = model::AccountId::new("123456789012").unwrap();
    let user = IamUserRef { account, name: "taro".to_owned() };
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#.to_owned();
    let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned();
    let done = |step: IamStep| {
        let (client, user) = (&client, user.clone());
        async move {
            let says = [step.relies_on(), step.makes_true()];
            let change = Change::IamUser { user: user.clone(), step: step.clone() };
            for (claim, when) in says.into_iter().zip(["before", "after"]) {
                if when == "after" {
                    client.start(&change, None).await.unwrap_or_else(|error| panic!("{step:?}: {error}"));
                }
                let part = Part::Iam { user: user.clone(), of: claim.part() };
                let value = match client.read(&part).await {
                    Ok(PartValue::Iam(value)) => value,
                    // Of a user that is not there, nothing is there.
                    Err(error) if error.kind == AwsErrorKind::NotFound => claim.part().nothing(),
                    other => panic!("{step:?}: {other:?}"),
                };
                assert_eq!(claim.holds(&value), Some(true), "{when} {step:?}: {value:?}");
            }
        }
    };
    let tags = [("team".to_owned(), "minimo".to_owned())].into();
    let mark = "AIDAOLD".to_owned();
    done(IamStep::CreateUser { path: "/people/".to_owned(), tags, boundary: None, mark }).await;
    let key = client.create_access_key(&user).await.unwrap();
    assert!(!format!("{key:?}").contains(&key.secret), "a secret is nobody's log's");
    done(IamStep::AttachPolicy { policy: read_only.clone() }).await;
    let denial = IamStep::SetPolicy { name: "SekishoRetired".to_owned(), from: None, to: Some(policy) };
    done(denial.clone()).await;
    let Ok(PartValue::Iam(IamPartValue::Policies(held))) =
        client.read(&Part::Iam { user: user.clone(), of: IamPart::Policies }).await
    else {
        panic!("its policies")
    };
    assert_eq!(held.keys().collect::<Vec<_>>(), ["SekishoRetired"]);
    let Ok(PartValue::Iam(IamPartValue::LastUse(_))) =
        client.read(&Part::Iam { user: user.clone(), of: IamPart::KeyUse(key.id.clone()) }).await
    else {
        panic!("when it was used")
    };
    let (on, off) = (AccessKeyStatus::Active, AccessKeyStatus::Inactive);
    let switch = |from, to| IamStep::SetKeyStatus { key: key.id.clone(), from, to };
    done(switch(on, off)).await;
    done(switch(off, on)).await;
    done(switch(on, off)).await;
    done(model::retirement::inverse(&denial).unwrap()).await;
    done(IamStep::DetachPolicy { policy: read_only }).await;
    done(IamStep::DeleteKey { key: key.id.clone() }).await;
    let Ok(PartValue::Iam(IamPartValue::User(Some((id, _))))) =
        client.read(&Part::Iam { user: user.clone(), of: IamPart::User }).await
    else {
        panic!("the user is there")
    };
    let read = async |of: IamPart| match client.read(&Part::Iam { user: user.clone(), of }).await {
        Ok(PartValue::Iam(value)) => value,
        other => panic!("{other:?}"),
    };
    assert_eq!(read(IamPart::PasswordUse).await, IamPartValue::LastUse(model::iam_user::LastUse::Never));
    assert_eq!(read(IamPart::Policies).await, IamPartValue::Policies(Default::default()));
    let IamPartValue::Profile { path, boundary: None, tags } = read(IamPart::Profile).await else {
        panic!("a profile")
    };
    assert_eq!((path.as_str(), tags["team"].as_str()), ("/people/", "minimo"));
    let definition = IamUser {
        id,
        name: "taro".to_owned(),
        arn: String::new(),
        path: "/people/".to_owned(),
        created: jiff::Timestamp::UNIX_EPOCH,
        tags: Default::default(),
        groups: Vec::new(),
        attached_policies: Vec::new(),
        inline_policies: Default::default(),
        permissions_boundary: None,
        password: Reading::unknown("not read"),
        access_keys: Reading::unknown("not read"),
        mfa_devices: Reading::unknown("not read"),
        other_credentials: Reading::unknown("not read"),
        services_last_accessed: Reading::unknown("not read"),
    };
    done(IamStep::DeleteUser { definition: Box::new(definition) }).await;
}
