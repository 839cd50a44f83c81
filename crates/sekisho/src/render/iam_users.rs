//! An inventory of IAM users, as text, JSON, CSV and HTML. All four say the same.

pub(crate) mod csv;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod text;
pub(crate) mod words;

#[cfg(test)]
mod tests;

use engine::iam_users::{Remark, RootRemark, Thresholds, days_between, remarks, root_remarks};
use jiff::Timestamp;
use model::iam_user::{IamAccount, IamStock, IamUser, RootUser};
use model::reading::Reading;

/// An inventory, and from when on something is remarked on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stocktaking<'a> {
    /// What was read.
    pub(crate) stock: &'a IamStock,
    /// Limits of remarks.
    pub(crate) limits: Thresholds,
}

impl Stocktaking<'_> {
    fn remarks(&self, account: &IamAccount, user: &IamUser) -> Vec<Remark> {
        remarks(user, account, self.stock.as_of, self.limits, self.stock.services_asked)
    }

    fn root_remarks(&self, root: &Reading<RootUser>) -> Vec<RootRemark> {
        root_remarks(root, self.stock.as_of, self.limits)
    }

    /// Whole days before the inventory was taken.
    fn days_since(&self, at: Timestamp) -> i64 {
        days_between(at, self.stock.as_of)
    }
}
