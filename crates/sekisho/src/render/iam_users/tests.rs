use std::collections::BTreeMap;

use model::iam_user::{
    AccessKey, AccessKeyStatus, IamGroup, IamInventory, LastUse, OtherCredential, OtherCredentialKind, Password,
};

use super::words::Words;
use super::*;
use crate::render::layout;
use crate::render::style::Screen;

const NOW: &str = "2026-11-22T09:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn known<T>(value: T) -> Reading<T> {
    Reading::known(value, at(NOW))
}

fn user(name: &str) -> IamUser {
    IamUser {
        id: format!("AIDA{}", name.to_uppercase()),
        name: name.into(),
        arn: format!("arn:aws:iam::111122223333:user/{name}"),
        path: "/".into(),
        created: at("2019-04-01T00:00:00Z"),
        tags: BTreeMap::new(),
        groups: Vec::new(),
        attached_policies: Vec::new(),
        inline_policies: BTreeMap::new(),
        permissions_boundary: None,
        password: known(None),
        access_keys: known(Vec::new()),
        mfa_devices: known(Vec::new()),
        other_credentials: known(Vec::new()),
        services_last_accessed: known(BTreeMap::new()),
    }
}

fn key(id: &str, status: AccessKeyStatus, created: &str, used: Option<(&str, &str)>) -> AccessKey {
    AccessKey {
        id: id.into(),
        status,
        created: at(created),
        last_use: used.map_or(LastUse::Never, |(when, _)| LastUse::At { at: at(when) }),
        last_region: used.map(|_| "ap-northeast-1".into()),
        last_service: used.map(|(_, service)| service.into()),
    }
}

/// A person, a machine with a dangerous name, somebody of whom little is known, an account that was not read and one left out.
fn stock() -> IamStock {
    let hanako = IamUser {
        tags: [("email".to_owned(), "花子@example.com".to_owned())].into(),
        groups: vec!["developers".into(), "全員".into()],
        attached_policies: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".into()],
        permissions_boundary: Some("arn:aws:iam::111122223333:policy/boundary".into()),
        password: known(Some(Password {
            changed: Some(at("2024-01-01T00:00:00Z")),
            last_use: LastUse::At { at: at("2026-11-19T00:00:00Z") },
        })),
        access_keys: known(vec![
            key(
                "AKIAHANAKO0000000001",
                AccessKeyStatus::Active,
                "2025-10-18T00:00:00Z",
                Some(("2026-11-22T01:00:00Z", "s3")),
            ),
            key("AKIAHANAKO0000000002", AccessKeyStatus::Inactive, "2020-01-01T00:00:00Z", None),
        ]),
        services_last_accessed: known(
            [("s3".to_owned(), Some(at("2026-11-22T01:00:00Z"))), ("ec2".to_owned(), None)].into(),
        ),
        ..user("hanako")
    };
    let batch = IamUser {
        inline_policies: [("own".to_owned(), "{}".to_owned())].into(),
        access_keys: known(vec![
            key("AKIABATCH00000000001", AccessKeyStatus::Active, "2026-11-01T00:00:00Z", None),
            key(
                "AKIABATCH00000000002",
                AccessKeyStatus::Active,
                "2026-01-01T00:00:00Z",
                Some(("2026-03-01T00:00:00Z", "dynamodb")),
            ),
        ]),
        other_credentials: known(vec![OtherCredential {
            kind: OtherCredentialKind::ServiceSpecificCredential,
            id: "ACCABATCH".into(),
            active: true,
            created: at("2026-01-01T00:00:00Z"),
            service: Some("codecommit.amazonaws.com".into()),
        }]),
        tags: [("note".to_owned(), "=HYPERLINK(\"http://example.com\",\"a\")".to_owned())].into(),
        ..user("=cmd@<b>&batch")
    };
    let denied = || "iam:ListAccessKeys: not authorized".to_owned();
    let unclear = IamUser {
        password: known(Some(Password { changed: None, last_use: LastUse::NotTold })),
        access_keys: Reading::unknown(denied()),
        mfa_devices: Reading::unknown(denied()),
        other_credentials: Reading::unknown(denied()),
        services_last_accessed: Reading::unknown(denied()),
        ..user("unclear")
    };
    let root = RootUser {
        mfa: false,
        access_keys: true,
        password: Some(true),
        password_last_use: LastUse::Never,
        key_last_use: LastUse::At { at: at("2026-11-20T00:00:00Z") },
    };
    let administrators = IamGroup {
        path: "/developers".into(),
        attached_policies: vec!["arn:aws:iam::aws:policy/AdministratorAccess".into()],
        inline_policies: BTreeMap::new(),
    };
    let production = IamAccount {
        users: [hanako, batch, unclear].map(|user| (user.name.clone(), user)).into(),
        groups: [("developers".to_owned(), administrators)].into(),
        root: known(root),
        ..IamAccount::default()
    };
    let guarded = RootUser {
        mfa: true,
        access_keys: false,
        password: None,
        password_last_use: LastUse::Never,
        key_last_use: LastUse::Never,
    };
    // as central root management leaves it
    let bare = RootUser { mfa: false, password: Some(false), password_last_use: LastUse::NotTold, ..guarded.clone() };
    let [guarded, bare] = [guarded, bare].map(|root| IamAccount { root: known(root), ..IamAccount::default() });
    let id = |text: &str| text.parse::<model::AccountId>().unwrap();
    let unread = "sts:AssumeRole: arn:aws:iam::333322221111:role/Stock: not authorized";
    IamStock {
        schema_version: IamStock::SCHEMA_VERSION,
        as_of: at(NOW),
        services_asked: true,
        account_names: [("111122223333", "本番"), ("222211113333", "minimo-dev"), ("444422221111", "old")]
            .map(|(account, name)| (id(account), name.to_owned()))
            .into(),
        left_out: [("444422221111", "SUSPENDED"), ("444422223333", "no role or profile is named for it")]
            .map(|(account, why)| (id(account), why.to_owned()))
            .into(),
        without_organization: Some("organizations:ListAccounts: <not> authorized".to_owned()),
        inventory: IamInventory {
            accounts: [
                (id("111122223333"), known(production)),
                (id("222211113333"), known(guarded)),
                (id("222211114444"), known(bare)),
                (id("333322221111"), Reading::unknown(unread)),
            ]
            .into(),
        },
    }
}

#[test]
fn as_text() {
    let stock = stock();
    let taking = Stocktaking { stock: &stock, limits: Thresholds::default() };
    insta::assert_snapshot!("iam_users_text", layout::write(&text::list(&taking, &Screen::paper()), &Screen::paper()));
    let narrow = Screen { width: 72, wrap: true, ..Screen::paper() };
    for line in layout::write(&text::list(&taking, &narrow), &narrow).lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 72, "{line}");
    }
    let (id, account) = stock.inventory.accounts.iter().next().unwrap();
    let account = account.value().unwrap();
    let pages = account.users.values().map(|user| text::page(&taking, id, account, user, &Screen::paper()));
    let pages: Vec<String> = pages.map(|lines| layout::write(&lines, &Screen::paper())).collect();
    insta::assert_snapshot!("iam_users_pages", pages.join("\n----\n"));
}

#[test]
fn as_csv() {
    let stock = stock();
    let taking = Stocktaking { stock: &stock, limits: Thresholds::default() };
    let table = csv::table(&taking, true);
    let rest = table.strip_prefix('\u{feff}').unwrap();
    assert_eq!(rest, csv::table(&taking, false));
    assert!(rest.split("\r\n").all(|line| !line.contains('\n')));
    // each row has the cells of the header, as a reader that nobody here wrote for it sees them: one column a line
    let mut rows = rest.split_terminator("\r\n").map(cells);
    let header = rows.next().unwrap();
    let shown: Vec<String> = rows
        .map(|row| {
            assert_eq!(row.len(), header.len());
            let filled = header.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
            filled.map(|(column, cell)| format!("{column}: {cell}")).collect::<Vec<_>>().join("\n")
        })
        .collect();
    insta::assert_snapshot!("iam_users_csv", shown.join("\n\n"));
}

/// Cells of a line, unquoted.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.push(cell);
    cells
}

#[test]
fn as_html() {
    let stock = stock();
    let taking = Stocktaking { stock: &stock, limits: Thresholds::default() };
    for (name, words) in [("iam_users_html", Words::english()), ("iam_users_html_ja", Words::japanese())] {
        let page = html::page(&taking, &words);
        assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("javascript:"));
        // nothing is loaded: the only addresses are none
        assert!(!page.contains("src=") && !page.contains("href=") && !page.contains("url("));
        balanced(&page);
        let body = page.split_once("</style>").unwrap().1.to_owned();
        insta::assert_snapshot!(name, body);
    }
}

/// Every element that is opened is closed, in order.
fn balanced(page: &str) {
    let mut open = Vec::new();
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let name = tag.split([' ', '\n']).next().unwrap();
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed), "{tag}"),
            None if name.starts_with('!') || name == "meta" => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn what_is_saved_is_read_again() {
    let stock = stock();
    let text = serde_json::to_string(&stock).unwrap();
    assert_eq!(serde_json::from_str::<IamStock>(&text).unwrap(), stock);
    let taking = Stocktaking { stock: &stock, limits: Thresholds::default() };
    let json = serde_json::to_value(json::v1(&taking)).unwrap();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["summary"]["users"], 3);
    let hanako = &json["accounts"][0]["users"][1];
    assert_eq!(hanako["name"], "hanako");
    assert_eq!(hanako["access_keys"]["known"]["value"][0]["last_use"]["used"], "at");
    assert_eq!(hanako["remarks"][0]["remark"], "password_without_mfa");
    assert!(json["accounts"][3]["not_read"].as_str().unwrap().contains("AssumeRole"));
}
