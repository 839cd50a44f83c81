//! Objects of a bucket for whoever reads them: found with few calls, and there before they are asked for.

mod prefetch;
mod walk;

pub use prefetch::{Prefetch, PrefetchLimits, RemoteObject};
pub use walk::{Found, Walk, walk};

#[cfg(test)]
mod tests;
