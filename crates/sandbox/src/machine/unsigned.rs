//! Calls that carry the token of a sign-in, or nothing, in the place of a signature.

use jiff::Timestamp;

use super::answer::Reply;
use super::trace::Trace;
use super::{Sandbox, check_input, read_input};
use crate::error::ApiError;
use crate::faults::{Blow, FaultKind};
use crate::refusal::{internal, throttled};
use crate::sign_in;
use crate::wire::route::Route;
use crate::wire::{WireRequest, is_json};

impl Sandbox {
    pub(super) fn process_unsigned(
        &mut self,
        now: Timestamp,
        request: &WireRequest,
        route: &Route,
        blow: &Blow,
        trace: &mut Trace,
    ) -> Result<Reply, ApiError> {
        if self.weather.storms(blow, now) || blow.has(FaultKind::Throttle) {
            return Err(throttled(route.service, 1.0));
        }
        if blow.has(FaultKind::InternalBefore) {
            return Err(internal(route.service));
        }
        if !request.body.is_empty() && !request.header("content-type").is_some_and(is_json) {
            // nor does a page of another origin get anything done with a form or a text
            let message = "The request's content type has to be application/json.";
            return Err(ApiError::new("UnsupportedMediaTypeException", message).with_status(415));
        }
        trace.input = read_input(request, route)?;
        check_input(route, &trace.input)?;
        let mut call = sign_in::Call {
            world: &mut self.world,
            config: &self.config,
            credentials: &mut self.credentials,
            now,
            request,
            input: &trace.input,
            user: None,
        };
        let reply = sign_in::serve(&mut call, &route.operation);
        trace.user = call.user;
        let reply = reply?;
        if blow.has(FaultKind::InternalAfter) {
            return Err(internal(route.service));
        }
        Ok(Reply::Plain(reply))
    }
}
