//! Several policies as one, by putting their statements one after the other.

use crate::policy::{Policy, Version};
use crate::span::Spanned;

/// Why policies cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConcatenateError {
    /// There was none.
    #[error("there is no policy to concatenate")]
    Nothing,
    /// `${…}` means something in one and not in the other.
    #[error("policy {} is written in version `{other}` and the first one in `{first}`; variables mean different things there", index + 1)]
    Versions {
        /// Version of the first policy.
        first: Version,
        /// Version of the one that differs.
        other: Version,
        /// Which one differs, counted from 0.
        index: usize,
    },
}

/// One policy that allows and denies exactly what the given ones do together: the statements in order, without `Id` and `Sid` (which
/// would clash, and have no effect).
///
/// # Errors
/// When there is no policy, or when they are of different versions.
pub fn concatenate(policies: &[Policy]) -> Result<Policy, ConcatenateError> {
    let first = policies.first().ok_or(ConcatenateError::Nothing)?.version();
    let different = policies.iter().enumerate().find(|(_, policy)| policy.version() != first);
    if let Some((index, policy)) = different {
        return Err(ConcatenateError::Versions { first, other: policy.version(), index });
    }
    let statements = policies.iter().flat_map(|policy| policy.without_names().statements).collect();
    Ok(Policy { declared_version: Some(Spanned::unplaced(first)), id: None, statements })
}
