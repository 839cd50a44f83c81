//! announce: what people are told.

use std::collections::BTreeMap;

use sandbox::Start;

use crate::site::Site;

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
