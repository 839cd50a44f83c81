//! What the YAML parser says, in words for people who write access rules.

use granit_parser::ErrorKind;

use super::MAX_DEPTH;
use crate::diagnostic::{Diagnostic, SourceFile, Span};

/// A diagnostic for text that is no YAML.
pub(super) fn syntax_error(file: &SourceFile<'_>, kind: &ErrorKind, at: usize) -> Diagnostic {
    let at = at.min(file.text.len());
    let (message, help) = words(kind);
    // Point at a character, not behind the end of the text.
    let rest = file.text.get(at..).unwrap_or_default();
    let (start, length) = match rest.chars().next() {
        Some(character) if character != '\n' && character != '\r' => (at, character.len_utf8()),
        _ => {
            let before = file.text.get(..at).unwrap_or_default().trim_end();
            let last = before.chars().next_back().map_or(0, char::len_utf8);
            (before.len() - last, last)
        }
    };
    file.error("yaml-syntax", Span::new(start, start + length), message).label("here").help(help)
}

#[expect(clippy::too_many_lines, reason = "a table: one row for each thing that can be wrong")]
fn words(kind: &ErrorKind) -> (String, &'static str) {
    use ErrorKind as Kind;
    let (message, help) = match kind {
        Kind::TabInBlockIndentation | Kind::TabInIndentation | Kind::TabNotAllowed | Kind::TabInPlainScalar => {
            ("a tab is used where YAML wants spaces", "indent with spaces: two for each level")
        }
        Kind::UnclosedFlowCollection { open: '[' } | Kind::UnexpectedEofFlowSequence => {
            ("the list that begins with `[` is never closed", "close it with `]`")
        }
        Kind::UnclosedFlowCollection { .. } | Kind::UnexpectedEofFlowMapping | Kind::UnexpectedEofImplicitFlowMapping => {
            ("the mapping that begins with `{` is never closed", "close it with `}`")
        }
        Kind::MismatchedFlowCollectionEnd { open, close } => {
            let message = format!("`{open}` is closed with `{close}`");
            return (message, "`[` goes with `]`, and `{` with `}`");
        }
        Kind::MisplacedFlowCollectionEnd => {
            ("a closing bracket without an opening one", "delete it, or put text that holds brackets in quotes")
        }
        Kind::ExpectedFlowSequenceSeparator => {
            ("a comma or `]` is missing in this list", "separate the entries with commas: [a, b]")
        }
        Kind::ExpectedFlowMappingSeparator => {
            ("a comma or `}` is missing in this mapping", "separate the entries with commas: {a: 1, b: 2}")
        }
        Kind::UnclosedQuotedScalar => ("the quoted text is never closed", "close it with the quote it begins with"),
        Kind::UnknownQuotedScalarEscape => (
            "no such escape in double quotes",
            "write the backslash twice, or use single quotes, in which a backslash is a plain character",
        ),
        Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => {
            ("something follows the closing quote", "put the whole text in quotes")
        }
        Kind::InvalidIndentation | Kind::InvalidQuotedScalarIndent | Kind::InvalidFlowScalarIndent => {
            ("the indentation does not fit what stands above", "keys that belong together begin in the same column")
        }
        Kind::ExpectedBlockMappingKey => (
            "a key was expected here",
            "keys that belong together begin in the same column, each followed by `:` and a space",
        ),
        Kind::ExpectedBlockSequenceEntry => {
            ("a `- ` was expected here", "entries of a list begin in the same column, each with `- `")
        }
        Kind::MappingValueNotAllowed | Kind::InvalidColonPlacement | Kind::InvalidMappingValueWhitespace => (
            "a `:` is not expected here",
            "text that holds `: ` goes in quotes; a key begins on a line of its own",
        ),
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => {
            ("this line has no `:`", "a key is followed by `:` and a space; text over several lines goes in quotes")
        }
        Kind::MappingKeyNotAllowed => {
            ("a key is not expected here", "keys that belong together begin in the same column")
        }
        Kind::BlockSequenceEntryNotAllowed | Kind::BlockEntryInFlowCollection => {
            ("a `- ` is not expected here", "begin the list on a line of its own, or write it as [a, b]")
        }
        Kind::UnexpectedCharacter { character } => {
            let message = format!("`{character}` cannot begin a value");
            return (message, "put the text in quotes");
        }
        Kind::ExpectedNodeContent | Kind::PlainScalarStartsWithDashFlowIndicator => {
            ("a value is missing here", "a stray comma or bracket? Text with special characters goes in quotes")
        }
        Kind::MissingAnchorOrAliasName => {
            ("`&` and `*` begin an anchor or an alias in YAML", "put the text in quotes: \"*\"")
        }
        Kind::RecursionLimitExceeded => {
            let message = format!("lists and mappings are nested deeper than {MAX_DEPTH} levels");
            return (message, "nothing in a catalog needs that; is the file damaged?");
        }
        Kind::DirectiveDisallowed => ("YAML directives (`%…`) are not used here", "delete the line"),
        Kind::CommentNotSeparated => ("a space is missing before `#`", "put a space before the comment, or the text in quotes"),
        Kind::CommentInterceptedScalar => ("a comment interrupts text over several lines", "put the text in quotes"),
        Kind::UndeclaredTagHandle | Kind::ExpectedTagBang | Kind::InvalidTagTerminator | Kind::MissingTagUri => {
            ("`!` begins a YAML tag, and this is none", "put the text in quotes")
        }
        other => {
            let message = format!("this is not valid YAML: {other}");
            return (message, "check the indentation and the quotes here and on the line above");
        }
    };
    (message.to_owned(), help)
}
