//! What is known of a random company, for whoever holds verdicts against it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Truth, WildCompany};

/// A random company in a sandbox: who is there, and what its IAM users truly are.
#[derive(Debug, Clone)]
pub struct WildPapers {
    /// The seed it came from.
    pub seed: u64,
    /// The company.
    pub company: WildCompany,
    /// Names of its accounts, by id.
    pub account_names: BTreeMap<String, String>,
    /// Who (user name) can enter which account (id) through Identity Center.
    pub doors: BTreeSet<(String, String)>,
}

impl WildPapers {
    /// Everybody in the directory, as `--people FILE` of the verdicts takes it.
    #[must_use]
    pub fn people(&self) -> Value {
        let known = self.company.people.iter().filter(|person| person.in_directory);
        let people = known.map(|person| {
            json!({
                "user_name": person.user_name,
                "given_name": person.given_name,
                "family_name": person.family_name,
                "display_name": person.display_name,
                "email": person.email,
                "standing": if person.has_left { "left" } else { "active" },
            })
        });
        people.collect()
    }

    /// What each IAM user truly is: `truth` is what a verdict should be, `habit` what for, `owner` the user name of whose it is.
    #[must_use]
    pub fn truth(&self) -> Value {
        let users = self.company.users.iter().map(|user| {
            let owner = user.owner.and_then(|owner| self.company.people.get(owner));
            let known = owner.filter(|owner| owner.in_directory);
            let has_way =
                known.is_some_and(|owner| self.doors.contains(&(owner.user_name.clone(), user.account.clone())));
            json!({
                "account": user.account,
                "account_name": self.account_names.get(&user.account),
                "name": user.name,
                "truth": word(user.truth()),
                "habit": format!("{:?}", user.habit),
                "about": user.habit.about(),
                "owner": owner.map(|owner| &owner.user_name),
                "owner_is_in_directory": known.is_some(),
                "owner_has_left": known.is_some_and(|owner| owner.has_left),
                "owner_has_another_way": has_way,
            })
        });
        json!({ "schema_version": 1, "seed": self.seed, "users": users.collect::<Vec<_>>() })
    }
}

fn word(truth: Truth) -> &'static str {
    match truth {
        Truth::Person => "person",
        Truth::Machine => "machine",
        Truth::Mixed => "mixed",
        Truth::Unused => "unused",
    }
}
