//! Pages of IAM's listings: `MaxItems`, `Marker`, `IsTruncated`.

use super::Context;
use crate::error::ApiError;
use crate::wire::xml::Xml;

/// Most items of a page, and how many without `MaxItems`.
const MOST: usize = 1_000;
const USUAL: usize = 100;

/// One page of items that come ordered by their key. A marker is the last key given out.
pub(super) fn page<K: AsRef<str>, T>(
    context: &Context<'_>,
    items: impl Iterator<Item = (K, T)>,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let size = context.text("MaxItems").and_then(|size| size.parse::<usize>().ok()).unwrap_or(USUAL).clamp(1, MOST);
    let after = match context.text("Marker") {
        None => None,
        Some(marker) => Some(read(marker).ok_or_else(|| ApiError::new("ValidationError", "Invalid Marker."))?),
    };
    let started = |key: &str| after.as_deref().is_none_or(|after| key > after);
    let mut items = items.skip_while(|(key, _)| !started(key.as_ref())).peekable();
    let mut taken = Vec::new();
    let mut last = None;
    while taken.len() < size {
        let Some((key, item)) = items.next() else { break };
        taken.push(item);
        last = Some(key);
    }
    let marker = last.filter(|_| items.peek().is_some()).map(|key| hex::encode(key.as_ref()));
    Ok((taken, marker))
}

fn read(marker: &str) -> Option<String> {
    String::from_utf8(hex::decode(marker).ok()?).ok()
}

/// Says whether more follows.
pub(super) fn truncation(xml: Xml, marker: Option<String>) -> Xml {
    let truncated = if marker.is_some() { "true" } else { "false" };
    xml.leaf("IsTruncated", truncated).maybe("Marker", marker)
}
