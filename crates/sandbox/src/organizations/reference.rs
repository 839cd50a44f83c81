//! What requests refer to, and pages that come empty now and then.

use crate::call::Call;
use crate::error::{Answer, ApiError};
use crate::page::{Leaf, Page, PageKey, answer};
use crate::state::id::AccountId;
use crate::state::organization::{Account, Unit};
use serde_json::Value;

impl Call<'_> {
    pub(super) fn account_of(&self, member: &str) -> Result<&Account, ApiError> {
        let found = AccountId::parse(self.required(member)?).and_then(|id| self.world.organization.accounts.get(&id));
        found.ok_or_else(|| ApiError::new("AccountNotFoundException", "You specified an account that doesn't exist."))
    }

    pub(super) fn unit_of(&self, member: &str) -> Result<&Unit, ApiError> {
        self.world.organization.units.get(self.required(member)?).ok_or_else(|| {
            ApiError::new(
                "OrganizationalUnitNotFoundException",
                "You specified an organizational unit that doesn't exist.",
            )
        })
    }

    /// The id of a root or OU that exists.
    pub(super) fn parent_of(&self, member: &str, code: &'static str) -> Result<String, ApiError> {
        let id = self.required(member)?;
        if self.world.organization.is_parent(id) {
            return Ok(id.to_owned());
        }
        Err(ApiError::new(code, "You specified a parent that doesn't exist."))
    }
}

/// Cuts a page; now and then it comes empty, with a token to where it should have begun.
pub(super) fn listed<K: PageKey + Clone>(
    call: &mut Call<'_>,
    list: &str,
    page: &Page<K>,
    items: Vec<(K, Value)>,
) -> Answer {
    let chance = call.config.empty_page_chance;
    if let Some(after) = page.after()
        && !items.is_empty()
        && chance > 0.0
        && call.world.rng.f64() < chance
    {
        let token = page.token(after);
        return answer(list, Leaf { items: Vec::new(), next: Some(token) });
    }
    answer(list, page.cut(items.into_iter()))
}
