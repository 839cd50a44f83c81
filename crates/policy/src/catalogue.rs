//! The actions AWS's services know, as of [`DATE`]. Never complete: what is not in it may exist all the same.

use std::cmp::Ordering;
use std::sync::{LazyLock, OnceLock};

use crate::catalogue_file;
use crate::data;
use crate::glob;
use crate::nearest::nearest as nearest_of;

pub use crate::catalogue_file::{CatalogueAction, CatalogueFile, CatalogueFileError};

/// The day the embedded catalogue was collected. [`date`] is that of the catalogue in use.
pub const DATE: &str = "2026-09-26";

/// What an action does to what it touches, in AWS's classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Sees that things exist.
    List,
    /// Sees what is in them.
    Read,
    /// Changes tags only.
    Tagging,
    /// Creates, changes, deletes.
    Write,
    /// Changes who may do what.
    PermissionsManagement,
}

impl AccessLevel {
    /// All of them, from the least to the gravest.
    pub const ALL: [Self; 5] = [Self::List, Self::Read, Self::Tagging, Self::Write, Self::PermissionsManagement];
}

/// The day of the catalogue in use: the embedded one, or the one that was [installed](CatalogueFile::install).
#[must_use]
pub fn date() -> &'static str {
    catalogue_file::installed().map_or(DATE, CatalogueFile::date)
}

/// An action of a service.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    /// Without the service: `GetObject`.
    pub name: &'static str,
    /// The highest of its access levels.
    pub level: AccessLevel,
    /// The name in lower case.
    pub(crate) lower: &'static str,
    resources: &'static str,
}

impl Action {
    /// Patterns of the ARNs it can be limited to (`arn:*:s3:::*/*`); none for an action that knows only `*`.
    pub fn resources(&self) -> impl Iterator<Item = &'static str> {
        self.resources.split(' ').filter(|pattern| !pattern.is_empty())
    }
}

/// A service and its actions.
#[derive(Debug, Clone)]
pub struct Service {
    /// The prefix of its actions: `s3`.
    pub name: &'static str,
    actions: Vec<Action>,
    /// Places of the actions in the order of their names in lower case read backwards, once asked for.
    backwards: OnceLock<Vec<usize>>,
}

impl Service {
    /// Its actions, sorted by name, letter case ignored.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The action of that name, letter case ignored.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.get(self.position(name)?)
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.actions.binary_search_by(|action| compare_ignoring_case(action.name, name)).ok()
    }

    /// Place of the action with this name in lower case.
    pub(crate) fn lower_position(&self, lower: &str) -> Option<usize> {
        self.actions.binary_search_by(|action| action.lower.cmp(lower)).ok()
    }

    /// Places of the actions that the pattern (in lower case) matches.
    pub(crate) fn matching(&self, pattern: &str) -> Vec<usize> {
        let lower = |at: usize| self.actions.get(at).map_or("", |action| action.lower);
        let beginning = pattern.split(['*', '?']).next().unwrap_or_default();
        let end = pattern.rsplit(['*', '?']).next().unwrap_or_default();
        // where there is nothing but one star between, no more has to be looked at
        let plain = pattern.len() == beginning.len() + end.len() + 1 && !pattern.contains('?');
        let fits = |name: &str| {
            if plain { name.len() >= beginning.len() + end.len() } else { glob::matches(pattern, name) }
        };
        if beginning.is_empty() && !end.is_empty() {
            return self.ending_with(end).iter().copied().filter(|at| fits(lower(*at))).collect();
        }
        let first = self.actions.partition_point(|action| action.lower < beginning);
        let starting = self.actions.iter().enumerate().skip(first);
        let starting = starting.take_while(|(_, action)| action.lower.starts_with(beginning));
        let matching = starting.filter(|(_, action)| action.lower.ends_with(end) && fits(action.lower));
        matching.map(|(at, _)| at).collect()
    }

    /// Places of the actions whose names in lower case end so.
    pub(crate) fn ending_with(&self, end: &str) -> &[usize] {
        let name = |at: usize| self.actions.get(at).map_or("", |action| action.lower);
        let backwards = self.backwards.get_or_init(|| {
            let mut places: Vec<usize> = (0..self.actions.len()).collect();
            places.sort_unstable_by(|one, other| name(*one).bytes().rev().cmp(name(*other).bytes().rev()));
            places
        });
        let first = backwards.partition_point(|at| name(*at).bytes().rev().lt(end.bytes().rev()));
        let rest = backwards.get(first..).unwrap_or_default();
        let count = rest.partition_point(|at| name(*at).ends_with(end));
        rest.get(..count).unwrap_or_default()
    }
}

static TEXT: LazyLock<String> = LazyLock::new(|| match catalogue_file::installed() {
    Some(file) => file.rows(),
    None => data::inflate(data::ACTION_CATALOGUE),
});

/// The same in lower case (ASCII: each name stands where it stands in the other).
static LOWER_TEXT: LazyLock<String> = LazyLock::new(|| TEXT.to_ascii_lowercase());

static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| {
    let mut services: Vec<Service> = Vec::new();
    for (line, lower) in TEXT.lines().zip(LOWER_TEXT.lines()) {
        let mut fields = line.split('\t');
        let (Some(name), Some(action), Some(levels)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let lower = lower.split('\t').nth(1).unwrap_or(action);
        let action = Action { name: action, level: level(levels), lower, resources: fields.next().unwrap_or_default() };
        match services.last_mut() {
            Some(service) if service.name == name => service.actions.push(action),
            _ => services.push(Service { name, actions: vec![action], backwards: OnceLock::new() }),
        }
    }
    services
});

fn level(text: &str) -> AccessLevel {
    let one = |text: &str| match text {
        "List" => AccessLevel::List,
        "Read" => AccessLevel::Read,
        "Tagging" => AccessLevel::Tagging,
        "Permissions management" => AccessLevel::PermissionsManagement,
        // what is new and not understood is taken for a change
        _ => AccessLevel::Write,
    };
    // "Tagging, Write": a tag is what such an action writes; "Permissions management, Write": the former is the graver
    let mut levels: Vec<AccessLevel> = text.split(", ").map(one).collect();
    if levels.contains(&AccessLevel::Tagging) {
        levels.retain(|level| *level != AccessLevel::Write);
    }
    levels.into_iter().max().unwrap_or(AccessLevel::Write)
}

fn compare_ignoring_case(left: &str, right: &str) -> Ordering {
    let pairs = left.bytes().zip(right.bytes());
    for (a, b) in pairs {
        match a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase()) {
            Ordering::Equal => {}
            other => return other,
        }
    }
    left.len().cmp(&right.len())
}

/// All services, sorted by prefix.
#[must_use]
pub fn services() -> &'static [Service] {
    &SERVICES
}

/// The service with this prefix, letter case ignored.
#[must_use]
pub fn service(prefix: &str) -> Option<&'static Service> {
    let at = SERVICES.binary_search_by(|service| compare_ignoring_case(service.name, prefix)).ok()?;
    SERVICES.get(at)
}

/// The actions of a service, sorted by name; none if it is not known.
#[must_use]
pub fn actions(prefix: &str) -> &'static [Action] {
    service(prefix).map_or(&[], |service| service.actions.as_slice())
}

/// Number of the service's first action, when the actions of all services are counted through.
static FIRST_NUMBERS: LazyLock<Vec<usize>> = LazyLock::new(|| {
    let mut next = 0;
    let first = |service: &Service| {
        let first = next;
        next += service.actions.len();
        first
    };
    SERVICES.iter().map(first).collect()
});

/// The service and the number of its first action in the count over all services.
pub(crate) fn numbered(prefix: &str) -> Option<(&'static Service, usize)> {
    let at = SERVICES.binary_search_by(|service| compare_ignoring_case(service.name, prefix)).ok()?;
    Some((SERVICES.get(at)?, *FIRST_NUMBERS.get(at)?))
}

/// How many actions there are.
pub(crate) fn count() -> usize {
    SERVICES.iter().map(|service| service.actions.len()).sum()
}

/// All actions in the order of their numbers, with their services.
pub(crate) fn all() -> impl Iterator<Item = (&'static Service, &'static Action)> {
    SERVICES.iter().flat_map(|service| service.actions.iter().map(move |action| (service, action)))
}

/// The action `service:Name`, letter case ignored. Wildcards are not expanded.
#[must_use]
pub fn find(action: &str) -> Option<&'static Action> {
    let (prefix, name) = action.split_once(':')?;
    service(prefix)?.action(name)
}

/// Whether the action `service:Name` is known, letter case ignored.
#[must_use]
pub fn contains(action: &str) -> bool {
    find(action).is_some()
}

/// The actions closest to this one, best first: of the same service, or of a service whose prefix is close.
#[must_use]
pub fn nearest(action: &str, limit: usize) -> Vec<String> {
    let Some((prefix, name)) = action.split_once(':') else { return Vec::new() };
    let service = service(prefix).or_else(|| {
        let close = nearest_of(prefix, services().iter().map(|service| service.name), 1);
        self::service(close.first()?)
    });
    let Some(service) = service else { return Vec::new() };
    if let Some(exact) = service.action(name) {
        return vec![format!("{}:{}", service.name, exact.name)];
    }
    let names = nearest_of(name, service.actions.iter().map(|action| action.name), limit);
    names.into_iter().map(|name| format!("{}:{name}", service.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_patterns_of_arns() {
        for (service, action) in all() {
            for pattern in action.resources() {
                let is_arn = pattern.starts_with("arn:") && pattern.matches(':').count() >= 5;
                assert!(
                    (is_arn || pattern == "*") && !pattern.ends_with(','),
                    "{}:{} {pattern}",
                    service.name,
                    action.name
                );
            }
        }
    }

    #[test]
    fn what_a_pattern_matches_is_found_by_beginnings_and_ends() {
        let service = service("s3").unwrap();
        for pattern in ["get*", "*acl", "get*acl", "*bucket*", "?et*", "*", "get?*t", "getobject", "get*getobject"] {
            let expected: Vec<&str> = service
                .actions()
                .iter()
                .map(|action| action.lower)
                .filter(|name| glob::matches(pattern, name))
                .collect();
            let mut found: Vec<&str> =
                service.matching(pattern).into_iter().map(|at| service.actions[at].lower).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{pattern}");
        }
    }
}
