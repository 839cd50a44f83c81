//! Text of an IAM policy: reading, checking and describing never panic, and a policy survives its own print.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::lint::Subject;
use policy::{Kind, Policy};

fuzz_target!(|text: &str| {
    let parsed = policy::parse(text);
    for problem in &parsed.problems {
        let _ = problem.render(text);
    }
    let Some(read) = parsed.policy else { return };
    for kind in [Kind::Identity, Kind::Resource, Kind::Trust, Kind::ServiceControl] {
        for problem in policy::lint(&Subject { policy: &read, kind, limit: Some(policy::PERMISSION_SET_INLINE_LIMIT) })
        {
            let _ = problem.render(text);
        }
    }
    same_again(&read, &read.to_json());
    same_again(&read, &read.to_json_pretty());
    if let Ok(twice) = policy::concatenate(&[read.clone(), read.clone()]) {
        assert_eq!(twice.fingerprint(), read.fingerprint(), "a policy joined with itself says the same");
    }
});

fn same_again(read: &Policy, printed: &str) {
    let again = policy::parse(printed);
    let Some(again) = again.policy else { panic!("its own print is refused: {printed}\n{:?}", again.problems) };
    assert_eq!(again.fingerprint(), read.fingerprint(), "{printed}");
}
