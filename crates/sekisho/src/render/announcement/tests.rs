use super::{Announcement, Audience, Entry, Language, Reader};

fn entry(account: &str, id: &str, set: &str, title: Option<&str>) -> Entry {
    Entry {
        account: account.to_owned(),
        account_id: id.to_owned(),
        set: set.to_owned(),
        title: title.map(str::to_owned),
    }
}

fn announcement() -> Announcement {
    Announcement {
        reader: Reader::Person { name: "山田 花子".to_owned(), user_name: "hanako@example.com".to_owned() },
        portal_url: "https://d-9567012345.awsapps.com/start".to_owned(),
        region: "ap-northeast-1".to_owned(),
        entries: vec![
            entry("minimo-stg", "111122223333", "Developer", Some("開発者権限")),
            entry("minimo-prod", "444455556666", "Read+Only,a=b@c", None),
        ],
        begins: Some(jiff::civil::date(2026, 12, 1)),
        ends: Some(jiff::civil::date(2027, 1, 15)),
        contact: Some("Slack #aws-help".to_owned()),
    }
}

#[test]
fn it_reads_well_in_both_languages() {
    let told = announcement();
    insta::assert_snapshot!("english_engineers", told.markdown(Language::English, Audience::Engineers));
    insta::assert_snapshot!("japanese_engineers", told.markdown(Language::Japanese, Audience::Engineers));
    insta::assert_snapshot!("japanese_everyone_page", told.html(Language::Japanese, Audience::Everyone));
    let team = Announcement {
        reader: Reader::Team {
            name: "minimo-dev".to_owned(),
            members: vec![("佐藤 太郎".to_owned(), "taro@example.com".to_owned())],
        },
        entries: Vec::new(),
        ends: None,
        begins: None,
        contact: None,
        ..announcement()
    };
    insta::assert_snapshot!("english_team", team.markdown(Language::English, Audience::Everyone));
}

#[test]
fn links_are_encoded() {
    let link = entry("prod", "444455556666", "Read+Only,a=b@c", None).link("https://d-1.awsapps.com/start/");
    assert_eq!(
        link,
        "https://d-1.awsapps.com/start/#/console?account_id=444455556666&role_name=Read%2BOnly%2Ca%3Db%40c"
    );
}

#[test]
fn accounts_of_one_name_have_profiles_of_their_own() {
    let mut told = announcement();
    told.entries = vec![entry("dev a", "111122223333", "X", None), entry("dev-a", "444455556666", "X", None)];
    let text = told.markdown(Language::English, Audience::Engineers);
    assert!(
        text.contains("[profile dev-a-X-111122223333]") && text.contains("[profile dev-a-X-444455556666]"),
        "{text}"
    );
    assert!(text.contains("--profile dev-a-X-111122223333"), "{text}");
}

#[test]
fn names_cannot_say_anything_but_themselves() {
    let mut told = announcement();
    told.reader = Reader::Person {
        name: "`<script>alert(1)</script> *x* [a](javascript:b)".to_owned(),
        user_name: "a`b\u{202e}c".to_owned(),
    };
    told.portal_url = "javascript:alert(1)".to_owned();
    told.entries[0].account = "`a|b\nc".to_owned();
    let page = told.html(Language::English, Audience::Engineers);
    assert!(!page.contains("<script>") && !page.contains("href=\"javascript"), "{page}");
    assert!(!page.contains('\u{202e}'));
    let text = told.markdown(Language::English, Audience::Engineers);
    assert!(text.contains("\\<script\\>") && text.contains("\\[a\\]"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("| 'a\\|b")), "{text}");
}
