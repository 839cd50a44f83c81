//! As `tests/aimed/aimed.rs`, for the tests inside this crate.

pub(crate) use crate as language;

#[path = "../../tests/aimed/policies.rs"]
pub(crate) mod policies;
#[path = "../../tests/aimed/random.rs"]
pub(crate) mod random;
#[path = "../../tests/aimed/requests.rs"]
pub(crate) mod requests;
