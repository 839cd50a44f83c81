//! What can be said of a run on the command line, besides its seed: so that a run that was cut down can be seen again.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use sandbox::{FaultKind, Stroke};
use simulation::{Mutation, Scenario};

/// Parts of a scenario; what is left out is as the seed has it.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Replay {
    /// Break Sekisho in this way
    #[arg(long)]
    mutation: Option<Mutation>,
    /// Rounds of edits
    #[arg(long)]
    rounds: Option<u32>,
    /// Member accounts
    #[arg(long)]
    accounts: Option<usize>,
    /// Permission sets of the first catalog
    #[arg(long)]
    sets: Option<usize>,
    /// Groups
    #[arg(long)]
    groups: Option<usize>,
    /// People
    #[arg(long)]
    people: Option<usize>,
    /// Entries of the first catalog
    #[arg(long)]
    entries: Option<usize>,
    /// How long reads lag behind writes at most, in milliseconds
    #[arg(long)]
    lag_ms: Option<u64>,
    /// Faults that may strike, as KIND,KIND; `none` for none
    #[arg(long)]
    faults: Option<String>,
    /// Strokes that fall, of those that would, as CALL:KIND,…; `none` for none
    #[arg(long)]
    strokes: Option<String>,
    /// The process neither crashes nor is stopped
    #[arg(long)]
    no_crashes: bool,
    /// Plans are applied at once
    #[arg(long)]
    no_kept_plans: bool,
}

impl Replay {
    /// What it takes to see this scenario again.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let own = Scenario::of(scenario.seed);
        let differs = |here: usize, there: usize| (here != there).then_some(here);
        let list = |items: Vec<String>| if items.is_empty() { "none".to_owned() } else { items.join(",") };
        let kinds = scenario.faults.keys().map(ToString::to_string).collect();
        let strokes = scenario
            .only
            .as_ref()
            .map(|only| list(only.iter().map(|stroke| format!("{}:{}", stroke.call, stroke.kind)).collect()));
        Self {
            mutation: scenario.mutation,
            rounds: (scenario.rounds != own.rounds).then_some(scenario.rounds),
            accounts: differs(scenario.size.accounts, own.size.accounts),
            sets: differs(scenario.size.sets, own.size.sets),
            groups: differs(scenario.size.groups, own.size.groups),
            people: differs(scenario.size.people, own.size.people),
            entries: differs(scenario.size.entries, own.size.entries),
            lag_ms: (scenario.lag != own.lag).then(|| u64::try_from(scenario.lag.as_millis()).unwrap_or(u64::MAX)),
            faults: (scenario.faults.len() != own.faults.len()).then(|| list(kinds)),
            strokes,
            no_crashes: own.crashes && !scenario.crashes,
            no_kept_plans: own.kept_plans && !scenario.kept_plans,
        }
    }

    /// As arguments.
    pub(crate) fn text(&self) -> String {
        let number = |name: &str, value: Option<usize>| value.map(|value| format!(" --{name} {value}"));
        let text = |name: &str, value: Option<&String>| value.map(|value| format!(" --{name} {value}"));
        let flag = |name: &str, set: bool| set.then(|| format!(" --{name}"));
        [
            text("mutation", self.mutation.map(|mutation| mutation.to_string()).as_ref()),
            number("rounds", self.rounds.map(|rounds| rounds as usize)),
            number("accounts", self.accounts),
            number("sets", self.sets),
            number("groups", self.groups),
            number("people", self.people),
            number("entries", self.entries),
            self.lag_ms.map(|lag| format!(" --lag-ms {lag}")),
            text("faults", self.faults.as_ref()),
            text("strokes", self.strokes.as_ref()),
            flag("no-crashes", self.no_crashes),
            flag("no-kept-plans", self.no_kept_plans),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The scenario, changed accordingly.
    pub(crate) fn apply(&self, mut scenario: Scenario) -> Result<Scenario, String> {
        let size = &mut scenario.size;
        for (place, value) in [
            (&mut size.accounts, self.accounts),
            (&mut size.sets, self.sets),
            (&mut size.groups, self.groups),
            (&mut size.people, self.people),
            (&mut size.entries, self.entries),
        ] {
            *place = value.unwrap_or(*place);
        }
        if let Some(mutation) = self.mutation {
            scenario = scenario.broken_by(mutation);
        }
        scenario.rounds = self.rounds.unwrap_or(scenario.rounds);
        scenario.lag = self.lag_ms.map_or(scenario.lag, Duration::from_millis);
        scenario.crashes &= !self.no_crashes;
        scenario.kept_plans &= !self.no_kept_plans;
        if let Some(kinds) = &self.faults {
            let kinds =
                kinds.split(',').filter(|kind| *kind != "none").map(kind).collect::<Result<BTreeSet<_>, _>>()?;
            scenario.faults.retain(|kind, _| kinds.contains(kind));
        }
        if let Some(strokes) = &self.strokes {
            let strokes = strokes.split(',').filter(|stroke| *stroke != "none").map(stroke);
            scenario.only = Some(strokes.collect::<Result<_, _>>()?);
        }
        Ok(scenario)
    }
}

fn kind(text: &str) -> Result<FaultKind, String> {
    text.parse().map_err(|error: sandbox::FaultError| error.to_string())
}

fn stroke(text: &str) -> Result<Stroke, String> {
    let wrong = || format!("`{text}` is no stroke: write the number of the call and the fault, as in `17:throttle`");
    let (call, name) = text.split_once(':').ok_or_else(wrong)?;
    Ok(Stroke { call: call.parse().map_err(|_| wrong())?, kind: kind(name)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_down_is_found_again() {
        let mut scenario = Scenario::of(7).broken_by(Mutation::NoRecheck);
        scenario.rounds = 9;
        scenario.size.accounts = 1;
        scenario.crashes = false;
        scenario.only = Some([Stroke { call: 17, kind: FaultKind::Throttle }].into());
        let again = Replay::of(&scenario).apply(Scenario::of(7)).unwrap();
        assert_eq!(format!("{again:?}"), format!("{scenario:?}"));
    }
}
