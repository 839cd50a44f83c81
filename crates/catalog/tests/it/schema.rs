//! The schemas accept the keys that the parser accepts, and no others.

use catalog::{CatalogFiles, schemas};

/// Unknown keys that the parser reports for a file.
fn unknown_keys(path: &str, text: &str) -> Vec<String> {
    let parsed = catalog::parse(&CatalogFiles::new([(path, text)]));
    let unknown = parsed.diagnostics.iter().filter(|found| found.code == "unknown-key");
    unknown.map(|found| text[found.span.start..found.span.end].to_owned()).collect()
}

#[test]
fn keys_of_schema_and_parser_are_the_same() {
    // Definition, file that holds it, and what stands around its keys.
    let places = [
        ("settings", "sekisho.yaml", ""),
        ("ownership", "sekisho.yaml", "ownership:\n  - "),
        ("guards", "sekisho.yaml", "guards:\n    "),
        ("protected", "sekisho.yaml", "protected:\n    "),
        ("lockout", "sekisho.yaml", "lockout:\n  - "),
        ("quotas", "sekisho.yaml", "quotas:\n    "),
        ("account_record", "accounts.yaml", "- "),
        ("people_file", "people.yaml", ""),
        ("person", "people.yaml", "people:\n  - "),
        ("group", "people.yaml", "groups:\n  - "),
        ("permission_set", "permission-sets/a.yaml", ""),
        ("customer_managed_policy", "permission-sets/a.yaml", "customer_managed_policies:\n  - "),
        ("assignment", "assignments/a.yaml", "- "),
        ("iam_user_owner", "iam-users.yaml", "- "),
        ("switch_roles", "switch-roles/a.yaml", ""),
        ("switch_role", "switch-roles/a.yaml", "roles:\n  - "),
        ("matrix_line", "switch-roles/a.yaml", "matrix:\n  - "),
    ];
    let schemas: Vec<serde_json::Value> = schemas().values().map(|text| serde_json::from_str(text).unwrap()).collect();
    for (name, path, around) in places {
        let definition = schemas.iter().find_map(|schema| schema["$defs"].get(name)).unwrap();
        let indent = around.rsplit('\n').next().unwrap_or_default().len();
        let keys: Vec<&String> = definition["properties"].as_object().unwrap().keys().collect();
        assert!(!keys.is_empty());
        let lines: Vec<String> =
            keys.iter().map(|key| format!("{key}: x")).chain(["not-a-key: x".to_owned()]).collect();
        let text = format!("{around}{}\n", lines.join(&format!("\n{:indent$}", "")));
        assert_eq!(unknown_keys(path, &text), ["not-a-key"], "{name}: {text}");
    }
}

#[test]
fn the_template_passes_every_check() {
    let template = catalog::template();
    let parsed = catalog::parse(&template);
    assert_eq!(parsed.diagnostics, []);
    let names: Vec<String> = parsed.catalog.permission_set_names().map(ToString::to_string).collect();
    assert_eq!(names, ["Developer", "ReadOnly"]);
    for (path, text) in &template.files {
        if !path.starts_with('.') {
            assert_eq!(&catalog::format(path, text).unwrap(), text, "{path}");
        }
    }
}

#[test]
fn the_example_of_the_template_is_right() {
    let mut template = catalog::template();
    let example = template.files.get_mut("assignments/example.yaml").unwrap();
    let lines: Vec<String> = example
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(entry) if entry.starts_with("- ") || entry.starts_with("  ") => entry.to_owned(),
            _ => line.to_owned(),
        })
        .collect();
    *example = lines.join("\n");
    let parsed = catalog::parse(&template);
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(parsed.catalog.assignment_entries(), 1);
}
