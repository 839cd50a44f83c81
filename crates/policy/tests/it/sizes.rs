use policy::{Policy, size_without_whitespace};

#[test]
fn whitespace_counts_only_inside_strings() {
    for (text, size) in
        [("", 0), ("{ \"a\" :\t1 }\r\n", 7), ("\"a b\"", 5), (r#""a\" b""#, 7), (r#""a\\" "b""#, 8), ("\"é\"", 4)]
    {
        assert_eq!(size_without_whitespace(text), size, "{text}");
    }
}

#[test]
fn both_layouts_have_the_same_size() {
    let policy: Policy =
        r#"{"Statement": [{"Effect": "Allow", "Action": ["a:b", "c:d"], "Resource": "*"}]}"#.parse().unwrap();
    assert_eq!(size_without_whitespace(&policy.to_json_pretty()), policy.to_json().len());
}
