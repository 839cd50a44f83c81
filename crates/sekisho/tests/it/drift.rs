//! Differences in both directions.

use sandbox::Start;

use crate::site::Site;

#[test]
fn drift_is_found_in_both_directions_and_put_right() {
    let site = Site::new(Start::BeforeMigration).with_sample_catalog();
    let drift = site.run(&["drift", "--format", "json"]).expect(2).json();
    for direction in ["in_aws_only", "missing_in_aws", "different"] {
        assert!(!drift[direction].as_array().unwrap().is_empty(), "{direction}: {drift:#}");
    }
    let text = site.run(&["drift"]).expect(2);
    insta::assert_snapshot!("drift", text.out.lines().skip(1).collect::<Vec<_>>().join("\n"));
    site.run(&["apply", "--yes"]).expect(0);
    // What is not Sekisho's to remove stays, and stays visible.
    let left = site.run(&["drift", "--format", "json"]).expect(2).json();
    assert!(left["missing_in_aws"].as_array().unwrap().is_empty(), "{left:#}");
    assert!(
        left["in_aws_only"].as_array().unwrap().iter().all(|one| one["next"].as_str().unwrap().starts_with("stays: "))
    );
}

#[test]
fn no_drift_is_code_zero() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    let answer = site.run(&["drift"]).expect(0);
    assert!(answer.out.starts_with("no difference between access/ and Identity Center"), "{}", answer.out);
}
