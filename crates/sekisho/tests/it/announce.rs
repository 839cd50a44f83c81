//! announce: what people are told.

use std::collections::BTreeMap;

use sandbox::Start;

use crate::site::{Answer, Site};

fn texts(site: &Site, folder: &str) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(site.path(folder)).unwrap();
    let read = entries.map(|entry| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap())
    });
    read.collect()
}

#[test]
fn everybody_is_told_what_they_may_enter() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    let arguments =
        ["announce", "--out", "texts", "--language", "ja", "--audience", "engineers", "--ends", "2027-01-15"];
    let answer = site.run(&arguments).expect(0);
    assert!(answer.messages.contains("Send email OTP"), "{}", answer.messages);
    let told = texts(&site, "texts");
    assert!(told.len() > 50, "{}", told.len());
    let hanako = &told["hanako.yamada@example.com.ja.engineers.md"];
    // What `why` says she may enter is what she is told, and nothing else.
    let why = site.run(&["why", "hanako.yamada", "minimo-prod", "--format", "json"]).expect(0).json();
    let sets: std::collections::BTreeSet<&str> =
        why["paths"].as_array().unwrap().iter().map(|path| path["permission_set"].as_str().unwrap()).collect();
    let rows = hanako.lines().filter(|line| line.starts_with("| minimo-prod |")).count();
    assert_eq!(rows, sets.len(), "{sets:?}\n{hanako}");
    assert!(hanako.contains("`hanako.yamada@example.com`") && hanako.contains("2027年1月15日(金)"), "{hanako}");
    let again = site.run(&arguments).expect(1);
    assert!(again.messages.contains("is not empty; nothing was written"), "{}", again.messages);
}

#[test]
fn a_team_is_told_as_a_page() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    site.run(&["announce", "--out", "texts", "--team", "minimo-dev", "--format", "html", "--contact", "Slack #aws"])
        .expect(0);
    let told = texts(&site, "texts");
    assert_eq!(
        told.keys().collect::<Vec<_>>(),
        [
            "minimo-dev.en.engineers.html",
            "minimo-dev.en.everyone.html",
            "minimo-dev.ja.engineers.html",
            "minimo-dev.ja.everyone.html",
        ]
    );
    let page = &told["minimo-dev.en.everyone.html"];
    assert!(page.contains("role_name=ProductionSupport") && page.contains("Slack #aws"), "{page}");
    let nobody = site.run(&["announce", "--out", "other", "--team", "minimo-devs"]).expect(1);
    assert!(nobody.messages.contains("did you mean `minimo-dev`"), "{}", nobody.messages);
    let days = site.run(&["announce", "--out", "other", "--begins", "2027-01-15", "--ends", "2026-12-01"]).expect(1);
    assert!(days.messages.contains("ends before"), "{}", days.messages);
    assert!(!site.path("other").exists());
}

/// A program that keeps what it gets in files of its own, fails for some, and waits for others.
const MAILER: &str = r#"#!/bin/sh
set -eu
case "$SEKISHO_PERSON" in
  "${FAILS:-nobody}") echo "no such mailbox" >&2; exit 7 ;;
  "${HANGS:-nobody}") exec sleep 600 ;;
esac
{
  echo "To: $SEKISHO_RECIPIENT"
  echo "Subject: $SEKISHO_SUBJECT"
  echo "$SEKISHO_READER $SEKISHO_NAME $SEKISHO_LANGUAGE $SEKISHO_AUDIENCE $SEKISHO_FORMAT"
  cat
} > "$OUTBOX/$(ls "$OUTBOX" | wc -l)-$SEKISHO_PERSON"
[ "$SEKISHO_PERSON" != "${KILLS:-nobody}" ] || kill -9 $PPID
"#;

struct Office {
    site: Site,
    people: Vec<String>,
}

impl Office {
    fn new() -> Self {
        let site = Site::new(Start::Declared).with_sample_catalog();
        std::fs::create_dir(site.path("outbox")).unwrap();
        let script = site.path("mailer");
        std::fs::write(&script, MAILER).unwrap();
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let who = site.run(&["who", "minimo-prod", "--format", "json"]).expect(0).json();
        let mut people: Vec<String> = who["paths"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|path| path["user"]["user_name"].as_str().map(str::to_owned))
            .collect();
        people.sort();
        people.dedup();
        people.truncate(3);
        assert_eq!(people.len(), 3);
        Self { site, people }
    }

    fn send(&self, more: &[&str], environment: &[(&str, &str)]) -> Answer {
        let mut arguments = vec![
            "announce",
            "--send",
            "./mailer",
            "--language",
            "ja",
            "--audience",
            "everyone",
            "--ends",
            "2027-01-15",
        ];
        self.people.iter().for_each(|person| arguments.extend(["--person", person.as_str()]));
        arguments.extend(more);
        let mut command = self.site.command(&arguments);
        command.env("OUTBOX", self.site.path("outbox")).envs(environment.iter().copied());
        crate::site::finish(command)
    }

    /// To whom letters went, in order.
    fn outbox(&self) -> Vec<String> {
        let mut names: Vec<(usize, String)> = texts(&self.site, "outbox")
            .into_keys()
            .map(|name| {
                let (number, person) = name.split_once('-').unwrap();
                (number.trim().parse().unwrap(), person.to_owned())
            })
            .collect();
        names.sort();
        names.into_iter().map(|(_, person)| person).collect()
    }
}

#[test]
fn letters_are_sent_once_and_who_got_none_is_named() {
    let office = Office::new();
    let [first, second, third] = [0, 1, 2].map(|at| office.people[at].clone());
    // Nobody is asked on a pipe, and nothing is sent then.
    let unasked = office.send(&[], &[]).expect(1);
    assert!(unasked.messages.contains("no terminal to ask on"), "{}", unasked.messages);
    let answer = office.send(&["--yes"], &[("FAILS", &second)]).expect(1);
    assert!(answer.messages.contains(&format!("{second}: the program ended with 7")), "{}", answer.messages);
    assert!(
        answer.messages.contains("2 letters sent") && answer.messages.contains("1 letter not sent"),
        "{}",
        answer.messages
    );
    assert_eq!(office.outbox(), [first.clone(), third.clone()]);
    let letter = &texts(&office.site, "outbox")[&format!("0-{first}")];
    assert!(letter.starts_with(&format!("To: {first}\nSubject: ")) && letter.contains("2027年1月15日"), "{letter}");
    assert!(
        letter.lines().nth(2).unwrap().starts_with("person ")
            && letter.lines().nth(2).unwrap().ends_with(" ja everyone markdown")
    );
    // The second time only who was left out; a program that takes too long is ended, and told.
    let answer = office.send(&["--yes", "--send-limit", "1"], &[("HANGS", &second)]).expect(1);
    assert!(answer.messages.contains("2 letters sent before"), "{}", answer.messages);
    assert!(answer.messages.contains("had not ended after 1 s"), "{}", answer.messages);
    office.send(&["--yes"], &[]).expect(0);
    assert_eq!(office.outbox(), [first.clone(), third.clone(), second.clone()]);
    office.send(&["--yes"], &[]).expect(0);
    assert_eq!(office.outbox().len(), 3);
    // The letter is in no journal, and in no message.
    let runs = office.site.run(&["runs"]).expect(0);
    assert!(!runs.out.contains("2027年1月15日") && !answer.messages.contains("2027年1月15日"));
    office.send(&["--yes", "--send-again"], &[]).expect(0);
    assert_eq!(office.outbox().len(), 6);
    // A team has one letter for all of its members.
    let mut command = office.site.command(&[
        "announce",
        "--send",
        "./mailer",
        "--language",
        "en",
        "--audience",
        "engineers",
        "--team",
        "minimo-dev",
        "--format",
        "html",
        "--yes",
    ]);
    command.env("OUTBOX", office.site.path("outbox"));
    crate::site::finish(command).expect(0);
    let letter = &texts(&office.site, "outbox")["6-minimo-dev"];
    assert!(letter.lines().next().unwrap().matches('@').count() > 1, "{letter}");
    assert!(letter.contains("team minimo-dev en engineers html\n<!doctype html>"), "{letter}");
    let missing = office
        .site
        .run(&[
            "announce",
            "--send",
            "./nobody",
            "--language",
            "en",
            "--audience",
            "everyone",
            "--person",
            &first,
            "--yes",
        ])
        .expect(1);
    assert!(missing.messages.contains("the program did not start"), "{}", missing.messages);
}

#[test]
fn killed_in_the_middle_it_goes_on_with_those_who_got_none() {
    let office = Office::new();
    let [first, second, third] = [0, 1, 2].map(|at| office.people[at].clone());
    // It is killed right after the program has sent the second letter, and before that is noted.
    let killed = office.send(&["--yes"], &[("KILLS", &second)]);
    assert_eq!(killed.code, -1, "{killed:?}");
    assert_eq!(office.outbox(), [first.clone(), second.clone()]);
    let answer = office.send(&["--yes"], &[]).expect(0);
    assert!(answer.messages.contains("1 letter sent before"), "{}", answer.messages);
    // The first is not written to again; that the second was, nobody heard.
    assert_eq!(office.outbox(), [first, second.clone(), second, third]);
}
