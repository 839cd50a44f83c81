//! Formatting keeps the meaning and every comment, and formatting twice is formatting once.

use catalog::{CatalogFiles, format};
use proptest::prelude::*;

#[test]
fn a_messy_set_is_tidied() {
    let text = "\u{feff}# yaml-language-server: $schema=../.schema/permission-set.json\r\n\r\n\r\n# what it is for\r\nname:    'Developer'\r\n# how long\r\nsession_duration: \"PT8H\"   \r\ndescription: 'it''s: for #1'\r\n\r\n\r\nmanaged_policies: [ReadOnlyAccess,'arn:aws:iam::aws:policy/AmazonECS_FullAccess' ]\r\ntags:\r\n    team:   minimo # who\r\n    cost: '0012'\r\ncustomer_managed_policies:\r\n- {name: 'a',path: /}\r\n-   name: b\r\n    path: /x/\r\ntitle: 開発\r\n# the end";
    insta::assert_snapshot!(format("permission-sets/a.yaml", text).unwrap());
}

#[test]
fn messy_assignments_are_tidied() {
    let text = "# head\n-   accounts:\n    -   111122223333   # prod\n    # staging too\n    -   \"ou:/service/minimo/**\"\n    principals: [ group:a,\n       group:b ]\n\n\n    # rights\n    permission_sets:\n        - \"ReadOnly\"\n- principals: ['user:x', \"group:a, b\"]\n  except: []\n  permission_sets: [A]\n  accounts: [\"*\"]\n";
    insta::assert_snapshot!(format("assignments/a.yaml", text).unwrap());
}

#[test]
fn keys_of_switch_roles_have_their_order() {
    let text = "matrix:\n- {functions: ['SRE'], roles: [Admin]}\n# what there is\nroles:\n- name: Admin\n  accounts: [ minimo-prod ]\nhubs: [minimo-hub]\n";
    let tidied = "hubs: [minimo-hub]\n# what there is\nroles:\n  - name: Admin\n    accounts: [minimo-prod]\nmatrix:\n  - {functions: [SRE], roles: [Admin]}\n";
    assert_eq!(format("switch-roles/hub.yaml", text).unwrap(), tidied);
}

#[test]
fn blocks_of_text_stay() {
    let text = "name: A\ninline_policies:\n- |\n  {\n    \"Version\": \"2012-10-17\",   \n\n\n    \"Statement\": []\n  }\ntitle: >-\n   folded\n   text\n\ndescription: \"a\n  b\"\n";
    insta::assert_snapshot!(format("permission-sets/a.yaml", text).unwrap());
}

#[test]
fn what_is_no_yaml_is_refused() {
    let problems = format("assignments/a.yaml", "- [a").unwrap_err();
    assert_eq!(problems[0].code, "yaml-syntax");
    assert!(format("policies/a.json", "{").is_err());
    assert_eq!(format("policies/a.json", "{\"a\":[1,2]}").unwrap(), "{\n  \"a\": [1, 2]\n}\n");
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("group:minimo-dev".to_owned()),
        Just("'user:x'".to_owned()),
        Just("\"ou:/service/**\"".to_owned()),
        Just("111122223333".to_owned()),
        Just("\"a # b\"".to_owned()),
        Just("'it''s'".to_owned()),
        Just("true".to_owned()),
        Just("'true'".to_owned()),
        Just("日本語".to_owned()),
        Just("\"\\u3042\\n\"".to_owned()),
        Just("~".to_owned()),
        Just("''".to_owned()),
        Just("a: b".to_owned()),
        "[a-z\"'#:,&*!|> -]{0,6}",
    ]
}

/// A block of YAML with messy spaces, comments, quotes and indentation.
fn block(depth: u32) -> BoxedStrategy<Vec<String>> {
    let gap = prop_oneof![4 => Just(" "), 1 => Just("   ")];
    let comment = prop_oneof![4 => Just(""), 1 => Just("  # why"), 1 => Just(" #x")];
    let scalar = (value(), comment).prop_map(|(value, comment)| vec![format!("{value}{comment}")]);
    let flow = (proptest::collection::vec(value(), 0..3), any::<bool>())
        .prop_map(|(values, tight)| vec![format!("[{}]", values.join(if tight { "," } else { " ,  " }))]);
    let text = Just(vec!["|".to_owned(), "  kept  ".to_owned(), String::new(), "   as it is".to_owned()]);
    if depth == 0 {
        return prop_oneof![scalar, flow, text].boxed();
    }
    let nested = block(depth - 1);
    let keys = prop_oneof![
        Just("accounts"),
        Just("principals"),
        Just("name"),
        Just("'title'"),
        Just("except"),
        Just("tags"),
        Just("permission_sets"),
        Just("matrix"),
        Just("roles"),
        Just("hubs")
    ];
    let between = prop_oneof![6 => Just(None), 1 => Just(Some("# a comment")), 1 => Just(Some(""))];
    let entries = proptest::collection::vec((keys, gap.clone(), nested.clone(), between.clone(), 1_usize..5), 1..4);
    let mapping = entries.prop_map(|entries| {
        let mut lines = Vec::new();
        for (key, gap, value, between, indent) in entries {
            lines.extend(between.map(str::to_owned));
            push(&mut lines, &format!("{key}:"), gap, value, indent);
        }
        lines
    });
    let items = proptest::collection::vec((gap, nested, between), 1..4);
    let sequence = items.prop_map(|items| {
        let mut lines = Vec::new();
        for (gap, value, between) in items {
            lines.extend(between.map(str::to_owned));
            let indent = gap.len() + 1;
            let mut value = value.into_iter();
            let first = value.next().unwrap_or_default();
            lines.push(format!("-{gap}{first}"));
            lines.extend(value.map(|line| if line.is_empty() { line } else { format!("{:indent$}{line}", "") }));
        }
        lines
    });
    prop_oneof![1 => scalar, 1 => flow, 1 => text, 3 => mapping, 3 => sequence].boxed()
}

fn push(lines: &mut Vec<String>, key: &str, gap: &str, value: Vec<String>, indent: usize) {
    let block = value.len() > 1 && value[0] != "|" || value[0].starts_with("- ") || value[0].contains(": ");
    let mut value = value.into_iter();
    if block {
        lines.push(key.to_owned());
    } else {
        lines.push(format!("{key}{gap}{}", value.next().unwrap()));
    }
    lines.extend(value.map(|line| if line.is_empty() { line } else { format!("{:indent$}{line}", "") }));
}

fn comments(text: &str) -> usize {
    text.matches("# a comment").count()
}

const PATHS: [&str; 3] = ["permission-sets/a.yaml", "assignments/a.yaml", "switch-roles/a.yaml"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn formatting_is_idempotent(lines in block(3), ending in prop_oneof![Just("\n"), Just("\r\n")], kind in 0..PATHS.len()) {
        let path = PATHS[kind];
        let text = lines.join(ending);
        if let Ok(once) = format(path, &text) {
            prop_assert_eq!(comments(&once), comments(&text));
            prop_assert_eq!(format(path, &once).unwrap(), once);
        }
    }

    #[test]
    fn any_text_is_formatted_or_refused(text in "[a-c:#\\-\\[\\]{}'\"|>&*!, \n\t\\\\日]{0,60}") {
        if let Ok(once) = format("assignments/a.yaml", &text) {
            prop_assert_eq!(format("assignments/a.yaml", &once).unwrap(), once);
        }
    }

    #[test]
    fn the_catalog_says_the_same(lines in block(3), kind in 0..PATHS.len()) {
        let path = PATHS[kind];
        let text = lines.join("\n");
        if let Ok(once) = format(path, &text) {
            let say = |text: &str| {
                let parsed = catalog::parse(&CatalogFiles::new([(path, text)]));
                let mut said: Vec<_> = parsed.diagnostics.iter().map(|found| (found.code.clone(), found.message.clone())).collect();
                said.sort();
                said
            };
            prop_assert_eq!(say(&once), say(&text));
        }
    }
}
