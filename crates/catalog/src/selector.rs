//! How people name principals and accounts.
//!
//! Principals: `group:NAME`, `user:NAME` (user name, else e-mail), `group-id:ID`, `user-id:ID`. What follows the first
//! colon is taken as it stands, `*` and `/` included: there are no patterns for principals.
//!
//! Accounts:
//!
//! | written | means |
//! |---|---|
//! | `minimo-prod` | the account of this name |
//! | `"111122223333"` | the account of this id |
//! | `name:*-prod` | accounts whose name fits; `*` is any text, `?` one character |
//! | `name-exactly:a*b` | the account of this name, taken as it stands: for names with `*`, `?`, a colon, or twelve digits |
//! | `ou:/service/minimo` or `ou:/service/minimo/*` | accounts directly in this OU |
//! | `ou:/service/minimo/**` | accounts in this OU and all OUs below; `ou:/**` is every account |
//! | `ou-id:ou-ab12-cdef`, `ou-id:ou-ab12-cdef/**` | the same by id |
//! | `tag:env=staging` | accounts with this tag |
//!
//! In `ou:` and `tag:` a backslash takes the next character as it stands: `ou:/a\/b` is the OU `a/b` at the top,
//! `tag:a\=b=c` the tag `a=b`. YAML needs quotes only where the text begins with a special character or holds `: `, ` #`,
//! or, in a list in brackets, a comma or bracket.

mod account;
mod principal;

pub use account::AccountSelector;
pub use principal::PrincipalSelector;

/// Why a text is no selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SelectorProblem {
    pub(crate) message: String,
    pub(crate) label: String,
    pub(crate) help: String,
}

impl SelectorProblem {
    fn new(message: impl Into<String>, label: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), label: label.into(), help: help.into() }
    }
}
