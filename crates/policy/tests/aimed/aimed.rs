//! Random policies, and requests aimed at them; also used by the bench and by the crate's own tests.

/// What is tested, by one name wherever this is used.
pub(crate) use ::policy as language;

pub(crate) mod policies;
pub(crate) mod random;
pub(crate) mod requests;
