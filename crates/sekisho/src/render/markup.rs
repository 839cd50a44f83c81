//! Foreign texts in Markdown and HTML: names, resources, reasons that somebody else wrote and that may say only themselves.

use std::fmt::{self, Write as _};

use super::style::harmless;

/// A text of ours in which `…` stands for code, with foreign names in it: Markdown and HTML leave it alone, and an @ or # in it calls
/// nobody.
pub(crate) fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut code = false;
    for character in harmless(text).chars() {
        match character {
            '`' => {
                code = !code;
                out.push('`');
            }
            '<' if !code => out.push_str("&lt;"),
            '&' if !code => out.push_str("&amp;"),
            // An @ or # in a name must not call a person or an issue.
            '@' if !code => out.push_str("@\u{200b}"),
            '#' if !code => out.push_str("#\u{200b}"),
            '\\' | '*' | '_' | '[' | ']' | '|' | '~' if !code => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    if code {
        out.push('`');
    }
    out
}

/// A foreign text without the one mark that ends code: for wherever ours have code in them.
pub(crate) fn without_ticks(text: &str) -> String {
    harmless(text).replace('`', "'")
}

/// A foreign text as code.
pub(crate) fn code(text: &str) -> String {
    format!("`{}`", without_ticks(text))
}

/// A fence longer than any run of backticks in the body.
pub(crate) fn fence(body: &str) -> String {
    let longest = body.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Lines as they are, in a fence that none of them ends.
pub(crate) fn fenced(body: &str) -> String {
    let fence = fence(body);
    format!("{fence}\n{}\n{fence}", body.trim_end())
}

/// Text as it may stand in HTML, in elements and in quoted attributes.
pub(crate) struct Html<'a>(pub(crate) &'a str);

impl fmt::Display for Html<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in harmless(self.0).chars() {
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                other => formatter.write_char(other)?,
            }
        }
        Ok(())
    }
}
