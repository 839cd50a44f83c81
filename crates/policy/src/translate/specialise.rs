//! A statement with the constants of one user put in.

use std::collections::BTreeMap;

use super::{Report, UserFacts};
use crate::condition::{Test, Values};
use crate::pattern::{Dialect, Pattern, Token};
use crate::policy::{Condition, Scalar, Statement, Version};
use crate::request::Context;
use crate::span::Text;

/// What a key is for this user.
enum Constant<'a> {
    /// Always this.
    Value(&'a str),
    /// Always missing.
    Absent,
    /// A constant whose value was not given.
    NotGiven,
    /// Not about the user.
    Free,
}

/// The keys that describe the user.
pub(super) struct Constants {
    values: BTreeMap<String, String>,
    id_known: bool,
    tags_known: bool,
}

/// Whether a condition can be decided.
enum Decided {
    Holds,
    Fails,
    /// Says the same in these words.
    Rewritten(Condition),
    Undecided,
}

impl Constants {
    pub(super) fn of(user: &UserFacts) -> Self {
        let mut values = BTreeMap::from([
            ("aws:username".to_owned(), user.name.clone()),
            ("aws:principalarn".to_owned(), user.arn.clone()),
            ("aws:principaltype".to_owned(), "User".to_owned()),
            // Identity Center asks for MFA at sign-in
            ("aws:multifactorauthpresent".to_owned(), "true".to_owned()),
            ("aws:multifactorauthage".to_owned(), "0".to_owned()),
        ]);
        values.extend(user.id.clone().map(|id| ("aws:userid".to_owned(), id)));
        let tags = user.tags.iter().flatten();
        values.extend(tags.map(|(key, value)| (format!("aws:principaltag/{}", key.to_lowercase()), value.clone())));
        Self { values, id_known: user.id.is_some(), tags_known: user.tags.is_some() }
    }

    fn get(&self, lower_key: &str) -> Constant<'_> {
        if let Some(value) = self.values.get(lower_key) {
            return Constant::Value(value);
        }
        match lower_key {
            "aws:userid" if !self.id_known => Constant::NotGiven,
            // a session has it, a user's own keys do not, sessions of the user do
            "aws:tokenissuetime" => Constant::NotGiven,
            key if key.starts_with("aws:principaltag/") => {
                if self.tags_known {
                    Constant::Absent
                } else {
                    Constant::NotGiven
                }
            }
            _ => Constant::Free,
        }
    }

    /// The statement without the keys of the user; `None` when it never matches for this user.
    pub(super) fn specialise(&self, statement: &Statement, version: Version, report: &mut Report) -> Option<Statement> {
        let mut statement = statement.clone();
        let mut conditions = Vec::new();
        for condition in &statement.conditions {
            match self.condition(condition, version, report) {
                Decided::Holds => {}
                Decided::Fails => return None,
                Decided::Rewritten(condition) => conditions.push(condition),
                Decided::Undecided => {
                    report.undecided = true;
                    conditions.push(condition.clone());
                }
            }
        }
        statement.conditions = conditions;
        if let Some(resource) = &mut statement.resource {
            let dialect = Dialect::resource(version, crate::Reading::Crossing);
            let mut values = Vec::new();
            for text in &resource.values {
                match self.text(text, dialect, report) {
                    Ok(Some(replaced)) => values.push(Text::new(replaced, text.span)),
                    // a variable without value: the pattern matches nothing
                    Ok(None) => {}
                    Err(()) => {
                        report.undecided = true;
                        values.push(text.clone());
                    }
                }
            }
            resource.values = values;
            if resource.values.is_empty() && !resource.negated {
                return None;
            }
        }
        Some(statement)
    }

    fn condition(&self, condition: &Condition, version: Version, report: &mut Report) -> Decided {
        let key = condition.key.to_lowercase();
        let Some(test) = Test::compile(condition, version) else { return Decided::Undecided };
        let constant = self.get(&key);
        let mut context = Context::new();
        match constant {
            Constant::Free => return self.values(condition, &test, version, report),
            Constant::NotGiven => {
                report.say(format!("the value of `{}` for this user is not known", condition.key.value));
                return Decided::Undecided;
            }
            Constant::Value(value) => context.set(&key, [value]),
            Constant::Absent => {}
        }
        for variable in variables(&test) {
            match self.get(&variable) {
                Constant::Value(value) => context.set(&variable, [value]),
                Constant::Absent => {}
                Constant::Free | Constant::NotGiven => {
                    report.say(format!(
                        "`{}` is compared with a variable that differs from request to request",
                        condition.key.value
                    ));
                    return Decided::Undecided;
                }
            }
        }
        let holds = test.holds(&context);
        self.explain(&key, condition, holds, report);
        if holds { Decided::Holds } else { Decided::Fails }
    }

    fn explain(&self, key: &str, condition: &Condition, holds: bool, report: &mut Report) {
        let name = &condition.key.value;
        if key.starts_with("aws:multifactorauth") {
            report.changes_meaning = true;
            let what = if holds { "the condition is left out" } else { "the statement is for sessions without MFA" };
            report.say(format!("`{name}`: Identity Center asks for MFA at sign-in, and sessions of its roles do not carry this key; {what}"));
        } else if holds {
            report.say(format!("`{name}` is always so for this user; the condition is left out"));
        } else {
            report.say(format!("`{name}` is never so for this user; the statement never matched"));
        }
    }

    /// A condition on another key, with the user's constants in its values.
    fn values(&self, condition: &Condition, test: &Test, version: Version, report: &mut Report) -> Decided {
        let Values::Patterns(patterns) = &test.values else { return Decided::Rewritten(condition.clone()) };
        if patterns.iter().all(|pattern| !pattern.has_variables) {
            return Decided::Rewritten(condition.clone());
        }
        let dialect = Dialect { wildcards: false, variables: version == Version::V2012, fold: false, parts: false };
        let mut rewritten = condition.clone();
        let mut values = Vec::new();
        for value in &condition.values {
            let mut value = value.clone();
            if let Scalar::String(text) = &value.value {
                match self.text(text, dialect, report) {
                    Ok(Some(replaced)) => value.value = Scalar::String(replaced),
                    Ok(None) if condition.values.len() > 1 => continue,
                    // the only value: an empty list would say less clearly that nothing matches
                    Ok(None) | Err(()) => return Decided::Undecided,
                }
            }
            values.push(value);
        }
        if values.is_empty() {
            return Decided::Undecided;
        }
        rewritten.values = values;
        Decided::Rewritten(rewritten)
    }

    /// A text with the user's constants in place of its variables. `None`: one has no value, so it matches nothing. `Err`: one is not known.
    fn text(&self, text: &str, dialect: Dialect, report: &mut Report) -> Result<Option<String>, ()> {
        if !dialect.variables || !text.contains("${") {
            return Ok(Some(text.to_owned()));
        }
        let mut out = text.to_owned();
        for variable in Pattern::compile(text, dialect).variables() {
            let value = match self.get(&variable.key) {
                Constant::Free => continue,
                Constant::NotGiven => {
                    report.say(format!("the value of `{}` for this user is not known", variable.key));
                    return Err(());
                }
                Constant::Value(value) => value.to_owned(),
                Constant::Absent => match &variable.default {
                    Some(default) => default.clone(),
                    None => {
                        report.say(format!("`{}` has no value for this user: `{text}` never matched", variable.key));
                        return Ok(None);
                    }
                },
            };
            out = replaced(&out, &variable.key, &escaped(&value));
            report.say(format!(
                "`${{{}}}` is always `{value}` for this user, and missing in a role's session; it is written out",
                variable.key
            ));
        }
        Ok(Some(out))
    }
}

/// Keys (in lower case) of the variables in a test's values.
fn variables(test: &Test) -> Vec<String> {
    let Values::Patterns(patterns) = &test.values else { return Vec::new() };
    let tokens = patterns.iter().flat_map(|pattern| &pattern.tokens);
    tokens
        .filter_map(|token| if let Token::Variable(variable) = token { Some(variable.key.clone()) } else { None })
        .collect()
}

/// Replaces each `${key}` and `${key, 'default'}`, whatever its letter case.
fn replaced(text: &str, lower_key: &str, value: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${") {
        out.push_str(before);
        let Some((body, after)) = from.split_once('}') else {
            out.push_str("${");
            rest = from;
            continue;
        };
        let key = body.split_once(',').map_or(body, |(key, _)| key).trim();
        if key.to_lowercase() == lower_key {
            out.push_str(value);
        } else {
            out.push_str(&format!("${{{body}}}"));
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A value as text of a pattern: nothing in it is a wildcard or a variable.
fn escaped(value: &str) -> String {
    let mut out = String::new();
    for character in value.chars() {
        match character {
            '*' | '?' | '$' => out.push_str(&format!("${{{character}}}")),
            other => out.push(other),
        }
    }
    out
}
