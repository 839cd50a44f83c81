//! Patterns of resources, actions and condition values, taken apart once.

use crate::policy::Version;
use crate::request::Context;

/// How far a wildcard in one of the first five parts of an ARN pattern reaches. AWS's documentation says that a `*` at the end of a
/// part "can expand to match beyond the colon boundaries" and leaves the details open; what is proven here is proven for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Reading {
    /// A wildcard matches any characters, colons included.
    #[default]
    Crossing,
    /// A wildcard in one of the first five parts stays within its part.
    Segments,
}

/// One element of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Token {
    /// This character.
    Char(char),
    /// This character (in lower case) in either letter case.
    Fold(char),
    /// `?`
    One,
    /// `*`
    Run,
    /// `?`, but no colon.
    OneInPart,
    /// `*`, but no colon.
    RunInPart,
    /// `${key}` or `${key, 'default'}`.
    Variable(Box<Variable>),
}

/// A policy variable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Variable {
    /// In lower case.
    pub(crate) key: String,
    pub(crate) default: Option<String>,
}

/// What the characters of a pattern's text mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// `*` and `?` are wildcards.
    pub(crate) wildcards: bool,
    /// `${…}` is a variable.
    pub(crate) variables: bool,
    /// Letter case is ignored.
    pub(crate) fold: bool,
    /// Wildcards of the first five colon-separated parts stay in their part.
    pub(crate) parts: bool,
}

impl Dialect {
    pub(crate) const fn resource(version: Version, reading: Reading) -> Self {
        Self {
            wildcards: true,
            variables: matches!(version, Version::V2012),
            fold: false,
            parts: matches!(reading, Reading::Segments),
        }
    }

    pub(crate) const ACTION: Self = Self { wildcards: true, variables: false, fold: true, parts: false };
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Pattern {
    pub(crate) tokens: Vec<Token>,
    /// The characters it starts with, if those are exact: lets most mismatches end in one comparison.
    prefix: String,
    /// How many tokens those are.
    prefix_tokens: usize,
    pub(crate) has_variables: bool,
    /// Letter case is ignored, also in the values of variables.
    fold: bool,
}

impl Pattern {
    pub(crate) fn compile(text: &str, dialect: Dialect) -> Self {
        let mut tokens = Vec::with_capacity(text.len());
        let mut rest = text;
        // wildcards of the last part written are never bound to it: it stands for all that follows
        let mut colons_left = if dialect.parts { colons_outside_variables(text, dialect.variables).min(5) } else { 0 };
        while let Some(character) = rest.chars().next() {
            if dialect.variables
                && let Some((token, length)) = variable(rest)
            {
                tokens.push(token);
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
            let in_part = colons_left > 0;
            tokens.push(match character {
                '*' if dialect.wildcards && in_part => Token::RunInPart,
                '*' if dialect.wildcards => Token::Run,
                '?' if dialect.wildcards && in_part => Token::OneInPart,
                '?' if dialect.wildcards => Token::One,
                _ if dialect.fold => Token::Fold(fold(character)),
                _ => Token::Char(character),
            });
            if character == ':' {
                colons_left = colons_left.saturating_sub(1);
            }
        }
        // "**" is "*"
        tokens.dedup_by(|next, previous| next == previous && matches!(next, Token::Run | Token::RunInPart));
        Self::from_tokens(tokens, dialect.fold)
    }

    pub(crate) fn from_tokens(tokens: Vec<Token>, fold: bool) -> Self {
        let exact =
            tokens.iter().map_while(|token| if let Token::Char(character) = token { Some(*character) } else { None });
        let prefix: String = exact.collect();
        let prefix_tokens = prefix.chars().count();
        let has_variables = tokens.iter().any(|token| matches!(token, Token::Variable(_)));
        Self { tokens, prefix, prefix_tokens, has_variables, fold }
    }

    /// The one text it matches, if it matches only one.
    pub(crate) fn literal(&self) -> Option<&str> {
        (self.prefix_tokens == self.tokens.len()).then_some(&self.prefix)
    }

    /// Whether letter case is ignored.
    pub(crate) const fn folds(&self) -> bool {
        self.fold
    }

    /// Whether it matches every text.
    pub(crate) fn is_everything(&self) -> bool {
        self.tokens == [Token::Run]
    }

    /// Whether the text matches, variables taken from the context. A variable that has no value matches nothing.
    pub(crate) fn matches(&self, text: &str, context: &Context) -> bool {
        let Some(rest) = text.strip_prefix(self.prefix.as_str()) else { return false };
        let tokens = self.tokens.get(self.prefix_tokens..).unwrap_or_default();
        if !self.has_variables {
            return matches_tokens(tokens, rest);
        }
        substitute(tokens, context, self.fold).is_some_and(|tokens| matches_tokens(&tokens, rest))
    }

    /// Whether the first characters already rule out that a text matches both.
    pub(crate) fn is_apart_from(&self, other: &Self) -> bool {
        let exact = |pair: &(&Token, &Token)| {
            matches!(pair, (Token::Char(_), Token::Char(_)) | (Token::Fold(_), Token::Fold(_)))
        };
        self.tokens.iter().zip(&other.tokens).take_while(exact).any(|(left, right)| left != right)
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.tokens
            .iter()
            .filter_map(|token| if let Token::Variable(variable) = token { Some(variable.as_ref()) } else { None })
    }
}

fn colons_outside_variables(text: &str, variables: bool) -> usize {
    let mut count = 0;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let skip = if variables { variable(rest).map(|(_, length)| length) } else { None };
        count += usize::from(skip.is_none() && character == ':');
        rest = rest.get(skip.unwrap_or(character.len_utf8())..).unwrap_or_default();
    }
    count
}

/// One character in lower case, where that is one character.
pub(crate) fn fold(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

/// The variable at the start of the text, and its length in bytes.
fn variable(text: &str) -> Option<(Token, usize)> {
    let inside = text.strip_prefix("${")?;
    let close = inside.find('}')?;
    let body = inside.get(..close)?;
    let length = close + 3;
    let token = match body {
        "*" => Token::Char('*'),
        "?" => Token::Char('?'),
        "$" => Token::Char('$'),
        _ => {
            let (key, default) = match body.split_once(',') {
                None => (body, None),
                Some((key, default)) => {
                    let default = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
                    (key, Some(default.to_owned()))
                }
            };
            Token::Variable(Box::new(Variable { key: key.trim().to_lowercase(), default }))
        }
    };
    Some((token, length))
}

fn substitute(tokens: &[Token], context: &Context, fold_case: bool) -> Option<Vec<Token>> {
    let mut out = Vec::with_capacity(tokens.len() + 16);
    for token in tokens {
        let Token::Variable(variable) = token else {
            out.push(token.clone());
            continue;
        };
        // a key with several values cannot be used as a variable
        let value = match context.get(&variable.key) {
            Some([single]) => single.as_str(),
            Some(_) => return None,
            None => variable.default.as_deref()?,
        };
        out.extend(
            value
                .chars()
                .map(|character| if fold_case { Token::Fold(fold(character)) } else { Token::Char(character) }),
        );
    }
    Some(out)
}

/// Backtracks to the last star only: what stands before it matched as early as possible, and a star that is bound to its part ends at
/// a colon, whose place no other choice can change.
fn matches_tokens(tokens: &[Token], text: &str) -> bool {
    let mut at = 0;
    let mut rest = text;
    let mut retry: Option<(usize, &str, bool)> = None;
    loop {
        let next = rest.chars().next();
        let step = match (tokens.get(at), next) {
            (Some(Token::Run), _) => {
                at += 1;
                if at == tokens.len() {
                    return true;
                }
                retry = Some((at, rest, false));
                continue;
            }
            (Some(Token::RunInPart), _) => {
                at += 1;
                retry = Some((at, rest, true));
                continue;
            }
            (None, None) => return true,
            (Some(token), Some(character)) => accepts(token, character),
            _ => false,
        };
        if step {
            at += 1;
            rest = after(rest);
            continue;
        }
        let Some((after_star, from, in_part)) = retry else { return false };
        match from.chars().next() {
            None => return false,
            Some(':') if in_part => return false,
            Some(_) => {}
        }
        let from = after(from);
        retry = Some((after_star, from, in_part));
        (at, rest) = (after_star, from);
    }
}

/// Whether a token that stands for one character accepts this one.
pub(crate) fn accepts(token: &Token, character: char) -> bool {
    match token {
        Token::Char(wanted) => *wanted == character,
        Token::Fold(wanted) => *wanted == fold(character),
        Token::One => true,
        Token::OneInPart => character != ':',
        Token::Run | Token::RunInPart | Token::Variable(_) => false,
    }
}

fn after(text: &str) -> &str {
    let mut characters = text.chars();
    characters.next();
    characters.as_str()
}
