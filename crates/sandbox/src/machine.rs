//! The state machine: one request and the time in, one answer out.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use policy::Permissions;
use serde_json::{Map, Value};

use crate::authorize::{self, Asked, rights};
use crate::call::{Call, Caller, Standing};
use crate::company::FOUNDED;
use crate::config::Config;
use crate::effect::RIVAL;
use crate::error::{Answer, ApiError};
use crate::faults::{Blow, FaultKind, Faults, Weather, is_reading};
use crate::ledger::{CallRecord, CallerRecord, Calls};
use crate::refusal::{
    denied_by_order, expired, in_propagation, incomplete_signature, internal, missing_token, signature_expired,
    throttled, unknown_key, wrong_signature,
};
use crate::state::credential::{Credential, Credentials, IamPrincipal, Identity};
use crate::state::iam_user::{AccessKey, LastUse, User};
use crate::state::id::{AccountId, Uuid, upper};
use crate::state::task::Mishap;
use crate::state::world::World;
use crate::throttle::Buckets;
use crate::wire::body;
use crate::wire::route::{self, Route, Service};
use crate::wire::signature::{Authorization, same, signing_key};
use crate::wire::xml::{self, Xml};
use crate::wire::{Delivery, WireRequest, WireResponse};
use crate::{iam, identity_store, organizations, resource, rival, shape, sso_admin, sts, validate};

/// Keys whose policies are kept ready.
const PERMISSIONS_KEPT: usize = 512;
/// The user that each of the two configured keys belongs to.
const ADMINISTRATOR: &str = "sandbox-administrator";
/// Derived signing keys kept; there is one per key, day, Region and service.
const SIGNING_KEYS_KEPT: usize = 512;

/// A local AWS: an organization with Identity Center, as state and transitions. It has no clock and no randomness of
/// its own: the time comes in with each request, chance from [`Config::seed`]. A clone is the same world from here on.
#[derive(Debug, Clone)]
pub struct Sandbox {
    pub(crate) config: Config,
    pub(crate) world: World,
    credentials: Credentials,
    buckets: Buckets,
    faults: Faults,
    weather: Weather,
    /// Calls so far, which numbers them.
    number: u64,
    calls: Calls,
    signing_keys: HashMap<(String, String, String, Service), Vec<u8>>,
    /// What decides about the calls of a key, by the key's id. Forgotten with every write.
    permissions: HashMap<String, Arc<Permissions>>,
}

/// A call that has been let in.
struct Incoming<'a> {
    now: Timestamp,
    request: &'a WireRequest,
    route: &'a Route,
    blow: &'a Blow,
}

/// What an operation of either protocol answers.
enum Reply {
    Json(Value),
    Xml(Option<Xml>),
}

impl Sandbox {
    pub(crate) fn assemble(config: Config, mut world: World) -> Self {
        let mut credentials = Credentials::default();
        let owners = [
            (config.administrator.clone(), world.organization.management),
            (config.delegated.clone(), world.delegated_account()),
        ];
        for (pair, account) in owners {
            let id = format!("AIDA{}", upper(&mut world.rng, 17));
            add_administrator(&mut world, &mut credentials, account, id, pair);
        }
        world.trust_access_roles(&config.assumable_roles);
        let calls = Calls::new(config.call_log_limit);
        world.effects.limit = config.call_log_limit;
        if config.call_log_limit > 0 || !config.lag.most.is_zero() {
            world.center.touched.watch();
            world.directory.touched.watch();
        }
        Self {
            config,
            world,
            credentials,
            buckets: Buckets::default(),
            faults: Faults::default(),
            weather: Weather::default(),
            number: 0,
            calls,
            signing_keys: HashMap::new(),
            permissions: HashMap::new(),
        }
    }

    /// Answers one request at `now`. Work that became due since the last request is done first.
    pub fn handle(&mut self, now: Timestamp, request: &WireRequest) -> WireResponse {
        self.advance(now);
        self.number += 1;
        let blow = Blow::draw(&self.faults, self.config.seed, self.number);
        if let Some(mut dice) = blow.of(FaultKind::Rival) {
            self.rival_acts(now, &mut dice);
        }
        let breaks_before = blow.of(FaultKind::Reset).map(|mut dice| dice.bool());
        let lost = match (blow.has(FaultKind::TimeoutBefore), breaks_before) {
            (true, _) => Some(Delivery::Never),
            (false, Some(true)) => Some(Delivery::Reset),
            _ => None,
        };
        if let Some(delivery) = lost {
            self.note_lost(now, request, &blow);
            return WireResponse::lost(delivery);
        }
        let mut response = self.answer(now, request, &blow);
        if let Some(mut dice) = blow.of(FaultKind::Duplicate) {
            let again = self.answer(now, request, &blow);
            if dice.bool() {
                response = again;
            }
        }
        response.delivery = delivery(&blow, breaks_before.is_some(), response.body.len());
        response
    }

    pub(crate) fn rival_acts(&mut self, now: Timestamp, dice: &mut fastrand::Rng) {
        self.world.actor = RIVAL.into();
        rival::meddle(&mut self.world, now, dice);
        self.world.settle(now, self.config.lag);
        self.permissions.clear();
    }

    fn answer(&mut self, now: Timestamp, request: &WireRequest, blow: &Blow) -> WireResponse {
        if self.permissions.len() > PERMISSIONS_KEPT {
            self.permissions.clear();
        }
        let request_id = Uuid::random(&mut self.world.rng).to_string();
        let route = match route::find(request) {
            Ok(route) => route,
            Err(nowhere) if nowhere.xml => {
                return WireResponse::xml(400, xml::failure(sts::NAMESPACE, &nowhere.error, &request_id), &request_id);
            }
            Err(nowhere) => return WireResponse::json_error(&nowhere.error, &request_id),
        };
        let mut record = self.record(now, &route, blow);
        let reply = self.process(now, request, &route, blow, &mut record);
        self.world.settle(now, self.config.lag);
        record.error = reply.as_ref().err().map(|error| error.code.clone().into_owned());
        self.calls.add(record);
        write(&route, reply, &request_id)
    }

    fn record(&self, now: Timestamp, route: &Route, blow: &Blow) -> CallRecord {
        let unread = [FaultKind::TimeoutBefore, FaultKind::TimeoutAfter, FaultKind::Reset, FaultKind::Truncate];
        CallRecord {
            number: self.number,
            at: now,
            service: route.service,
            operation: route.operation.clone(),
            caller: None,
            resources: Vec::new(),
            error: None,
            faults: blow.kinds().iter().copied().filter(|kind| kind.concerns(&route.operation)).collect(),
            answered: !unread.iter().any(|kind| blow.has(*kind)),
        }
    }

    fn note_lost(&mut self, now: Timestamp, request: &WireRequest, blow: &Blow) {
        if let Ok(route) = route::find(request) {
            let mut record = self.record(now, &route, blow);
            record.error = Some("Lost".to_owned());
            self.calls.add(record);
        }
    }

    /// Does the asynchronous work that is due at `now`. [`Sandbox::handle`] calls it first; call it yourself to look at
    /// the state between requests.
    pub fn advance(&mut self, now: Timestamp) {
        self.world.lag.forget(now);
        if self.world.advance(now, &self.faults, self.config.lag) {
            self.permissions.clear();
        }
    }

    /// When the next asynchronous work will be done, if any is open.
    pub fn next_event_at(&self) -> Option<Timestamp> {
        self.world.tasks.next_due_at()
    }

    /// The settings it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What goes wrong from now on.
    pub fn faults_mut(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// Calls so far.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Calls so far, to be cleared.
    pub fn calls_mut(&mut self) -> &mut Calls {
        &mut self.calls
    }

    fn process(
        &mut self,
        now: Timestamp,
        request: &WireRequest,
        route: &Route,
        blow: &Blow,
        record: &mut CallRecord,
    ) -> Result<Reply, ApiError> {
        let xml = route.service.speaks_xml();
        if blow.has(FaultKind::ClockSkew) {
            return Err(signature_expired(xml));
        }
        let authorization = match sts::unsigned(route, &self.config.region) {
            Some(nobody) => nobody,
            None => authorization(request, route)?,
        };
        let caller = self.authenticate(now, request, route, &authorization)?;
        let CallerRecord { .. } =
            record.caller.insert(CallerRecord { account: caller.identity.account, arn: caller.identity.arn.clone() });
        if self.weather.expired(blow, now) {
            return Err(expired(xml));
        }
        if self.weather.storms(blow, now) || blow.has(FaultKind::Throttle) {
            return Err(throttled(route.service, 1.0));
        }
        self.throttle(now, route)?;
        if self.faults.deny.contains(&route.operation) {
            return Err(denied_by_order(route, &caller));
        }
        if blow.has(FaultKind::InternalBefore) {
            return Err(internal(route.service));
        }
        let reads = is_reading(&route.operation);
        if !reads && route.service != Service::Sts && blow.has(FaultKind::Conflict) {
            return Err(in_propagation(route.service));
        }
        self.world.actor = caller.identity.arn.as_str().into();
        self.world.tasks.mishap = mishap(blow);
        self.world.tasks.call = self.number;
        let past = if reads && !self.world.lag.is_empty() { self.world.lag.seen() } else { Vec::new() };
        let present = self.world.turn(past);
        let incoming = Incoming { now, request, route, blow };
        let reply = self.perform(&incoming, &caller, &authorization, record);
        self.world.turn(present);
        self.world.tasks.mishap = Mishap::default();
        if !reads {
            self.permissions.clear();
        }
        let reply = reply?;
        if blow.has(FaultKind::InternalAfter) {
            return Err(internal(route.service));
        }
        Ok(reply)
    }

    fn perform(
        &mut self,
        incoming: &Incoming<'_>,
        caller: &Caller,
        authorization: &Authorization,
        record: &mut CallRecord,
    ) -> Result<Reply, ApiError> {
        let Incoming { now, request, route, blow } = *incoming;
        let (service, operation, region) = (route.service, route.operation.as_str(), authorization.region.as_str());
        let model = shape::of(service);
        let Some(shape) = model.operations.get(operation) else { return Err(route::unknown(service, operation)) };
        let mut input = match (&route.form, shape) {
            (None, _) => read_body(&request.body)?,
            (Some(form), Some(shape)) => body::of(model, shape, form),
            (Some(_), None) => Map::new(),
        };
        if let Some(shape) = shape {
            validate::check(service, model, shape, &input)?;
        }
        strike_listing(blow, operation, &mut input);
        let asked = Asked { world: &self.world, caller, region, now, service, operation, input: &input };
        record.resources = resource::of(&asked);
        let permissions = self.permissions.get(&authorization.access_key_id).cloned().unwrap_or_else(|| {
            let fresh = Arc::new(rights::permissions(&self.world, &caller.identity));
            self.permissions.insert(authorization.access_key_id.clone(), Arc::clone(&fresh));
            fresh
        });
        if !sts::decides(service, operation) {
            authorize::check(&asked, &permissions)?;
        }
        if let Some(form) = &route.form {
            let (world, config, credentials) = (&mut self.world, &self.config, &mut self.credentials);
            let mut context = iam::Context { world, config, credentials, now, caller, region, form };
            return Ok(Reply::Xml(match service {
                Service::Sts => sts::serve(&mut context, operation)?,
                _ => iam::serve(&mut context, operation)?,
            }));
        }
        let (world, config) = (&mut self.world, &self.config);
        let mut call = Call { world, config, now, caller, region, service, operation, input: &input };
        serve_json(&mut call).map(Reply::Json)
    }

    fn throttle(&mut self, now: Timestamp, route: &Route) -> Result<(), ApiError> {
        let Some(rates) = &self.config.rates else { return Ok(()) };
        let taken = self.buckets.take(rates, route.service, &route.operation, now);
        taken.map_err(|wait_s| throttled(route.service, wait_s))
    }

    fn authenticate(
        &mut self,
        now: Timestamp,
        request: &WireRequest,
        route: &Route,
        authorization: &Authorization,
    ) -> Result<Caller, ApiError> {
        if sts::unsigned(route, &authorization.region).is_some() {
            return Ok(sts::nobody());
        }
        let xml = route.service.speaks_xml();
        let Some(credential) = self.credentials.keys.get(&authorization.access_key_id) else {
            return Err(unknown_key(xml));
        };
        if !credential.active || credential.token.as_deref() != request.header("x-amz-security-token") {
            return Err(unknown_key(xml));
        }
        if !self.world.has_principal(&credential.identity) {
            return Err(unknown_key(xml));
        }
        let secret = &credential.secret;
        let cached = (
            authorization.access_key_id.clone(),
            authorization.date.clone(),
            authorization.region.clone(),
            route.service,
        );
        if self.signing_keys.len() > SIGNING_KEYS_KEPT {
            self.signing_keys.clear();
        }
        let key = self
            .signing_keys
            .entry(cached)
            .or_insert_with(|| signing_key(secret, &authorization.date, &authorization.region, &authorization.service));
        if !authorization.expected(request, key).is_some_and(|expected| same(&expected, &authorization.signature)) {
            return Err(wrong_signature(
                xml,
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details.",
            ));
        }
        if self.config.speed <= 1 && credential.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(expired(xml));
        }
        let identity = credential.identity.clone();
        let use_of_key =
            LastUse { at: now, region: authorization.region.clone(), service: route.service.signing_name() };
        self.world.note_call(&identity, &authorization.access_key_id, use_of_key);
        let standing = self.standing(identity.account);
        Ok(Caller { identity, standing })
    }

    fn standing(&self, account: AccountId) -> Standing {
        if account == self.world.organization.management {
            Standing::Management
        } else if self.world.organization.is_delegated(account) {
            Standing::Delegated
        } else {
            Standing::Member
        }
    }
}

/// The user behind a configured key, with the rights of an administrator of its account.
fn add_administrator(
    world: &mut World,
    credentials: &mut Credentials,
    account: AccountId,
    id: String,
    pair: crate::config::KeyPair,
) {
    let users = &mut world.iam.entry(account).or_default().users;
    let user = users.entry(ADMINISTRATOR.to_owned()).or_insert_with(|| {
        let mut user = User::new(id, "/".to_owned(), FOUNDED);
        user.rights.attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
        user
    });
    let key = AccessKey { created_at: FOUNDED, active: true, last_used: None };
    user.keys.insert(pair.access_key_id.clone(), key);
    let identity = Identity {
        account,
        arn: user.arn(account, ADMINISTRATOR),
        user_id: user.id.clone(),
        principal: IamPrincipal::User(ADMINISTRATOR.to_owned()),
        session: None,
    };
    let secret = pair.secret_access_key;
    let credential = Credential { secret, token: None, expires_at: None, active: true, identity };
    credentials.keys.insert(pair.access_key_id, credential);
}

fn serve_json(call: &mut Call<'_>) -> Answer {
    match call.service {
        Service::SsoAdmin => sso_admin::serve(call),
        Service::IdentityStore => identity_store::serve(call),
        Service::Organizations => organizations::serve(call),
        Service::Iam | Service::Sts => Err(route::unknown_operation()),
    }
}

fn authorization(request: &WireRequest, route: &Route) -> Result<Authorization, ApiError> {
    let xml = route.service.speaks_xml();
    let header = request.header("authorization").ok_or_else(|| missing_token(xml))?;
    let parsed = Authorization::parse(header).ok_or_else(|| incomplete_signature(xml))?;
    let wanted = route.service.signing_name();
    if parsed.service != wanted {
        let message = format!("Credential should be scoped to correct service: '{wanted}'. ");
        return Err(wrong_signature(xml, &message));
    }
    Ok(parsed)
}

/// What befalls the work that a call asks for.
fn mishap(blow: &Blow) -> Mishap {
    let longer = blow.of(FaultKind::Stuck).map(|mut dice| Duration::from_secs(dice.u64(20 * 60..=50 * 60)));
    Mishap { longer: longer.unwrap_or_default(), fails: blow.has(FaultKind::LateFailure) }
}

/// Makes a page shorter than it was asked for, or its token one that nobody knows.
fn strike_listing(blow: &Blow, operation: &str, input: &mut Map<String, Value>) {
    if !operation.starts_with("List") {
        return;
    }
    if let Some(mut dice) = blow.of(FaultKind::ShortPage) {
        input.insert("MaxResults".to_owned(), Value::from(dice.u64(1..=2)));
    }
    if blow.has(FaultKind::LostToken) && input.contains_key("NextToken") {
        input.insert("NextToken".to_owned(), Value::from("a token of yesterday"));
    }
}

/// How the answer to a call that was looked at gets back.
fn delivery(blow: &Blow, breaks: bool, body: usize) -> Delivery {
    if breaks {
        return Delivery::Reset;
    }
    if blow.has(FaultKind::TimeoutAfter) {
        return Delivery::Never;
    }
    if let Some(mut dice) = blow.of(FaultKind::Truncate) {
        return Delivery::Truncated(dice.usize(..body.max(1)));
    }
    let late = blow.of(FaultKind::Slow).map(|mut dice| Duration::from_millis(dice.u64(500..=25_000)));
    late.map_or(Delivery::Whole, Delivery::Late)
}

fn read_body(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(input)) => Ok(input),
        _ => Err(ApiError::new("SerializationException", "The request body is not a JSON object.")),
    }
}

fn write(route: &Route, reply: Result<Reply, ApiError>, request_id: &str) -> WireResponse {
    let namespace = if route.service == Service::Iam { iam::NAMESPACE } else { sts::NAMESPACE };
    match reply {
        Ok(Reply::Json(value)) => WireResponse::json_ok(&value, request_id),
        Ok(Reply::Xml(result)) => {
            WireResponse::xml(200, xml::success(namespace, &route.operation, result, request_id), request_id)
        }
        Err(error) if route.service.speaks_xml() => {
            WireResponse::xml(error.status, xml::failure(namespace, &error, request_id), request_id)
        }
        Err(error) => WireResponse::json_error(&error, request_id),
    }
}
