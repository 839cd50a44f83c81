//! Where in the text an expression stands.

use sqlparser::ast::{CeilFloorKind, DateTimeField, Expr, ObjectName, ObjectNamePart};
use sqlparser::tokenizer::Span;

/// Where it begins; nowhere where the parser does not tell.
pub(crate) fn of(expr: &Expr) -> Span {
    let mut at = expr;
    loop {
        at = match at {
            Expr::Identifier(ident) => return ident.span,
            Expr::CompoundIdentifier(parts) => return parts.first().map_or(Span::empty(), |part| part.span),
            Expr::Value(value) => return value.span,
            Expr::Function(function) => return of_name(&function.name),
            Expr::Case { case_token, .. } => return case_token.0.span,
            Expr::TypedString(typed) => return typed.value.span,
            Expr::Nested(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::UnaryOp { expr: inner, .. }
            | Expr::Cast { expr: inner, .. }
            | Expr::CompoundFieldAccess { root: inner, .. }
            | Expr::InList { expr: inner, .. }
            | Expr::InSubquery { expr: inner, .. }
            | Expr::Between { expr: inner, .. }
            | Expr::Like { expr: inner, .. }
            | Expr::BinaryOp { left: inner, .. } => inner,
            _ => return Span::empty(),
        };
    }
}

pub(crate) fn of_name(name: &ObjectName) -> Span {
    match name.0.first() {
        Some(ObjectNamePart::Identifier(ident)) => ident.span,
        _ => Span::empty(),
    }
}

/// The first part of a text that may be long.
pub(crate) fn short(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// `floor(x)` without a scale or a unit.
pub(crate) fn is_plain_rounding(field: &CeilFloorKind) -> bool {
    matches!(field, CeilFloorKind::DateTimeField(DateTimeField::NoDateTime))
}
