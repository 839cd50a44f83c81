//! The client against the sandbox: whole observations, every change, throttling and broken calls, in virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::{Client, Credentials, InProcessHttp, Options, PolicyOptions, ReadingMode, iam_policy};
use bytes::Bytes;
use model::change::{Change, PermissionSetRef, Scope};
use model::claim::{Part, PartValue};
use model::journal::PendingRequest;
use model::observed::{CallerRole, Observed};
use model::permission_set::{Attributes, CustomerManagedPolicy, PermissionsBoundary};
use model::principal::PrincipalId;
use ports::{AwsErrorKind, AwsRead, AwsWrite, Clock, PollResult, Started, StatusList, TokioClock};
use sandbox::{Company, Config, KeyPair, Sandbox, Start, WireRequest};

/// A sandbox in this process.
#[derive(Clone)]
struct Local {
    sandbox: Arc<Mutex<Sandbox>>,
    clock: Arc<dyn Clock>,
}

impl Local {
    fn new(config: Config) -> Self {
        let sandbox = Sandbox::with_company(config, &Company::sample(), Start::Declared).unwrap();
        let clock = Arc::new(TokioClock::starting_at("2026-11-22T00:00:00Z".parse().unwrap()));
        Self { sandbox: Arc::new(Mutex::new(sandbox)), clock }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Sandbox) -> T) -> T {
        look(&mut self.sandbox.lock().unwrap())
    }

    fn options(&self, key: impl Fn(&Config) -> &KeyPair) -> Options {
        let (pair, region) = self.with(|sandbox| (key(sandbox.config()).clone(), sandbox.config().region.clone()));
        let (sandbox, clock) = (Arc::clone(&self.sandbox), Arc::clone(&self.clock));
        let http = InProcessHttp::new(Arc::clone(&self.clock), move |request| {
            let answer = sandbox.lock().unwrap().handle(clock.now(), &wire(&request));
            let mut response = http::Response::builder().status(answer.status);
            for (name, value) in answer.headers {
                response = response.header(name, value);
            }
            Ok(response.body(Bytes::from(answer.body))?)
        })
        .with_latency(|| Duration::from_millis(80));
        Options {
            region: Some(region),
            credentials: Some(Credentials::new(pair.access_key_id, pair.secret_access_key, None, None, "test")),
            http_client: Some(http.shared()),
            seed: Some(7),
            ..Options::new(Arc::clone(&self.clock))
        }
    }

    /// A user of the executor's account, with the policy that `iam_policy` prints for it.
    async fn with_the_printed_policy_alone(&self, scope: &Scope) -> Client {
        let administrator = self.options(|config| match scope {
            Scope::Delegated => &config.delegated,
            Scope::Management | Scope::Account(_) => &config.administrator,
        });
        let iam = aws_sdk_iam::Client::from_conf(
            aws_sdk_iam::Config::builder()
                .behavior_version(aws_sdk_iam::config::BehaviorVersion::latest())
                .region(aws_sdk_iam::config::Region::new("us-east-1"))
                .credentials_provider(administrator.credentials.clone().unwrap())
                .http_client(administrator.http_client.clone().unwrap())
                .build(),
        );
        let instance_arn = Some(self.with(|sandbox| sandbox.instance_arn()).parse().unwrap());
        let text = iam_policy(scope, &PolicyOptions { instance_arn, ..PolicyOptions::default() });
        iam.create_user().user_name("executor").send().await.unwrap();
        // Too long for an inline policy of a user; a role would take it.
        let made = iam.create_policy().policy_name("executor").policy_document(text).send().await.unwrap();
        let arn = made.policy.unwrap().arn.unwrap();
        iam.attach_user_policy().user_name("executor").policy_arn(arn).send().await.unwrap();
        let key = iam.create_access_key().user_name("executor").send().await.unwrap().access_key.unwrap();
        let credentials = Credentials::new(key.access_key_id, key.secret_access_key, None, None, "test");
        Client::connect(Options { credentials: Some(credentials), ..administrator }).await.unwrap()
    }

    async fn management(&self) -> Client {
        Client::connect(self.options(|config| &config.administrator)).await.unwrap()
    }

    async fn delegated(&self) -> Client {
        Client::connect(self.options(|config| &config.delegated)).await.unwrap()
    }
}

fn wire(request: &http::Request<Bytes>) -> WireRequest {
    let headers = request.headers().iter();
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    if request.headers().get("host").is_none() {
        headers.push(("host".into(), request.uri().authority().unwrap().to_string()));
    }
    WireRequest {
        method: request.method().to_string(),
        path: request.uri().path_and_query().map_or_else(|| "/".into(), ToString::to_string),
        headers,
        body: request.body().to_vec(),
    }
}

/// Assignments by the names the sandbox uses.
fn assigned(observed: &Observed) -> BTreeSet<(String, String, String)> {
    observed
        .assignments
        .iter()
        .map(|(set, account, principal)| {
            (observed.account_label(account).to_owned(), set.to_string(), observed.principal_label(principal))
        })
        .collect()
}

fn true_assigned(local: &Local) -> BTreeSet<(String, String, String)> {
    let rows = local.with(|sandbox| sandbox.assigned());
    rows.into_iter().map(|row| (row.account, row.permission_set, row.principal)).collect()
}

#[tokio::test(start_paused = true)]
async fn the_sample_company_is_read_in_full_and_within_the_rates() {
    let local = Local::new(Config::default());
    let client = local.delegated().await;
    let observed = client.observe(&()).await.unwrap();
    assert_eq!(observed.unknown_parts(), Vec::<String>::new());
    assert_eq!(observed.caller.role, CallerRole::DelegatedAdministrator);
    assert_eq!(assigned(&observed), true_assigned(&local));
    assert!(observed.assignments.rows().len() > 300);
    let organization = observed.organization.value().unwrap();
    assert_eq!(organization.accounts.len(), Company::sample().accounts.len());
    assert_eq!(
        organization.management_account.as_ref().unwrap().as_str(),
        local.with(|s| s.management_account().to_string())
    );
    for account in &Company::sample().accounts {
        let id = account.id.parse().unwrap();
        assert_eq!(organization.account_path(&id).unwrap(), account.unit, "{}", account.name);
        assert_eq!(organization.accounts[&id].state.is_active(), !account.suspended);
        let tags: BTreeMap<String, String> = account.tags.iter().cloned().collect();
        assert_eq!(organization.accounts[&id].tags.value().unwrap(), &tags);
    }
    assert_eq!(observed.users.value().unwrap().len(), Company::sample().people.len());

    // few calls, none of them throttled, at nearly the full rate
    let pairs: usize = observed.permission_sets.values().map(|set| set.provisioned.value().unwrap().len()).sum();
    let calls = client.calls();
    let sso: u64 = calls.iter().filter(|((service, _), _)| *service == "sso").map(|(_, count)| count).sum();
    let sets = observed.permission_sets.len() as u64;
    assert!(sso <= pairs as u64 + 8 * sets + 2, "{sso} calls for {pairs} pairs and {sets} sets");
    assert_eq!(observed.cost.throttled, 0);
    let fastest_ms = sso * 1000 / 20;
    assert!(observed.cost.elapsed_ms < fastest_ms * 105 / 100 + 2_000, "{} > {fastest_ms}", observed.cost.elapsed_ms);
    let (total, counted) = (client.call_totals().0, local.with(|sandbox| sandbox.calls().total()));
    assert_eq!(total, counted);
}

#[tokio::test(start_paused = true)]
async fn per_principal_finds_the_same_rows() {
    let local = Local::new(Config::calm());
    let options = Options { reading: ReadingMode::PerPrincipal, ..local.options(|config| &config.administrator) };
    let client = Client::connect(options).await.unwrap();
    let observed = client.observe(&()).await.unwrap();
    assert_eq!(observed.caller.role, CallerRole::Management);
    assert_eq!(assigned(&observed), true_assigned(&local));
    assert!(!observed.incomplete_pairs.is_empty());
    assert_eq!(client.calls().get(&("sso", "ListAccountAssignments")), None);
}

#[tokio::test(start_paused = true)]
async fn faults_are_overcome() {
    let local = Local::new(Config::default());
    let calm = local.delegated().await.observe(&()).await.unwrap();
    local.with(|sandbox| {
        sandbox.faults_mut().set(sandbox::FaultKind::Throttle, 0.05);
        sandbox.faults_mut().set(sandbox::FaultKind::InternalBefore, 0.05);
    });
    let observed = local.delegated().await.observe(&()).await.unwrap();
    assert_eq!(observed.unknown_parts(), Vec::<String>::new());
    assert_eq!(observed.assignments, calm.assignments);
    assert!(observed.cost.throttled > 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_operation_is_a_partial_observation() {
    let local = Local::new(Config::calm());
    local.with(|sandbox| {
        sandbox.faults_mut().deny = ["ListAccountAssignments".to_owned(), "ListGroups".to_owned()].into()
    });
    let observed = local.delegated().await.observe(&()).await.unwrap();
    assert!(!observed.groups.is_known());
    assert!(observed.users.is_known());
    assert!(!observed.incomplete_pairs.is_empty());
    assert!(observed.assignments.rows().is_empty());
}

async fn finish(client: &Client, clock: &Arc<dyn Clock>, started: Started) -> PollResult {
    let Started::Accepted(request) = started else { return PollResult::Succeeded };
    loop {
        match client.poll(&request).await.unwrap() {
            PollResult::InProgress => clock.sleep(Duration::from_secs(1)).await,
            ended => return ended,
        }
    }
}

/// A set from its creation to its end, each change verified by reading its part.
#[tokio::test(start_paused = true)]
async fn the_life_of_a_set() {
    let local = Local::new(Config::default());
    let client = local.delegated().await;
    live(&local, &client, sandbox::Part::Delegated).await;
    allowed_by_the_policy(&local, &Scope::Delegated);
}

/// The same by users who hold the printed policy and nothing else: the sandbox decides every call by it.
#[tokio::test(start_paused = true)]
async fn the_printed_policies_are_enough_for_the_life_of_a_set() {
    for scope in [Scope::Delegated, Scope::Management] {
        let local = Local::new(Config::default());
        let client = local.with_the_printed_policy_alone(&scope).await;
        let part = if scope == Scope::Management { sandbox::Part::Management } else { sandbox::Part::Delegated };
        live(&local, &client, part).await;
    }
}

async fn live(local: &Local, client: &Client, where_to: sandbox::Part) {
    let observed = client.observe(&()).await.unwrap();
    let since = local.clock.now();
    let name: model::PermissionSetName = "Trial".parse().unwrap();
    let attributes = Attributes { description: Some("for a trial".into()), ..Attributes::default() };
    let tags: BTreeMap<String, String> = [("sekisho:deployment".to_owned(), "main".to_owned())].into();
    let create = Change::CreatePermissionSet {
        set: PermissionSetRef { name: name.clone(), arn: None },
        attributes: attributes.clone(),
        tags: tags.clone(),
    };
    let Started::Done { created: Some(arn) } = client.start(&create, None).await.unwrap() else { panic!() };
    let set = PermissionSetRef { name: name.clone(), arn: Some(arn.clone()) };
    assert_eq!(client.start(&create, None).await.unwrap_err().kind, AwsErrorKind::Conflict);
    let by_name = Part::PermissionSet { set: PermissionSetRef { name, arn: None } };
    assert_eq!(client.read(&by_name).await.unwrap(), PartValue::PermissionSet(Some((arn, attributes.clone()))));
    assert_eq!(client.read(&Part::Tags { set: set.clone() }).await.unwrap(), PartValue::Tags(tags));

    let managed: model::ManagedPolicyArn = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
    let customer = CustomerManagedPolicy { name: "None".into(), path: "/".into() };
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:List*","Resource":"*"}]}"#;
    let boundary = PermissionsBoundary::Managed(managed.clone());
    let newer = Attributes { description: Some("for another trial".into()), ..attributes.clone() };
    let s = || set.clone();
    let steps: Vec<(Change, Part, PartValue)> = vec![
        (
            Change::UpdatePermissionSet { set: s(), from: attributes, to: newer.clone() },
            Part::PermissionSet { set: s() },
            PartValue::PermissionSet(Some((set.arn.clone().unwrap(), newer))),
        ),
        (
            Change::AttachManagedPolicy { set: s(), policy: managed.clone() },
            Part::ManagedPolicies { set: s() },
            PartValue::ManagedPolicies([managed.clone()].into()),
        ),
        (
            Change::AttachCustomerManagedPolicy { set: s(), policy: customer.clone() },
            Part::CustomerManagedPolicies { set: s() },
            PartValue::CustomerManagedPolicies([customer.clone()].into()),
        ),
        (
            Change::DetachCustomerManagedPolicy { set: s(), policy: customer },
            Part::CustomerManagedPolicies { set: s() },
            PartValue::CustomerManagedPolicies([].into()),
        ),
        (
            Change::SetInlinePolicy { set: s(), from: None, to: Some(document.into()) },
            Part::InlinePolicy { set: s() },
            PartValue::InlinePolicy(Some(document.into())),
        ),
        (
            Change::SetInlinePolicy { set: s(), from: None, to: None },
            Part::InlinePolicy { set: s() },
            PartValue::InlinePolicy(None),
        ),
        (
            Change::SetPermissionsBoundary { set: s(), from: None, to: Some(boundary.clone()) },
            Part::PermissionsBoundary { set: s() },
            PartValue::PermissionsBoundary(Some(boundary)),
        ),
        (
            Change::SetPermissionsBoundary { set: s(), from: None, to: None },
            Part::PermissionsBoundary { set: s() },
            PartValue::PermissionsBoundary(None),
        ),
        (
            Change::SetTag { set: s(), key: "sekisho:deployment".into(), from: None, to: None },
            Part::Tags { set: s() },
            PartValue::Tags([].into()),
        ),
    ];
    for (change, part, value) in steps {
        assert_eq!(client.start(&change, None).await.unwrap(), Started::Done { created: None }, "{change:?}");
        assert_eq!(client.read(&part).await.unwrap(), value);
    }

    let account: model::AccountId =
        Company::sample().accounts.iter().find(|account| account.part == where_to).unwrap().id.parse().unwrap();
    let principal = PrincipalId::Group(observed.groups.value().unwrap().keys().next().unwrap().clone());
    let assign = Change::Assign { set: s(), account: account.clone(), principal: principal.clone() };
    let withdraw = Change::Withdraw { set: s(), account: account.clone(), principal: principal.clone() };
    let pair = Part::Assignments { set: s(), account: account.clone() };
    let provisioned = Part::Provisioned { set: s() };

    let started = client.start(&assign, None).await.unwrap();
    let Started::Accepted(PendingRequest::AssignmentCreation(id)) = &started else { panic!("{started:?}") };
    assert_eq!(client.in_progress(StatusList::AssignmentCreation).await.unwrap(), [id.clone()].into());
    assert!(client.in_progress(StatusList::AssignmentDeletion).await.unwrap().is_empty());
    assert_eq!(finish(client, &local.clock, started).await, PollResult::Succeeded);
    assert_eq!(client.read(&pair).await.unwrap(), PartValue::Assignments([principal].into()));
    assert_eq!(client.read(&provisioned).await.unwrap(), PartValue::Provisioned([(account.clone(), true)].into()));

    client.start(&Change::DetachManagedPolicy { set: s(), policy: managed }, None).await.unwrap();
    assert_eq!(client.read(&provisioned).await.unwrap(), PartValue::Provisioned([(account.clone(), false)].into()));
    let started = client.start(&Change::Provision { set: s(), account: account.clone() }, None).await.unwrap();
    assert_eq!(finish(client, &local.clock, started).await, PollResult::Succeeded);
    assert_eq!(client.read(&provisioned).await.unwrap(), PartValue::Provisioned([(account, true)].into()));

    let delete = Change::DeletePermissionSet { set: s() };
    assert_eq!(client.start(&delete, None).await.unwrap_err().kind, AwsErrorKind::Conflict);
    let started = client.start(&withdraw, None).await.unwrap();
    assert_eq!(finish(client, &local.clock, started).await, PollResult::Succeeded);
    assert_eq!(client.read(&pair).await.unwrap(), PartValue::Assignments([].into()));
    assert_eq!(client.start(&withdraw, None).await.unwrap(), Started::Done { created: None });

    let requests = client.requests_since(since).await.unwrap();
    let kinds: BTreeSet<&str> = requests.iter().map(|(_, change)| change.kind()).collect();
    assert_eq!(kinds, ["assign", "withdraw", "provision"].into());

    assert_eq!(client.start(&delete, None).await.unwrap(), Started::Done { created: None });
    assert_eq!(client.start(&delete, None).await.unwrap(), Started::Done { created: None });
    assert_eq!(client.read(&Part::PermissionSet { set: set.clone() }).await.unwrap(), PartValue::PermissionSet(None));
}

#[tokio::test(start_paused = true)]
async fn a_relay_state_can_be_cleared() {
    let local = Local::new(Config::calm());
    let client = local.delegated().await;
    let with = Attributes { relay_state: Some("https://console.aws.amazon.com/".into()), ..Attributes::default() };
    let create = Change::CreatePermissionSet {
        set: PermissionSetRef { name: "Trial".parse().unwrap(), arn: None },
        attributes: with.clone(),
        tags: [].into(),
    };
    let Started::Done { created: Some(arn) } = client.start(&create, None).await.unwrap() else { panic!() };
    let set = PermissionSetRef { name: "Trial".parse().unwrap(), arn: Some(arn.clone()) };
    let clear = Change::UpdatePermissionSet { set: set.clone(), from: with, to: Attributes::default() };
    client.start(&clear, None).await.unwrap();
    let found = client.read(&Part::PermissionSet { set }).await.unwrap();
    assert_eq!(found, PartValue::PermissionSet(Some((arn, Attributes::default()))));
}

#[tokio::test(start_paused = true)]
async fn writes_end_well_when_answers_are_lost() {
    let local = Local::new(Config::default());
    let client = local.management().await;
    let observed = client.observe(&()).await.unwrap();
    local.with(|sandbox| sandbox.faults_mut().set(sandbox::FaultKind::InternalAfter, 0.3));
    let groups: Vec<_> = observed.groups.value().unwrap().keys().take(5).cloned().collect();
    let set = observed.permission_sets.values().next().unwrap();
    let set = PermissionSetRef { name: set.name.clone(), arn: Some(set.arn.clone()) };
    let account: model::AccountId = local.with(|sandbox| sandbox.delegated_account().to_string()).parse().unwrap();
    for group in groups {
        let principal = PrincipalId::Group(group);
        let pair = Part::Assignments { set: set.clone(), account: account.clone() };
        for assigned in [true, false] {
            let (set, account, principal) = (set.clone(), account.clone(), principal.clone());
            let change = match assigned {
                true => Change::Assign { set, account, principal },
                false => Change::Withdraw { set, account, principal },
            };
            let started = client.start(&change, None).await.unwrap();
            assert_eq!(finish(&client, &local.clock, started).await, PollResult::Succeeded);
            // a try whose answer was lost may still be under way
            local.clock.sleep(Duration::from_secs(20)).await;
            let PartValue::Assignments(found) = client.read(&pair).await.unwrap() else { panic!() };
            assert_eq!(found.contains(change.principal().unwrap()), assigned, "{change:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn customer_policies_are_read_through_a_role() {
    let local = Local::new(Config::calm());
    let client = local.management().await;
    let accounts: Vec<model::AccountId> =
        Company::sample().accounts.iter().map(|account| account.id.parse().unwrap()).collect();
    let found = client.customer_policies(&accounts, "OrganizationAccountAccessRole").await;
    assert_eq!(found.len(), accounts.len());
    for account in &Company::sample().accounts {
        let policies = &found[&account.id.parse().unwrap()];
        assert_eq!(policies.is_known(), !account.suspended, "{}: {:?}", account.name, policies.reason());
    }
    assert!(found.values().any(|policies| policies.value().is_some_and(|policies| !policies.is_empty())));
    let none = client.customer_policies(&accounts[1..2], "NoSuchRole").await;
    assert!(none[&accounts[1]].reason().unwrap().contains("NoSuchRole"));
}

#[tokio::test(start_paused = true)]
async fn both_executors_are_allowed_what_they_call() {
    for (scope, management) in [(Scope::Delegated, false), (Scope::Management, true)] {
        let local = Local::new(Config::calm());
        let mut options = local.options(|config| if management { &config.administrator } else { &config.delegated });
        options.reading = ReadingMode::PerPrincipal;
        let client = Client::connect(options).await.unwrap();
        client.observe(&()).await.unwrap();
        allowed_by_the_policy(&local, &scope);
    }
}

/// Every call in the sandbox's log is allowed by the generated policy, as the policy engine reads it.
fn allowed_by_the_policy(local: &Local, scope: &Scope) {
    let instance_arn = Some(local.with(|sandbox| sandbox.instance_arn()).parse().unwrap());
    let text = iam_policy(scope, &PolicyOptions { instance_arn, ..PolicyOptions::default() });
    let policy = policy::parse(&text).into_result().unwrap();
    let prepared = policy::Prepared::new("executor", &policy).unwrap();
    let permissions = policy::Permissions::of(vec![prepared]);
    local.with(|sandbox| {
        for call in sandbox.calls().log() {
            let resources = if call.resources.is_empty() { vec!["*".to_owned()] } else { call.resources.clone() };
            for resource in resources {
                let request = policy::Request::new(&call.action(), &resource);
                assert!(permissions.allows(&request), "{} on {resource} is not allowed", call.action());
            }
        }
    });
}
