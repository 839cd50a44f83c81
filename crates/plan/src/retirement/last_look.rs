//! What is looked at once more right before a user is switched off or deleted: the inventory may be a day old.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use model::IamClaim;
use model::iam_user::{AccessKeyStatus, IamUser, LastUse};
use model::retirement::RetirementCase;

use super::standing::{Look, Next};

/// The report tells the first of several uses within so long, IAM itself the last (keys; passwords: 5 min).
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>
const SPAN: SignedDuration = SignedDuration::from_mins(15);

impl Look<'_> {
    /// What the next step rests on besides what it acts on: no credential was used since it is known, and no key is new.
    pub(super) fn rests_on(&self, next: Next) -> Vec<IamClaim> {
        let off = self.case.and_then(RetirementCase::switched_off);
        // What was used since it was switched off in part is no different from what was used since it was so in full.
        let quiet = off.and_then(|off| Timestamp::from_second(self.quiet_since(off)).ok());
        let known_until = |last| quiet.unwrap_or(Timestamp::MAX).min(self.known_until(last));
        let keys = self.user.access_keys.value().into_iter().flatten();
        let password = self.user.password.value().and_then(Option::as_ref);
        let mut claims = Vec::new();
        match (next, off) {
            (Next::SwitchOff, _) => {
                let states = keys.clone().map(|key| (key.id.clone(), key.status)).collect();
                claims.push(IamClaim::KeysAre { keys: states });
                let active = keys.filter(|key| key.status == AccessKeyStatus::Active);
                claims.extend(
                    active.map(|key| IamClaim::NotUsedAfter {
                        key: Some(key.id.clone()),
                        until: known_until(key.last_use),
                    }),
                );
                let known = password.map(|password| known_until(password.last_use));
                claims.extend(known.map(|until| IamClaim::NotUsedAfter { key: None, until }));
            }
            (Next::Delete, Some(off)) => {
                let until = Timestamp::from_second(self.quiet_since(off)).unwrap_or(off);
                claims.extend(keys.map(|key| IamClaim::NotUsedAfter { key: Some(key.id.clone()), until }));
                claims.extend(password.map(|_| IamClaim::NotUsedAfter { key: None, until }));
            }
            _ => {}
        }
        claims
    }

    /// Up to when the use of a credential is known, and does not keep the user from being switched off.
    fn known_until(&self, last: LastUse) -> Timestamp {
        let told = match last {
            LastUse::At { at } => at.checked_add(SPAN).unwrap_or(at),
            LastUse::Never | LastUse::NotTold => Timestamp::UNIX_EPOCH,
        };
        // Whatever nobody uses must not begin to be used.
        if self.is_unused() && last != LastUse::NotTold {
            return told;
        }
        let coverage = self.input.used.coverage.get(&self.reference.account);
        let log = coverage.and_then(|coverage| Timestamp::from_second(coverage.end_s).ok()).unwrap_or_default();
        let known = told.max(log);
        let is_parallel = !self.has_left() && self.case.is_some_and(|case| case.announced.is_some());
        if is_parallel { known.min(self.still_since()) } else { known }
    }
}

/// All that is kept of a user when it is deleted, as it was seen.
pub(super) fn definition_claims(user: &IamUser) -> Vec<IamClaim> {
    let mut claims = vec![
        IamClaim::PathIs { path: user.path.clone() },
        IamClaim::TagsAre { tags: user.tags.clone() },
        IamClaim::BoundaryIs { boundary: user.permissions_boundary.clone() },
        IamClaim::GroupsAre { groups: user.groups.iter().cloned().collect() },
        IamClaim::AttachedAre { policies: user.attached_policies.iter().cloned().collect() },
        IamClaim::PoliciesAre { policies: user.inline_policies.clone() },
    ];
    // A part that was not read refuses the user long before.
    if let Some(password) = user.password.value() {
        claims.push(IamClaim::HasPassword { password: password.is_some() });
    }
    if let Some(serials) = user.mfa_devices.value() {
        claims.push(IamClaim::MfaDevicesAre { serials: serials.iter().cloned().collect() });
    }
    if let Some(held) = user.other_credentials.value() {
        let credentials: BTreeSet<_> = held.iter().map(|one| (one.kind, one.id.clone(), one.active)).collect();
        claims.push(IamClaim::CredentialsAre { credentials });
    }
    claims
}
