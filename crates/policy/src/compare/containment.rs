//! Whether every text that one pattern matches is matched by another.

use super::automaton::Match;
use super::vectors::{self, Groups};
use crate::pattern::{Pattern, Token, accepts};
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
    if inner.folds() == outer.folds() && takes_token_by_token(&outer.tokens, &inner.tokens) {
        return true;
    }
    if !examples(inner).iter().all(|example| may_match(outer, example)) {
        return false;
    }
    let mut steps = MAX_STEPS;
    let groups = Groups::single(vec![outer]);
    vectors::samples(inner, &groups, &mut steps)
        .is_some_and(|samples| samples.iter().all(|sample| sample.matches.first() == Some(&Match::Yes)))
}

/// Whether the outer pattern matches the inner one read as a text in which each wildcard and variable is one symbol that only a star (or
/// the same symbol) takes. Then it matches whatever those stand for. A `false` says nothing.
fn takes_token_by_token(outer: &[Token], inner: &[Token]) -> bool {
    let (mut at, mut position) = (0, 0);
    // the last star, and up to where it reaches
    let mut retry: Option<(usize, usize, &Token)> = None;
    loop {
        match (outer.get(at), inner.get(position)) {
            (Some(run @ (Token::Run | Token::RunInPart)), _) => {
                at += 1;
                retry = Some((at, position, run));
                continue;
            }
            (None, None) => return true,
            (Some(token), Some(symbol)) if takes(token, symbol) => {
                at += 1;
                position += 1;
                continue;
            }
            _ => {}
        }
        let Some((behind, from, run)) = retry else { return false };
        let Some(symbol) = inner.get(from) else { return false };
        let reaches = match run {
            Token::Run => true,
            _ => match symbol {
                Token::Char(character) | Token::Fold(character) => *character != ':',
                Token::OneInPart | Token::RunInPart => true,
                Token::One | Token::Run | Token::Variable(_) => false,
            },
        };
        if !reaches {
            return false;
        }
        retry = Some((behind, from + 1, run));
        (at, position) = (behind, from + 1);
    }
}

/// Whether a token that is no star matches all that this symbol can stand for.
fn takes(token: &Token, symbol: &Token) -> bool {
    match symbol {
        Token::Char(character) => accepts(token, *character),
        Token::Fold(lower) => {
            token == symbol || (matches!(token, Token::One | Token::OneInPart) && accepts(token, *lower))
        }
        Token::One => matches!(token, Token::One),
        Token::OneInPart => matches!(token, Token::One | Token::OneInPart),
        Token::Run | Token::RunInPart => false,
        Token::Variable(_) => token == symbol,
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pattern::{Dialect, Reading};
    use crate::policy::Version;

    /// What automata say, without any glance before.
    fn explored(inner: &Pattern, outer: &Pattern) -> bool {
        let mut steps = MAX_STEPS;
        vectors::samples(inner, &Groups::single(vec![outer]), &mut steps)
            .is_some_and(|samples| samples.iter().all(|sample| sample.matches.first() == Some(&Match::Yes)))
    }

    fn pattern() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            prop_oneof!["[ab:]", Just("*".to_owned()), Just("?".to_owned()), Just("${k}".to_owned())],
            0..7,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]
        #[test]
        fn what_shows_token_by_token_is_so(inner in pattern(), outer in pattern()) {
            for reading in [Reading::Crossing, Reading::Segments] {
                let compile = |text: &str| Pattern::compile(text, Dialect::resource(Version::V2012, reading));
                let (inner, outer) = (compile(&inner), compile(&outer));
                if takes_token_by_token(&outer.tokens, &inner.tokens) {
                    prop_assert!(explored(&inner, &outer));
                }
            }
        }
    }

    #[test]
    fn the_usual_cases_show_token_by_token() {
        for (inner, outer, expected) in [
            ("arn:aws:s3:::*/a/*", "arn:aws:s3:::*/*", true),
            ("arn:*:sso:::instance/*", "arn:*:sso:::*", true),
            ("arn:aws:iam::*:role/*", "arn:aws:iam::*:role/?*", false),
            ("home/${k}/*", "home/*/*", true),
            ("home/*/*", "home/${k}/*", false),
        ] {
            for reading in [Reading::Crossing, Reading::Segments] {
                let compile = |text: &str| Pattern::compile(text, Dialect::resource(Version::V2012, reading));
                assert_eq!(
                    takes_token_by_token(&compile(outer).tokens, &compile(inner).tokens),
                    expected,
                    "{inner} in {outer} under {reading:?}"
                );
            }
        }
    }
}
