//! A sandbox in this process, with somebody in each account who makes users.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::{Client, Credentials, InProcessHttp, Options};
use bytes::Bytes;
use engine::iam_users::{Selection, Wish, select, take_stock};
use jiff::SignedDuration;
use model::AccountId;
use model::iam_user::{IamAccount, IamStock};
use ports::{Clock, IamDepth, TokioClock};
use sandbox::{Company, Config, KeyPair, Sandbox, Start, WireRequest};

pub(super) const ROLE: &str = "OrganizationAccountAccessRole";
pub(super) const START: &str = "2026-11-22T00:00:00Z";

/// What a test does to answers on their way: the operation, the account of the caller's key, and the answer.
type Meddle = Box<dyn FnMut(&str, &mut (u16, String)) + Send>;

#[derive(Clone)]
pub(super) struct Office {
    pub(super) sandbox: Arc<Mutex<Sandbox>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) meddle: Arc<Mutex<Option<Meddle>>>,
}

impl Office {
    pub(super) fn sample() -> Self {
        Self::of(Config::calm(), &Company::sample())
    }

    pub(super) fn of(config: Config, company: &Company) -> Self {
        let sandbox = Sandbox::with_company(config, company, Start::Untouched).unwrap();
        let clock = Arc::new(TokioClock::starting_at(START.parse().unwrap()));
        Self { sandbox: Arc::new(Mutex::new(sandbox)), clock, meddle: Arc::default() }
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&mut Sandbox) -> T) -> T {
        look(&mut self.sandbox.lock().unwrap())
    }

    pub(super) fn account(&self, name: &str) -> AccountId {
        self.with(|sandbox| sandbox.account_id(name)).unwrap().to_string().parse().unwrap()
    }

    /// The administrator of an account, some days ago.
    pub(super) fn enter(&self, name: &str, days_ago: i64) -> Hand<'_> {
        let arn = format!("arn:aws:iam::{}:role/{ROLE}", self.account(name));
        let key = self.with(|sandbox| sandbox.config().administrator.clone());
        let now = self.clock.now() - SignedDuration::from_hours(24 * days_ago);
        let client = sandbox::Client::new(&key, "us-east-1");
        if self.with(|sandbox| sandbox.management_account().to_string()) == self.account(name).as_str() {
            return Hand { office: self, client, now };
        }
        let told = self.with(|sandbox| {
            client.query(sandbox, now, "AssumeRole", &[("RoleArn", &arn), ("RoleSessionName", "test")])
        });
        Hand { office: self, client: session(&told.text()), now }
    }

    pub(super) fn options(&self, key: &KeyPair) -> Options {
        let (sandbox, clock, meddle) = (Arc::clone(&self.sandbox), Arc::clone(&self.clock), Arc::clone(&self.meddle));
        let http = InProcessHttp::new(Arc::clone(&self.clock), move |request| {
            let answer = sandbox.lock().unwrap().handle(clock.now(), &wire(&request));
            let mut told = (answer.status, String::from_utf8(answer.body).unwrap());
            if let Some(meddle) = meddle.lock().unwrap().as_mut() {
                let body = String::from_utf8_lossy(request.body()).into_owned();
                let query = body.split('&').find_map(|field| field.strip_prefix("Action="));
                let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
                let target = target.and_then(|target| target.rsplit('.').next());
                meddle(query.or(target).unwrap_or_default(), &mut told);
            }
            let mut response = http::Response::builder().status(told.0);
            for (name, value) in answer.headers {
                if !name.eq_ignore_ascii_case("content-length") {
                    response = response.header(name, value);
                }
            }
            Ok(response.body(Bytes::from(told.1))?)
        })
        .with_latency(|| Duration::from_millis(80));
        Options {
            region: Some("ap-northeast-1".into()),
            credentials: Some(Credentials::new(&key.access_key_id, &key.secret_access_key, None, None, "test")),
            http_client: Some(http.shared()),
            seed: Some(7),
            ..Options::new(Arc::clone(&self.clock))
        }
    }

    pub(super) async fn client(&self) -> Client {
        let key = self.with(|sandbox| sandbox.config().administrator.clone());
        Client::connect(self.options(&key)).await.unwrap()
    }

    pub(super) fn on_answers(&self, meddle: impl FnMut(&str, &mut (u16, String)) + Send + 'static) {
        *self.meddle.lock().unwrap() = Some(Box::new(meddle));
    }

    /// Takes stock of all accounts, or of these.
    pub(super) async fn stock(&self, client: &Client, accounts: &[&str], services: bool) -> IamStock {
        let selection = self.select(client, accounts).await;
        let depth = IamDepth { services_last_accessed: services };
        take_stock(client, self.clock.as_ref(), &selection, depth, &()).await
    }

    pub(super) async fn select(&self, client: &Client, accounts: &[&str]) -> Selection {
        let accounts = accounts.iter().map(|&name| name.to_owned()).collect();
        select(client, &Wish { accounts, role: Some(ROLE.into()), known: Vec::new() }).await.unwrap()
    }

    /// One account of a stock-taking, which must have been read.
    pub(super) async fn one(&self, client: &Client, name: &str, services: bool) -> IamAccount {
        let stock = self.stock(client, &[name], services).await;
        let read = &stock.inventory.accounts[&self.account(name)];
        read.value().unwrap_or_else(|| panic!("{:?}", read.reason())).clone()
    }
}

/// Somebody who works in an account.
pub(super) struct Hand<'a> {
    office: &'a Office,
    client: sandbox::Client,
    now: jiff::Timestamp,
}

impl Hand<'_> {
    pub(super) fn ask(&self, operation: &str, fields: &[(&str, &str)]) -> String {
        let told = self.office.with(|sandbox| self.client.query(sandbox, self.now, operation, fields));
        assert_eq!(told.status, 200, "{operation}: {}", told.text());
        told.text()
    }

    /// A user with a key; the client that signs with it.
    pub(super) fn user_with_key(&self, name: &str) -> (String, sandbox::Client) {
        self.ask("CreateUser", &[("UserName", name)]);
        self.key(name)
    }

    pub(super) fn key(&self, name: &str) -> (String, sandbox::Client) {
        let made = self.ask("CreateAccessKey", &[("UserName", name)]);
        let key = KeyPair::new(element(&made, "AccessKeyId"), element(&made, "SecretAccessKey"));
        (key.access_key_id.clone(), sandbox::Client::new(&key, "us-east-1"))
    }

    /// A call of somebody else at this hand's time.
    pub(super) fn call_as(&self, client: &sandbox::Client, operation: &str) {
        self.office.with(|sandbox| client.query(sandbox, self.now, operation, &[]));
    }
}

fn session(xml: &str) -> sandbox::Client {
    let key = KeyPair::new(element(xml, "AccessKeyId"), element(xml, "SecretAccessKey"));
    sandbox::Client::with_session(key, element(xml, "SessionToken"), "us-east-1")
}

pub(super) fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0.to_owned()
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
