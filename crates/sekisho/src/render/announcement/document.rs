//! A text in pieces, written as Markdown or as a page.

use std::fmt::Write as _;

use crate::render::markup::{Html, code, fenced, without_ticks};
use crate::render::style::harmless;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// Steps, in order.
    Steps(Vec<String>),
    /// Names and what stands beside them.
    Facts(Vec<(String, Fact)>),
    /// To be typed or pasted.
    Code(String),
    /// A table; a cell may be a link.
    Table(Vec<String>, Vec<Vec<Cell>>),
}

/// What stands beside a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fact {
    Code(String),
    Link(String),
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    Code(String),
    Link { text: String, address: String },
}

/// A text. In paragraphs and steps what stands between backticks is to be typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    /// `en`, `ja`.
    pub(super) language: &'static str,
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

/// Readable in both schemes (4.5:1).
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1b1f;--faint:#55555c;--ground:#fff;--line:#c9c9d0;--head:#f2f2f5;--link:#0b57d0}
@media(prefers-color-scheme:dark){:root{--ink:#e6e6ea;--faint:#a8a8b3;--ground:#17171a;--line:#44444d;--head:#232328;--link:#8ab4f8}}
body{font:1rem/1.7 system-ui,sans-serif;color:var(--ink);background:var(--ground);margin:2rem auto;padding:0 1rem;max-width:46rem}
h1{font-size:1.6rem;line-height:1.3}h2{font-size:1.15rem;margin-top:2.2rem}
a{color:var(--link)}table{border-collapse:collapse;width:100%}th,td{border:1px solid var(--line);padding:.4rem .7rem;text-align:left}
thead th{background:var(--head)}dt{color:var(--faint);margin-top:.6rem}dd{margin:0;font-weight:600}
pre{background:var(--head);border:1px solid var(--line);border-radius:.3rem;padding:.8rem;overflow-x:auto;line-height:1.45}
code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}pre code{overflow-wrap:normal}";

impl Document {
    pub(super) fn markdown(&self) -> String {
        let mut out = format!("# {}\n", plain(&self.title));
        for block in &self.blocks {
            out.push('\n');
            match block {
                Block::Heading(text) => {
                    let _ = writeln!(out, "## {}", plain(text));
                }
                Block::Paragraph(text) => {
                    let _ = writeln!(out, "{}", plain(text));
                }
                Block::Steps(steps) => {
                    for (number, step) in steps.iter().enumerate() {
                        let _ = writeln!(out, "{}. {}", number + 1, plain(step));
                    }
                }
                Block::Facts(facts) => {
                    for (name, fact) in facts {
                        let value = match fact {
                            Fact::Code(text) => code(text),
                            Fact::Link(address) => format!("<{}>", harmless(address)),
                        };
                        let _ = writeln!(out, "- {}: {value}", plain(name));
                    }
                }
                Block::Code(text) => {
                    let _ = writeln!(out, "{}", fenced(text));
                }
                Block::Table(head, rows) => {
                    let _ = writeln!(out, "| {} |", head.iter().map(|text| cell(text)).collect::<Vec<_>>().join(" | "));
                    let _ = writeln!(out, "|{}", "---|".repeat(head.len()));
                    for row in rows {
                        let cells = row.iter().map(|one| match one {
                            Cell::Text(text) => cell(text),
                            Cell::Code(text) => code(text).replace('|', "\\|"),
                            Cell::Link { text, address } => format!("[{}](<{}>)", cell(text), harmless(address)),
                        });
                        let _ = writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "));
                    }
                }
            }
        }
        out
    }

    pub(super) fn html(&self) -> String {
        let mut out = format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n",
            self.language,
            title = escaped(&self.title)
        );
        for block in &self.blocks {
            html_block(block, &mut out);
        }
        out.push_str("</main>\n</body>\n</html>\n");
        out
    }
}

fn html_block(block: &Block, out: &mut String) {
    match block {
        Block::Heading(text) => {
            let _ = writeln!(out, "<h2>{}</h2>", escaped(text));
        }
        Block::Paragraph(text) => {
            let _ = writeln!(out, "<p>{}</p>", with_code(text));
        }
        Block::Steps(steps) => {
            out.push_str("<ol>\n");
            for step in steps {
                let _ = writeln!(out, "<li>{}</li>", with_code(step));
            }
            out.push_str("</ol>\n");
        }
        Block::Facts(facts) => {
            out.push_str("<dl>\n");
            for (name, fact) in facts {
                let value = match fact {
                    Fact::Code(text) => format!("<code>{}</code>", escaped(text)),
                    Fact::Link(address) => link(address, address),
                };
                let _ = writeln!(out, "<dt>{}</dt><dd>{value}</dd>", escaped(name));
            }
            out.push_str("</dl>\n");
        }
        Block::Code(text) => {
            let _ = writeln!(out, "<pre tabindex=\"0\"><code>{}</code></pre>", escaped_lines(text.trim_end()));
        }
        Block::Table(head, rows) => {
            out.push_str("<table>\n<thead><tr>");
            for text in head {
                let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(text));
            }
            out.push_str("</tr></thead>\n<tbody>\n");
            for row in rows {
                out.push_str("<tr>");
                for one in row {
                    let value = match one {
                        Cell::Text(text) => escaped(text),
                        Cell::Code(text) => format!("<code>{}</code>", escaped(text)),
                        Cell::Link { text, address } => link(text, address),
                    };
                    let _ = write!(out, "<td>{value}</td>");
                }
                out.push_str("</tr>\n");
            }
            out.push_str("</tbody>\n</table>\n");
        }
    }
}

/// Only addresses of the web become links.
fn link(text: &str, address: &str) -> String {
    if address.starts_with("https://") || address.starts_with("http://127.0.0.1") {
        format!("<a href=\"{}\">{}</a>", escaped(address), escaped(text))
    } else {
        escaped(text)
    }
}

fn escaped(text: &str) -> String {
    Html(text).to_string()
}

fn escaped_lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

fn with_code(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let written = parts.map(
        |(place, part)| {
            if place % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) }
        },
    );
    written.collect()
}

/// Text that Markdown does not take for marks; backticks stay, they are ours.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut in_code = false;
    for letter in harmless(text).chars() {
        in_code ^= letter == '`';
        if !in_code
            && (matches!(letter, '*' | '_' | '<' | '>' | '[' | ']' | '|' | '\\') || letter == '#' && out.is_empty())
        {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// A foreign text.
fn cell(text: &str) -> String {
    plain(&without_ticks(text))
}
