//! Sekisho: runs all human access to AWS accounts.
fn main() {}
