//! Checks, benches and generated documents.
fn main() {}
