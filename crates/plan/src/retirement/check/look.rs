//! Whether the first operation on a user looks once more at what may have changed since the inventory.

use model::iam_user::{AccessKeyStatus, IamUser, IamUserRef, LastUse};
use model::retirement::switches_off;
use model::{Claim, IamClaim, IamStep, Operation};

use super::Review;
use crate::iam_users::Verdict;

/// How far a use may lie after the one that is known, in seconds: the report tells the first within this time.
const SPAN_S: i64 = 15 * 60;

impl Review<'_> {
    pub(super) fn first_look(
        &mut self,
        reference: &IamUserRef,
        user: &IamUser,
        operation: &Operation,
        step: &IamStep,
        title: &str,
    ) {
        let looks: Vec<&IamClaim> = operation
            .before
            .iter()
            .filter_map(|claim| match claim {
                Claim::Iam { user: of, says } if of == reference => Some(says),
                _ => None,
            })
            .collect();
        let keys = user.access_keys.value().into_iter().flatten();
        let states = keys.clone().map(|key| (key.id.clone(), key.status)).collect();
        if !looks.contains(&&IamClaim::KeysAre { keys: states }) {
            self.refuse("look", format!("{title}: nobody looks whether it has another key by now"));
        }
        let switches_off = switches_off(step);
        let mut credentials: Vec<(Option<&String>, LastUse)> = keys
            .filter(|key| !switches_off || key.status == AccessKeyStatus::Active)
            .map(|key| (Some(&key.id), key.last_use))
            .collect();
        let password = user.password.value().and_then(Option::as_ref);
        credentials.extend(password.map(|password| (None, password.last_use)));
        for (credential, last) in credentials {
            let most_s = match switches_off {
                true => self.most_known_s(reference, user, last).min(self.most_off_s(reference, user)),
                false => self.most_quiet_s(reference, user),
            };
            let looked = looks.iter().any(|look| match look {
                IamClaim::NotUsedAfter { key, until } => key.as_ref() == credential && until.as_second() <= most_s,
                _ => false,
            });
            if !looked {
                let named = credential.map_or("the password", String::as_str);
                self.refuse("look", format!("{title}: nobody looks whether {named} was used since"));
            }
        }
        if !switches_off {
            self.whole_look(user, &looks, title);
        }
    }

    /// Before anything is lost for good all that is kept of the user is held against what AWS holds.
    fn whole_look(&mut self, user: &IamUser, looks: &[&IamClaim], title: &str) {
        let others = user.other_credentials.value().into_iter().flatten();
        let expected = [
            (IamClaim::PathIs { path: user.path.clone() }, "path"),
            (IamClaim::TagsAre { tags: user.tags.clone() }, "tags"),
            (IamClaim::BoundaryIs { boundary: user.permissions_boundary.clone() }, "boundary"),
            (IamClaim::GroupsAre { groups: user.groups.iter().cloned().collect() }, "groups"),
            (IamClaim::AttachedAre { policies: user.attached_policies.iter().cloned().collect() }, "attached policies"),
            (IamClaim::PoliciesAre { policies: user.inline_policies.clone() }, "inline policies"),
            (IamClaim::HasPassword { password: user.password.value().is_some_and(Option::is_some) }, "password"),
            (
                IamClaim::MfaDevicesAre { serials: user.mfa_devices.value().into_iter().flatten().cloned().collect() },
                "MFA devices",
            ),
            (
                IamClaim::CredentialsAre {
                    credentials: others.map(|one| (one.kind, one.id.clone(), one.active)).collect(),
                },
                "other credentials",
            ),
        ];
        for (claim, what) in expected {
            if !looks.contains(&&claim) {
                self.refuse("look", format!("{title}: nobody looks whether its {what} are as they were seen"));
            }
        }
    }

    /// The latest use (second) of a credential that does not keep the user from being switched off.
    fn most_known_s(&self, reference: &IamUserRef, user: &IamUser, last: LastUse) -> i64 {
        let input = self.input;
        let told_s = match last {
            LastUse::At { at } => at.as_second() + SPAN_S,
            _ => 0,
        };
        let verdict = input.verdicts.iter().find(|one| one.user == *reference).map(|one| one.verdict);
        if verdict == Some(Verdict::Unused) && last != LastUse::NotTold {
            return told_s;
        }
        let logged_s = input.used.coverage.get(&reference.account).map_or(0, |coverage| coverage.end_s);
        let case = input.cases.by_user.get(reference).filter(|case| case.is_about(&user.id));
        let has_left = input.owners.get(reference).is_some_and(|owner| owner.has_left);
        let Some(case) = case.filter(|case| case.announced.is_some() && !has_left) else {
            return told_s.max(logged_s);
        };
        let still_s = input.now.as_second() - i64::from(input.settings.still_days) * 86_400;
        let judged_s = case.confirmed.as_ref().map_or(still_s, |(at, _)| at.as_second().max(still_s));
        told_s.max(logged_s).min(judged_s)
    }

    /// The latest use (second) of a credential of one that is switched off in part.
    fn most_off_s(&self, reference: &IamUserRef, user: &IamUser) -> i64 {
        let case = self.input.cases.by_user.get(reference).filter(|case| case.is_about(&user.id));
        let is_off = case.is_some_and(|case| case.switched_off().is_some());
        if is_off { self.most_quiet_s(reference, user) } else { i64::MAX }
    }

    /// The latest second at which something may have been tried with a user that is to be deleted.
    fn most_quiet_s(&self, reference: &IamUserRef, user: &IamUser) -> i64 {
        let case = self.input.cases.by_user.get(reference).filter(|case| case.is_about(&user.id));
        let off_s = case.and_then(|case| case.switched_off()).map_or(0, |at| at.as_second() + SPAN_S);
        case.and_then(|case| case.settled).map_or(off_s, |at| at.as_second().max(off_s))
    }

    /// Refuses where the log shows that something was done or tried since the user was switched off.
    pub(super) fn nothing_tried(&mut self, reference: &IamUserRef, user: &IamUser, title: &str) {
        let since_s = self.most_quiet_s(reference, user);
        let used = self.input.used.users.get(&user.arn);
        let seen = used.into_iter().flat_map(|used| used.keys.values().chain([&used.keyless]));
        if seen.into_iter().any(|activity| activity.all.events > 0 && activity.all.last_s > since_s) {
            self.refuse("used", format!("{title}: something was done or tried since it was switched off"));
        }
    }
}
