//! Two policies, with a line `#=>` between: comparing never panics, says the same from the other side, and never contradicts its own
//! witness; a policy is never proven different from itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::{Difference, Permissions, Policy, Prepared, Reading, Relation, Request, Verdict, compare};

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once("#=>").unwrap_or((text, text));
    let (Some(first), Some(second)) = (policy::parse(first).policy, policy::parse(second).policy) else { return };
    let there = compare(std::slice::from_ref(&first), std::slice::from_ref(&second));
    let back = compare(std::slice::from_ref(&second), std::slice::from_ref(&first));
    for (there, back) in [(&there.all_strings, &back.all_strings), (&there.catalogue, &back.catalogue)] {
        look(there, &first, &second);
        let turned = match back.relation {
            Relation::Broader => Relation::Narrower,
            Relation::Narrower => Relation::Broader,
            other => other,
        };
        let gave_up = |verdict: &Verdict| matches!(verdict.relation, Relation::Unknown | Relation::PossiblyDifferent);
        assert!(gave_up(there) || gave_up(back) || turned == there.relation, "{there} and back {back}");
    }
    let itself = compare(std::slice::from_ref(&first), std::slice::from_ref(&first)).all_strings.relation;
    assert!(matches!(itself, Relation::Equal | Relation::Unknown), "{itself} to itself");
});

/// A witness is allowed by the side it is said of, and not by the other.
fn look(verdict: &Verdict, first: &Policy, second: &Policy) {
    if let Difference::Witness(request) = &verdict.gained {
        assert!(allows(second, request) && !allows(first, request), "gained {request}");
    }
    if let Difference::Witness(request) = &verdict.lost {
        assert!(allows(first, request) && !allows(second, request), "lost {request}");
    }
}

fn allows(policy: &Policy, request: &Request) -> bool {
    let Ok(prepared) = Prepared::with_reading("", policy, Reading::Crossing) else { return false };
    Permissions::of(vec![prepared]).allows(request)
}
