//! What the YAML parser says, in words for people who write access rules.

use granit_parser::ErrorKind;

use super::MAX_DEPTH;
use crate::diagnostic::{Diagnostic, SourceFile, Span};

/// A diagnostic for text that is no YAML.
pub(super) fn syntax_error(file: &SourceFile<'_>, kind: &ErrorKind, at: usize) -> Diagnostic {
    let at = at.min(file.text.len());
    if !matches!(kind, ErrorKind::RecursionLimitExceeded)
        && let Some(problem) = left_open(file, at).or_else(|| deeper_than_above(file, kind, at))
    {
        return problem;
    }
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

/// A bracket or quote that was opened on an earlier line: the parser stumbles only where the text stops making sense.
fn left_open(file: &SourceFile<'_>, at: usize) -> Option<Diagnostic> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote: Option<(usize, char)> = None;
    let mut previous = '\n';
    let mut characters = file.text.get(..at)?.char_indices();
    while let Some((place, character)) = characters.next() {
        match (quote, character) {
            (Some((_, '"')), '\\') => drop(characters.next()),
            (Some((_, mark)), _) => quote = quote.filter(|_| character != mark),
            (None, '"' | '\'') if " \n[{,:-".contains(previous) => quote = Some((place, character)),
            (None, '#') if previous == ' ' || previous == '\n' => {
                characters.by_ref().find(|(_, character)| *character == '\n');
            }
            (None, '[' | '{') if !open.is_empty() || " \n".contains(previous) => open.push((place, character)),
            (None, ']' | '}') => drop(open.pop()),
            (None, _) => {}
        }
        previous = character;
    }
    let (place, character) = quote.or(open.last().copied())?;
    let same_line = !file.text.get(place..at)?.contains('\n');
    if same_line && at < file.text.trim_end().len() {
        return None;
    }
    let (what, close) = match character {
        '[' => ("the list that begins with `[` is never closed", "close it with `]`"),
        '{' => ("the mapping that begins with `{` is never closed", "close it with `}`"),
        '"' => ("the text in double quotes is never closed", "close it with `\"`"),
        _ => ("the text in single quotes is never closed", "close it with `'`; a quote inside is written twice"),
    };
    Some(file.error("yaml-syntax", Span::new(place, place + 1), what).label("opened here").help(close))
}

/// `key: value`, and the next key indented deeper.
fn deeper_than_above(file: &SourceFile<'_>, kind: &ErrorKind, at: usize) -> Option<Diagnostic> {
    if !matches!(
        kind,
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockMappingKey
    ) {
        return None;
    }
    let start = file.text.get(..at)?.rfind('\n')? + 1;
    let line = file.text.get(start..)?.lines().next()?;
    let above = file.text.get(..start)?.trim_end().lines().next_back()?;
    let indent = |line: &str| line.len() - line.trim_start().len();
    let (key, value) = above.trim_start().split_once(": ")?;
    let (name, _) = line.trim_start().split_once(':')?;
    if indent(line) <= indent(above)
        || value.trim().is_empty()
        || above.trim_start().starts_with("- ")
        || name.contains(' ')
    {
        return None;
    }
    let span = Span::new(start + indent(line), start + indent(line) + name.len());
    let problem =
        file.error("yaml-syntax", span, format!("`{name}` is indented below `{key}`, which has a value already"));
    Some(problem.label("too far to the right").help(format!("begin `{name}` in the same column as `{key}`")))
}

fn words(kind: &ErrorKind) -> (String, &'static str) {
    use ErrorKind as Kind;
    let (message, help) = match kind {
        Kind::TabInBlockIndentation | Kind::TabInIndentation | Kind::TabNotAllowed | Kind::TabInPlainScalar => {
            ("a tab is used where YAML wants spaces", "indent with spaces: two for each level")
        }
        Kind::UnclosedFlowCollection { open: '[' } | Kind::UnexpectedEofFlowSequence => {
            ("the list that begins with `[` is never closed", "close it with `]`")
        }
        Kind::UnclosedFlowCollection { .. }
        | Kind::UnexpectedEofFlowMapping
        | Kind::UnexpectedEofImplicitFlowMapping => {
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
        Kind::MappingValueNotAllowed | Kind::InvalidColonPlacement | Kind::InvalidMappingValueWhitespace => {
            ("a `:` is not expected here", "text that holds `: ` goes in quotes; a key begins on a line of its own")
        }
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
        Kind::CommentNotSeparated => {
            ("a space is missing before `#`", "put a space before the comment, or the text in quotes")
        }
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
