use proptest::prelude::*;

use super::*;

const REPORT: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active\n\
<root_account>,arn:aws:iam::111122223333:root,2020-01-02T03:04:05+00:00,not_supported,no_information,not_supported,\
not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false\n\
hanako,arn:aws:iam::111122223333:user/hanako,2021-01-02T03:04:05+00:00,TRUE,2026-11-01T00:00:00+00:00,\
2025-01-01T00:00:00Z,N/A,false,true,2021-02-01T00:00:00+00:00,2026-11-20T00:00:00+00:00,ap-northeast-1,s3,false,N/A,N/A,N/A,N/A,false";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_three_ways_to_say_nothing_are_kept_apart() {
    let report = CredentialReport::parse(REPORT).unwrap();
    let root = report.root.unwrap();
    assert_eq!(root.password_enabled, Told::NotSupported);
    assert_eq!(root.password_used, Told::NoInformation);
    assert_eq!(root.mfa, Told::Value(true));
    assert_eq!(root.keys[0].used, Told::NotApplicable);
    let hanako = &report.users["arn:aws:iam::111122223333:user/hanako"];
    assert_eq!(hanako.password_enabled, Told::Value(true));
    assert_eq!(hanako.password_changed, Told::Value(at("2025-01-01T00:00:00Z")));
    assert_eq!(hanako.keys.len(), 2);
    assert_eq!(hanako.keys[0].used, Told::Value(at("2026-11-20T00:00:00Z")));
    assert_eq!(hanako.keys[0].service, Told::Value("s3".into()));
    assert_eq!(report.broken_rows, 0);
}

#[test]
fn columns_are_found_by_name() {
    let text = "\u{feff}ARN,extra,\"access_key_3_active\",user\r\narn:x,\"a,\"\"b\",true,taro\r\n\r\n";
    let report = CredentialReport::parse(text).unwrap();
    let taro = &report.users["arn:x"];
    assert_eq!((taro.user.as_str(), &taro.created, &taro.mfa), ("taro", &Told::Missing, &Told::Missing));
    assert_eq!(taro.keys.len(), 1);
    assert_eq!(taro.keys[0].active, Told::Value(true));
    assert_eq!(taro.keys[0].used, Told::Missing);
}

#[test]
fn what_is_broken_is_left_out_and_counted() {
    assert_eq!(CredentialReport::parse(""), Err(CredentialReportError::Empty));
    assert_eq!(CredentialReport::parse("<html>"), Err(CredentialReportError::NoColumn("user")));
    assert_eq!(CredentialReport::parse("user,x"), Err(CredentialReportError::NoColumn("arn")));
    let text = "user,arn,mfa_active\na,arn:a,true\nb,arn:b\nc,arn:c,maybe\n,arn:d,true\na,arn:a,false\n\"e,arn:e,true";
    let report = CredentialReport::parse(text).unwrap();
    assert_eq!(report.users.keys().collect::<Vec<_>>(), ["arn:c"]);
    assert_eq!(report.users["arn:c"].mfa, Told::Unreadable("maybe".into()));
    assert_eq!(report.broken_rows, 5);
    // cut off within the last row: the user is not there, and is not made up
    let cut = &REPORT[..REPORT.len() - 30];
    let report = CredentialReport::parse(cut).unwrap();
    assert!(report.users.is_empty() && report.broken_rows == 1 && report.root.is_some());
}

#[test]
fn times_without_an_offset_are_utc() {
    assert_eq!(instant("2026-11-22T09:00:00"), Some(at("2026-11-22T09:00:00Z")));
    assert_eq!(instant("2026-11-22T09:00:00+09:00"), Some(at("2026-11-22T00:00:00Z")));
    assert_eq!(instant("yesterday"), None);
}

/// A cell as RFC 4180 writes it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = CredentialReport::parse(&text);
    }

    #[test]
    fn any_rows_below_a_header_are_read(rows in "(([a-zN/_\",-]|\r|\n){0,40})*") {
        let report = CredentialReport::parse(&format!("user,arn,mfa_active,access_key_1_active\n{rows}")).unwrap();
        prop_assert!(report.users.iter().all(|(arn, row)| *arn == row.arn && !arn.is_empty() && !row.user.is_empty()));
    }

    #[test]
    fn what_was_written_is_read_whatever_the_order_of_columns(
        users in proptest::collection::btree_map("[a-z=+@.,\"]{1,12}", (any::<bool>(), any::<bool>(), 0_i64..2_000_000_000), 0..8),
        order in Just(["user", "arn", "mfa_active", "password_enabled", "password_last_used", "new_column"]).prop_shuffle(),
        line_end in prop_oneof![Just("\n"), Just("\r\n")],
    ) {
        let mut text = order.join(",");
        for (name, (mfa, password, used)) in &users {
            let used = Timestamp::from_second(*used).unwrap();
            let cells = order.map(|column| match column {
                "user" => quoted(name),
                "arn" => quoted(&format!("arn:{name}")),
                "mfa_active" => mfa.to_string(),
                "password_enabled" => password.to_string(),
                "password_last_used" => if *password { used.to_string() } else { "N/A".to_owned() },
                _ => "\"a,\nb\"".to_owned(),
            });
            text.push_str(line_end);
            text.push_str(&cells.join(","));
        }
        let report = CredentialReport::parse(&text).unwrap();
        prop_assert_eq!(report.broken_rows, 0);
        prop_assert_eq!(report.users.len(), users.len());
        for (name, (mfa, password, used)) in &users {
            let row = &report.users[&format!("arn:{name}")];
            prop_assert_eq!(&row.user, name);
            prop_assert_eq!(&row.mfa, &Told::Value(*mfa));
            prop_assert_eq!(&row.password_enabled, &Told::Value(*password));
            let expected = if *password { Told::Value(Timestamp::from_second(*used).unwrap()) } else { Told::NotApplicable };
            prop_assert_eq!(&row.password_used, &expected);
        }
    }
}
