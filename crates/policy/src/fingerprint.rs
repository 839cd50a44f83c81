//! Whether two texts are the same policy, however they are laid out.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::operator::Operator;
use crate::policy::{Clause, Condition, Policy, Principal, PrincipalClause, Statement};

/// SHA-256 of a policy's canonical form.
///
/// Equal fingerprints mean: the same version, and the same statements but for `Id` and `Sid`, the order of statements and of values,
/// repetitions, scalar or list of one, letter case where AWS ignores it (actions, operators, condition keys), and a number or
/// boolean written as a string. Policies that mean the same in deeper ways (`s3:*` besides `s3:GetObject`) differ here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The bytes of the hash.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Policy {
    /// The fingerprint of what the text says.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(Sha256::digest(self.canonical_text().as_bytes()).into())
    }

    /// Whether the other policy is this one, differently laid out. A `true` is certain; a `false` may still be the same in
    /// meaning, which only a comparison can tell.
    #[must_use]
    pub fn same_text_meaning(&self, other: &Self) -> bool {
        self.canonical_text() == other.canonical_text()
    }

    /// The text that is hashed: unambiguous, and the same for what counts as the same.
    #[must_use]
    pub fn canonical_text(&self) -> String {
        let statements = sorted(self.statements.iter().map(statement_text));
        format!("{}{}", self.version(), statements)
    }
}

fn statement_text(statement: &Statement) -> String {
    let principal = statement.principal.as_ref().map_or_else(String::new, principal_text);
    let action = clause_text(&statement.action, str::to_ascii_lowercase);
    let resource = statement.resource.as_ref().map_or_else(String::new, |clause| clause_text(clause, str::to_owned));
    let conditions = sorted(statement.conditions.iter().map(condition_text));
    format!(
        "{} principal {principal} action {action} resource {resource} condition {conditions}",
        statement.effect.value
    )
}

fn clause_text(clause: &Clause, fold: fn(&str) -> String) -> String {
    format!("{}{}", if clause.negated { "not" } else { "" }, sorted(clause.patterns().map(fold)))
}

fn principal_text(clause: &PrincipalClause) -> String {
    let not = if clause.negated { "not" } else { "" };
    match &clause.who {
        Principal::Everyone => format!("{not}*"),
        Principal::Listed(listed) => {
            let kinds = listed.iter().map(|(kind, values)| {
                format!("{:?}{}", kind.value, sorted(values.iter().map(|text| text.value.clone())))
            });
            format!("{not}{}", sorted(kinds))
        }
    }
}

fn condition_text(condition: &Condition) -> String {
    let operator = Operator::parse(&condition.operator)
        .map_or_else(|| condition.operator.value.clone(), |known| known.to_string());
    let values = sorted(condition.values.iter().map(|value| value.text().to_owned()));
    format!("{operator:?}{:?}{values}", condition.key.to_ascii_lowercase())
}

/// A set of strings as one string. Each is quoted (`Debug` escapes quotes and backslashes), so that no two sets run into each other.
fn sorted(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    items.sort();
    items.dedup();
    format!("{items:?}")
}
