//! What the bytes of a merged policy are, and how few the same texts could take.

use std::collections::{BTreeMap, BTreeSet};

use policy::{Condition, Policy, Scalar};

/// `{"Version":"2012-10-17","Statement":[]}`
const FRAME: usize = 39;

/// `{"Effect":"Deny","Action":,"Resource":},`
const STATEMENT: usize = 40;

/// `,"Condition":{"":{}}`
const CONDITION: usize = 20;

/// Bytes by what they are for.
pub(crate) struct Composition {
    /// Actions, each text once.
    pub(crate) actions: usize,
    /// Resources, each text once.
    pub(crate) resources: usize,
    /// Conditions, each text once.
    pub(crate) conditions: usize,
    /// Texts that stand there again.
    pub(crate) repeated: usize,
    /// The rest: what makes statements of them.
    pub(crate) frame: usize,
    /// No policy that is made of these texts can be smaller: one statement for each set of conditions, with each action and resource that
    /// stands under those conditions once.
    pub(crate) least: usize,
}

impl Composition {
    pub(crate) fn of(policy: &Policy) -> Self {
        let (mut actions, mut resources, mut conditions) = (Texts::default(), Texts::default(), Texts::default());
        for statement in &policy.statements {
            statement.action.patterns().for_each(|text| actions.add(text.to_owned(), 3));
            let patterns = statement.resource.iter().flat_map(|clause| clause.patterns());
            patterns.for_each(|text| resources.add(text.to_owned(), 3));
            statement.conditions.iter().for_each(|condition| conditions.add(condition_text(condition), 0));
        }
        let repeated = actions.repeated + resources.repeated + conditions.repeated;
        let once = actions.once + resources.once + conditions.once;
        Self {
            actions: actions.once,
            resources: resources.once,
            conditions: conditions.once,
            repeated,
            frame: policy.size().saturating_sub(once + repeated),
            least: least(policy),
        }
    }
}

fn condition_text(condition: &Condition) -> String {
    let values: Vec<&str> = condition.values.iter().map(|value| value.text()).collect();
    let (operator, key) = (&condition.operator.value, &condition.key.value);
    format!(r#""{operator}":{{"{key}":["{}"]}}"#, values.join("\",\""))
}

fn least(policy: &Policy) -> usize {
    // texts by what a statement cannot mix: effect, conditions, and what is negated
    let mut kinds: BTreeMap<_, BTreeSet<(bool, &str)>> = BTreeMap::new();
    for statement in &policy.statements {
        let mut conditions: Vec<String> = statement.conditions.iter().map(condition_text).collect();
        conditions.sort();
        let negated = statement.resource.as_ref().is_some_and(|clause| clause.negated);
        let conditions = (conditions, least_of_conditions(&statement.conditions));
        let kind = kinds.entry((statement.effect.value, conditions, statement.action.negated, negated)).or_default();
        kind.extend(statement.action.patterns().map(|text| (true, text)));
        kind.extend(statement.resource.iter().flat_map(|clause| clause.patterns()).map(|text| (false, text)));
    }
    let texts = |texts: &BTreeSet<(bool, &str)>| texts.iter().map(|(_, text)| text.len() + 3).sum::<usize>() - 2;
    FRAME + kinds.iter().map(|((_, conditions, ..), own)| STATEMENT + conditions.1 + texts(own)).sum::<usize>()
}

/// What the conditions take at least, however they are put together.
fn least_of_conditions(conditions: &[Condition]) -> usize {
    let Some(operator) = conditions.iter().map(|condition| condition.operator.len()).min() else { return 0 };
    let value = |value: &Scalar| match value {
        Scalar::String(text) => text.len() + 3,
        other => other.text().len() + 1,
    };
    let values = |condition: &Condition| condition.values.iter().map(|one| value(&one.value)).sum::<usize>();
    CONDITION + operator + conditions.iter().map(|one| one.key.len() + 2 + values(one)).sum::<usize>()
}

/// Texts of one kind.
#[derive(Default)]
struct Texts {
    seen: BTreeSet<String>,
    once: usize,
    repeated: usize,
}

impl Texts {
    fn add(&mut self, text: String, quotes: usize) {
        let bytes = text.len() + quotes;
        if self.seen.insert(text) {
            self.once += bytes;
        } else {
            self.repeated += bytes;
        }
    }
}
