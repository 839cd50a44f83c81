//! The catalog: what people write about access, as text, and what it means.
//!
//! ```text
//! access/
//!   sekisho.yaml            settings, ownership, guards (optional)
//!   accounts.yaml           what is to be known of accounts beside Organizations (optional)
//!   people.yaml             people and groups (optional)
//!   iam-users.yaml          whose IAM users are, where nothing tells it (optional)
//!   permission-sets/*.yaml  one permission set a file
//!   assignments/*.yaml      lists of principals × permission sets × accounts
//!   switch-roles/*.yaml     roles that people switch to, and which function may take which (optional)
//!   policies/*.json         IAM policies
//! ```
//!
//! [`parse`] reads all files and checks what can be checked without AWS; [`resolve`] looks names up in an observation;
//! [`render`] shows what they have to say; [`format`] tidies a file; [`import`] writes a catalog of what AWS holds;
//! [`schemas`] lets editors complete and check. How accounts and principals are named: [`selector`].
//!
//! Pure: texts come in and go out as values.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

mod catalog;
mod diagnostic;
mod files;
mod format;
mod import;
mod parse;
mod proposal;
mod reader;
mod render;
mod resolve;
mod schema;
pub mod selector;
mod shape;
mod switch_roles;
mod template;
mod yaml;

pub use catalog::{AccountRecord, Catalog, GroupRecord, IamUserOwner, Person, Retirement, Settings};
pub use diagnostic::{Diagnostic, Related, Severity, Span};
pub use files::CatalogFiles;
pub use format::format;
pub use import::import;
pub use parse::{Parsed, parse};
pub use proposal::{ProposedAssignment, ProposedSet, proposed};
pub use render::{RenderOptions, render};
pub use resolve::{Resolved, resolve};
pub use schema::schemas;
pub use switch_roles::{RoleToTake, SwitchRoles, UnknownAccount, roles_to_take};
pub use template::template;

/// The rules of a catalog's `sekisho.yaml`. What the engine knows (ownership by journal, executors, policies found in
/// accounts) is not in them yet. If `sekisho.yaml` has errors, nothing may be changed.
#[must_use]
pub fn rules(catalog: &Catalog) -> model::Rules {
    catalog.rules.clone()
}
