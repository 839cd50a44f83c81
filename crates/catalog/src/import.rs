//! stub
/// stub
pub fn import(_observed: &model::Observed) -> crate::CatalogFiles { crate::CatalogFiles::default() }
