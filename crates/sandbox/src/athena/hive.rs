//! Hive's types, and its statements cut into words.

use super::sql::kind::Kind;

/// How deep types may be nested.
const DEEPEST: usize = 30;

/// A type as a table's column has it; none where it is not spoken here.
pub(super) fn kind(text: &str) -> Option<Kind> {
    let mut rest = text.trim();
    let kind = part(&mut rest, 0)?;
    rest.trim().is_empty().then_some(kind)
}

fn part(rest: &mut &str, depth: usize) -> Option<Kind> {
    if depth > DEEPEST {
        return None;
    }
    let name = word(rest);
    Some(match name.as_str() {
        "string" => Kind::Varchar,
        "boolean" => Kind::Boolean,
        "int" | "integer" => Kind::Integer,
        "bigint" => Kind::Bigint,
        "double" => Kind::Double,
        "date" => Kind::Date,
        "array" => {
            eat(rest, '<')?;
            let element = part(rest, depth + 1)?;
            eat(rest, '>')?;
            Kind::Array(Box::new(element))
        }
        "map" => {
            eat(rest, '<')?;
            let key = part(rest, depth + 1)?;
            eat(rest, ',')?;
            let value = part(rest, depth + 1)?;
            eat(rest, '>')?;
            Kind::Map(Box::new(key), Box::new(value))
        }
        "struct" => {
            eat(rest, '<')?;
            let mut members = Vec::new();
            loop {
                let name = word(rest);
                if name.is_empty() {
                    return None;
                }
                eat(rest, ':')?;
                members.push((Some(name), part(rest, depth + 1)?));
                if eat(rest, ',').is_none() {
                    break;
                }
            }
            eat(rest, '>')?;
            Kind::Row(members)
        }
        _ => return None,
    })
}

fn word(rest: &mut &str) -> String {
    let text = rest.trim_start();
    let text = text.strip_prefix('`').unwrap_or(text);
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (word, behind) = text.split_at(end);
    *rest = behind.strip_prefix('`').unwrap_or(behind);
    word.to_lowercase()
}

fn eat(rest: &mut &str, letter: char) -> Option<()> {
    *rest = rest.trim_start().strip_prefix(letter)?;
    Some(())
}

/// A piece of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A word, in lower case, or a name between backticks.
    Word(String),
    /// A text between quotes.
    Text(String),
    Sign(char),
}

/// Cuts a statement; each piece with its line and column.
pub(super) fn pieces(text: &str) -> Result<Vec<(Piece, usize, usize)>, String> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    let (mut line, mut column) = (1, 0);
    while let Some(letter) = letters.next() {
        if letter == '\n' {
            (line, column) = (line + 1, 0);
            continue;
        }
        column += 1;
        let start = column;
        match letter {
            _ if letter.is_whitespace() => {}
            '-' if letters.peek() == Some(&'-') => while letters.next_if(|next| *next != '\n').is_some() {},
            '\'' | '"' | '`' => {
                let mut inner = String::new();
                loop {
                    let next = letters.next().ok_or_else(|| format!("line {line}:{start}: the text does not end"))?;
                    (line, column) = if next == '\n' { (line + 1, 0) } else { (line, column + 1) };
                    if next == letter {
                        break;
                    }
                    if next == '\\' && letter != '`' {
                        column += 1;
                        inner.extend(letters.next());
                    } else {
                        inner.push(next);
                    }
                }
                let piece = if letter == '`' { Piece::Word(inner.to_lowercase()) } else { Piece::Text(inner) };
                found.push((piece, line, start));
            }
            _ if letter.is_alphanumeric() || letter == '_' => {
                let mut word = letter.to_string();
                while let Some(next) = letters.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    word.push(next);
                    column += 1;
                }
                found.push((Piece::Word(word.to_lowercase()), line, start));
            }
            _ => found.push((Piece::Sign(letter), line, start)),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read() {
        let of = |text: &str| kind(text).map(|kind| kind.to_string());
        assert_eq!(
            of("struct<a:string,b:array<struct<c:map<string,int>>>>").as_deref(),
            Some("row(\"a\" varchar, \"b\" array(row(\"c\" map(varchar, integer))))")
        );
        assert_eq!(of("struct<a>"), None);
        assert_eq!(of("string>"), None);
        assert_eq!(of(&"array<".repeat(1000)), None);
    }
}
