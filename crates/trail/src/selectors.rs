//! Which classes of events trails record, by their event selectors: what is not recorded can never be seen, however long one looks.
//!
//! The shapes are those of CloudTrail's API (`DescribeTrails`, `GetEventSelectors`), as the AWS CLI prints them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why a text says nothing about trails.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SelectorsError {
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    Json(String),
    /// There is nothing in it that is known.
    #[error("it holds neither trails (`describe-trails`) nor event selectors (`get-event-selectors`)")]
    Nothing,
}

/// A restriction of a selector that Sekisho does not take apart: `resources.ARN StartsWith …`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Restriction(pub String);

/// One selector: what it takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `Management`, `Data`, `NetworkActivity`, … as `eventCategory`.
    pub category: String,
    /// Only reads, or only writes.
    pub read_only: Option<bool>,
    /// Types of resources (`AWS::S3::Object`); none where the category has no types or all of them count.
    pub types: Option<BTreeSet<String>>,
    /// Services left out, or what else narrows it.
    pub restrictions: BTreeSet<Restriction>,
}

/// A trail and what it records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// Its ARN.
    pub arn: String,
    /// The bucket it writes to.
    pub bucket: Option<String>,
    /// The Region it belongs to.
    pub home_region: Option<String>,
    /// Whether it records all Regions; unknown without `describe-trails`.
    pub is_multi_region: Option<bool>,
    /// Whether it records all accounts of the organization.
    pub is_organization: Option<bool>,
    /// What it records; none where the selectors are not known.
    pub rules: Option<Vec<Rule>>,
}

/// Trails and what they record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// By ARN.
    pub trails: BTreeMap<String, Trail>,
}

/// Whether a class of events is recorded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recorded {
    /// No trail takes it.
    No,
    /// Nothing is known about it.
    Unknown,
    /// Some of it, and what narrows it.
    Partly(BTreeSet<String>),
    /// All of it.
    Whole,
}

impl Recording {
    /// Reads answers of `describe-trails` and `get-event-selectors`, one after the other or in lists.
    ///
    /// # Errors
    /// When it is no JSON or says nothing about trails.
    pub fn parse(text: &[u8]) -> Result<Self, SelectorsError> {
        let mut recording = Self::default();
        let mut found = false;
        for value in serde_json::Deserializer::from_slice(text).into_iter::<Value>() {
            let value = value.map_err(|error| SelectorsError::Json(error.to_string()))?;
            found |= recording.take(&value, 0);
        }
        if found { Ok(recording) } else { Err(SelectorsError::Nothing) }
    }

    /// Adds what an answer says; whether it said anything.
    pub fn take(&mut self, value: &Value, depth: u8) -> bool {
        match value {
            Value::Array(values) if depth < 4 => {
                // All of them, whatever the first one says.
                let told = values.iter().filter(|value| self.take(value, depth + 1)).count();
                told > 0
            }
            Value::Object(object) => {
                let mut found = false;
                for name in ["trailList", "Trail"] {
                    if let Some(list) = object.get(name).filter(|_| depth < 4) {
                        found |= self.take(list, depth + 1);
                    }
                }
                let Some(arn) = text(value, "TrailARN") else { return found };
                let trail = self.trails.entry(arn.to_owned()).or_default();
                arn.clone_into(&mut trail.arn);
                if let Some(rules) = rules(value) {
                    trail.rules = Some(rules);
                    found = true;
                }
                for (name, place) in [("S3BucketName", &mut trail.bucket), ("HomeRegion", &mut trail.home_region)] {
                    if let Some(told) = text(value, name) {
                        *place = Some(told.to_owned());
                        found = true;
                    }
                }
                let flags = [
                    ("IsMultiRegionTrail", &mut trail.is_multi_region),
                    ("IsOrganizationTrail", &mut trail.is_organization),
                ];
                for (name, place) in flags {
                    *place = object.get(name).and_then(Value::as_bool).or(*place);
                }
                found
            }
            _ => false,
        }
    }

    /// Keeps the trails that write to these buckets; those whose bucket is not known stay.
    pub fn keep_buckets(&mut self, buckets: &[&str]) {
        self.trails.retain(|_, trail| trail.bucket.as_deref().is_none_or(|found| buckets.contains(&found)));
    }

    /// Whether a class of events (as [`Covered::classes`](crate::evidence::Covered::classes) names them) of this account, or of any, is
    /// recorded.
    #[must_use]
    pub fn of_class(&self, account: Option<&str>, class: &str) -> Recorded {
        let trails = self.trails.values().filter(|trail| trail.is_about(account));
        let answers = trails.map(|trail| match &trail.rules {
            None => Recorded::Unknown,
            Some(rules) => trail.narrowed(rules.iter().map(|rule| rule.takes(class)).fold(Recorded::No, Recorded::or)),
        });
        answers.reduce(Recorded::or).unwrap_or(Recorded::Unknown)
    }

    /// The classes that are named by a selector.
    #[must_use]
    pub fn classes(&self) -> BTreeSet<String> {
        let mut classes: BTreeSet<String> = ["management read", "management write"].map(str::to_owned).into();
        for rule in self.trails.values().filter_map(|trail| trail.rules.as_ref()).flatten() {
            let category = rule.category.to_ascii_lowercase();
            for kind in rule.types.iter().flatten() {
                classes.extend(["read", "write"].map(|what| format!("{category} {kind} {what}")));
            }
        }
        classes.retain(|class| class.starts_with("management") || class.starts_with("data "));
        classes
    }
}

impl Recorded {
    /// What two selectors, or two trails, record together.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            // Two parts of a class may not be the whole of it.
            (Self::Partly(mut left), Self::Partly(right)) => {
                left.extend(right);
                Self::Partly(left)
            }
            (left, right) => left.max(right),
        }
    }
}

impl Trail {
    fn is_about(&self, account: Option<&str>) -> bool {
        let Some(account) = account else { return true };
        // Without `describe-trails` nobody knows whether it is the organization's.
        self.is_organization.unwrap_or(true) || self.arn.split(':').nth(4) == Some(account)
    }

    /// What the trail as a whole leaves out.
    fn narrowed(&self, recorded: Recorded) -> Recorded {
        let narrow = match (self.is_multi_region, &self.home_region) {
            (Some(false), Some(region)) => Some(format!("in {region} only")),
            (Some(false), None) => Some("in one Region only".to_owned()),
            _ => None,
        };
        match (recorded, narrow) {
            (Recorded::Whole, Some(narrow)) => Recorded::Partly([narrow].into()),
            (Recorded::Partly(mut reasons), Some(narrow)) => {
                reasons.insert(narrow);
                Recorded::Partly(reasons)
            }
            (recorded, _) => recorded,
        }
    }
}

impl Rule {
    fn takes(&self, class: &str) -> Recorded {
        let mut parts = class.split(' ');
        let (category, last) = (parts.next().unwrap_or_default(), class.rsplit(' ').next().unwrap_or_default());
        if !self.category.eq_ignore_ascii_case(category) {
            return Recorded::No;
        }
        let is_read = match last {
            "read" => Some(true),
            "write" => Some(false),
            _ => None,
        };
        let kind = parts.next().filter(|kind| !matches!(*kind, "read" | "write"));
        if let (Some(types), Some(kind)) = (&self.types, kind)
            && !types.contains(kind)
        {
            // Records without a resource's type are told by their service.
            return if kind.contains("::") { Recorded::No } else { Recorded::Unknown };
        }
        let mut narrow: BTreeSet<String> = self.restrictions.iter().map(|one| one.0.clone()).collect();
        match (self.read_only, is_read) {
            (Some(wanted), Some(is_read)) if wanted != is_read => return Recorded::No,
            (Some(wanted), None) => drop(narrow.insert(if wanted { "reads only" } else { "writes only" }.to_owned())),
            _ => {}
        }
        if narrow.is_empty() { Recorded::Whole } else { Recorded::Partly(narrow) }
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn texts<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    value.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// What an answer of `GetEventSelectors` takes; none where it is no such answer.
fn rules(answer: &Value) -> Option<Vec<Rule>> {
    let list = |name: &str| answer.get(name).and_then(Value::as_array);
    match (list("AdvancedEventSelectors"), list("EventSelectors")) {
        (Some(selectors), _) if !selectors.is_empty() => Some(selectors.iter().filter_map(advanced).collect()),
        (advanced, simple) => {
            advanced.or(simple)?;
            Some(simple.into_iter().flatten().flat_map(rules_of).collect())
        }
    }
}

/// A selector of the older kind. What is left out means AWS's default: management events, reads and writes.
fn rules_of(selector: &Value) -> Vec<Rule> {
    let read_only = match text(selector, "ReadWriteType") {
        Some("ReadOnly") => Some(true),
        Some("WriteOnly") => Some(false),
        _ => None,
    };
    let mut rules = Vec::new();
    if selector.get("IncludeManagementEvents").and_then(Value::as_bool).unwrap_or(true) {
        let excluded = texts(selector, "ExcludeManagementEventSources");
        rules.push(Rule {
            category: "Management".to_owned(),
            read_only,
            types: None,
            restrictions: excluded.map(|source| Restriction(format!("without {source}"))).collect(),
        });
    }
    for resource in selector.get("DataResources").and_then(Value::as_array).into_iter().flatten() {
        let Some(kind) = text(resource, "Type") else { continue };
        // `arn:aws:s3` and `arn:aws:lambda` (and `…:dynamodb`) stand for all; a longer one for what begins with it.
        let is_all =
            |value: &str| value.split(':').filter(|part| !part.is_empty()).count() <= 3 && value.starts_with("arn:");
        let values: BTreeSet<&str> = texts(resource, "Values").collect();
        let restrictions = if values.iter().any(|value| is_all(value)) {
            BTreeSet::new()
        } else {
            let named = if values.is_empty() { "no resource at all".to_owned() } else { listed(values) };
            [Restriction(format!("only {named}"))].into()
        };
        rules.push(Rule {
            category: "Data".to_owned(),
            read_only,
            types: Some([kind.to_owned()].into()),
            restrictions,
        });
    }
    rules
}

fn listed<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<&str> = values.into_iter().collect();
    let shown = all.get(..3).unwrap_or(&all).join(", ");
    if all.len() > 3 { format!("{shown} and {} more", all.len() - 3) } else { shown }
}

/// An advanced selector: every field must match.
fn advanced(selector: &Value) -> Option<Rule> {
    let mut rule = Rule::default();
    for field in selector.get("FieldSelectors")?.as_array()? {
        let name = text(field, "Field")?;
        let equals: Vec<&str> = texts(field, "Equals").collect();
        match name {
            "eventCategory" => equals.first().copied().unwrap_or_default().clone_into(&mut rule.category),
            "readOnly" if !equals.is_empty() => rule.read_only = Some(equals.contains(&"true")),
            "resources.type" if !equals.is_empty() => {
                rule.types = Some(equals.into_iter().map(str::to_owned).collect());
            }
            _ => {
                for operator in ["Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"] {
                    let values = texts(field, operator).peekable();
                    let values: Vec<&str> = values.collect();
                    if values.is_empty() {
                        continue;
                    }
                    let told = listed(values);
                    rule.restrictions.insert(Restriction(match (name, operator) {
                        ("eventSource", "NotEquals") => format!("without {told}"),
                        (_, "Equals") => format!("only {name} {told}"),
                        _ => format!("only {name} {operator} {told}"),
                    }));
                }
            }
        }
    }
    Some(rule)
}

#[cfg(test)]
mod tests;
