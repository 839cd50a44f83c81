//! Whether some text matches both of two patterns.

use crate::pattern::{Pattern, Token, accepts};

/// Whether the patterns can meet, variables taken for any text. Walks over pairs of positions, each once.
pub(crate) fn can_meet(one: &Pattern, other: &Pattern) -> bool {
    if one.is_apart_from(other) {
        return false;
    }
    let width = other.tokens.len() + 1;
    let mut seen = vec![false; (one.tokens.len() + 1) * width];
    let mut open = vec![(0, 0)];
    while let Some((left, right)) = open.pop() {
        match seen.get_mut(left * width + right) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        match (one.tokens.get(left), other.tokens.get(right)) {
            (None, None) => return true,
            (first, second) => {
                let (left_runs, right_runs) = (first.is_some_and(is_run), second.is_some_and(is_run));
                if left_runs {
                    open.push((left + 1, right));
                }
                if right_runs {
                    open.push((left, right + 1));
                }
                if left_runs && !right_runs && second.is_some() && fits(first, second) {
                    open.push((left, right + 1));
                }
                if right_runs && !left_runs && first.is_some() && fits(second, first) {
                    open.push((left + 1, right));
                }
                if let (Some(first), Some(second), false, false) = (first, second, left_runs, right_runs)
                    && same_character(first, second)
                {
                    open.push((left + 1, right + 1));
                }
            }
        }
    }
    false
}

const fn is_run(token: &Token) -> bool {
    matches!(token, Token::Run | Token::RunInPart | Token::Variable(_))
}

/// Whether a run can take the one character of the other side.
const fn fits(run: Option<&Token>, single: Option<&Token>) -> bool {
    !matches!((run, single), (Some(Token::RunInPart), Some(Token::Char(':') | Token::Fold(':'))))
}

/// Whether two tokens that stand for one character can stand for the same.
fn same_character(first: &Token, second: &Token) -> bool {
    match (first, second) {
        (Token::Char(character) | Token::Fold(character), other)
        | (other, Token::Char(character) | Token::Fold(character)) => accepts(other, *character),
        _ => true,
    }
}
