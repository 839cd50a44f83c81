//! What differs between two policy documents: what follows from it (broader, narrower, with proof), and what is written,
//! statement by statement.

use std::collections::BTreeSet;

use policy::{Difference, Policy, Relation, compare_denies};
use serde_json::Value;

use super::plan_view::Sign;
use super::policy_words::{absent_keys, absent_words};
use super::words::{count, list};

/// How many actions or resources of a statement are named.
const NAMED: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    allow: bool,
    actions: BTreeSet<String>,
    /// `NotAction` instead of `Action`.
    except_actions: bool,
    resources: BTreeSet<String>,
    except_resources: bool,
    /// The condition as JSON, empty for none.
    condition: String,
}

/// Lines on what is added and removed, in the order of the documents. `None` when a document cannot be read as a
/// policy, or when nothing differs but form.
pub(crate) fn describe(from: Option<&str>, to: Option<&str>) -> Option<Vec<(Sign, String)>> {
    let mut old = from.map_or(Some(Vec::new()), statements)?;
    let mut new = to.map_or(Some(Vec::new()), statements)?;
    new.retain(|statement| match old.iter().position(|known| known == statement) {
        Some(at) => {
            old.remove(at);
            false
        }
        None => true,
    });
    let mut lines = Vec::new();
    for statement in new {
        let alike = old.iter().position(|known| {
            let same_rest = known.allow == statement.allow
                && known.condition == statement.condition
                && known.except_actions == statement.except_actions
                && known.except_resources == statement.except_resources;
            same_rest && (known.resources == statement.resources || known.actions == statement.actions)
        });
        match alike {
            Some(at) => compare(&old.remove(at), &statement, &mut lines),
            None => lines.push((Sign::Add, sentence(&statement))),
        }
    }
    lines.extend(old.iter().map(|statement| (Sign::Remove, sentence(statement))));
    (!lines.is_empty()).then_some(lines)
}

/// What the new document allows relative to the old one over all texts, and in words, with a request that shows it. `None` when one
/// of them is no policy.
pub(crate) fn relation(from: &str, to: &str) -> Option<(Relation, String)> {
    relation_told(from, to, "no longer allows")
}

/// What the document in AWS allows relative to the declared one, as a sentence. `None` when one of them is no policy.
pub(crate) fn standing(declared: &str, in_aws: &str) -> Option<String> {
    let (relation, told) = relation_told(declared, in_aws, "does not allow")?;
    Some(match relation {
        Relation::Broader | Relation::Narrower => format!("AWS's is {told}"),
        Relation::Incomparable => format!("AWS's gives {told}"),
        Relation::Equal => format!("AWS's {told}"),
        Relation::PossiblyDifferent | Relation::Unknown => format!("AWS's and the declared one: {told}"),
    })
}

fn relation_told(from: &str, to: &str, lacks: &str) -> Option<(Relation, String)> {
    let read = |text: &str| Some([policy::parse(text).policy?]);
    let (old, new): ([Policy; 1], [Policy; 1]) = (read(from)?, read(to)?);
    let verdict = policy::compare(&old, &new).all_strings;
    let shown = |difference: &Difference| shown(difference, [&old, &new]);
    let (gained, lost) = (shown(&verdict.gained), shown(&verdict.lost));
    let mut told = match verdict.relation {
        Relation::Equal => "allows exactly the same".to_owned(),
        Relation::Broader => format!("broader: allows also {gained}"),
        Relation::Narrower => format!("narrower: {lacks} {lost}"),
        Relation::Incomparable => format!("other rights: allows also {gained}; {lacks} {lost}"),
        Relation::PossiblyDifferent => match (&verdict.gained, &verdict.lost) {
            (Difference::Never, _) => format!("equal or narrower: perhaps {lacks} {lost}"),
            (_, Difference::Never) => format!("equal or broader: perhaps allows also {gained}"),
            _ => "neither equality nor a difference could be proven".to_owned(),
        },
        Relation::Unknown => "whether it allows more or less could not be found out".to_owned(),
    };
    let denies = match compare_denies(&old, &new).relation {
        Relation::Equal => return Some((verdict.relation, told)),
        Relation::Broader => "denies more",
        Relation::Narrower => "denies less",
        Relation::Incomparable => "denies other things",
        Relation::PossiblyDifferent | Relation::Unknown => "perhaps denies other things",
    };
    told.push_str(&format!("; {denies}, which counts where other policies allow it"));
    Some((verdict.relation, told))
}

/// The request that shows a difference.
fn shown(difference: &Difference, sides: [&[Policy]; 2]) -> String {
    match difference {
        Difference::Witness(request) | Difference::Possibly { candidate: request, .. } => {
            format!("{request} {}", absent_words(&absent_keys(sides, request), request)).trim_end().to_owned()
        }
        Difference::Never | Difference::Unknown { .. } => String::new(),
    }
}

/// `3 statements, 812 bytes`.
pub(crate) fn size(document: &str) -> String {
    let statements = statements(document).map_or(0, |found| found.len());
    let bytes = serde_json::from_str::<Value>(document).map_or(document.len(), |value| value.to_string().len());
    format!("{}, {}", count(statements, "statement"), count(bytes, "byte"))
}

fn compare(old: &Statement, new: &Statement, lines: &mut Vec<(Sign, String)>) {
    let mut say = |sign: Sign, actions: &BTreeSet<String>, resources: &BTreeSet<String>| {
        if !actions.is_empty() && !resources.is_empty() {
            let part = Statement { actions: actions.clone(), resources: resources.clone(), ..new.clone() };
            lines.push((sign, sentence(&part)));
        }
    };
    if old.resources == new.resources {
        say(Sign::Add, &new.actions.difference(&old.actions).cloned().collect(), &new.resources);
        say(Sign::Remove, &old.actions.difference(&new.actions).cloned().collect(), &new.resources);
    } else {
        say(Sign::Add, &new.actions, &new.resources.difference(&old.resources).cloned().collect());
        say(Sign::Remove, &new.actions, &old.resources.difference(&new.resources).cloned().collect());
    }
}

/// `allows s3:GetObject, s3:PutObject on arn:aws:s3:::reports/* (with a condition on aws:SourceIp)`.
fn sentence(statement: &Statement) -> String {
    let verb = if statement.allow { "allows" } else { "denies" };
    let part = |names: &BTreeSet<String>, except: bool| {
        let names = list(names.iter().map(String::as_str), NAMED);
        if except { format!("everything but {names}") } else { names }
    };
    let actions = part(&statement.actions, statement.except_actions);
    let resources = part(&statement.resources, statement.except_resources);
    let condition = condition_keys(&statement.condition);
    let condition = if condition.is_empty() { String::new() } else { format!(" (condition on {condition})") };
    format!("{verb} {actions} on {resources}{condition}")
}

fn condition_keys(condition: &str) -> String {
    let Ok(Value::Object(operators)) = serde_json::from_str(condition) else { return String::new() };
    let keys: BTreeSet<&str> =
        operators.values().filter_map(Value::as_object).flat_map(|keys| keys.keys().map(String::as_str)).collect();
    list(keys, NAMED)
}

fn statements(document: &str) -> Option<Vec<Statement>> {
    let document: Value = serde_json::from_str(document).ok()?;
    let written = match document.get("Statement")? {
        Value::Array(statements) => statements.clone(),
        one @ Value::Object(_) => vec![one.clone()],
        _ => return None,
    };
    written.iter().map(statement).collect()
}

fn statement(value: &Value) -> Option<Statement> {
    let either = |name: &str, except: &str| match (value.get(name), value.get(except)) {
        (Some(listed), _) => Some((texts(listed)?, false)),
        (None, Some(listed)) => Some((texts(listed)?, true)),
        (None, None) => None,
    };
    let (actions, except_actions) = either("Action", "NotAction")?;
    let (resources, except_resources) = either("Resource", "NotResource")?;
    Some(Statement {
        allow: value.get("Effect")?.as_str()? == "Allow",
        actions,
        except_actions,
        resources,
        except_resources,
        condition: value.get("Condition").map(Value::to_string).unwrap_or_default(),
    })
}

fn texts(value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::String(text) => Some(BTreeSet::from([text.clone()])),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_follows_from_it() {
        let policy = |statements: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let get = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
        let both = r#"{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::b/*"}"#;
        let put = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}"#;
        let here = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:RequestedRegion":"ap-northeast-1"}}}"#;
        let own = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}"}"#;
        let deny = r#"{"Effect":"Deny","Action":"sqs:SendMessage","Resource":"*"}"#;
        let cases: [(&str, String); 7] = [
            (both, policy(get)),
            (get, policy(both)),
            (get, policy(put)),
            (get, policy(here)),
            (both, policy(&format!("{put},{get}"))),
            (get, policy(&format!("{get},{deny}"))),
            (own, policy(get)),
        ];
        let said: Vec<String> = cases.iter().map(|(old, new)| relation(&policy(old), new).unwrap().1).collect();
        insta::assert_snapshot!(said.join("\n"));
        let standing: Vec<String> = cases.iter().map(|(old, new)| standing(&policy(old), new).unwrap()).collect();
        insta::assert_snapshot!(standing.join("\n"));
        assert_eq!(relation("{", &policy(get)), None);
    }

    #[test]
    fn says_what_is_added_and_removed() {
        let old = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"*"},
            {"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}"#;
        let new = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"},
            {"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;
        let lines = describe(Some(old), Some(new)).unwrap();
        let said: Vec<String> = lines.iter().map(|(sign, text)| format!("{} {text}", sign.as_str())).collect();
        assert_eq!(
            said,
            [
                "+ allows s3:PutObject on *",
                "- allows s3:ListBucket on *",
                "+ denies everything but iam:* on * (condition on aws:MultiFactorAuthPresent)",
                "- allows sqs:* on *",
            ]
        );
        assert_eq!(describe(Some(old), Some(old)), None);
        assert_eq!(describe(Some("{"), Some(old)), None);
        assert_eq!(size(old), "2 statements, 165 bytes");
    }
}
