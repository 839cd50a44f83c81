//! The tour.

use crate::site::{finish, program};

#[test]
fn the_tour_goes_through() {
    let folder = tempfile::tempdir().unwrap();
    let answer = finish(program(folder.path(), &["demo", "--dir", "tour"])).expect(0);
    for heading in 1..=6 {
        assert!(answer.out.contains(&format!("━━ {heading} ━━")), "{}\n{}", answer.out, answer.messages);
    }
    for wanted in ["3 problems in 3 of 40 files", "did you mean `Developer`?"] {
        assert!(answer.messages.contains(wanted), "{wanted}: {}", answer.messages);
    }
    for wanted in ["Plan: nothing to change", "長谷川 亮", "can enter minimo-prod", "That was it"] {
        assert!(answer.out.contains(wanted), "{wanted}: {}\n{}", answer.out, answer.messages);
    }
    assert!(folder.path().join("tour/access/sekisho.yaml").is_file());
    let again = finish(program(folder.path(), &["demo", "--dir", "tour"])).expect(1);
    assert!(again.messages.contains("not empty"), "{}", again.messages);
}
