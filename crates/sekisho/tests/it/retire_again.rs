//! A switching off that broke off half-way, killed or refused, is taken up by the next `retire`; `restore` takes back both runs.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use sandbox::{Client, Sandbox};
use serde_json::{Value, json};

use crate::retire::{ACCOUNT, Office, ROLE, element, enter, standing};

const NAME: &str = "yamada.hanako";
/// Steps of switching the user off: the policy, two keys, a password for repositories.
const STEPS: usize = 4;

/// A person with two keys and a password for repositories.
fn office() -> Office {
    Office::with(|sandbox, client, first| {
        for (operation, field) in [
            ("CreateAccessKey", None),
            ("CreateServiceSpecificCredential", Some(("ServiceName", "codecommit.amazonaws.com"))),
        ] {
            let fields: Vec<_> = [Some(("UserName", NAME)), field].into_iter().flatten().collect();
            let told = client.query(sandbox, first, operation, &fields);
            assert_eq!(told.status, 200, "{operation}: {}", told.text());
        }
    })
}

fn ask(sandbox: &mut Sandbox, client: &Client, operation: &str, fields: &[(&str, &str)]) -> String {
    let told = client.query(sandbox, Timestamp::now(), operation, &[&[("UserName", NAME)], fields].concat());
    assert_eq!(told.status, 200, "{operation}: {}", told.text());
    told.text()
}

/// What of the user works no longer: how many of the steps are done.
fn off(sandbox: &mut Sandbox, client: &Client) -> usize {
    let keys = ask(sandbox, client, "ListAccessKeys", &[]).matches("<Status>Inactive").count();
    let others = ask(sandbox, client, "ListServiceSpecificCredentials", &[]).matches("<Status>Inactive").count();
    keys + others + ask(sandbox, client, "ListUserPolicies", &[]).matches("SekishoRetired").count()
}

impl Office {
    fn off(&self) -> usize {
        self.site.server.with(|sandbox| {
            let client = enter(sandbox, Timestamp::now());
            off(sandbox, &client)
        })
    }

    /// Announced and confirmed: the next wave switches it off.
    fn ready(&self) {
        self.retire(&["--yes", "--user", NAME]).expect(0);
        self.confirm();
    }

    fn confirm(&self) {
        self.site.run(&["iam-users", "note", NAME, "--confirmed-by", &self.owner]).expect(0);
    }

    /// Today's inventory.
    fn stock(&self) {
        let list = ["iam-users", "list", "--role", ROLE, "--account", ACCOUNT, "--save", "stock.json"];
        self.site.run(&list).expect(0);
    }

    fn told(&self) -> Value {
        let told = self.retire(&["--dry-run", "--user", NAME, "--format", "json"]);
        assert!([0, 2].contains(&told.code), "{told:?}");
        standing(&told.json(), NAME).clone()
    }

    fn restore(&self) {
        self.site.run(&["iam-users", "restore", NAME, "--role", ROLE, "--yes"]).expect(0);
        assert_eq!(self.off(), 0);
    }

    fn wave(&self) -> Vec<&'static str> {
        let inputs = ["--inventory", "stock.json", "--evidence", "evidence", "--people", "people.json", "--role", ROLE];
        [&["iam-users", "retire", "--yes", "--user", NAME], &inputs[..]].concat()
    }

    /// Switches it off and kills that as soon as so many steps are done.
    fn kill_at(&self, steps: usize) {
        let mut child = self.site.spawn(&self.wave());
        let client = self.site.server.with(|sandbox| enter(sandbox, Timestamp::now()));
        let begun = Instant::now();
        while self.site.server.with(|sandbox| off(sandbox, &client)) < steps && child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(120), "never got that far");
            // The program has to get its turns.
            std::thread::sleep(Duration::from_millis(15));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn killed_at_every_step_it_is_taken_up_by_the_next_wave() {
    let office = office();
    office.look();
    let mut broken = 0;
    for steps in 1..=STEPS {
        office.ready();
        office.kill_at(steps);
        let done = office.off();
        office.stock();
        let told = office.told();
        // What was in flight is settled by then.
        let before = office.off();
        if told["next"] == "switch_off" {
            broken += 1;
            // The rest, and nothing else.
            assert_eq!(told["changes"].as_array().unwrap().len(), STEPS - before, "{done}: {told:#}");
            office.site.run(&office.wave()).expect(0);
        }
        assert_eq!(office.off(), STEPS, "killed at {done}: {told:#}");
        office.restore();
        office.stock();
    }
    assert_eq!(office.status(&office.person), 200);
    assert!(broken > 0, "every run was done before it was killed");
}

/// The role may do all but change passwords for repositories; or may again.
fn deny(office: &Office, denied: bool) {
    office.site.server.with(|sandbox| {
        let now = Timestamp::now();
        let client = enter(sandbox, now);
        let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:UpdateServiceSpecificCredential","Resource":"*"}]}"#;
        let fields = [("RoleName", ROLE), ("PolicyName", "denied"), ("PolicyDocument", document)];
        let (operation, fields) = match denied {
            true => ("PutRolePolicy", &fields[..]),
            false => ("DeleteRolePolicy", &fields[..2]),
        };
        let told = client.query(sandbox, now, operation, fields);
        assert_eq!(told.status, 200, "{}", told.text());
    });
}

#[test]
fn what_aws_refused_in_the_middle_is_done_by_the_next_wave_and_what_somebody_switched_on_is_not() {
    let office = office();
    office.look();
    office.ready();
    deny(&office, true);
    let refused = office.site.run(&office.wave()).expect(1);
    assert!(refused.out.contains("AWS refused"), "{}", refused.out);
    assert_eq!(office.off(), STEPS - 1);
    // An inventory from before shows nothing of it.
    let stale = office.told();
    assert!(stale["reasons"].as_array().unwrap().iter().any(|one| one["reason"] == "inventory_before"), "{stale:#}");
    let progress = office.site.run(&["iam-users", "progress", "--journal", "--format", "json"]).expect(0).json();
    let held = &progress["retirement"]["held_back"][0];
    assert_eq!((&held["stage"], &held["because"]), (&json!("quiet"), &json!(["broken_off"])), "{progress:#}");
    // Somebody makes a key work again: that is told, and nothing more is done.
    let with = |operation: &str, fields: &[(&str, &str)]| {
        office.site.server.with(|sandbox| {
            let client = enter(sandbox, Timestamp::now());
            ask(sandbox, &client, operation, fields)
        })
    };
    let key = element(&with("ListAccessKeys", &[]), "AccessKeyId");
    let set = |status: &str| drop(with("UpdateAccessKey", &[("AccessKeyId", &key), ("Status", status)]));
    set("Active");
    office.stock();
    let told = office.told();
    assert_eq!(told["next"], "hold", "{told:#}");
    let says = told["says"].to_string();
    assert!(
        says.contains("switching it off broke off half-way")
            && says.contains(&format!("somebody made {key} active again")),
        "{says}"
    );
    office.site.run(&office.wave()).expect(0);
    assert_eq!(office.off(), STEPS - 2);
    // They take it back themselves, and AWS refuses no longer.
    set("Inactive");
    deny(&office, false);
    office.stock();
    let told = office.told();
    assert_eq!((&told["next"], told["changes"].as_array().unwrap().len()), (&json!("switch_off"), 1), "{told:#}");
    office.site.run(&office.wave()).expect(0);
    assert_eq!((office.off(), office.status(&office.person)), (STEPS, 403));
    let progress = office.site.run(&["iam-users", "progress", "--journal", "--format", "json"]).expect(0).json();
    assert_eq!(progress["retirement"]["days"].as_array().unwrap().last().unwrap()["held_back"], 0, "{progress:#}");
    office.restore();
    assert_eq!(office.status(&office.person), 200);
}
