//! Pages with opaque tokens. A token names the last key given out, so that what changes between two pages neither
//! hides nor repeats what stays.

use std::ops::Bound;

use crate::call::Call;
use crate::error::ApiError;
use crate::state::id::{AccountId, SetId, Uuid};

/// A key a listing is ordered by.
pub(crate) trait PageKey: Sized {
    fn to_token(&self) -> String;
    fn from_token(text: &str) -> Option<Self>;
}

impl PageKey for AccountId {
    fn to_token(&self) -> String {
        self.to_string()
    }
    fn from_token(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl PageKey for SetId {
    fn to_token(&self) -> String {
        self.to_string()
    }
    fn from_token(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl PageKey for Uuid {
    fn to_token(&self) -> String {
        self.to_string()
    }
    fn from_token(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl PageKey for u64 {
    fn to_token(&self) -> String {
        self.to_string()
    }
    fn from_token(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl PageKey for String {
    fn to_token(&self) -> String {
        self.clone()
    }
    fn from_token(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl<A: PageKey, B: PageKey> PageKey for (A, B) {
    fn to_token(&self) -> String {
        format!("{} {}", self.0.to_token(), self.1.to_token())
    }
    fn from_token(text: &str) -> Option<Self> {
        let (first, second) = text.split_once(' ')?;
        Some((A::from_token(first)?, B::from_token(second)?))
    }
}

/// What one listing was asked for.
#[derive(Debug)]
pub(crate) struct Page<K> {
    operation: String,
    after: Option<K>,
    size: usize,
}

/// The items of one page and the token of the next.
#[derive(Debug)]
pub(crate) struct Leaf<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

impl<K: PageKey> Page<K> {
    /// Reads `MaxResults` and `NextToken`; the size never exceeds `most`.
    pub(crate) fn of(call: &Call<'_>, most: usize) -> Result<Self, ApiError> {
        let asked = call.input.get("MaxResults").and_then(serde_json::Value::as_u64);
        let size = asked.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(most).clamp(1, most);
        let after = match call.text("NextToken") {
            None | Some("") => None,
            Some(token) => Some(read_token(call.operation, token).ok_or_else(|| call.bad_token())?),
        };
        Ok(Self { operation: call.operation.to_owned(), after, size })
    }

    /// Whether the listing starts at its beginning.
    pub(crate) fn after(&self) -> Option<&K> {
        self.after.as_ref()
    }

    /// Cuts the page out of items that come ordered by their keys and start after [`Page::after`].
    pub(crate) fn cut<T>(&self, items: impl Iterator<Item = (K, T)>) -> Leaf<T> {
        let mut items = items.peekable();
        let mut taken = Vec::new();
        let mut last = None;
        while taken.len() < self.size {
            let Some((key, item)) = items.next() else { break };
            taken.push(item);
            last = Some(key);
        }
        let next = last.filter(|_| items.peek().is_some()).map(|key| self.token(&key));
        Leaf { items: taken, next }
    }

    /// The token that continues after `key`.
    pub(crate) fn token(&self, key: &K) -> String {
        hex::encode(format!("{}\n{}", self.operation, key.to_token()))
    }
}

impl<K: PageKey + Clone + Ord> Page<K> {
    /// The bounds of an ordered map's range that this page starts in.
    pub(crate) fn range(&self) -> (Bound<K>, Bound<K>) {
        let from = self.after.clone().map_or(Bound::Unbounded, Bound::Excluded);
        (from, Bound::Unbounded)
    }
}

impl Page<u64> {
    /// A page of a short list that is kept in memory as it is; keys are positions.
    pub(crate) fn slice<T>(&self, items: impl Iterator<Item = T>) -> Leaf<T> {
        let skip = self.after.map_or(0, |position| position.saturating_add(1));
        let numbered = (0_u64..).zip(items).skip(usize::try_from(skip).unwrap_or(usize::MAX));
        self.cut(numbered)
    }
}

fn read_token<K: PageKey>(operation: &str, token: &str) -> Option<K> {
    let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
    let (owner, key) = text.split_once('\n')?;
    if owner == operation { K::from_token(key) } else { None }
}

/// `{list: items, NextToken: …}`
pub(crate) fn answer(list: &str, leaf: Leaf<serde_json::Value>) -> crate::error::Answer {
    let mut body = serde_json::Map::new();
    body.insert(list.to_owned(), serde_json::Value::Array(leaf.items));
    if let Some(next) = leaf.next {
        body.insert("NextToken".to_owned(), serde_json::Value::from(next));
    }
    Ok(serde_json::Value::Object(body))
}
