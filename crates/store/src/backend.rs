//! What a store can do besides [`StateStore`].

use async_trait::async_trait;
use model::observed::InstanceKey;
use ports::{StateStore, StoreError};

use crate::chain::Head;
use crate::error::Place;

/// One kind of store.
#[async_trait]
pub(crate) trait Backend: StateStore {
    /// Where it is, for messages.
    fn place(&self) -> &Place;

    /// Where the chain should end.
    async fn head(&self, instance: &InstanceKey) -> Result<Head, StoreError>;

    /// Throws the projections of an instance away and makes them again from the journal.
    async fn rebuild(&self, instance: &InstanceKey) -> Result<(), StoreError>;
}
