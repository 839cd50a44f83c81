//! Commands that need no AWS: init, fmt, check; and import, which only reads.

use sandbox::Start;

use crate::site::{Site, finish, program, samples};

#[test]
fn init_writes_a_catalog_without_mistakes_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| finish(program(folder.path(), arguments));
    run(&["init", "access"]).expect(0);
    run(&["check"]).expect(0);
    run(&["fmt", "--check"]).expect(0);
    assert!(folder.path().join("access/.schema/permission-set.json").is_file());
    let again = run(&["init", "access"]).expect(1);
    assert!(again.messages.contains("not empty"), "{}", again.messages);
}

#[test]
fn the_sample_catalog_is_without_mistakes_and_in_its_one_form() {
    let folder = samples().join("company");
    let check = finish(program(&folder, &["check"])).expect(0);
    assert!(check.messages.contains("no mistake"), "{}", check.messages);
    finish(program(&folder, &["fmt", "--check"])).expect(0);
}

#[test]
fn a_broken_catalog_is_told_with_place_and_help_and_changes_nothing() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    site.edit("permission-sets/deploy.yaml", "PT4H", "PT24H");
    for arguments in [&["check"][..], &["plan"], &["apply", "--yes"], &["drift"]] {
        let answer = site.run(arguments).expect(1);
        assert!(answer.messages.contains("access/permission-sets/deploy.yaml:4:"), "{}", answer.messages);
        assert!(answer.messages.contains("PT12H"), "{}", answer.messages);
        assert!(answer.messages.contains("1 problem in 1 of 40 files"), "{}", answer.messages);
        assert_eq!(answer.out, "");
    }
    let json = site.run(&["check", "--format", "json"]).expect(1).json();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["diagnostics"][0]["file"], "permission-sets/deploy.yaml");
}

#[test]
fn no_catalog_is_an_error_with_help() {
    let folder = tempfile::tempdir().unwrap();
    let answer = finish(program(folder.path(), &["plan"])).expect(1);
    assert!(answer.messages.contains("sekisho import access"), "{}", answer.messages);
}

#[test]
fn fmt_changes_only_what_is_not_in_form() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    site.edit("assignments/minimo.yaml", "[ReadOnly, Deploy]", "[ReadOnly,   Deploy]");
    let would = site.run(&["fmt", "--check"]).expect(1);
    assert_eq!(would.out, "access/assignments/minimo.yaml\n");
    site.run(&["fmt"]).expect(0);
    site.run(&["fmt", "--check"]).expect(0);
    site.run(&["plan"]).expect(0);
}

#[test]
fn import_writes_what_is_there_and_the_plan_after_it_is_empty() {
    for start in [Start::Declared, Start::BeforeMigration, Start::Untouched] {
        let site = Site::new(start);
        let imported = site.run(&["import", "access"]).expect(0);
        // Accounts that AWS left with an older version of a set are still to be provisioned: no catalog says otherwise.
        let stale = if start == Start::BeforeMigration { 15 } else { 0 };
        let plan = site.run(&["plan", "--format", "json"]).expect(if stale > 0 { 2 } else { 0 }).json();
        assert_eq!(plan["summary"]["operations"], stale, "{start:?}: {plan:#}");
        assert_eq!(plan["summary"]["accounts_to_provision"], stale, "{start:?}: {plan:#}");
        assert!(stale == 0 || imported.messages.contains("only provisions 15 accounts"), "{}", imported.messages);
        assert_eq!(plan["summary"]["undeclared"], 0, "{start:?}: {plan:#}");
        assert_eq!(plan["summary"]["unresolved"], 0, "{start:?}: {plan:#}");
        site.run(&["check", "--online"]).expect(0);
        site.run(&["fmt", "--check"]).expect(0);
        let again = site.run(&["import", "access"]).expect(1);
        assert!(again.messages.contains("not empty"), "{}", again.messages);
    }
}

#[test]
fn references_are_looked_up_online() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    site.edit("assignments/contractors.yaml", "group:contractors", "group:contractor");
    site.run(&["check"]).expect(0);
    let answer = site.run(&["check", "--online"]).expect(1);
    assert!(answer.messages.contains("did you mean `contractors`?"), "{}", answer.messages);
}
