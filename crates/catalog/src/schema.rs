//! stub
/// stub
pub fn schemas() -> std::collections::BTreeMap<&'static str, String> { std::collections::BTreeMap::new() }
