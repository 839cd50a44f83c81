//! stub
/// stub
pub fn template() -> crate::CatalogFiles { crate::CatalogFiles::default() }
