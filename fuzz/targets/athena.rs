//! Athena's SQL: whatever stands before the first zero byte is a statement, what is behind it a file of records. Neither panics, hangs, nor
//! takes more than it may.
#![no_main]

use libfuzzer_sys::fuzz_target;

const FILE: &[u8] =
    br#"{"Records":[{"eventName":"A","userIdentity":{"arn":"x"},"resources":[{"ARN":"r"}]},{"eventName":null}]}"#;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let sql = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let file = parts.next().unwrap_or(FILE);
    let first = sandbox::query_records(&sql, file, 50_000);
    assert_eq!(first, sandbox::query_records(&sql, file, 50_000), "the same query has the same answer");
});
