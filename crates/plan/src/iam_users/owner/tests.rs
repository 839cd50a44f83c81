//! Whose it is.

use std::collections::BTreeMap;

use model::iam_user::{IamAccount, IamInventory, IamUser, IamUserRef};
use model::{AccountId, Reading};

use super::super::directory::{Directory, DirectoryPerson, Settled, Standing};
use super::{Ownership, find_owners};

fn person(user_name: &str, family: &str, given: &str, display: &str, email: &str) -> DirectoryPerson {
    DirectoryPerson {
        user_name: user_name.to_owned(),
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        display_name: Some(display.to_owned()),
        email: Some(email.to_owned()),
        standing: Standing::Active,
        groups: Vec::new(),
    }
}

fn directory() -> Directory {
    let mut left = person("ito-k", "伊藤", "健二", "イトウ ケンジ", "ito-k@example.com");
    left.standing = Standing::Left;
    Directory {
        people: vec![
            person("hanako.yamada@example.com", "Yamada", "Hanako", "山田 花子", "hanako.yamada@example.com"),
            person("ohno.taro", "大野", "太郎", "大野　太郎", "taro.ohno@example.com"),
            person("ono.hiroshi", "小野", "浩", "オノ ヒロシ", "hiroshi.ono@example.com"),
            left,
            person("sato.yuki", "Sato", "Yuki", "佐藤 勇気", "yuki.sato@example.com"),
            person("sato.yuki2", "Sato", "Yuki", "佐藤 由紀", "yuki.sato2@example.com"),
            person("hamano", "Hamano", "Yoshi", "浜野 義", "y.hamano@example.com"),
        ],
        settled: vec![
            Settled { user: "batch".to_owned(), account: None, owner: None },
            Settled { user: "k2".to_owned(), account: None, owner: Some("HAMANO".to_owned()) },
        ],
    }
}

fn find(name: &str, tags: &[(&str, &str)]) -> super::OwnerFinding {
    let at = jiff::Timestamp::UNIX_EPOCH;
    let account = AccountId::new("111122223333").unwrap();
    let user = IamUser {
        id: "AIDA".to_owned(),
        name: name.to_owned(),
        arn: format!("arn:aws:iam::111122223333:user/{name}"),
        path: "/".to_owned(),
        created: at,
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        groups: Vec::new(),
        attached_policies: Vec::new(),
        inline_policies: BTreeMap::new(),
        permissions_boundary: None,
        password: Reading::known(None, at),
        access_keys: Reading::known(Vec::new(), at),
        mfa_devices: Reading::known(Vec::new(), at),
        other_credentials: Reading::known(Vec::new(), at),
        services_last_accessed: Reading::known(BTreeMap::new(), at),
    };
    let users = [(name.to_owned(), user)].into();
    let held = Reading::known(IamAccount { users, ..IamAccount::default() }, at);
    let inventory = IamInventory { accounts: [(account.clone(), held)].into() };
    find_owners(&inventory, &directory()).remove(&IamUserRef { account, name: name.to_owned() }).unwrap()
}

#[test]
fn names_tags_and_addresses_tell_whose_it_is() {
    let hanako = "hanako.yamada@example.com";
    for (name, tags, expected) in [
        ("hanako.yamada", vec![], Some(hanako)),
        ("Yamada_Hanako", vec![], Some(hanako)),
        ("yamada-h", vec![], Some(hanako)),
        ("h.yamada", vec![], Some(hanako)),
        ("hyamada", vec![], Some(hanako)),
        // There may be a Yamada whom the directory does not know; a tag settles it.
        ("yamada-dev", vec![], None),
        ("yamada-dev", vec![("Owner", "Hanako Yamada")], Some(hanako)),
        ("HANAKO.YAMADA@EXAMPLE.COM", vec![], Some(hanako)),
        ("ymd", vec![], None),
        ("hanako", vec![], None),
        ("yhamano0312", vec![], Some("hamano")),
        // Kanji in the directory; its address says how it sounds.
        ("oono-taro", vec![], Some("ohno.taro")),
        ("hiroshi_ono", vec![], Some("ono.hiroshi")),
        // By sound these are two people.
        ("ono-dev", vec![], None),
        ("deploy", vec![("Owner", "山田花子")], Some(hanako)),
        ("deploy", vec![("担当者", "花子　山田さん")], Some(hanako)),
        ("deploy", vec![("氏名", "ｵﾉ ﾋﾛｼ")], Some("ono.hiroshi")),
        ("deploy", vec![("氏名", "Ｙａｍａｄａ　Ｈａｎａｋｏ")], Some(hanako)),
        ("deploy", vec![("AKIAIOSFODNN7EXAMPLE", "yamada laptop")], None),
        ("deploy", vec![("AKIAIOSFODNN7EXAMPLE", "hamano")], Some("hamano")),
        ("deploy", vec![("team", "hamano")], None),
        ("deploy", vec![], None),
        ("sato.yuki", vec![], Some("sato.yuki")),
        ("yuki-sato", vec![], None),
        ("k2", vec![], Some("hamano")),
    ] {
        let found = find(name, &tags);
        assert_eq!(found.owner(), expected, "{name} {tags:?}: {found:?}");
    }
}

#[test]
fn several_are_said_and_not_guessed() {
    let found = find("yuki-sato", &[]);
    let Ownership::Ambiguous { candidates } = &found.ownership else { panic!("{found:?}") };
    assert_eq!(candidates.len(), 2);
    let found = find("hanako.yamada", &[("Owner", "hiroshi.ono@example.com")]);
    assert!(matches!(found.ownership, Ownership::Ambiguous { .. }), "name and tag disagree: {found:?}");
}

#[test]
fn a_family_name_alone_is_told_and_names_nobody() {
    for name in ["yamada-dev", "hamano", "ito"] {
        let found = find(name, &[]);
        let is_directory_name = name == "hamano";
        assert_eq!(found.owner().is_some(), is_directory_name, "{name}: {found:?}");
    }
    let found = find("yamada-dev", &[]);
    assert_eq!(found.ownership, Ownership::Nobody);
    assert!(found.is_named_for_somebody());
    let told = found.reasons.iter().map(ToString::to_string).collect::<String>();
    assert!(told.starts_with("too little for hanako.yamada@example.com: `yamada-dev` is their family name"), "{told}");
}

#[test]
fn only_who_is_known_can_have_left() {
    assert!(find("ito-k", &[]).has_left);
    assert!(find("kenji.itoh", &[]).has_left || find("kenji.itoh", &[]).owner().is_none());
    let stranger = find("contractor", &[]);
    assert!(!stranger.has_left && stranger.ownership == Ownership::Nobody);
    assert_eq!(find("batch", &[]).ownership, Ownership::System);
}
