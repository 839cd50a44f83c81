//! who and why.

use sandbox::Start;

use crate::site::Site;

#[test]
fn who_can_enter_an_account() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    let answer = site.run(&["who", "minimo-prod"]).expect(0);
    let first = answer.out.lines().next().unwrap();
    assert!(first.ends_with("people can enter minimo-prod (362293031823)"), "{first}");
    assert!(answer.out.contains("access/assignments/minimo.yaml:"), "{}", answer.out);
    let json = site.run(&["who", "362293031823", "--format", "json"]).expect(0).json();
    assert_eq!(json["account_name"], "minimo-prod");
    let people = json["people"].as_u64().unwrap();
    assert!(first.starts_with(&people.to_string()), "{first}");
}

#[test]
fn why_a_person_can_enter() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    let answer = site.run(&["why", "hanako.yamada@example.com", "minimo-prod"]).expect(0);
    insta::assert_snapshot!("why", answer.out);
    let by_name = site.run(&["why", "山田花子", "minimo-prod"]).expect(0);
    assert_eq!(answer.out, by_name.out);
    let nobody = site.run(&["why", "daisuke.goto", "minimo-dev"]).expect(0);
    assert!(nobody.out.contains("後藤 大輔"), "{}", nobody.out);
}

#[test]
fn ambiguous_and_unknown_names_are_told() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    let several = site.run(&["why", "佐藤", "minimo-prod"]).expect(1);
    assert!(several.messages.contains("name one"), "{}", several.messages);
    let nobody = site.run(&["why", "hanako.yamda@example.com", "minimo-prod"]).expect(1);
    assert!(nobody.messages.contains("did you mean `hanako.yamada@example.com`?"), "{}", nobody.messages);
    let no_account = site.run(&["who", "minimo-prd"]).expect(1);
    assert!(no_account.messages.contains("minimo-prod"), "{}", no_account.messages);
}

#[test]
fn questions_need_no_catalog() {
    let site = Site::new(Start::Declared);
    let answer = site.run(&["who", "minimo-prod"]).expect(0);
    assert!(answer.messages.contains("there is no catalog"), "{}", answer.messages);
    assert!(answer.out.contains("people can enter minimo-prod"), "{}", answer.out);
}

#[test]
fn since_comes_from_the_journal() {
    let site = Site::new(Start::BeforeMigration).with_sample_catalog();
    site.run(&["apply", "--yes"]).expect(0);
    let json = site.run(&["who", "wakaba-prod", "--format", "json"]).expect(0).json();
    let paths = json["paths"].as_array().unwrap();
    assert!(!paths.is_empty() && paths.iter().all(|path| path["since"].is_string()), "{json:#}");
    let older = site.run(&["why", "hanako.yamada", "minimo-dev", "--format", "json"]).expect(0).json();
    assert!(older["paths"].as_array().unwrap().iter().any(|path| path["since"].is_null()), "{older:#}");
}
