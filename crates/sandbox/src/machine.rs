//! The state machine: one request and the time in, one answer out.

mod answer;
mod authentication;
mod founding;
mod keeping;
mod lateness;
mod trace;
mod unsigned;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use policy::Permissions;
use serde_json::Map;

use self::answer::{Reply, delivery, mishap, nowhere, read_body, strike_listing, write};
use self::authentication::authorization;
use self::trace::Trace;
use crate::authorize::{self, Asked};
use crate::call::{Call, Caller};
use crate::cloudtrail::Recorder;
use crate::company::FOUNDED;
use crate::config::Config;
use crate::effect::RIVAL;
use crate::error::{Answer, ApiError};
use crate::faults::{Blow, FaultKind, Faults, Weather, is_reading};
use crate::ledger::{CallRecord, CallerRecord, Calls};
use crate::refusal::{denied_by_order, expired, in_propagation, internal, signature_expired, throttled};
use crate::state::credential::Credentials;
use crate::state::id::{Uuid, upper};
use crate::state::task::Mishap;
use crate::state::world::World;
use crate::throttle::Buckets;
use crate::wire::body;
use crate::wire::route::{self, Protocol, Route, Service};
use crate::wire::signature::Authorization;
use crate::wire::{Delivery, WireRequest, WireResponse};
use crate::{
    account_access, athena, cloudtrail, iam, identity_store, organizations, resource, rival, s3, shape, sso_admin, sts,
    validate,
};

/// Keys whose policies are kept ready.
const PERMISSIONS_KEPT: usize = 512;
/// Derived signing keys kept; there is one per key, day, Region and service.
const SIGNING_KEYS_KEPT: usize = 512;

/// A local AWS: an organization with Identity Center, as state and transitions. It has no clock and no randomness of
/// its own: the time comes in with each request, chance from [`Config::seed`]. A clone is the same world from here on.
#[derive(Debug, Clone)]
pub struct Sandbox {
    pub(crate) config: Config,
    pub(crate) world: World,
    pub(crate) credentials: Credentials,
    buckets: Buckets,
    faults: Faults,
    weather: Weather,
    /// Calls so far, which numbers them.
    number: u64,
    /// The latest time that came in.
    latest: Timestamp,
    /// Rises with everything that is worth being kept.
    changes: u64,
    calls: Calls,
    /// What CloudTrail holds; none where it is switched off.
    trail: Option<Recorder>,
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
    permissions: &'a Permissions,
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
            founding::add_administrator(&mut world, &mut credentials, account, id, pair);
        }
        world.trust_access_roles(&config.assumable_roles);
        if let Some(settings) = &config.trail {
            founding::add_trail(&mut world, settings);
        }
        let trail = config.trail.clone().map(|settings| Recorder::new(settings, config.seed));
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
            latest: FOUNDED,
            changes: 0,
            calls,
            trail,
            signing_keys: HashMap::new(),
            permissions: HashMap::new(),
        }
    }

    /// Answers one request at `now`. Work that became due since the last request is done first.
    pub fn handle(&mut self, now: Timestamp, request: &WireRequest) -> WireResponse {
        self.advance(now);
        self.number += 1;
        self.latest = self.latest.max(now);
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
        self.changes += 1;
    }

    fn answer(&mut self, now: Timestamp, request: &WireRequest, blow: &Blow) -> WireResponse {
        if self.permissions.len() > PERMISSIONS_KEPT {
            self.permissions.clear();
        }
        let request_id = Uuid::random(&mut self.world.rng).to_string();
        let route = match route::find(request) {
            Ok(route) => route,
            Err(lost) => return nowhere(&lost, request, &request_id),
        };
        let mut trace = Trace::new(self.record(now, &route, blow));
        let reply = self.process(now, request, &route, blow, &mut trace);
        self.world.settle(now, self.config.lag);
        if trace.record.caller.is_some() || route.service.is_unsigned() {
            // even what only reads is a use of its key, and a record
            self.changes += 1;
        }
        self.note_trail(now, request, &route, &trace, &reply, &request_id);
        self.note_memberships();
        trace.record.error = reply.as_ref().err().map(|error| error.code.clone().into_owned());
        self.calls.add(trace.record);
        write(&route, request, reply, &request_id)
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
            self.changes += 1;
            self.note_memberships();
        }
        if let Some(trail) = &mut self.trail
            && trail.deliver(&mut self.world, now)
        {
            self.changes += 1;
        }
        if athena::advance(&mut self.world, &self.config, now) {
            self.changes += 1;
        }
    }

    /// When the next asynchronous work will be done, if any is open.
    pub fn next_event_at(&self) -> Option<Timestamp> {
        [self.world.tasks.next_due_at(), self.world.queries.next_due_at()].into_iter().flatten().min()
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
        trace: &mut Trace,
    ) -> Result<Reply, ApiError> {
        if route.service.is_unsigned() {
            return self.process_unsigned(now, request, route, blow, trace);
        }
        let xml = route.service.speaks_xml();
        if blow.has(FaultKind::ClockSkew) {
            return Err(signature_expired(xml));
        }
        let authorization = match sts::unsigned(route, &self.config.region) {
            Some(nobody) => nobody,
            None => authorization(request, route)?,
        };
        let caller = self.authenticate(now, request, route, &authorization)?;
        trace.record.caller = Some(CallerRecord { account: caller.identity.account, arn: caller.identity.arn.clone() });
        if self.trail.is_some() {
            trace.caller = Some((caller.identity.clone(), authorization.access_key_id.clone()));
            trace.region.clone_from(&authorization.region);
        }
        if self.weather.expired(blow, now) {
            return Err(expired(xml));
        }
        if self.weather.storms(blow, now) || blow.has(FaultKind::Throttle) {
            return Err(throttled(route.service, 1.0));
        }
        self.throttle(now, route, &caller, &authorization.region)?;
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
        let permissions = self.permissions_of(&caller, &authorization.access_key_id);
        let before = self.iam_before(route, &caller);
        let organization = self.organization_before(route);
        let other = (route.service == Service::Organizations).then(|| self.world.other_of(caller.identity.account));
        let other = other.flatten();
        let present = self.world.turn(self.past(route, &caller));
        self.world.trade_places(other.as_deref());
        let incoming = Incoming { now, request, route, blow, permissions: &permissions };
        let reply = self.perform(&incoming, &caller, &authorization, trace);
        self.world.trade_places(other.as_deref());
        self.world.turn(present);
        if let Some(before) = before.filter(|_| reply.is_ok()) {
            self.keep_older(before, now);
        }
        if let Some(earlier) = organization {
            self.world.keep_organization(earlier, now, self.config.lag);
        }
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
        trace: &mut Trace,
    ) -> Result<Reply, ApiError> {
        let Incoming { request, route, blow, .. } = *incoming;
        trace.input = read_input(request, route)?;
        check_input(route, &trace.input)?;
        strike_listing(blow, &route.operation, &mut trace.input);
        self.serve(incoming, caller, authorization, trace)
    }

    /// Decides whether the caller may, and does it.
    fn serve(
        &mut self,
        incoming: &Incoming<'_>,
        caller: &Caller,
        authorization: &Authorization,
        trace: &mut Trace,
    ) -> Result<Reply, ApiError> {
        let Incoming { now, request, route, permissions, .. } = *incoming;
        let (service, operation, region) = (route.service, route.operation.as_str(), authorization.region.as_str());
        let input = &trace.input;
        let asked = Asked { world: &self.world, caller, region, now, service, operation, input };
        trace.record.resources = resource::of(&asked);
        if !sts::decides(service, operation) {
            authorize::check(&asked, permissions)?;
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
        let of_upload = service == Service::S3 && operation == "PutObject";
        let signing_key = of_upload.then(|| authorization.signing_key(&self.credentials)).flatten();
        let signing_key = signing_key.as_deref();
        let mut call = Call { world, config, now, caller, region, service, operation, input, signing_key };
        match service.protocol() {
            Protocol::RestXml => {
                let reply = s3::serve(&mut call, request);
                let asked = Asked { world: &self.world, caller, region, now, service, operation, input };
                reply.map_err(|error| s3::error::hidden(error, &asked, permissions)).map(Reply::Plain)
            }
            Protocol::RestJson => account_access::serve(&mut call).map(Reply::Plain),
            _ => serve_json(&mut call, self.trail.as_ref()).map(Reply::Json),
        }
    }

    fn throttle(&mut self, now: Timestamp, route: &Route, caller: &Caller, region: &str) -> Result<(), ApiError> {
        let Some(rates) = &self.config.rates else { return Ok(()) };
        let operation = route.operation.as_str();
        let taken = if operation == "LookupEvents" {
            // for each account and Region by itself
            let bucket = format!("{operation} {} {region}", caller.identity.account);
            self.buckets.take(rates, route.service, &bucket, now)
        } else {
            self.buckets.take(rates, route.service, operation, now)
        };
        taken.map_err(|wait_s| throttled(route.service, wait_s))
    }
}

/// What the request says, whatever its protocol.
fn read_input(request: &WireRequest, route: &Route) -> Result<Map<String, serde_json::Value>, ApiError> {
    let model = shape::of(route.service);
    let Some(shape) = model.operations.get(&route.operation) else {
        return Err(route::unknown(route.service, &route.operation));
    };
    match (&route.form, &route.input, shape) {
        (Some(form), _, Some(shape)) => Ok(body::of(model, shape, form)),
        (Some(_), _, None) => Ok(Map::new()),
        (None, Some(input), _) => {
            let mut input = input.clone();
            if route.service.protocol() == Protocol::RestJson {
                input.extend(read_body(&request.body)?);
            }
            Ok(input)
        }
        (None, None, _) => read_body(&request.body),
    }
}

fn check_input(route: &Route, input: &Map<String, serde_json::Value>) -> Result<(), ApiError> {
    let model = shape::of(route.service);
    match model.operations.get(&route.operation) {
        Some(Some(shape)) => validate::check(route.service, model, shape, input),
        _ => Ok(()),
    }
}

fn serve_json(call: &mut Call<'_>, trail: Option<&Recorder>) -> Answer {
    match call.service {
        Service::SsoAdmin => sso_admin::serve(call),
        Service::IdentityStore => identity_store::serve(call),
        Service::Organizations => organizations::serve(call),
        Service::CloudTrail => cloudtrail::serve(call, trail),
        Service::Athena => athena::serve(call),
        _ => Err(route::unknown_operation()),
    }
}
