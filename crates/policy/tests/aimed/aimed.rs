//! Random policies, and requests aimed at them; also used by the bench and by the crate's own tests.

pub(crate) mod policies;
pub(crate) mod random;
pub(crate) mod requests;
