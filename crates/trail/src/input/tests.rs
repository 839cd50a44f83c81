//! Kinds of objects, read end to end.

use std::fmt::Write;

use crate::inflate::pack;
use crate::{Flaw, KeyTally, Keys, Options, Reader};

fn rows(bytes: &[u8]) -> (Vec<String>, Vec<Flaw>) {
    let options = Options::default();
    let mut reader = Reader::new(KeyTally::default(), &options);
    reader.read_bytes("object", bytes);
    let (tally, findings) = reader.finish();
    let mut out = Vec::new();
    Keys::merge(vec![tally]).write_ndjson(1, &mut out).unwrap();
    let mut rows: Vec<String> = String::from_utf8(out).unwrap().lines().map(str::to_owned).collect();
    rows.sort();
    (rows, findings.flaws.into_keys().collect())
}

const RECORD: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/taro","accessKeyId":"AKIAEXAMPLE"},"eventTime":"2026-03-02T11:05:11Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","sourceIPAddress":"203.0.113.7","recipientAccountId":"111122223333"}"#;
const ROW: &str = r#"{"account":"111122223333","arn":"arn:aws:iam::111122223333:user/taro","access_key_id":"AKIAEXAMPLE","events":1,"first":"2026-03-02T11:05:11Z","last":"2026-03-02T11:05:11Z","errors":0,"distinct_actions":1,"distinct_source_ips":1}"#;

/// An archive with one deflated and one stored member.
fn zip(members: &[(&str, &[u8])], with_directory: bool) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (number, (name, plain)) in members.iter().enumerate() {
        let (method, data) = if number % 2 == 0 { (8_u16, pack(plain).unwrap()) } else { (0, plain.to_vec()) };
        let at = u32::try_from(archive.len()).unwrap();
        let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
        let mut common = Vec::new();
        common.extend_from_slice(&[20, 0, 0, 0]);
        common.extend_from_slice(&method.to_le_bytes());
        common.extend_from_slice(&[0; 8]);
        common.extend_from_slice(&length(data.len()));
        common.extend_from_slice(&length(plain.len()));
        common.extend_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        archive.extend_from_slice(b"PK\x03\x04");
        archive.extend_from_slice(&common);
        archive.extend_from_slice(name.as_bytes());
        archive.extend_from_slice(&data);
        directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    if with_directory {
        let at = u32::try_from(archive.len()).unwrap();
        let count = u16::try_from(members.len()).unwrap().to_le_bytes();
        archive.extend_from_slice(&directory);
        archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        archive.extend_from_slice(&count);
        archive.extend_from_slice(&count);
        archive.extend_from_slice(&u32::try_from(directory.len()).unwrap().to_le_bytes());
        archive.extend_from_slice(&at.to_le_bytes());
        archive.extend_from_slice(&[0, 0]);
    }
    archive
}

#[test]
fn archives_are_read_whole_and_cut_off() {
    let other = RECORD.replace("taro", "jiro");
    let members = [("a.json", RECORD.as_bytes()), ("folder/", &b""[..]), ("b.json", other.as_bytes())];
    for with_directory in [true, false] {
        let (found, flaws) = rows(&zip(&members, with_directory));
        assert_eq!(found, [ROW.replace("taro", "jiro"), ROW.to_owned()]);
        assert_eq!(flaws.is_empty(), with_directory, "{flaws:?}");
    }
    let whole = zip(&members, true);
    for length in 0..whole.len() {
        let _ = rows(&whole[..length]);
    }
}

#[test]
fn tables_of_athena_and_lake_are_read() {
    let mut text = String::from(
        "eventVersion,userIdentity,eventTime,eventSource,eventName,sourceIPAddress,recipientAccountId,requestParameters\n",
    );
    let _ = writeln!(
        text,
        "1.11,\"{{type=IAMUser, principalid=AIDA, arn=arn:aws:iam::111122223333:user/taro, accesskeyid=AKIAEXAMPLE, sessioncontext={{attributes={{mfaauthenticated=true}}}}}}\",2026-03-02T11:05:11Z,s3.amazonaws.com,GetObject,203.0.113.7,111122223333,\"{{\"\"key\"\":\"\"a,b\"\"}}\""
    );
    assert_eq!(rows(text.as_bytes()), (vec![ROW.to_owned()], vec![]));
    let flat = "useridentity.arn,UserIdentity_AccessKeyId,event time,event source,event name,Source IP address,recipientaccountid\r\n\
        arn:aws:iam::111122223333:user/taro,AKIAEXAMPLE,2026-03-02 11:05:11.000,s3.amazonaws.com,GetObject,203.0.113.7,111122223333\r\n";
    assert_eq!(rows(flat.as_bytes()), (vec![ROW.to_owned()], vec![]));
    assert_eq!(rows(b"a,b,c\n1,2,3\n").1, [Flaw::Foreign]);
}

#[test]
fn flawed_records_are_named_and_the_others_count() {
    let no_time = RECORD.replace("2026-03-02T11:05:11Z", "yesterday");
    let bad_text = RECORD.replace("taro", r"ta\ud800ro");
    let text = format!(r#"{{"Records":[{RECORD},{no_time},{bad_text},{{}}]}}"#);
    let (found, flaws) = rows(text.as_bytes());
    assert_eq!(found, [ROW.to_owned(), ROW.replace("taro", "ta\u{fffd}ro")]);
    assert_eq!(flaws, [Flaw::IncompleteRecord, Flaw::MendedText]);
    let mut bytes = RECORD.as_bytes().to_vec();
    let at = RECORD.find("taro").unwrap();
    bytes[at] = 0xff;
    assert_eq!(rows(&bytes), (vec![ROW.replace("taro", "\u{fffd}aro")], vec![Flaw::MendedText]));
    assert_eq!(rows(b"").1, [Flaw::Foreign]);
    assert_eq!(rows(&[0x7f; 100]).1, [Flaw::Foreign]);
}
