//! A user is what its credentials are together.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::iam_user::{IamUser, IamUserRef, LastUse, OtherCredentialKind};
use model::key_use::UserUse;

use super::super::earlier::UserAnswers;
use super::credential::{Judged, console, key};
use super::log::AccountLog;
use super::watched::Watched;
use super::{Reason, Settings, UnreadPart, UserVerdict, Verdict, VerdictInput, date, days_between};

/// Judges one user.
pub(super) fn user(
    user: &IamUserRef,
    found: &IamUser,
    used: &UserUse,
    log: &AccountLog<'_>,
    input: &VerdictInput<'_>,
    settings: &Settings,
) -> UserVerdict {
    let mut judged: Vec<Judged> = Vec::new();
    let mut unread = Vec::new();
    let mut known = |part: UnreadPart, reason: Option<&str>| {
        unread.extend(reason.map(|reason| Reason::Unread { part, reason: reason.to_owned() }));
    };
    known(UnreadPart::Password, found.password.reason());
    known(UnreadPart::AccessKeys, found.access_keys.reason());
    known(UnreadPart::MfaDevices, found.mfa_devices.reason());
    known(UnreadPart::OtherCredentials, found.other_credentials.reason());
    let has_mfa = found.mfa_devices.value().is_some_and(|devices| !devices.is_empty());
    let password = found.password.value().and_then(Option::as_ref);
    judged.extend(console(password, has_mfa, used, input.now, settings));
    for held in found.access_keys.value().into_iter().flatten() {
        judged.push(key(held, used, log, input.now, settings));
    }
    let facts = Facts {
        found,
        used,
        log,
        earlier: input.earlier.user(found),
        is_named_for_somebody: input
            .owners
            .get(user)
            .is_some_and(super::super::owner::OwnerFinding::is_named_for_somebody),
        has_mfa,
        has_password: password.is_some(),
        now: input.now,
        settings,
        unread,
    };
    let (verdict, score, reasons) = facts.together(&judged);
    let parts = judged.into_iter().map(|judged| judged.part).collect();
    UserVerdict { user: user.clone(), arn: found.arn.clone(), verdict, score, reasons, parts }
}

struct Facts<'a> {
    found: &'a IamUser,
    used: &'a UserUse,
    log: &'a AccountLog<'a>,
    earlier: Option<&'a UserAnswers>,
    is_named_for_somebody: bool,
    has_mfa: bool,
    has_password: bool,
    now: Timestamp,
    settings: &'a Settings,
    unread: Vec<Reason>,
}

impl Facts<'_> {
    fn together(&self, judged: &[Judged]) -> (Verdict, u8, Vec<Reason>) {
        let of = |verdict: Verdict| judged.iter().filter(move |one| one.part.verdict == verdict);
        let reasons = |list: &mut dyn Iterator<Item = &Judged>| -> Vec<Reason> {
            list.flat_map(|one| one.part.reasons.clone()).collect()
        };
        let score = |verdict: Verdict| of(verdict).map(|one| one.part.score).min().unwrap_or(0);
        let (people, machines, mixed) =
            (of(Verdict::Person).count(), of(Verdict::Machine).count(), of(Verdict::Mixed).count());
        let signed_in = judged.iter().any(|one| !one.is_key && one.is_live);
        if mixed > 0 || (machines > 0 && people > 0) {
            let all = judged.iter().filter(|one| one.part.verdict != Verdict::Unused);
            let score = all.clone().map(|one| one.part.score).filter(|score| *score > 0).min().unwrap_or(0);
            return (Verdict::Mixed, score, reasons(&mut all.into_iter()));
        }
        if machines > 0 {
            let mut why = reasons(&mut of(Verdict::Machine).chain(of(Verdict::Unknown)));
            if self.is_named_for_somebody && (self.has_password || self.has_mfa) || signed_in {
                why.push(self.named_words(signed_in));
                return (Verdict::Mixed, score(Verdict::Machine).min(75), why);
            }
            if self.used.keyless.is_empty() {
                why.push(Reason::NoSignIn);
            }
            return (Verdict::Machine, score(Verdict::Machine), why);
        }
        if of(Verdict::Unknown).count() > 0 || !self.unread.is_empty() {
            let why = self.unread.iter().cloned().chain(reasons(&mut of(Verdict::Unknown).chain(of(Verdict::Person))));
            return (Verdict::Unknown, 0, why.collect());
        }
        if people > 0 {
            self.person(judged, reasons(&mut of(Verdict::Person)), score(Verdict::Person))
        } else {
            self.unused(judged)
        }
    }

    fn named_words(&self, signed_in: bool) -> Reason {
        if signed_in { Reason::SomebodySignsIn } else { Reason::NamedForSomebody { has_mfa: self.has_mfa } }
    }

    /// Everything that was used looks like a person's. What could be hidden besides?
    fn person(&self, judged: &[Judged], mut why: Vec<Reason>, score: u8) -> (Verdict, u8, Vec<Reason>) {
        let mut doubts = Vec::new();
        // Without a key nothing can sign in the user's place but a password.
        if judged.iter().any(|one| one.is_key && one.is_live) {
            doubts.extend(self.log.doubts.iter().cloned());
            match self.found.services_last_accessed.value() {
                Some(services) => self.hidden(services, &mut doubts, &mut why),
                None => doubts.push(Reason::ServicesUnread),
            }
        }
        doubts.extend(self.other_credentials());
        doubts.extend(self.vanished_keys());
        if doubts.is_empty() {
            if !judged.iter().any(|one| one.is_key && one.is_live) {
                why.push(Reason::NoKeyInUse);
            }
            return (Verdict::Person, score, why);
        }
        doubts.truncate(6);
        let looks = Reason::JobCouldHide;
        (Verdict::Unknown, 0, std::iter::once(looks).chain(doubts).chain(why).collect())
    }

    /// Uses of services that may be others than those in the log, but for what earlier inventories rule out.
    fn hidden(&self, services: &BTreeMap<String, Option<Timestamp>>, doubts: &mut Vec<Reason>, why: &mut Vec<Reason>) {
        let watched =
            Watched { found: self.found, used: self.used, log: self.log, now: self.now, settings: self.settings };
        for doubt in self.log.unexplained(services, self.used) {
            let told = match (&doubt, self.earlier) {
                (Reason::ServiceNotRecorded { service, .. }, Some(answers)) => watched.service(service, answers),
                _ => None,
            };
            match told {
                Some(Ok(reason)) => why.push(reason),
                Some(Err(reason)) => doubts.push(reason),
                None => doubts.push(doubt),
            }
        }
    }

    fn other_credentials(&self) -> Vec<Reason> {
        let Some(others) = self.found.other_credentials.value() else { return Vec::new() };
        let recent = |service: &str| {
            let services = self.found.services_last_accessed.value();
            services.is_none_or(|services| services.get(service).is_some_and(Option::is_some))
        };
        let active = others.iter().filter(|one| one.active);
        let told = active.filter_map(|one| {
            let service = match (one.kind, one.service.as_deref()) {
                (OtherCredentialKind::SshPublicKey, _) => Some("codecommit"),
                (_, Some(service)) => Some(service.split('.').next().unwrap_or(service)),
                (_, None) => None,
            };
            match service {
                Some(service) => recent(service)
                    .then(|| Reason::CredentialNotTold { id: one.id.clone(), service: Some(service.to_owned()) }),
                // A certificate is for any service that still takes one.
                None => Some(Reason::CredentialNotTold { id: one.id.clone(), service: None }),
            }
        });
        told.collect()
    }

    /// Keys that were used not long ago and are no more: whatever used them may have got another.
    fn vanished_keys(&self) -> Vec<Reason> {
        let held: Vec<&str> = self.found.access_keys.value().into_iter().flatten().map(|key| key.id.as_str()).collect();
        let since_s = self.now.as_second() - self.settings.unused_password_days * 86_400;
        let gone = self
            .used
            .keys
            .iter()
            .filter(|(key, activity)| !held.contains(&key.as_str()) && activity.all.last_s >= since_s);
        gone.map(|(key, _)| Reason::VanishedKey { key: key.clone() }).collect()
    }

    fn unused(&self, judged: &[Judged]) -> (Verdict, u8, Vec<Reason>) {
        let mut why: Vec<Reason> = judged.iter().flat_map(|one| one.part.reasons.clone()).collect();
        if judged.is_empty() {
            why.push(Reason::NothingHeld);
        }
        let age = days_between(self.found.created, self.now);
        let mut doubts = self.other_credentials();
        doubts.extend(self.vanished_keys());
        if age < self.settings.unused_password_days {
            doubts.push(Reason::MadeLately { date: date(self.found.created), days: age });
        }
        let recently = |at: &Timestamp| days_between(*at, self.now) < self.settings.unused_password_days;
        let services: BTreeMap<&String, Timestamp> = match self.found.services_last_accessed.value() {
            Some(services) => {
                services.iter().filter_map(|(name, at)| Some((name, (*at)?))).filter(|(_, at)| recently(at)).collect()
            }
            None => {
                doubts.push(Reason::ServicesUnread);
                BTreeMap::new()
            }
        };
        if let Some((service, at)) = services.into_iter().next() {
            doubts.push(Reason::ServiceUsed { service: service.clone(), date: date(at) });
        }
        let inactive_keys_used = self
            .found
            .access_keys
            .value()
            .into_iter()
            .flatten()
            .any(|key| matches!(key.last_use, LastUse::At { at } if recently(&at)));
        if inactive_keys_used || !self.used.keyless.is_empty() {
            doubts.push(Reason::UsedLately);
        }
        if is_for_emergencies(&self.found.name, &self.found.tags) {
            doubts.push(Reason::ForEmergencies);
        }
        if doubts.is_empty() {
            return (Verdict::Unused, 90, why);
        }
        (Verdict::Unknown, 0, doubts.into_iter().chain(why).collect())
    }
}

/// Users that are kept for the day on which nothing else works.
fn is_for_emergencies(name: &str, tags: &BTreeMap<String, String>) -> bool {
    const WORDS: [&str; 8] =
        ["break-glass", "breakglass", "break_glass", "emergency", "kinkyu", "kinkyuu", "緊急", "disaster"];
    let has = |text: &str| {
        let text = text.to_lowercase();
        WORDS.iter().any(|word| text.contains(word))
    };
    has(name) || tags.iter().any(|(key, value)| has(key) || has(value))
}
