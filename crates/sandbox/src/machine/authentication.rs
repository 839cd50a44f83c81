//! Who signed a request.

use jiff::Timestamp;

use super::{SIGNING_KEYS_KEPT, Sandbox};
use crate::call::{Caller, Standing};
use crate::error::ApiError;
use crate::refusal::{expired, incomplete_signature, missing_token, unknown_key, wrong_signature};
use crate::state::iam_user::LastUse;
use crate::state::id::AccountId;
use crate::sts;
use crate::wire::WireRequest;
use crate::wire::route::{Route, Service};
use crate::wire::signature::{Authorization, same, signing_key};

pub(super) fn authorization(request: &WireRequest, route: &Route) -> Result<Authorization, ApiError> {
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

impl Sandbox {
    pub(super) fn authenticate(
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
        let gone = self.world.is_closed(credential.identity.account);
        if gone || !self.world.has_principal(&credential.identity) {
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
        let standing = self.standing(route.service, identity.account);
        Ok(Caller { identity, standing })
    }

    /// What Organizations is called as, is of the caller's own organization; for all else the first one counts.
    fn standing(&self, service: Service, account: AccountId) -> Standing {
        let own = match service {
            Service::Organizations => self.world.organization_of(account),
            _ => Some(&self.world.organization),
        };
        let Some(own) = own else { return Standing::Outside };
        if account == own.management {
            Standing::Management
        } else if own.is_delegated(account) {
            Standing::Delegated
        } else {
            Standing::Member
        }
    }
}
