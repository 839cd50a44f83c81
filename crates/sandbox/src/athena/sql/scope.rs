//! Names of a query and what they stand for.

use std::cell::RefCell;
use std::rc::Rc;

use super::failure::Failure;
use super::kind::Kind;
use sqlparser::tokenizer::Span;

/// Which columns of a table are looked at.
pub(crate) type Used = Rc<RefCell<Vec<bool>>>;

/// A column that can be named.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// The names of its relation, from the outermost: `awsdatacatalog`, the database, the table; or its alias alone.
    pub(crate) relation: Vec<String>,
    pub(crate) name: Option<String>,
    pub(crate) kind: Kind,
    /// Where it comes from a table as it is: which of its columns.
    pub(crate) source: Option<(Used, usize)>,
}

impl Field {
    pub(crate) fn new(name: Option<String>, kind: Kind) -> Self {
        Self { relation: Vec::new(), name, kind, source: None }
    }

    /// Notes that it is looked at.
    pub(crate) fn touch(&self) {
        if let Some((used, number)) = &self.source
            && let Some(flag) = used.borrow_mut().get_mut(*number)
        {
            *flag = true;
        }
    }

    pub(crate) fn is_of(&self, qualifier: &[String]) -> bool {
        !self.relation.is_empty() && self.relation.ends_with(qualifier)
    }
}

/// The columns there are at one place of a query.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    pub(crate) fields: Vec<Field>,
}

impl Scope {
    /// The column of a dotted name, and how many of its parts are the column's.
    pub(crate) fn resolve(&self, parts: &[String], span: Span) -> Result<Option<(usize, usize)>, Failure> {
        // the longest qualifier first, as Trino does
        for length in (0..parts.len().min(4)).rev() {
            let (qualifier, rest) = parts.split_at(length);
            let Some(name) = rest.first() else { continue };
            let mut found = self.fields.iter().enumerate().filter(|(_, field)| {
                field.name.as_ref() == Some(name) && (qualifier.is_empty() || field.is_of(qualifier))
            });
            if let Some((number, field)) = found.next() {
                if found.next().is_some() {
                    let name = parts.join(".");
                    return Err(Failure::at("AMBIGUOUS_NAME", span, format!("Column '{name}' is ambiguous")));
                }
                field.touch();
                return Ok(Some((number, length + 1)));
            }
        }
        Ok(None)
    }

    /// The same columns under an alias.
    pub(crate) fn renamed(mut self, relation: &str, columns: &[String], span: Span) -> Result<Self, Failure> {
        if !columns.is_empty() && columns.len() != self.fields.len() {
            let message = format!(
                "Column alias list has {} entries but '{relation}' has {} columns available",
                columns.len(),
                self.fields.len()
            );
            return Err(Failure::at("MISMATCHED_COLUMN_ALIASES", span, message));
        }
        for (number, field) in self.fields.iter_mut().enumerate() {
            field.relation = vec![relation.to_owned()];
            if let Some(name) = columns.get(number) {
                field.name = Some(name.clone());
            }
        }
        Ok(self)
    }

    pub(crate) fn joined(mut self, other: Self) -> Self {
        self.fields.extend(other.fields);
        self
    }

    /// The fields are no longer a table's own columns.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        self.fields.iter().map(|field| field.kind.clone()).collect()
    }
}
