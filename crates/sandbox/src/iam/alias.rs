//! Account aliases.

use super::{Context, Xml, truncation};

pub(super) fn list(context: &mut Context<'_>) -> Xml {
    let aliases = context.own().alias.clone();
    truncation(Xml::default().texts("AccountAliases", aliases), None)
}
