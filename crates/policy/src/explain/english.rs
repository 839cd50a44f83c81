use std::collections::BTreeMap;

use super::keys::Key;
use super::{Breadth, Reach, ReadCondition, SERVICES_NAMED, Who, Words, first_names, thousands};
use crate::catalogue::AccessLevel;
use crate::operator::{Comparison as C, Quantifier};

pub(super) struct English;

fn count(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(number), if number == 1 { "" } else { "s" })
}

fn level(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::List => "list",
        AccessLevel::Read => "read",
        AccessLevel::Tagging => "tag",
        AccessLevel::Write => "change",
        AccessLevel::PermissionsManagement => "manage permissions",
    }
}

fn and(parts: &[String]) -> String {
    match parts.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

fn key(key: &Key<'_>) -> String {
    match (key.known, key.tag) {
        (Some(known), Some(tag)) => format!("{} `{tag}`", known.english),
        (Some(known), None) => known.english.to_owned(),
        (None, _) => format!("`{}`", key.text),
    }
}

/// `is`, `is not`, …; with several values `is one of`.
fn phrase(comparison: C, several: bool) -> &'static str {
    match (comparison, several) {
        (C::StringEquals | C::NumericEquals | C::DateEquals | C::BinaryEquals | C::Bool, false) => "is",
        (C::StringEquals | C::NumericEquals | C::DateEquals | C::BinaryEquals | C::Bool, true) => "is one of",
        (C::StringEqualsIgnoreCase, false) => "is, in any letter case,",
        (C::StringEqualsIgnoreCase, true) => "is, in any letter case, one of",
        (C::StringNotEquals | C::NumericNotEquals | C::DateNotEquals, false) => "is not",
        (C::StringNotEquals | C::NumericNotEquals | C::DateNotEquals, true) => "is none of",
        (C::StringNotEqualsIgnoreCase, false) => "is not, in any letter case,",
        (C::StringNotEqualsIgnoreCase, true) => "is, in any letter case, none of",
        (C::StringLike | C::ArnEquals | C::ArnLike, false) => "matches",
        (C::StringLike | C::ArnEquals | C::ArnLike, true) => "matches one of",
        (C::StringNotLike | C::ArnNotEquals | C::ArnNotLike, false) => "does not match",
        (C::StringNotLike | C::ArnNotEquals | C::ArnNotLike, true) => "matches none of",
        (C::NumericLessThan, _) => "is below",
        (C::NumericLessThanEquals, _) => "is at most",
        (C::NumericGreaterThan, _) => "is above",
        (C::NumericGreaterThanEquals, _) => "is at least",
        (C::DateLessThan, _) => "is before",
        (C::DateLessThanEquals, _) => "is at the latest",
        (C::DateGreaterThan, _) => "is after",
        (C::DateGreaterThanEquals, _) => "is at the earliest",
        (C::IpAddress, false) => "is in",
        (C::IpAddress, true) => "is in one of",
        (C::NotIpAddress, false) => "is not in",
        (C::NotIpAddress, true) => "is in none of",
        (C::Null, _) => "is absent:",
    }
}

/// What a yes-or-no key says in whole words.
fn yes_or_no(condition: &ReadCondition<'_>) -> Option<String> {
    let truth = condition.truth()?;
    let said = match condition.comparison()? {
        C::Null => {
            let name = key(&condition.key);
            return Some(if truth { format!("{name} is not given") } else { format!("{name} is given") });
        }
        C::Bool if condition.key.is("aws:multifactorauthpresent") => {
            if truth {
                "MFA was used at sign-in"
            } else {
                "MFA was not used at sign-in"
            }
        }
        C::Bool if condition.key.is("aws:securetransport") => {
            if truth {
                "the request is encrypted (TLS)"
            } else {
                "the request is not encrypted (no TLS)"
            }
        }
        C::Bool if condition.key.is("aws:viaawsservice") => {
            if truth {
                "an AWS service makes the request for the caller"
            } else {
                "the caller makes the request, not an AWS service"
            }
        }
        _ => return None,
    };
    let absent = if condition.holds_when_absent() { ", or the request does not tell" } else { "" };
    Some(format!("{said}{absent}"))
}

impl Words for English {
    fn label(&self, sid: Option<&str>, number: usize) -> String {
        sid.map_or_else(|| format!("statement {number}"), |sid| format!("statement {number}, `{sid}`"))
    }

    fn everything(&self) -> String {
        "everything (`*`)".to_owned()
    }

    fn everything_but(&self, list: &str) -> String {
        format!("everything but {list}")
    }

    fn any_resource(&self) -> String {
        "any resource (`*`)".to_owned()
    }

    fn list(&self, names: &[String]) -> String {
        let (shown, hidden) = first_names(names);
        if hidden == 0 { shown.join(", ") } else { format!("{} … and {hidden} more", shown.join(", ")) }
    }

    fn extent(&self, all: usize, services: usize, levels: &BTreeMap<AccessLevel, usize>) -> String {
        let kinds: Vec<String> =
            levels.iter().map(|(kind, number)| format!("{} {}", thousands(*number), level(*kind))).collect();
        let of = if services == 1 { String::new() } else { format!(" of {}", count(services, "service")) };
        format!("{}{of}: {}", count(all, "action"), kinds.join(", "))
    }

    fn principals(&self, negated: bool, who: &[Who<'_>]) -> String {
        let named: Vec<String> = who
            .iter()
            .map(|one| match one {
                Who::Everyone => "anybody, also without an AWS account".to_owned(),
                Who::Account(account) => format!("whoever account {account} lets"),
                Who::Service(service) => format!("the service `{service}`"),
                Who::Federated(provider) => format!("whoever signs in through `{provider}`"),
                Who::Other(text) => format!("`{text}`"),
            })
            .collect();
        let listed = self.list(&named);
        if negated { format!("everybody but {listed}") } else { listed }
    }

    fn condition(&self, condition: &ReadCondition<'_>) -> String {
        if let Some(said) = yes_or_no(condition) {
            return said;
        }
        let quoted: Vec<String> = condition.values.iter().map(|value| format!("`{value}`")).collect();
        let values = self.list(&quoted);
        let name = key(&condition.key);
        let Some(operator) = condition.operator else {
            return format!("{name}: `{}` {values}, which AWS does not know", condition.operator_text);
        };
        let verb = phrase(operator.comparison, condition.values.len() > 1);
        let subject = match operator.quantifier {
            Quantifier::Single => name,
            Quantifier::ForAllValues => format!("every value of {name}"),
            Quantifier::ForAnyValue => format!("at least one value of {name}"),
        };
        let absent = match (condition.holds_when_absent(), operator.quantifier) {
            (false, _) => "",
            (true, Quantifier::ForAllValues) => ", or there is none",
            (true, _) => ", or the request does not tell it",
        };
        format!("{subject} {verb} {values}{absent}")
    }

    fn summary(&self, allows: &Reach, denies: &Reach) -> String {
        let under = |reach: &Reach| if reach.conditional { ", under conditions," } else { "" };
        let allowed = format!("It allows{} {}", under(allows), reach(allows));
        let denied = format!("denies{} {}, whatever else allows it", under(denies), reach(denies));
        match (allows.statements, denies.statements) {
            (0, _) => format!("It allows nothing by itself; it {denied}."),
            (_, 0) => format!("{allowed}. It denies nothing."),
            _ => format!("{allowed}. It {denied}."),
        }
    }

    fn variable(&self, name: &str, variable: &Key<'_>) -> String {
        match variable.known {
            Some(_) => format!("`{name}` stands for {}", key(variable)),
            None => format!("`{name}` stands for the value the request has for that key"),
        }
    }

    fn variables_are_text(&self) -> String {
        "the policy does not say `\"Version\": \"2012-10-17\"`, so that `${…}` is plain text in it".to_owned()
    }

    fn unknown_actions(&self, names: &[String]) -> String {
        format!("not in the catalogue of actions, so their kind is not known: {}", self.list(names))
    }
}

/// `reading and changing in s3 and sqs`, `everything`.
fn reach(reach: &Reach) -> String {
    let limit = if reach.limited { ", on the resources it names" } else { "" };
    let what = match reach.breadth {
        Breadth::All => "every action of every service".to_owned(),
        Breadth::AllBut => "all actions but those it names".to_owned(),
        Breadth::Named if reach.services.is_empty() => "actions that the catalogue does not know".to_owned(),
        Breadth::Named if reach.services.len() > SERVICES_NAMED => counted(reach),
        Breadth::Named => named(reach),
    };
    format!("{what}{limit}")
}

fn doing(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::List => "listing",
        AccessLevel::Read => "reading",
        AccessLevel::Tagging => "tagging",
        AccessLevel::Write => "changing",
        AccessLevel::PermissionsManagement => "managing permissions",
    }
}

/// `listing in 180 services, changing in iot`
fn counted(reach: &Reach) -> String {
    let part = |(kind, services): (AccessLevel, Vec<String>)| match services.len() {
        0..=2 => format!("{} in {}", doing(kind), and(&services)),
        many => format!("{} in {}", doing(kind), count(many, "service")),
    };
    reach.by_level().into_iter().map(part).collect::<Vec<_>>().join(", ")
}

/// Services with the same kinds of actions are said together.
fn named(reach: &Reach) -> String {
    let mut together: Vec<(String, Vec<String>)> = Vec::new();
    for (service, kinds) in &reach.services {
        let words: Vec<String> = kinds.keys().map(|kind| doing(*kind).to_owned()).collect();
        let words = and(&words);
        match together.iter_mut().find(|(known, _)| *known == words) {
            Some((_, services)) => services.push(format!("`{service}`")),
            None => together.push((words, vec![format!("`{service}`")])),
        }
    }
    let parts: Vec<String> = together.iter().map(|(doing, services)| format!("{doing} in {}", and(services))).collect();
    parts.join("; ")
}
