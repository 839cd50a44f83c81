use policy::{Checked, parse, problems_json, sarif};

#[test]
fn problems_for_machines() {
    let text = "{\"Version\": \"2012-10-17\",\n \"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"alow\", \"Action\": \"s3:*\"}}";
    let parsed = parse(text);
    let checked = [Checked { path: "policies/s3.json", text, problems: &parsed.problems }];
    insta::assert_snapshot!(problems_json(&checked));
    let log: serde_json::Value = serde_json::from_str(&sarif(&checked, "0.1.0")).unwrap();
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().len(), policy::lint::RULES.len());
    insta::assert_snapshot!(serde_json::to_string_pretty(&log["runs"][0]["results"]).unwrap());
}
