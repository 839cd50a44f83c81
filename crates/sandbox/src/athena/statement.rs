//! What a text asks for: a query, or something about databases and tables.

use sqlparser::ast::Query;

use super::definition::{self, Definition, Refused};
use super::sql;

/// A statement that was read.
#[derive(Debug)]
pub(super) enum Statement {
    Query(Box<Query>),
    Definition(Definition),
    /// Nothing that is spoken here.
    Unknown(String),
}

impl Statement {
    /// Reads a text; an error is one of its form.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let first = first_word(text);
        match first.as_str() {
            "select" | "with" | "values" | "" => sql::parse(text).map(Self::Query),
            "create" | "drop" | "alter" | "show" => match definition::read(text) {
                Ok(definition) => Ok(Self::Definition(definition)),
                Err(Refused::Malformed(message)) => Err(message),
                Err(Refused::Unknown(what)) => Ok(Self::Unknown(what)),
            },
            "describe" | "desc" | "explain" | "insert" | "unload" | "merge" | "update" | "delete" | "msck"
            | "prepare" | "execute" | "deallocate" | "optimize" | "vacuum" | "table" => {
                Ok(Self::Unknown(first.to_uppercase()))
            }
            _ => {
                let expected = "'(', 'ALTER', 'CREATE', 'DROP', 'SELECT', 'SHOW', 'VALUES', 'WITH'";
                Err(format!("line 1:1: mismatched input '{first}'. Expecting: {expected}"))
            }
        }
    }

    /// As Athena's API calls its kind.
    pub(super) fn family(&self) -> &'static str {
        match self {
            Self::Query(_) => "DML",
            Self::Definition(
                Definition::ShowDatabases { .. } | Definition::ShowTables { .. } | Definition::ShowPartitions { .. },
            ) => "UTILITY",
            Self::Definition(_) => "DDL",
            Self::Unknown(what) if what == "EXPLAIN" || what.starts_with("DESC") => "UTILITY",
            Self::Unknown(what) if ["INSERT", "UNLOAD", "MERGE", "UPDATE", "DELETE"].contains(&what.as_str()) => "DML",
            Self::Unknown(_) => "DDL",
        }
    }
}

/// The first word in lower case, comments left out; nothing where a parenthesis comes first.
fn first_word(text: &str) -> String {
    let mut rest = text.trim_start();
    loop {
        if let Some(behind) = rest.strip_prefix("--") {
            rest = behind.split_once('\n').map_or("", |(_, behind)| behind).trim_start();
        } else if let Some(behind) = rest.strip_prefix("/*") {
            rest = behind.split_once("*/").map_or("", |(_, behind)| behind).trim_start();
        } else {
            break;
        }
    }
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default().to_lowercase()
}
