//! How large AWS takes a policy for.

use crate::policy::Policy;

/// Inline policy of a permission set: most bytes without whitespace. Source: IAM Identity Center quotas, November 2026.
pub const PERMISSION_SET_INLINE_LIMIT: usize = 10_240;

/// Inline policy of a permission set: most bytes as sent (`InlinePolicy` of PutInlinePolicyToPermissionSet).
pub const PERMISSION_SET_INLINE_RAW_LIMIT: usize = 32_768;

/// Managed policy: most characters without whitespace (IAM quotas).
pub const MANAGED_POLICY_LIMIT: usize = 6_144;

/// All inline policies of a role together: most characters without whitespace (IAM quotas).
pub const ROLE_INLINE_LIMIT: usize = 10_240;

/// Bytes of a JSON text without the whitespace between its tokens.
///
/// AWS says that it "does not count white space" and does not say whether that includes spaces inside strings, nor whether it counts
/// characters or bytes. This counts the more of each (spaces inside strings count, bytes count), so that what fits here fits there.
#[must_use]
pub fn size_without_whitespace(text: &str) -> usize {
    let mut in_string = false;
    let mut escaped = false;
    let mut size = 0;
    for byte in text.bytes() {
        if in_string {
            size += 1;
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
        } else if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            size += 1;
            in_string = byte == b'"';
        }
    }
    size
}

impl Policy {
    /// Bytes of the policy printed compactly: what [`size_without_whitespace`] says of any layout that [`Policy::to_json_pretty`] or
    /// [`Policy::to_json`] makes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.to_json().len()
    }
}
