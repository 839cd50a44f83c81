//! Evidence of all principals over a time: a day, or all that was read.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bounded::{Bounded, Sum};
use super::coverage::Coverage;
use super::{Evidence, PrincipalKey, Use};

/// Who opened sessions of a role (`AssumeRole…` that succeeded), as the log of the caller or of the role shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Openings {
    /// By caller: ARN of a user or role, name of a service, identity of a federated caller.
    pub callers: Bounded<Use, 256>,
    /// By `session name` + newline + caller.
    pub sessions: Bounded<Use, 512>,
}

impl Sum for Openings {
    fn add(&mut self, other: &Self) {
        self.callers.merge(&other.callers);
        self.sessions.merge(&other.sessions);
    }
}

impl Openings {
    /// Who opened sessions of this name.
    #[must_use]
    pub fn of_session(&self, session: &str) -> Vec<&str> {
        let sessions = self.sessions.sorted().into_keys();
        sessions
            .filter_map(|key| key.split_once('\n'))
            .filter(|(name, _)| *name == session)
            .map(|(_, caller)| caller)
            .collect()
    }
}

/// Evidence of all principals over a time, and what of the log was there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Period {
    /// The principals.
    #[serde(serialize_with = "as_list", deserialize_with = "from_list")]
    pub principals: BTreeMap<PrincipalKey, Evidence>,
    /// Who opened sessions of a role, by the role's ARN.
    pub openings: BTreeMap<Arc<str>, Openings>,
    /// What was there to be read.
    pub coverage: Coverage,
}

impl Period {
    /// Adds another period.
    pub fn merge(&mut self, other: &Self) {
        for (key, evidence) in &other.principals {
            match self.principals.get_mut(key) {
                Some(ours) => ours.merge(evidence),
                None => drop(self.principals.insert(key.clone(), evidence.clone())),
            }
        }
        for (role, openings) in &other.openings {
            self.openings.entry(Arc::clone(role)).or_default().add(openings);
        }
        self.coverage.merge(&other.coverage);
    }

    /// [`Self::merge`] of what is needed no more.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (key, evidence) in other.principals {
            match self.principals.get_mut(&key) {
                Some(ours) => ours.merge(&evidence),
                None => drop(self.principals.insert(key, evidence)),
            }
        }
        for (role, theirs) in other.openings {
            match self.openings.get_mut(&role) {
                Some(ours) => ours.add(&theirs),
                None => drop(self.openings.insert(role, theirs)),
            }
        }
        for (key, theirs) in other.coverage.parts {
            self.coverage.parts.entry(key).or_default().add(&theirs);
        }
    }

    /// All evidence of a principal (its ARN or name) or of an access key.
    pub fn of<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = (&'a PrincipalKey, &'a Evidence)> {
        self.principals.iter().filter(move |(key, _)| {
            &*key.principal == wanted
                || key.access_key.as_deref() == Some(wanted)
                || key.opened_by.as_deref() == Some(wanted)
                || key.principal.rsplit('/').next() == Some(wanted)
        })
    }
}

#[derive(Serialize)]
struct RowOut<'a> {
    principal: &'a PrincipalKey,
    evidence: &'a Evidence,
}

#[derive(Deserialize)]
struct RowIn {
    principal: PrincipalKey,
    evidence: Evidence,
}

fn as_list<S: Serializer>(map: &BTreeMap<PrincipalKey, Evidence>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map.iter().map(|(principal, evidence)| RowOut { principal, evidence }))
}

fn from_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<PrincipalKey, Evidence>, D::Error> {
    let rows = Vec::<RowIn>::deserialize(deserializer)?;
    Ok(rows.into_iter().map(|row| (row.principal, row.evidence)).collect())
}

/// Evidence of each day, or of all time as one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidences {
    /// By day since 1970; under none what was not kept apart by days.
    pub periods: BTreeMap<Option<i64>, Period>,
}

impl Evidences {
    /// Adds others.
    pub fn merge(&mut self, other: Self) {
        for (day, period) in other.periods {
            match self.periods.get_mut(&day) {
                Some(ours) => ours.absorb(period),
                None => drop(self.periods.insert(day, period)),
            }
        }
    }

    /// The sum of all periods.
    #[must_use]
    pub fn total(&self) -> Period {
        let mut total = Period::default();
        for period in self.periods.values() {
            total.merge(period);
        }
        total
    }
}
