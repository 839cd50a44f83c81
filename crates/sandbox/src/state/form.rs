//! How parts of the state are written into a state file that serde would write otherwise or not at all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::center::SetContent;
use crate::wire::route::Service;

/// Maps whose keys are no texts: lists of keys and values.
pub(crate) mod entries {
    use super::*;

    pub(crate) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(crate) fn deserialize<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// Shared texts and lists, each written where it stands.
pub(crate) mod arc {
    use super::*;

    pub(crate) fn serialize<T: ?Sized + Serialize, S: Serializer>(
        value: &Arc<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T: ?Sized, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<T>, D::Error>
    where
        Box<T>: Deserialize<'de>,
        Arc<T>: From<Box<T>>,
    {
        Ok(Box::<T>::deserialize(deserializer)?.into())
    }
}

/// Bytes as hexadecimal digits.
pub(crate) mod bytes {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(bytes: &Arc<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[u8]>, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(hex::decode(text).map_err(D::Error::custom)?.into())
    }
}

/// A name that is part of the program. With the reference in a field, serde would ask for input that lives for ever.
pub(crate) type Name = &'static str;

/// Names that are part of the program. One that this version does not know stays for as long as it runs.
pub(crate) mod name {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(name: &&'static str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(name)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
        Ok(known(String::deserialize(deserializer)?))
    }
}

fn known(text: String) -> &'static str {
    let services = Service::ALL.into_iter().map(Service::signing_name);
    let mut names = services.chain(std::iter::once("sso.amazonaws.com"));
    names.find(|name| *name == text).unwrap_or_else(|| text.leak())
}

/// When each principal last called each service.
pub(crate) mod accessed {
    use jiff::Timestamp;

    use super::*;

    type Accessed = BTreeMap<(String, &'static str), (Timestamp, String)>;

    pub(crate) fn serialize<S: Serializer>(map: &Accessed, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Accessed, D::Error> {
        let rows = Vec::<((String, String), (Timestamp, String))>::deserialize(deserializer)?;
        Ok(rows.into_iter().map(|((arn, service), call)| ((arn, known(service)), call)).collect())
    }
}

/// What roles are made of: written once where it is shared, and shared again when it is read.
pub(crate) mod content {
    use super::*;

    thread_local! {
        /// The contents of the file that is written or read at this moment, by their number in it.
        static SEEN: RefCell<Vec<Arc<SetContent>>> = const { RefCell::new(Vec::new()) };
        static NUMBERS: RefCell<std::collections::HashMap<usize, usize>> = RefCell::default();
    }

    #[derive(Serialize, Deserialize)]
    struct Written<C> {
        number: usize,
        #[serde(default = "none", skip_serializing_if = "Option::is_none")]
        content: Option<C>,
    }

    fn none<C>() -> Option<C> {
        None
    }

    /// Forgets what was shared; to be called before and after a file.
    pub(crate) fn forget() {
        SEEN.with_borrow_mut(Vec::clear);
        NUMBERS.with_borrow_mut(std::collections::HashMap::clear);
    }

    pub(crate) fn serialize<S: Serializer>(content: &Arc<SetContent>, serializer: S) -> Result<S::Ok, S::Error> {
        let (number, is_new) = NUMBERS.with_borrow_mut(|numbers| {
            let next = numbers.len();
            let number = *numbers.entry(Arc::as_ptr(content).addr()).or_insert(next);
            (number, number == next)
        });
        Written { number, content: is_new.then_some(content.as_ref()) }.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<SetContent>, D::Error> {
        let Written { number, content } = Written::<SetContent>::deserialize(deserializer)?;
        SEEN.with_borrow_mut(|seen| {
            if let Some(content) = content {
                if number != seen.len() {
                    return Err(D::Error::custom("contents of permission sets are out of order"));
                }
                seen.push(Arc::new(content));
            }
            seen.get(number).cloned().ok_or_else(|| D::Error::custom("a content of a permission set is missing"))
        })
    }
}
