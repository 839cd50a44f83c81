//! The main job, end to end.

use sandbox::Start;

use crate::site::Site;

#[test]
fn the_sample_catalog_declares_the_sample_company() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    let plan = site.run(&["plan", "--format", "json"]).expect(0).json();
    assert_eq!(plan["summary"]["operations"], 0, "{plan:#}");
    assert_eq!(plan["summary"]["undeclared"], 0, "{plan:#}");
    assert_eq!(plan["summary"]["unresolved"], 0, "{plan:#}");
    assert_eq!(plan["observation"]["complete"], true);
    let text = site.run(&["plan"]).expect(0);
    assert!(text.out.contains("Plan: nothing to change. 0 unresolved."), "{}", text.out);
    site.run(&["drift"]).expect(0);
}

#[test]
fn plan_apply_and_a_second_plan_is_empty() {
    let site = Site::new(Start::BeforeMigration).with_sample_catalog();
    let plan = site.run(&["plan", "--format", "json"]).expect(2).json();
    assert!(plan["summary"]["operations"].as_u64().unwrap() > 50, "{:#}", plan["summary"]);
    let applied = site.run(&["apply", "--yes"]).expect(0);
    assert!(applied.out.contains("operations done"), "{}", applied.out);
    assert!(applied.messages.contains("sekisho undo run-"), "{}", applied.messages);
    let again = site.run(&["plan", "--format", "json"]).expect(0).json();
    assert_eq!(again["summary"]["operations"], 0, "{again:#}");
    site.run(&["apply", "--yes"]).expect(0);
    let runs = site.run(&["runs", "--format", "json"]).expect(0).json();
    assert_eq!(runs["runs"][0]["failed"], 0, "{runs:#}");
}

#[test]
fn from_nothing_to_the_sample_company() {
    let site = Site::new(Start::Untouched).with_sample_catalog();
    let applied = site.run(&["apply", "--yes", "--format", "json"]).expect(0).json();
    assert_eq!(applied["complete"], true);
    assert_eq!(applied["counts"]["operations"], applied["counts"]["verified"]);
    site.run(&["plan"]).expect(0);
}

#[test]
fn a_plan_file_is_applied_as_it_was_looked_at() {
    let site = Site::new(Start::BeforeMigration).with_sample_catalog();
    let plan = site.run(&["plan", "--out", "plan.json"]).expect(2);
    assert!(plan.out.ends_with("Apply with: sekisho apply plan.json\n"), "{}", plan.out);
    site.run(&["apply", "plan.json"]).expect(0);
    // What it rested on is no longer so.
    let stale = site.run(&["apply", "plan.json"]);
    assert_ne!(stale.code, 0, "{stale:?}");
    assert!(stale.messages.contains("stale"), "{}", stale.messages);
}

#[test]
fn a_plan_file_changed_by_hand_is_refused() {
    let site = Site::new(Start::BeforeMigration).with_sample_catalog();
    site.run(&["plan", "--out", "plan.json"]).expect(2);
    let path = site.path("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("minimo-prod", "minimo-stg", 1)).unwrap();
    let refused = site.run(&["apply", "plan.json"]).expect(1);
    assert!(refused.messages.contains("was changed after it was made"), "{}", refused.messages);
    std::fs::write(&path, "{}").unwrap();
    site.run(&["apply", "plan.json"]).expect(1);
    site.run(&["apply", "no-such-file"]).expect(1);
}

#[test]
fn without_a_terminal_apply_does_not_ask() {
    let site = Site::new(Start::BeforeMigration).with_sample_catalog();
    let refused = site.run(&["apply"]).expect(1);
    assert!(refused.messages.contains("--yes"), "{}", refused.messages);
    site.run(&["plan"]).expect(2);
}

#[test]
fn a_guard_refuses_and_nothing_is_changed() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    site.edit("sekisho.yaml", "max_withdrawals: 20", "max_withdrawals: 2");
    site.edit("sekisho.yaml", "accounts: \"*-prod\"", "accounts: \"*\"");
    site.edit("assignments/design.yaml", "tag:env=staging, ", "");
    let plan = site.run(&["plan", "--format", "json"]).expect(3).json();
    assert_eq!(plan["refused"], true);
    let refused = site.run(&["apply", "--yes"]).expect(3);
    assert!(refused.messages.contains("nothing was changed"), "{}", refused.messages);
    site.run(&["plan", "--out", "plan.json"]).expect(3);
    site.run(&["apply", "plan.json"]).expect(3);
    site.edit("sekisho.yaml", "max_withdrawals: 2\n", "max_withdrawals: 20\n");
    let pending = site.run(&["plan", "--format", "json"]).expect(2).json();
    assert_eq!(pending["summary"]["assignments_to_remove"], 8, "{pending:#}");
}

#[test]
fn undo_takes_a_run_back() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    site.edit(
        "assignments/contractors.yaml",
        "[minimo-dev, tsubame-dev, hinata-dev]",
        "[minimo-dev, tsubame-dev, hinata-dev, wakaba-dev]",
    );
    site.edit("permission-sets/deploy.yaml", "PT4H", "PT2H");
    let applied = site.run(&["apply", "--yes", "--format", "json"]).expect(0).json();
    let run = applied["run"].as_str().unwrap().to_owned();
    site.run(&["plan"]).expect(0);
    site.run(&["undo", &run]).expect(1);
    site.run(&["undo", &run, "--yes"]).expect(0);
    site.edit("assignments/contractors.yaml", ", wakaba-dev", "");
    site.edit("permission-sets/deploy.yaml", "PT2H", "PT4H");
    site.run(&["plan"]).expect(0);
    let unknown = site.run(&["undo", "run-that-never-was", "--yes"]).expect(1);
    assert!(unknown.messages.contains(&run), "the newest runs are named: {}", unknown.messages);
}

#[test]
fn the_delegated_administrator_leaves_the_management_account_alone() {
    let site = Site::new(Start::Declared).with_sample_catalog().delegated();
    site.edit("permission-sets/billing-view.yaml", "PT4H", "PT2H");
    site.edit("permission-sets/deploy.yaml", "PT4H", "PT2H");
    let plan = site.run(&["plan", "--format", "json"]).expect(2).json();
    let changes = plan["changes"].as_array().unwrap();
    assert!(changes.iter().all(|change| change["permission_set"] == "Deploy"), "{plan:#}");
    assert!(plan["summary"]["frozen"].as_u64().unwrap() >= 1, "{plan:#}");
    site.run(&["apply", "--yes"]).expect(0);
}

#[test]
fn an_unresolved_name_freezes_and_the_rest_goes_through() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    site.edit("assignments/contractors.yaml", "group:contractors", "group:contractor");
    site.edit("permission-sets/deploy.yaml", "PT4H", "PT2H");
    let plan = site.run(&["plan", "--format", "json"]).expect(1).json();
    assert_eq!(plan["summary"]["unresolved"], 1, "{plan:#}");
    assert_eq!(plan["summary"]["assignments_to_remove"], 0, "{plan:#}");
    site.run(&["apply", "--yes"]).expect(1);
    let after = site.run(&["plan", "--format", "json"]).expect(1).json();
    assert_eq!(after["summary"]["operations"], 0, "{after:#}");
}

#[test]
fn markdown_for_a_pull_request() {
    let site = Site::new(Start::BeforeMigration).with_sample_catalog();
    let answer = site.run(&["plan", "--format", "markdown"]).expect(2);
    assert!(answer.out.starts_with("### Sekisho: changes to access\n"), "{}", answer.out);
    assert!(answer.out.chars().count() <= 65_536);
}

#[test]
fn a_second_executor_does_what_the_delegated_administrator_may_not() {
    let site = Site::new(Start::Declared).with_sample_catalog().delegated();
    site.edit("permission-sets/billing-view.yaml", "PT4H", "PT2H");
    let administrator = site.server.with(|sandbox| sandbox.config().administrator.clone());
    let profile = format!(
        "[management]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        administrator.access_key_id, administrator.secret_access_key
    );
    std::fs::write(site.path("credentials"), profile).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = site.command(arguments);
        command.env("AWS_SHARED_CREDENTIALS_FILE", site.path("credentials"));
        crate::site::finish(command)
    };
    let plan = run(&["plan", "--management-profile", "management", "--format", "json"]).expect(2).json();
    assert!(plan["changes"].as_array().unwrap().iter().all(|change| change["scope"] == "management"), "{plan:#}");
    run(&["apply", "--yes", "--management-profile", "management"]).expect(0);
    run(&["plan"]).expect(0);
}

#[test]
fn interrupted_it_stops_in_order_and_goes_on_later() {
    let site = Site::slow(Start::Untouched).with_sample_catalog();
    let child = site.spawn(&["apply", "--yes"]);
    let begun = std::time::Instant::now();
    while site.server.with(|sandbox| sandbox.assigned().is_empty()) {
        assert!(begun.elapsed() < std::time::Duration::from_secs(120), "never began");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let mut child = child;
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let before = site.server.with(|sandbox| sandbox.assigned().len());
    assert!(before < 590, "it went on to the end");
    let runs = site.run(&["runs", "--format", "json"]).expect(0).json();
    assert!(runs["runs"][0]["finished"].is_string(), "an interrupted run ends in order: {runs:#}");
    site.run(&["apply", "--yes"]).expect(0);
    site.run(&["plan"]).expect(0);
}

#[test]
fn a_customer_managed_policy_that_an_account_lacks_is_said_before_aws_refuses() {
    let site = Site::new(Start::Untouched).with_sample_catalog();
    site.edit(
        "sekisho.yaml",
        "deployment: example",
        "deployment: example\ninspection_role: OrganizationAccountAccessRole",
    );
    let assignments = "- principals: [group:hinata-dev]\n  permission_sets: [Deploy]\n  accounts: [sandbox-frontend]\n";
    std::fs::write(site.path("access/assignments/wrong.yaml"), assignments).unwrap();
    let plan = site.run(&["plan"]).expect(2);
    assert!(
        plan.out.contains("Deploy names `/team/deploy-artifacts`, which does not exist in sandbox-frontend"),
        "{}",
        plan.out
    );
    site.edit("sekisho.yaml", "OrganizationAccountAccessRole", "NoSuchRole");
    let plan = site.run(&["plan"]).expect(2);
    assert!(plan.out.contains("customer managed policies of "), "{}", plan.out);
    assert!(plan.out.contains("let the executor assume the role `NoSuchRole`"), "{}", plan.out);
}
