//! The verdict on one credential.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::iam_user::{AccessKey, AccessKeyStatus, LastUse, Password};
use model::key_use::{Activity, UserUse};

use super::log::{AccountLog, TOLERANCE_S};
use super::signs::{Signs, fact, other_programs, signs};
use super::{PartVerdict, Reason, Settings, Unseen, Verdict, date, days_between};

/// So many points make a machine.
const MACHINE: u32 = 60;
/// So many make a person, where nothing is in doubt.
const PERSON: u32 = 70;

/// A credential and what was made of it.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) part: PartVerdict,
    /// Whether it was used in the time of the log, or may have been.
    pub(super) is_live: bool,
    /// Whether a job may stand behind it.
    pub(super) is_key: bool,
}

fn judged(credential: &str, verdict: Verdict, score: u32, reasons: Vec<Reason>) -> Judged {
    let score = u8::try_from(score.min(99)).unwrap_or(99);
    let part = PartVerdict { credential: credential.to_owned(), verdict, score, reasons };
    Judged { part, is_live: verdict != Verdict::Unused, is_key: false }
}

/// Networks from which somebody certainly sat in front of a screen: those of the console, where nothing else is mixed into it.
pub(super) fn home(used: &UserUse) -> BTreeSet<&str> {
    let keyless = &used.keyless;
    let somebody = proofs(keyless) > 0;
    let is_pure = other_programs(keyless).is_empty();
    if !(somebody && is_pure) {
        return BTreeSet::new();
    }
    keyless.addresses.keys().map(String::as_str).collect()
}

/// What no program does: sign-ins with a second factor, calls of the console, sessions with a second factor.
fn proofs(keyless: &Activity) -> u64 {
    keyless.sign_ins.with_mfa.events + keyless.sign_ins.without_mfa.events + keyless.from_console + keyless.with_mfa
}

/// The verdict that signs give.
fn of_signs(signs: &Signs, needs_proof: bool) -> (Verdict, u32) {
    match (signs.machine >= MACHINE, signs.person >= 50, signs.doubts.is_empty()) {
        (true, true, _) => (Verdict::Mixed, signs.machine.min(signs.person)),
        (true, false, _) => (Verdict::Machine, signs.machine),
        (false, _, true) if signs.person >= PERSON && signs.machine < 25 => (Verdict::Person, signs.person),
        (false, true, _) if !needs_proof && signs.machine < 25 => (Verdict::Person, signs.person),
        _ => (Verdict::Unknown, 0),
    }
}

/// The console and temporary credentials.
pub(super) fn console(
    password: Option<&Password>,
    has_mfa: bool,
    used: &UserUse,
    now: Timestamp,
    settings: &Settings,
) -> Option<Judged> {
    let keyless = &used.keyless;
    let last_use = password.map(|password| password.last_use);
    if keyless.is_empty() {
        let password = password?;
        let (verdict, why) = match password.last_use {
            LastUse::Never => (Verdict::Unused, Reason::PasswordNeverUsed),
            LastUse::NotTold => (Verdict::Unknown, Reason::PasswordNotTold),
            LastUse::At { at } if days_between(at, now) >= settings.unused_password_days => {
                (Verdict::Unused, Reason::PasswordLongAgo { date: date(at), days: days_between(at, now) })
            }
            LastUse::At { at } if has_mfa => (Verdict::Person, Reason::PasswordWithMfa { date: date(at) }),
            LastUse::At { at } => (Verdict::Unknown, Reason::PasswordBySomebody { date: date(at) }),
        };
        let mut judged = judged("console", verdict, if verdict == Verdict::Unknown { 0 } else { 80 }, vec![why]);
        judged.is_live = matches!(verdict, Verdict::Person | Verdict::Unknown);
        return Some(judged);
    }
    let mut found = signs(keyless, &keyless.addresses.keys().map(String::as_str).collect());
    let sign_ins = keyless.sign_ins;
    let mut reasons = vec![fact(None, keyless)];
    for (number, points, with_mfa) in [(sign_ins.with_mfa.events, 70, true), (sign_ins.without_mfa.events, 50, false)] {
        if number > 0 {
            found.person += points;
            reasons.push(Reason::SignIns { number, with_mfa });
        }
    }
    if keyless.with_mfa > 0 && sign_ins.with_mfa.events == 0 {
        found.person += 60;
        reasons.push(Reason::SessionsWithFactor);
    }
    // Programs do not type a second factor, and what only looks like a timer is a habit then.
    let is_pure = other_programs(keyless).is_empty();
    let signing = sign_ins.with_mfa.events + sign_ins.without_mfa.events + sign_ins.failed.events;
    let is_console = sign_ins.with_mfa.events > 0 && keyless.from_console + signing >= keyless.all.events;
    if is_pure && (is_console || is_all_with_factor(keyless)) {
        found.machine = 0;
        found.machine_words.clear();
    }
    let needs_proof = !(is_pure && proofs(keyless) > 0);
    let (verdict, score) = of_signs(&found, needs_proof);
    reasons.extend(words(&found, verdict));
    if let Some(LastUse::At { at }) = last_use {
        reasons.push(Reason::PasswordLastUsed { date: date(at) });
    }
    Some(judged("console", verdict, score, reasons))
}

fn words(found: &Signs, verdict: Verdict) -> Vec<Reason> {
    match verdict {
        Verdict::Machine => found.machine_words.clone(),
        Verdict::Person => found.person_words.clone(),
        Verdict::Mixed => found.machine_words.iter().chain(&found.person_words).cloned().collect(),
        Verdict::Unused | Verdict::Unknown => found.machine_words.iter().chain(&found.doubts).cloned().collect(),
    }
}

/// An access key.
pub(super) fn key(
    key: &AccessKey,
    used: &UserUse,
    log: &AccountLog<'_>,
    now: Timestamp,
    settings: &Settings,
) -> Judged {
    let nothing = Activity::default();
    let activity = used.keys.get(&key.id).unwrap_or(&nothing);
    let mut judged =
        if activity.is_empty() { unseen_key(key, log, now, settings) } else { seen_key(key, activity, used, log) };
    judged.is_key = true;
    judged
}

fn seen_key(key: &AccessKey, activity: &Activity, used: &UserUse, log: &AccountLog<'_>) -> Judged {
    let mut found = signs(activity, &home(used));
    if opens_sessions_only(activity) && is_all_with_factor(&used.keyless) {
        // Whoever holds the key can do nothing with it but open sessions, and all sessions were opened with a second factor.
        found = Signs { person: 80, ..Signs::default() };
        found.person_words.push(Reason::OpensSessions);
    }
    if let LastUse::At { at } = key.last_use
        && log.could_show(at)
        && activity.all.last_s < at.as_second() - TOLERANCE_S
    {
        found.doubts.push(Reason::UsedAfterLog {
            service: key.last_service.clone(),
            date: date(at),
            last: super::date_of(activity.all.last_s),
        });
    }
    if key.last_use == LastUse::Never {
        found.doubts.push(Reason::NeverUsedButSeen);
    }
    let (verdict, score) = of_signs(&found, true);
    let mut reasons = vec![fact(Some(&key.id), activity)];
    reasons.extend(words(&found, verdict));
    if key.status != AccessKeyStatus::Active {
        reasons.push(Reason::KeyInactive);
    }
    judged(&key.id, verdict, score, reasons)
}

/// Whether the key is used for nothing but to open sessions of the user.
fn opens_sessions_only(activity: &Activity) -> bool {
    const OPENING: [&str; 3] = [
        "sts.amazonaws.com:GetSessionToken",
        "sts.amazonaws.com:GetCallerIdentity",
        "iam.amazonaws.com:ListMFADevices",
    ];
    !activity.truncated.contains("actions") && activity.actions.keys().all(|name| OPENING.contains(&name.as_str()))
}

/// Whether what was done without a key was done in the console, or in sessions with a second factor.
fn is_all_with_factor(keyless: &Activity) -> bool {
    let sign_ins = keyless.sign_ins;
    let signing = sign_ins.with_mfa.events + sign_ins.without_mfa.events + sign_ins.failed.events;
    // Calls of the console and calls with a second factor may be the same ones: the larger number is what is sure.
    keyless.with_mfa > 0 && keyless.with_mfa.max(keyless.from_console) + signing >= keyless.all.events
}

/// Nothing of it is in the log: what AWS says decides.
fn unseen_key(key: &AccessKey, log: &AccountLog<'_>, now: Timestamp, settings: &Settings) -> Judged {
    let id = &key.id;
    let (verdict, why) = match key.last_use {
        LastUse::Never if days_between(key.created, now) >= settings.unused_password_days => {
            (Verdict::Unused, Reason::KeyNeverUsed { key: id.clone(), made: date(key.created) })
        }
        LastUse::Never => (Verdict::Unknown, Reason::KeyNew { key: id.clone(), made: date(key.created) }),
        LastUse::NotTold => (Verdict::Unknown, Reason::KeyNotTold { key: id.clone() }),
        LastUse::At { at } => {
            let ago = days_between(at, now);
            let long_ago =
                |is_inactive: bool| Reason::KeyLongAgo { key: id.clone(), date: date(at), days: ago, is_inactive };
            if ago >= settings.unused_key_days {
                (Verdict::Unused, long_ago(false))
            } else if key.status != AccessKeyStatus::Active && ago >= settings.unused_password_days {
                (Verdict::Unused, long_ago(true))
            } else {
                (Verdict::Unknown, unseen_use(key, at, ago, log))
            }
        }
    };
    let mut judged = judged(id, verdict, if verdict == Verdict::Unused { 90 } else { 0 }, vec![why]);
    judged.is_live = verdict != Verdict::Unused && key.status == AccessKeyStatus::Active;
    judged
}

fn unseen_use(key: &AccessKey, at: Timestamp, ago: i64, log: &AccountLog<'_>) -> Reason {
    let why = if log.hides(key.last_service.as_deref().unwrap_or("something")) {
        Unseen::NotRecorded
    } else if log.could_show(at) {
        Unseen::Missing
    } else if ago >= 60 {
        Unseen::LongAgo { days: ago }
    } else {
        Unseen::OutOfReach
    };
    Reason::KeyUnseen {
        key: key.id.clone(),
        service: key.last_service.clone(),
        region: key.last_region.clone(),
        date: date(at),
        why,
    }
}
