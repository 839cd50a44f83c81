//! LIKE and regular expressions.

use std::sync::Arc;

use regex::Regex;

use super::expression::{Expression, Frame};
use super::failure::Failure;
use super::value::Value;

/// The largest program a regular expression may become, in bytes.
const LARGEST_PROGRAM: usize = 4 << 20;

/// The longest text a replacement makes, and a little more.
const LONGEST_BYTES: usize = 16 << 20;

/// A pattern, ready where it is the same for all rows.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    Ready(Arc<Compiled>),
    /// LIKE with what it is read from, and its escape.
    Like(Box<Expression>, Option<Box<Expression>>),
    /// A regular expression.
    Expression(Box<Expression>),
}

/// A regular expression that was read.
#[derive(Debug)]
pub(crate) struct Compiled {
    source: String,
    pub(crate) regex: Regex,
    /// Whether it asks for an end, which Trino also finds before a last line break.
    asks_for_end: bool,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ready(left), Self::Ready(right)) => left.source == right.source,
            (Self::Like(left, escape), Self::Like(right, other)) => left == right && escape == other,
            (Self::Expression(left), Self::Expression(right)) => left == right,
            _ => false,
        }
    }
}

impl Compiled {
    /// A regular expression as Trino writes them.
    pub(crate) fn new(source: &str) -> Result<Self, Failure> {
        let (mut escaped, mut asks_for_end, mut in_class) = (false, false, false);
        for letter in source.chars() {
            match letter {
                _ if escaped => {
                    escaped = false;
                    asks_for_end |= letter == 'Z';
                }
                '\\' => escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '$' if !in_class => asks_for_end = true,
                _ => {}
            }
        }
        let regex = regex::RegexBuilder::new(source).size_limit(LARGEST_PROGRAM).build();
        let regex = regex.map_err(|_| Failure::missing(format!("the regular expression `{source}`")))?;
        Ok(Self { source: source.to_owned(), regex, asks_for_end })
    }

    /// Refuses a text on which this engine could answer otherwise than Trino.
    pub(crate) fn check(&self, text: &str) -> Result<(), Failure> {
        if self.asks_for_end && text.ends_with('\n') {
            return Err(Failure::missing("a regular expression with an end over a text that ends with a line break"));
        }
        Ok(())
    }

    fn is_match(&self, text: &str) -> Result<Value, Failure> {
        self.check(text)?;
        Ok(Value::Boolean(self.regex.is_match(text)))
    }

    /// What LIKE means, as a regular expression of the whole text.
    fn like(pattern: &str, escape: Option<char>) -> Result<Self, Failure> {
        let mut source = "(?s)\\A".to_owned();
        let mut letters = pattern.chars();
        while let Some(letter) = letters.next() {
            if Some(letter) == escape {
                let next = letters.next().filter(|next| matches!(next, '%' | '_') || Some(*next) == escape);
                let next = next.ok_or_else(|| {
                    Failure::argument("Escape character must be followed by '%', '_' or the escape character itself")
                })?;
                source.push_str(&regex::escape(next.encode_utf8(&mut [0; 4])));
                continue;
            }
            match letter {
                '%' => source.push_str(".*"),
                '_' => source.push('.'),
                _ => source.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4]))),
            }
        }
        source.push_str("\\z");
        let regex = regex::RegexBuilder::new(&source).size_limit(LARGEST_PROGRAM).build();
        let regex = regex.map_err(|_| Failure::missing("a LIKE pattern of this length"))?;
        Ok(Self { source, regex, asks_for_end: false })
    }
}

fn escape_of(value: &Value) -> Result<Option<char>, Failure> {
    let mut letters = value.as_text().chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Ok(Some(letter)),
        _ => Err(Failure::argument("Escape string must be a single character")),
    }
}

impl Pattern {
    /// A pattern of LIKE.
    pub(crate) fn like(pattern: Expression, escape: Option<Expression>) -> Result<Self, Failure> {
        match (&pattern, &escape) {
            (Expression::Constant(text @ Value::Text(_)), None) => {
                Ok(Self::Ready(Arc::new(Compiled::like(text.as_text(), None)?)))
            }
            (Expression::Constant(text @ Value::Text(_)), Some(Expression::Constant(escape @ Value::Text(_)))) => {
                Ok(Self::Ready(Arc::new(Compiled::like(text.as_text(), escape_of(escape)?)?)))
            }
            _ => Ok(Self::Like(Box::new(pattern), escape.map(Box::new))),
        }
    }

    /// A regular expression.
    pub(crate) fn regular(pattern: Expression) -> Result<Self, Failure> {
        match &pattern {
            Expression::Constant(text @ Value::Text(_)) => Ok(Self::Ready(Arc::new(Compiled::new(text.as_text())?))),
            _ => Ok(Self::Expression(Box::new(pattern))),
        }
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &Expression> {
        let (first, second) = match self {
            Self::Ready(_) => (None, None),
            Self::Like(pattern, escape) => (Some(&**pattern), escape.as_deref()),
            Self::Expression(pattern) => (Some(&**pattern), None),
        };
        first.into_iter().chain(second)
    }

    /// The pattern for a row; none where it is null.
    pub(crate) fn ready(&self, frame: Frame<'_>) -> Result<Option<Arc<Compiled>>, Failure> {
        match self {
            Self::Ready(compiled) => Ok(Some(Arc::clone(compiled))),
            Self::Like(pattern, escape) => {
                let pattern = pattern.compute(frame)?;
                let escape = escape.as_ref().map(|escape| escape.compute(frame)).transpose()?;
                if pattern.is_null() || escape.as_ref().is_some_and(Value::is_null) {
                    return Ok(None);
                }
                let escape = escape.as_ref().map(escape_of).transpose()?.flatten();
                Ok(Some(Arc::new(Compiled::like(pattern.as_text(), escape)?)))
            }
            Self::Expression(pattern) => match pattern.compute(frame)? {
                Value::Null => Ok(None),
                text => Ok(Some(Arc::new(Compiled::new(text.as_text())?))),
            },
        }
    }

    pub(crate) fn matches(&self, text: &str, frame: Frame<'_>) -> Result<Value, Failure> {
        match self {
            Self::Ready(compiled) => compiled.is_match(text),
            _ => self.ready(frame)?.map_or(Ok(Value::Null), |compiled| compiled.is_match(text)),
        }
    }
}

/// A replacement as Trino writes it: `$1`, `${name}`, and a backslash before what stands for itself.
pub(crate) fn replace(compiled: &Compiled, text: &str, replacement: &str) -> Result<String, Failure> {
    compiled.check(text)?;
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for captures in compiled.regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(text.get(done..whole.start()).unwrap_or_default());
        done = whole.end();
        if out.len() > LONGEST_BYTES {
            return Err(Failure::argument("the text becomes too long"));
        }
        let mut letters = replacement.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => out.extend(letters.next()),
                '$' => {
                    let braced = letters.next_if_eq(&'{').is_some();
                    let mut name = String::new();
                    while let Some(next) = letters.next_if(|next| {
                        if braced {
                            *next != '}'
                        } else {
                            next.is_ascii_digit() && name_is_group(&name, *next, compiled)
                        }
                    }) {
                        name.push(next);
                    }
                    if braced {
                        letters.next();
                    }
                    let group = match name.parse::<usize>() {
                        Ok(number) if number < captures.len() => captures.get(number),
                        Err(_) if !name.is_empty() => captures.name(&name),
                        _ => return Err(Failure::argument("Illegal replacement sequence: unknown group")),
                    };
                    out.push_str(group.map_or("", |group| group.as_str()));
                }
                letter => out.push(letter),
            }
        }
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Ok(out)
}

/// Whether one digit more still names a group, as Java reads them.
fn name_is_group(name: &str, next: char, compiled: &Compiled) -> bool {
    name.is_empty()
        || format!("{name}{next}").parse::<usize>().is_ok_and(|number| number < compiled.regex.captures_len())
}
