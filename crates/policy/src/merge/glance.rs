//! Which statements are needed, as far as that shows at a glance: most of several hundred are, and need no proof.

use std::borrow::Cow;
use std::collections::HashMap;

use super::bits::Bits;
use super::example::{example, generalised};
use super::normal::Normal;
use super::table::{Table, is_wild, service_of};
use crate::glob;
use crate::operator::{Comparison, Operator, Quantifier};
use crate::policy::Condition;

/// What is known of all statements.
pub(super) struct Glance<'a> {
    statements: &'a [Normal],
    /// Action → statements whose patterns name it.
    holders: Vec<Vec<usize>>,
    /// Service → its patterns with wildcards, and those of every service.
    wild: HashMap<String, Vec<usize>>,
    /// Action → statements that concern the example of it, once asked for.
    concerned: Vec<Option<Bits>>,
    resources: Resources,
}

/// What examples of resources match which patterns.
#[derive(Default)]
struct Resources {
    examples: HashMap<usize, String>,
    /// Example, pattern → whether it matches.
    matched: HashMap<(usize, usize), bool>,
}

impl<'a> Glance<'a> {
    pub(super) fn of(statements: &'a [Normal], table: &Table) -> Self {
        let mut glance = Self {
            statements,
            holders: vec![Vec::new(); table.action_count()],
            wild: HashMap::new(),
            concerned: vec![None; table.action_count()],
            resources: Resources::default(),
        };
        for (at, statement) in statements.iter().enumerate() {
            for action in &statement.actions {
                let Some(holders) = glance.holders.get_mut(*action) else { continue };
                if holders.is_empty()
                    && let Some(pattern) = table.action_of(*action).filter(|pattern| pattern.is_wild)
                {
                    let service = service_of(&pattern.lower);
                    // a wildcard in the service itself concerns every service
                    let service = if is_wild(service) { "" } else { service };
                    glance.wild.entry(service.to_owned()).or_default().push(*action);
                }
                holders.push(at);
            }
        }
        glance
    }

    /// Whether some request that the statement allows concerns no other statement that is kept. A `false` may also mean "not seen".
    pub(super) fn is_needed(&mut self, at: usize, kept: &[bool], table: &Table) -> bool {
        let Some(statement) = self.statements.get(at) else { return false };
        let conditions: Vec<&Condition> =
            statement.conditions.iter().filter_map(|condition| table.condition_of(*condition)).collect();
        if statement.not_action
            || statement.not_resource
            || !conditions.iter().all(|condition| surely_holds_sometimes(condition))
            || !are_of_different_keys(&conditions)
        {
            return false;
        }
        let statements = self.statements;
        let mut last: Option<Vec<usize>> = None;
        for action in &statement.actions {
            let Some(concerned) = self.concerned(*action, table) else { continue };
            let is_other =
                |other: &usize| *other != at && kept.get(*other) == Some(&true) && concerned.contains(*other);
            let about: Vec<usize> = (0..statements.len()).filter(is_other).collect();
            // many actions concern the same statements
            if last.as_ref() == Some(&about) {
                continue;
            }
            let resources = &mut self.resources;
            let free = |resource: &usize| {
                let mut others = about.iter().filter_map(|other| statements.get(*other));
                !others.any(|other| resources.concern(other, *resource, table))
            };
            if statement.resources.iter().any(free) {
                return true;
            }
            last = Some(about);
        }
        false
    }

    /// The statements that an example of the action concerns.
    fn concerned(&mut self, action: usize, table: &Table) -> Option<&Bits> {
        if self.concerned.get(action)?.is_none() {
            let found = self.find_concerned(action, table)?;
            *self.concerned.get_mut(action)? = Some(found);
        }
        self.concerned.get(action)?.as_ref()
    }

    fn find_concerned(&self, action: usize, table: &Table) -> Option<Bits> {
        let text = table.action_of(action)?.lower.as_str();
        let asked = example(text);
        let patterns = [service_of(text), ""].into_iter().filter_map(|service| self.wild.get(service)).flatten();
        let matching = patterns
            .filter(|number| table.action_of(**number).is_some_and(|pattern| glob::matches(&pattern.lower, &asked)));
        let mut named = Bits::default();
        // an example of a pattern is named by no text but patterns
        for number in matching.chain([&action]) {
            self.holders.get(*number).into_iter().flatten().for_each(|holder| named.insert(*holder));
        }
        let mut concerned = Bits::default();
        for (number, statement) in self.statements.iter().enumerate() {
            if named.contains(number) != statement.not_action {
                concerned.insert(number);
            }
        }
        Some(concerned)
    }
}

impl Resources {
    /// Whether the statement concerns an example of the resource.
    fn concern(&mut self, statement: &Normal, resource: usize, table: &Table) -> bool {
        // variables taken for any text make a clause larger: for a negated one nothing is said then
        statement.not_resource || statement.resources.iter().any(|pattern| self.matches(resource, *pattern, table))
    }

    fn matches(&mut self, resource: usize, pattern: usize, table: &Table) -> bool {
        if resource == pattern {
            return true;
        }
        if let Some(known) = self.matched.get(&(resource, pattern)) {
            return *known;
        }
        let text = |number: usize| table.resource_of(number).map_or("", |resource| resource.text.as_str());
        let asked = self.examples.entry(resource).or_insert_with(|| example(&generalised(text(resource))));
        let matches = match generalised(text(pattern)) {
            Cow::Borrowed(exact) if !is_wild(exact) => exact == asked,
            pattern => glob::matches(&pattern, asked),
        };
        self.matched.insert((resource, pattern), matches);
        matches
    }
}

fn are_of_different_keys(conditions: &[&Condition]) -> bool {
    let mut keys: Vec<String> = conditions.iter().map(|condition| condition.key.to_lowercase()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.len() == conditions.len()
}

/// A condition that some value, or the absence of its key, satisfies.
fn surely_holds_sometimes(condition: &Condition) -> bool {
    use Comparison as C;
    let Some(operator) = Operator::parse(&condition.operator) else { return false };
    let on_texts = matches!(
        operator.comparison,
        C::StringEquals | C::StringEqualsIgnoreCase | C::StringLike | C::ArnEquals | C::ArnLike | C::Bool
    );
    let absent_will_do = operator.quantifier == Quantifier::ForAllValues
        || (operator.quantifier == Quantifier::Single && operator.comparison.negates().is_some());
    absent_will_do || (on_texts && !condition.values.is_empty())
}
