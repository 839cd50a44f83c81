//! A random company in the sandbox, of which is known what each IAM user truly is: inventory, log, verdicts and the first wave of a retirement, by the
//! real program.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use sandbox::wild::{LogState, WildConfig, WildPapers};
use sandbox::{Config, Sandbox};
use serde_json::Value;

use crate::site::{Site, english_in, finish, program};

const ROLE: &str = "OrganizationAccountAccessRole";
const BUCKET: &str = "s3://sandbox-organization-trail";
const PROTECTED: &str = "deployment: test\nretirement: {protected: [break-glass*, breakglass*, emergency*, kinkyu*]}\n";

/// By account and name.
type ByUser<'v> = BTreeMap<(String, String), &'v Value>;

fn by_user(told: &Value) -> ByUser<'_> {
    let users = told["users"].as_array().unwrap_or_else(|| panic!("{told:#}"));
    let account = |user: &'_ Value| user.get("account").or(user.get("account_id")).cloned().unwrap();
    users
        .iter()
        .map(|user| ((account(user).as_str().unwrap().to_owned(), user["name"].as_str().unwrap().to_owned()), user))
        .collect()
}

/// Two hundred users; busy machines call more rarely than in the benchmark, so that it does not take long.
fn company(seed: u64, log: LogState) -> (Site, WildPapers) {
    let wild = WildConfig { accounts: 5, days: 185, thinning: 24, log: Some(log), ..WildConfig::sample(seed) };
    let (sandbox, papers) = Sandbox::with_wild(Config::calm(), &wild, Timestamp::now()).unwrap();
    let site = Site::of(sandbox);
    std::fs::create_dir(site.path("access")).unwrap();
    std::fs::write(site.path("access/sekisho.yaml"), PROTECTED).unwrap();
    std::fs::write(site.path("people.json"), papers.people().to_string()).unwrap();
    (site, papers)
}

/// Inventory and evidence.
fn look(site: &Site) {
    site.run(&["iam-users", "list", "--role", ROLE, "--save", "stock.json"]).expect(0);
    site.run(&["trail", "scan", BUCKET, "--out", "evidence"]).expect(0);
}

const INPUTS: [&str; 6] = ["--inventory", "stock.json", "--evidence", "evidence", "--people", "people.json"];

fn ask(site: &Site, command: &str, more: &[&str], code: i32) -> Value {
    let arguments = [&["iam-users", command], &INPUTS[..], &["--format", "json"], more].concat();
    site.run(&arguments).expect(code).json()
}

/// Precision and recall, for whoever reads the output of the test.
fn tell(truth: &ByUser<'_>, verdicts: &ByUser<'_>) {
    let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
    for (user, known) in truth {
        let told = verdicts[user]["verdict"].as_str().unwrap().to_owned();
        *counts.entry((known["truth"].as_str().unwrap().to_owned(), told)).or_default() += 1;
    }
    for kind in ["person", "machine", "mixed", "unused"] {
        let sum = |fits: &dyn Fn(&(String, String)) -> bool| -> u32 {
            counts.iter().filter(|(pair, _)| fits(pair)).map(|(_, number)| number).sum()
        };
        let right = sum(&|(truth, told)| truth == kind && told == kind);
        let (all, told) = (sum(&|(truth, _)| truth == kind), sum(&|(_, told)| told == kind));
        eprintln!("{kind}: {right} of {all} recognised, {right} of {told} called so rightly");
    }
}

fn end_to_end(seed: u64, log: LogState) {
    let (site, papers) = company(seed, log);
    look(&site);
    let truth = papers.truth();
    let truth = by_user(&truth);
    assert_eq!(truth.len(), 200);
    let verdicts = ask(&site, "verdicts", &[], 0);
    let verdicts = by_user(&verdicts);
    // The administrators' two own users are there as well.
    assert_eq!(verdicts.len(), truth.len() + 2);
    tell(&truth, &verdicts);
    for (user, known) in &truth {
        let told = verdicts[user];
        let is_live = known["truth"] == "machine" || known["truth"] == "mixed";
        let is_harmless = told["verdict"] != "person" && told["verdict"] != "unused";
        assert!(!is_live || is_harmless, "{known:#} was called {told:#}");
    }
    first_wave(&site, &truth, &verdicts);
    in_japanese(&site, &verdicts);
    // Whoever has no key cannot hide a job.
    let keyless = |known: &&&Value| ["ConsoleEngineer", "ConsoleOffice"].contains(&known["habit"].as_str().unwrap());
    let all = truth.values().filter(keyless).count();
    let known = truth.iter().filter(|(user, known)| keyless(known) && verdicts[*user]["verdict"] == "person").count();
    assert!(all > 20 && known * 10 >= all * 9, "{known} of {all} people without a key recognised");
}

/// Nothing is to happen to what a system depends on, to what several people share, or to what is for emergencies.
fn first_wave(site: &Site, truth: &ByUser<'_>, verdicts: &ByUser<'_>) {
    let wave = ask(site, "retire", &["--role", ROLE, "--dry-run"], 2);
    let wave = by_user(&wave);
    let mut steps: BTreeMap<&str, u32> = BTreeMap::new();
    let mut of_leavers = 0;
    for (user, known) in truth {
        let (told, verdict) = (wave[user], verdicts[user]);
        let next = told["next"].as_str().unwrap();
        *steps.entry(next).or_default() += 1;
        let is_touched = ["announce", "switch_off", "delete"].contains(&next);
        let is_kept = ["machine", "mixed"].contains(&known["truth"].as_str().unwrap())
            || ["SharedConsole", "BreakGlass"].contains(&known["habit"].as_str().unwrap());
        assert!(!is_touched || !is_kept, "{known:#} is to be retired: {told:#}");
        // Nobody has deleted what was never switched off.
        assert_ne!(next, "delete", "{told:#}");
        if next == "switch_off" {
            assert_eq!(known["owner_has_left"], true, "{known:#} is to be switched off: {told:#}");
        }
        let is_found = told["owner"] == known["owner"] && known["owner_has_left"] == true;
        if is_found && known["truth"] == "person" && verdict["verdict"] == "person" {
            // At once, or once somebody has said that it is theirs.
            let unsure = next == "hold" && told["reasons"][0]["reason"] == "owner_unsure";
            assert!(next == "switch_off" || unsure, "{known:#}: {told:#}");
            of_leavers += 1;
        }
        // Whoever has no other way in is not told to go.
        if next == "announce" && verdict["verdict"] == "person" {
            assert_eq!(known["owner_has_another_way"], true, "{known:#}: {told:#}");
        }
    }
    eprintln!("first wave: {steps:?}; persons' users of leavers: {of_leavers}");
    assert!(of_leavers > 0 && steps["announce"] > 0 && steps["hold"] > 0 && steps["refuse"] > 0, "{steps:?}");
}

/// Nothing that is told in Japanese has an English sentence in it.
fn in_japanese(site: &Site, verdicts: &ByUser<'_>) {
    let japanese = ["--language", "ja"];
    let asked = |command: &str, more: &[&str], code: i32| {
        site.run(&[&["iam-users", command], &INPUTS[..], &japanese[..], more].concat()).expect(code).out
    };
    let mut told = vec![asked("verdicts", &[], 0), asked("retire", &["--role", ROLE, "--dry-run"], 2)];
    site.run(&[&["convert", "--out", "converted"], &INPUTS[..], &japanese[..]].concat()).expect(0);
    told.push(std::fs::read_to_string(site.path("converted/translation.md")).unwrap());
    let machines = verdicts.values().filter(|told| told["verdict"] == "machine");
    for (number, machine) in machines.take(12).enumerate() {
        let (folder, arn) = (format!("role-{number}"), machine["arn"].as_str().unwrap());
        let replacement = ["iam-users", "replacement", arn, "--out", &folder];
        let answer = site.run(&[&replacement[..], &INPUTS[..], &japanese[..]].concat());
        // Of a key that the log does not show there is nothing to write.
        if let Ok(readme) = std::fs::read_to_string(site.path(&format!("{folder}/README.md"))) {
            answer.expect(0);
            told.push(readme);
        }
    }
    assert!(told.len() > 8, "{} texts", told.len());
    for text in told {
        let english = english_in(&text);
        assert!(english.is_empty(), "{:#?}", &english[..english.len().min(20)]);
    }
}

#[test]
fn what_two_hundred_users_truly_are_is_told_and_no_machine_is_retired() {
    end_to_end(7, LogState::WHOLE);
}

#[test]
fn a_default_trail_makes_fewer_sure_and_nobody_wrong() {
    end_to_end(8, LogState::DEFAULT_TRAIL);
}

#[test]
fn a_wild_company_is_started_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        |arguments: &[&str]| finish(program(folder.path(), &[&["sandbox"], arguments].concat())).expect(1).messages;
    assert!(run(&["--company", "wild:x"]).contains("`x` is no seed"));
    assert!(run(&["--company", "tame"]).contains("no company named `tame`"));
    assert!(run(&["--people", "people.json"]).contains("`--people` and `--truth` go with `--company wild`"));
    assert!(run(&["--company", "wild", "--declared"]).contains("no catalog"));
    let arguments = [
        "sandbox",
        "--company",
        "wild:3",
        "--listen",
        "127.0.0.1:0",
        "--people",
        "people.json",
        "--truth",
        "truth.json",
    ];
    let mut command = program(folder.path(), &arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    assert!(line.starts_with("export AWS_ENDPOINT_URL=http://127.0.0.1:"), "{line}");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let read =
        |name: &str| -> Value { serde_json::from_slice(&std::fs::read(folder.path().join(name)).unwrap()).unwrap() };
    assert_eq!(by_user(&read("truth.json")).len(), 200);
    assert!(read("people.json").as_array().unwrap().iter().any(|person| person["standing"] == "left"));
}
