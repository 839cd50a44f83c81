//! Condition keys of a request in the letter case in which the policies hold them.

use super::{Comparison, Difference, Verdict};
use crate::policy::Policy;
use crate::request::Context;

impl Comparison {
    /// With the keys of what it shows as the policies wrote them.
    pub(super) fn spelled_as(mut self, sides: [&[Policy]; 2]) -> Self {
        for verdict in [&mut self.all_strings, &mut self.catalogue] {
            verdict.spell_as(sides);
        }
        self
    }
}

impl Verdict {
    fn spell_as(&mut self, sides: [&[Policy]; 2]) {
        for difference in [&mut self.gained, &mut self.lost] {
            difference.spell_as(sides);
        }
    }
}

impl Difference {
    pub(super) fn spell_as(&mut self, sides: [&[Policy]; 2]) {
        if let Self::Witness(request) | Self::Possibly { candidate: request, .. } = self {
            spell(&mut request.context, sides);
        }
    }
}

/// A key as the first condition on it names it, or the first variable.
fn spell(context: &mut Context, sides: [&[Policy]; 2]) {
    let policies = || sides.into_iter().flatten();
    let conditions = || policies().flat_map(|policy| &policy.statements).flat_map(|statement| &statement.conditions);
    context.spell_all(|lower| {
        conditions()
            .find(|condition| condition.key.to_lowercase() == lower)
            .map(|condition| condition.key.value.clone())
            .or_else(|| policies().find_map(|policy| variable_named(policy, lower)))
    });
}

/// The variable of that name in the policy's resources or values.
fn variable_named(policy: &Policy, lower: &str) -> Option<String> {
    policy.statements.iter().find_map(|statement| {
        let values = statement.conditions.iter().flat_map(|condition| &condition.values).map(|value| value.text());
        let mut texts = statement.resource.iter().flat_map(|clause| clause.patterns()).chain(values);
        texts.find_map(|text| {
            let names = text.split("${").skip(1).filter_map(|part| part.split(['}', ',']).next());
            names.map(str::trim).find(|name| name.to_lowercase() == lower).map(str::to_owned)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::compare;

    #[test]
    fn keys_are_shown_as_they_were_written() {
        let read =
            |text: &str| -> Policy { format!(r#"{{"Version": "2012-10-17", "Statement": {text}}}"#).parse().unwrap() };
        let none = read("[]");
        for (statement, expected) in [
            (
                r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"Bool": {"AWS:multifactorauthPRESENT": "true"}}}"#,
                "AWS:multifactorauthPRESENT is true",
            ),
            (
                r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:principaltag/Team}/x"}"#,
                "aws:principaltag/Team is someone",
            ),
            (
                r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${www.Example.com:User_Id}/x"}"#,
                "www.Example.com:User_Id is someone",
            ),
        ] {
            let shown = compare(std::slice::from_ref(&none), &[read(statement)]).all_strings.to_string();
            assert!(shown.ends_with(expected), "{shown}");
        }
    }
}
