//! What is noted of a call while it is under way, for the log of calls and for CloudTrail.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Sandbox;
use super::answer::Reply;
use crate::cloudtrail::{By, Noted, Outcome, console_sign_in, is_recorded};
use crate::error::ApiError;
use crate::ledger::CallRecord;
use crate::state::credential::Identity;
use crate::state::id::Uuid;
use crate::wire::WireRequest;
use crate::wire::route::Route;

/// A call under way.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) record: CallRecord,
    /// Who signed, and with which key.
    pub(super) caller: Option<(Identity, String)>,
    /// Whose token came in the place of a signature.
    pub(super) user: Option<Uuid>,
    pub(super) region: String,
    pub(super) input: Map<String, Value>,
}

impl Trace {
    pub(super) fn new(record: CallRecord) -> Self {
        Self { record, caller: None, user: None, region: String::new(), input: Map::new() }
    }
}

impl Sandbox {
    /// Hands a sign-in to the console to CloudTrail.
    pub(crate) fn note_console(&mut self, identity: &Identity, name: &str, with_mfa: bool, now: Timestamp) {
        if let Some(trail) = &mut self.trail {
            let event = console_sign_in(identity, name, with_mfa, now, &mut trail.ids());
            trail.add_of(&self.world, event);
        }
    }

    /// Hands to CloudTrail who joined an organization and who departed.
    pub(super) fn note_memberships(&mut self) {
        let told = std::mem::take(&mut self.world.memberships);
        let Some(trail) = &mut self.trail else { return };
        for membership in &told {
            trail.note_membership(&self.world, membership);
        }
    }

    /// Hands the call to CloudTrail, once it is known who called.
    pub(super) fn note_trail(
        &mut self,
        now: Timestamp,
        request: &WireRequest,
        route: &Route,
        trace: &Trace,
        reply: &Result<Reply, ApiError>,
        request_id: &str,
    ) {
        let Some(trail) = &mut self.trail else { return };
        let caller = match &trace.caller {
            Some((identity, key)) => By::Key { identity, key, origin: self.credentials.origins.get(key) },
            None if route.service.is_unsigned() => By::Portal(trace.user),
            None => return,
        };
        if !is_recorded(route.service, &route.operation) {
            return;
        }
        let outcome = match reply {
            Ok(Reply::Json(value)) => Outcome::Json(value),
            Ok(Reply::Xml(Some(xml))) => Outcome::Xml(xml.text()),
            Ok(Reply::Xml(None) | Reply::Plain(_)) => Outcome::Nothing,
            Err(error) => Outcome::Refused(error),
        };
        let noted = Noted {
            at: now,
            service: route.service,
            operation: &route.operation,
            region: if trace.region.is_empty() { &self.world.region } else { &trace.region },
            caller,
            agent: request.header("user-agent").unwrap_or("-"),
            input: &trace.input,
            outcome,
            request_id,
        };
        trail.note(&self.world, &noted);
    }
}
