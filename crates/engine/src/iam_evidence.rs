//! Evidence of the log, turned into what decisions about IAM users need.

use std::collections::BTreeMap;

use model::AccountId;
use model::iam_user::IamInventory;
use model::key_use::{ActionUse, Activity, ClassCoverage, DayUse, IamUse, LogCoverage, Seen, SignIns};
use trail::evidence::{Bounded, Evidence, Period, PrincipalKind, Sum, Use};
use trail::selectors::Recorded;
use trail::{Bookmark, visibility};

/// Takes evidence day by day, so that only what is summed up stays in memory.
#[derive(Debug, Default)]
pub struct IamEvidence {
    sum: IamUse,
    coverage: trail::evidence::Coverage,
    wanted: Option<BTreeMap<String, ()>>,
}

impl IamEvidence {
    /// Nothing yet; all IAM users count.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing yet; only users of this inventory count.
    #[must_use]
    pub fn of(inventory: &IamInventory) -> Self {
        let wanted = inventory.users().map(|(_, user)| (user.arn.clone(), ())).collect();
        Self { wanted: Some(wanted), ..Self::default() }
    }

    /// Adds a period: of one day, or of many days that nobody can tell apart.
    pub fn add(&mut self, day: Option<i64>, period: &Period) {
        let day = day.and_then(|day| i32::try_from(day).ok());
        for (key, evidence) in &period.principals {
            if let (Some(person), true) = (&key.opened_by, key.principal.contains("/AWSReservedSSO_"))
                && let Ok(account) = AccountId::new(&*key.account)
            {
                let portal = self.sum.portal.entry(person.to_lowercase()).or_default();
                portal.accounts.entry(account).or_default().add(seen(&evidence.all));
            }
            let is_user = evidence.kind == PrincipalKind::IamUser || key.principal.contains(":user/");
            // What a user does in another account's resources stands in that account's log as well; it counts once.
            if !is_user || account_of(&key.principal) != Some(&*key.account) || !self.wants(&key.principal) {
                continue;
            }
            let user = self.sum.users.entry(key.principal.to_string()).or_default();
            let place = match &key.access_key {
                Some(id) => user.keys.entry(id.to_string()).or_default(),
                None => &mut user.keyless,
            };
            note(place, day, evidence);
        }
        for (role, openings) in &period.openings {
            for (caller, used) in openings.callers.sorted() {
                if caller.contains(":user/") && self.wants(caller) {
                    let user = self.sum.users.entry(caller.to_owned()).or_default();
                    user.roles.entry(role.to_string()).or_default().add(seen(used));
                }
            }
        }
        self.coverage.merge(&period.coverage);
    }

    fn wants(&self, principal: &str) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.contains_key(principal))
    }

    /// The sum, and what could be seen: as far as the bookmark of the evidence tells.
    #[must_use]
    pub fn finish(mut self, bookmark: &Bookmark) -> IamUse {
        let mut coverage: BTreeMap<AccountId, LogCoverage> = BTreeMap::new();
        for (key, part) in &self.coverage.parts {
            let (Ok(account), Ok(day)) = (AccountId::new(&*key.account), i32::try_from(key.day)) else { continue };
            let held = coverage.entry(account).or_default();
            held.longest_delay_s = held.longest_delay_s.max(part.longest_delay_s);
            // Days of delivery without a record are no days of events.
            if part.records > 0 {
                held.days.insert(day);
                held.regions.entry(key.region.to_string()).or_default().insert(day);
            }
            let last = part.classes.sorted().into_values().map(|used| used.last).max();
            held.end_s = held.end_s.max(last.unwrap_or_default());
            if let Some(last) = last {
                let end_s = held.region_ends_s.entry(key.region.to_string()).or_default();
                *end_s = last.max(*end_s);
            }
        }
        for (account, held) in &mut coverage {
            for class in visibility(&self.coverage, &bookmark.recordings, Some(account.as_str())) {
                let is_recorded = match class.recorded {
                    Recorded::Whole => Some(true),
                    Recorded::No | Recorded::Partly(_) => Some(false),
                    Recorded::Unknown => None,
                };
                let visible_since = class.visible_since.and_then(|day| i32::try_from(day).ok());
                held.classes.insert(class.class, ClassCoverage { is_recorded, visible_since });
            }
            held.flaws = flaws(bookmark, account);
        }
        self.sum.coverage = coverage;
        self.sum
    }
}

fn flaws(bookmark: &Bookmark, account: &AccountId) -> std::collections::BTreeSet<String> {
    let mut flaws = std::collections::BTreeSet::new();
    if !bookmark.scope.regions.is_empty() {
        flaws.insert(format!("only {} were read", bookmark.scope.regions.join(", ")));
    }
    if !bookmark.scope.accounts.is_empty() && !bookmark.scope.accounts.iter().any(|one| one == account.as_str()) {
        flaws.insert("the account was left out of the scan".to_owned());
    }
    if bookmark.unread.count > 0 {
        flaws.insert(format!("{} objects could not be read", bookmark.unread.count));
    }
    if !bookmark.is_complete {
        flaws.insert("the scan did not come to its end".to_owned());
    }
    flaws
}

/// `arn:aws:iam::111122223333:user/taro`: the account.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

fn seen(used: &Use) -> Seen {
    Seen { events: used.events, last_s: used.last }
}

fn note(place: &mut Activity, day: Option<i32>, evidence: &Evidence) {
    if evidence.all.events == 0 {
        return;
    }
    place.first_s = if place.is_empty() { evidence.first } else { place.first_s.min(evidence.first) };
    place.all.add(seen(&evidence.all));
    match day {
        Some(day) => {
            let held = place.days.entry(day).or_default();
            let DayUse { events, hours } = day_use(evidence);
            held.events += events;
            held.hours |= hours;
        }
        None => place.undated += evidence.all.events,
    }
    for (name, action) in evidence.actions.sorted() {
        let held = place.actions.entry(name.to_owned()).or_default();
        note_action(held, day, action);
    }
    if evidence.resources.is_truncated() {
        // One list holds those of all actions, and nobody knows of which some are missing.
        place.truncated.extend(evidence.actions.sorted().into_keys().map(|action| format!("resources of {action}")));
    }
    for (name, _) in evidence.resources.sorted() {
        if let Some((action, resource)) = name.split_once(' ') {
            place.name_resource(action, resource);
        }
    }
    for (ours, name, list) in [
        (&mut place.agents, "programs", &evidence.agents),
        (&mut place.addresses, "addresses", &evidence.addresses),
        (&mut place.invoked_by, "calling services", &evidence.invoked_by),
    ] {
        note_list(ours, list);
        if list.is_truncated() {
            place.truncated.insert(name.to_owned());
        }
    }
    note_list(&mut place.regions, &evidence.regions);
    if evidence.actions.is_truncated() {
        place.truncated.insert("actions".to_owned());
    }
    let sign_ins = &evidence.sign_ins;
    let SignIns { with_mfa, without_mfa, failed } = &mut place.sign_ins;
    with_mfa.add(seen(&sign_ins.with_mfa));
    without_mfa.add(seen(&sign_ins.without_mfa));
    failed.add(seen(&sign_ins.failed));
    place.from_console += evidence.from_console;
    place.with_mfa += evidence.sessions_with_mfa;
}

fn day_use(evidence: &Evidence) -> DayUse {
    let mut hours = 0_u32;
    for weekday in 0..7 {
        for hour in 0..24_u8 {
            if evidence.hours.get(weekday, hour) > 0 {
                hours |= 1 << hour;
            }
        }
    }
    DayUse { events: evidence.all.events, hours }
}

fn note_action(held: &mut ActionUse, day: Option<i32>, action: &trail::evidence::ActionUse) {
    held.all.add(seen(&action.all));
    held.denied += action.denied.events;
    if let Some(day) = day {
        held.days.insert(day);
    }
}

fn note_list<const LIMIT: usize>(ours: &mut BTreeMap<String, Seen>, list: &Bounded<Use, LIMIT>)
where
    Use: Sum,
{
    for (name, used) in list.sorted() {
        // Most names are there already.
        match ours.get_mut(name) {
            Some(held) => held.add(seen(used)),
            None => drop(ours.insert(name.to_owned(), seen(used))),
        }
    }
}

#[cfg(test)]
mod tests;
