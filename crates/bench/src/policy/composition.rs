//! What the bytes of a merged policy are, and how few the same texts could take.

use std::collections::BTreeSet;

use policy::Policy;

/// `{"Version":"2012-10-17","Statement":[]}`
const FRAME: usize = 39;

/// `{"Effect":"Allow","Action":[],"Resource":[]},`, without the least that one value saves the brackets.
const STATEMENT: usize = 41;

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
}

impl Composition {
    pub(crate) fn of(policy: &Policy) -> Self {
        let (mut actions, mut resources, mut conditions) = (Texts::default(), Texts::default(), Texts::default());
        for statement in &policy.statements {
            statement.action.patterns().for_each(|text| actions.add(text.to_owned(), 3));
            let patterns = statement.resource.iter().flat_map(|clause| clause.patterns());
            patterns.for_each(|text| resources.add(text.to_owned(), 3));
            for condition in &statement.conditions {
                let values: Vec<&str> = condition.values.iter().map(|value| value.text()).collect();
                let text = format!(
                    r#""{}":{{"{}":["{}"]}}"#,
                    condition.operator.value,
                    condition.key.value,
                    values.join("\",\"")
                );
                conditions.add(text, 0);
            }
        }
        let repeated = actions.repeated + resources.repeated + conditions.repeated;
        let once = actions.once + resources.once + conditions.once;
        Self {
            actions: actions.once,
            resources: resources.once,
            conditions: conditions.once,
            repeated,
            frame: policy.size().saturating_sub(once + repeated),
        }
    }

    /// No policy that holds these texts can be smaller: each of them once, in one statement.
    pub(crate) const fn least(&self) -> usize {
        self.actions + self.resources + self.conditions + FRAME + STATEMENT
    }
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
