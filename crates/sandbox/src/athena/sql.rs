//! Trino's SQL, a good part of it: read by `sqlparser`, planned and run here.
//!
//! A query becomes a [`plan::Plan`] whose names are found and whose types are known; what this engine has not is refused by name, before a
//! row is read where that is possible. Rows are pushed from step to step; whatever a query costs is bounded.

pub(crate) mod aggregate;
pub(crate) mod arithmetic;
pub(crate) mod calling;
pub(crate) mod cast;
pub(crate) mod collection;
pub(crate) mod expression;
pub(crate) mod failure;
pub(crate) mod function;
pub(crate) mod json;
pub(crate) mod kind;
pub(crate) mod literal;
pub(crate) mod moment;
pub(crate) mod names;
pub(crate) mod operation;
pub(crate) mod pattern;
pub(crate) mod place;
pub(crate) mod plan;
pub(crate) mod planner;
pub(crate) mod relation;
pub(crate) mod run;
pub(crate) mod scope;
pub(crate) mod select;
pub(crate) mod sort;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod translate;
pub(crate) mod value;

use std::any::TypeId;

use sqlparser::ast::{Query, Statement};
use sqlparser::dialect::{ClickHouseDialect, Dialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

/// How deep expressions and queries may be nested for the parser.
const DEEPEST: usize = 50;
/// Tokens that may follow one another between commas, keywords and connectives, those around parentheses included: an expression is no
/// deeper than they are many, and everything here that walks one is a recursion.
const LONGEST_RUN: usize = 400;
/// Operators that may stand behind one operand.
const MOST_BEHIND: usize = 30;
/// Tokens between commas.
const LONGEST_CHAIN: usize = 4_000;

/// Trino's dialect. The parser asks now and then which dialect of its own it is: ClickHouse's has `ARRAY(type)`.
#[derive(Debug)]
struct Trino;

impl Dialect for Trino {
    fn dialect(&self) -> TypeId {
        TypeId::of::<ClickHouseDialect>()
    }
    fn is_identifier_start(&self, letter: char) -> bool {
        letter.is_alphabetic() || letter == '_'
    }
    fn is_identifier_part(&self, letter: char) -> bool {
        letter.is_alphanumeric() || matches!(letter, '_' | '@' | '$')
    }
    fn is_delimited_identifier_start(&self, letter: char) -> bool {
        letter == '"'
    }
    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }
    fn supports_group_by_expr(&self) -> bool {
        true
    }
    fn supports_lambda_functions(&self) -> bool {
        true
    }
    fn supports_unicode_string_literal(&self) -> bool {
        true
    }
    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }
    fn supports_left_associative_joins_without_parens(&self) -> bool {
        true
    }
    fn require_interval_qualifier(&self) -> bool {
        true
    }
    fn get_next_precedence(&self, parser: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        // weaker than plus and minus, stronger than comparisons
        (parser.peek_token_ref().token == Token::StringConcat).then_some(Ok(25))
    }
}

/// Reads one query. The error is the parser's, with line and column.
pub(crate) fn parse(text: &str) -> Result<Box<Query>, String> {
    let tokens = Tokenizer::new(&Trino, text).tokenize_with_location().map_err(|error| error.to_string())?;
    check_runs(&tokens)?;
    let mut parser = Parser::new(&Trino).with_recursion_limit(DEEPEST).with_tokens_with_locations(tokens);
    let mut statements = parser.parse_statements().map_err(|error| told(&error))?;
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Query(query)), true) => Ok(query),
        (Some(_), true) => Err("Queries of this type are not supported".to_owned()),
        (Some(_), false) => Err("Only one sql statement is allowed.".to_owned()),
        (None, _) => Err("the query is empty".to_owned()),
    }
}

/// `line 1:8: …`
fn told(error: &ParserError) -> String {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => "the query is nested too deeply".to_owned(),
    };
    match text.rsplit_once(" at Line: ").and_then(|(what, place)| Some((what, place.split_once(", Column: ")?))) {
        Some((what, (line, column))) => format!("line {line}:{column}: {what}"),
        None => text,
    }
}

/// How much stands one behind the other at one level of nesting.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// Tokens since an operand began.
    run: usize,
    /// Operators behind an operand since then: `IS NULL` and the like.
    behind: usize,
    /// Tokens since a comma.
    chain: usize,
    /// Whether the next AND belongs to a BETWEEN.
    is_between: bool,
}

/// Refuses what could become deeper than a stack.
fn check_runs(tokens: &[TokenWithSpan]) -> Result<(), String> {
    use Keyword::{AND, AT, BETWEEN, CASE, COLLATE, DISTINCT, END, FROM, IN, IS, LIKE};
    let (mut outer, mut level, mut below) = (Vec::new(), Level::default(), Level::default());
    let mut last = Keyword::NoKeyword;
    for token in tokens {
        let keyword = match &token.token {
            Token::Whitespace(_) => continue,
            Token::Word(word) => word.keyword,
            _ => Keyword::NoKeyword,
        };
        let opens = matches!(token.token, Token::LParen | Token::LBracket) || keyword == CASE;
        let closes = matches!(token.token, Token::RParen | Token::RBracket) || keyword == END;
        if opens {
            below.run += level.run;
            below.behind += level.behind;
            below.chain += level.chain;
            outer.push(std::mem::take(&mut level));
        } else if closes {
            level = outer.pop().unwrap_or_default();
            below.run = below.run.saturating_sub(level.run);
            below.behind = below.behind.saturating_sub(level.behind);
            below.chain = below.chain.saturating_sub(level.chain);
        } else if matches!(token.token, Token::Comma | Token::SemiColon) {
            level = Level::default();
        } else if keyword == AND && level.is_between {
            level.is_between = false;
        } else if ends_run(keyword) && !(keyword == FROM && last == DISTINCT) {
            level = Level { chain: level.chain, ..Level::default() };
        } else if matches!(keyword, IS | IN | LIKE | BETWEEN | AT | COLLATE) || token.token == Token::DoubleColon {
            level.behind += 1;
            level.is_between |= keyword == BETWEEN;
        }
        last = keyword;
        (level.run, level.chain) = (level.run + 1, level.chain + 1);
        let too_long = below.run + level.run > LONGEST_RUN
            || below.behind + level.behind > MOST_BEHIND
            || below.chain + level.chain > LONGEST_CHAIN;
        if too_long {
            let at = token.span.start;
            return Err(format!("line {}:{}: the expression is too long", at.line, at.column));
        }
    }
    Ok(())
}

/// Whether an operand begins behind it.
fn ends_run(keyword: Keyword) -> bool {
    use Keyword::{
        AND, AS, BY, ELSE, FROM, GROUP, HAVING, JOIN, LIMIT, ON, OR, ORDER, SELECT, THEN, UNION, WHEN, WHERE, WITH,
    };
    [AND, AS, BY, ELSE, FROM, GROUP, HAVING, JOIN, LIMIT, ON, OR, ORDER, SELECT, THEN, UNION, WHEN, WHERE, WITH]
        .contains(&keyword)
}
