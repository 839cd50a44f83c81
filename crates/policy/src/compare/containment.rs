//! Whether every text that one pattern matches is matched by another.

use super::automaton::Match;
use super::vectors::{self, Groups};
use crate::pattern::{Pattern, Token};
use crate::request::Context;

/// Bound on the work of one question. What is beyond is answered with "no", which only costs an opportunity.
const MAX_STEPS: usize = 20_000;

/// Whether `outer` matches all that `inner` matches, whatever the values of variables. A `false` may also mean "not found out".
pub(crate) fn is_within(inner: &Pattern, outer: &Pattern) -> bool {
    if inner == outer || outer.is_everything() {
        return true;
    }
    if outer.literal().is_some() || inner.is_apart_from(outer) {
        return false;
    }
    if let Some(text) = inner.literal()
        && !outer.has_variables
    {
        return outer.matches(text, &Context::new());
    }
    // the commonest case: exact characters and a star at the end
    if let Some((Token::Run, exact)) = outer.tokens.split_last()
        && exact.iter().all(|token| matches!(token, Token::Char(_) | Token::Fold(_)))
    {
        return inner.tokens.starts_with(exact);
    }
    if !examples(inner).iter().all(|example| may_match(outer, example)) {
        return false;
    }
    let mut steps = MAX_STEPS;
    let groups = Groups::single(vec![outer]);
    vectors::samples(inner, &groups, &mut steps)
        .is_some_and(|samples| samples.iter().all(|sample| sample.matches.first() == Some(&Match::Yes)))
}

/// Two texts that the pattern matches, if its variables have the value `x`.
fn examples(pattern: &Pattern) -> [String; 2] {
    ["", "q7"].map(|run| {
        let mut text = String::new();
        for token in &pattern.tokens {
            match token {
                Token::Char(character) | Token::Fold(character) => text.push(*character),
                Token::One | Token::OneInPart | Token::Variable(_) => text.push('x'),
                Token::Run | Token::RunInPart => text.push_str(run),
            }
        }
        text
    })
}

/// Whether the pattern matches for some values of its variables.
fn may_match(pattern: &Pattern, text: &str) -> bool {
    if pattern.has_variables {
        vectors::generalised(pattern).matches(text, &Context::new())
    } else {
        pattern.matches(text, &Context::new())
    }
}
