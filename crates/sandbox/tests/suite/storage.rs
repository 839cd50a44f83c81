//! S3 on its wire: hosts, chunks, errors.

use sandbox::{Config, Quotas, WireResponse};

use crate::support::{Desk, element};

const PLACE: &[u8] =
    b"<CreateBucketConfiguration><LocationConstraint>ap-northeast-1</LocationConstraint></CreateBucketConfiguration>";

fn put(desk: &mut Desk, path: &str, headers: &[(&str, &str)], body: &[u8]) -> WireResponse {
    let client = desk.management.clone();
    let request = client.rest_request(desk.now, "s3", ("PUT", path), headers, body.to_vec());
    desk.sandbox.handle(desk.now, &request)
}

fn get(desk: &mut Desk, path: &str, headers: &[(&str, &str)]) -> WireResponse {
    let client = desk.management.clone();
    let request = client.rest_request(desk.now, "s3", ("GET", path), headers, Vec::new());
    desk.sandbox.handle(desk.now, &request)
}

fn with_bucket() -> Desk {
    let mut desk = Desk::calm();
    assert_eq!(put(&mut desk, "/files", &[], PLACE).status, 200);
    desk
}

#[test]
fn a_bucket_can_stand_in_the_host() {
    let mut desk = with_bucket();
    for (host, path) in [("files.localhost:4566", "/a/b"), ("files.s3.localhost", "/c"), ("localhost:4566", "/files/d")]
    {
        assert_eq!(put(&mut desk, path, &[("host", host)], b"x").status, 200, "{host}");
    }
    let told = get(&mut desk, "/files", &[]).text();
    let keys: Vec<&str> = told.split("<Key>").skip(1).filter_map(|part| part.split('<').next()).collect();
    assert_eq!(keys, ["a/b", "c", "d"]);
    assert_eq!(get(&mut desk, "/", &[("host", "files.localhost:4566")]).text(), told);
}

#[test]
fn pieces_with_a_checksum_behind_are_one_object() {
    let mut desk = with_bucket();
    let headers = [
        ("content-encoding", "aws-chunked"),
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", "11"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    ];
    let body = b"6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n";
    assert_eq!(put(&mut desk, "/files/a", &headers, body).status, 200);
    let told = get(&mut desk, "/files/a", &[("x-amz-checksum-mode", "ENABLED")]);
    let header = |name: &str| told.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!((told.body.as_slice(), header("x-amz-checksum-crc32")), (b"hello world".as_slice(), Some("DUoRhQ==")));
    assert_eq!(header("content-encoding"), None);
    let wrong = put(
        &mut desk,
        "/files/a",
        &headers,
        &body.to_vec().iter().map(|byte| if *byte == b'U' { b'V' } else { *byte }).collect::<Vec<_>>(),
    );
    assert_eq!((wrong.status, element(&wrong.text(), "Code").as_str()), (400, "BadDigest"));
}

#[test]
fn refusals_are_s3_s_own_documents() {
    let mut desk = with_bucket();
    let told = get(&mut desk, "/nothing-here", &[]);
    assert!(told.text().starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchBucket</Code>"));
    // of another account's bucket nothing is told
    let (other, now) = (desk.delegated.clone(), desk.now);
    let told = other.rest(&mut desk.sandbox, now, "s3", ("GET", "/files"));
    assert_eq!((told.status, element(&told.text(), "Code").as_str()), (403, "AccessDenied"));
    // without a signature
    let request = sandbox::WireRequest { method: "GET".to_owned(), path: "/files/a".to_owned(), ..Default::default() };
    let told = desk.sandbox.handle(now, &request);
    assert_eq!((told.status, element(&told.text(), "Code").as_str()), (403, "AccessDenied"));
    // tampered
    let mut request = desk.management.rest_request(now, "s3", ("PUT", "/files/a"), &[], b"x".to_vec());
    request.body = b"y".to_vec();
    let told = desk.sandbox.handle(now, &request);
    assert_eq!((told.status, element(&told.text(), "Code").as_str()), (403, "SignatureDoesNotMatch"));
    // no end of bytes
    let told = get(&mut desk, "/files?versions", &[]);
    assert_eq!((told.status, element(&told.text(), "Code").as_str()), (501, "NotImplemented"));
}

#[test]
fn there_is_an_end_of_bytes() {
    let quotas = Quotas { object_bytes: 1_000, ..Quotas::default() };
    let mut desk = Desk::sample(Config { quotas, ..Config::calm() });
    assert_eq!(put(&mut desk, "/files", &[], PLACE).status, 200);
    for _ in 0..5 {
        assert_eq!(put(&mut desk, "/files/a", &[], &[0; 400]).status, 200, "in the place of itself it counts once");
    }
    assert_eq!(put(&mut desk, "/files/b", &[], &[0; 400]).status, 200);
    assert_eq!(put(&mut desk, "/files/c", &[], &[0; 400]).status, 503);
}

#[test]
fn one_s_own_bucket_is_made_again_in_the_oldest_region_only() {
    let mut desk = with_bucket();
    assert_eq!(element(&put(&mut desk, "/files", &[], PLACE).text(), "Code"), "BucketAlreadyOwnedByYou");
    let client = desk.management.in_region("us-east-1");
    let mut make = |path: &str| {
        let request = client.rest_request(desk.now, "s3", ("PUT", path), &[], Vec::new());
        desk.sandbox.handle(desk.now, &request)
    };
    assert_eq!(make("/old").status, 200);
    assert_eq!(make("/old").status, 200, "again");
    assert_eq!(make("/files").status, 409, "it lies elsewhere");
    let request = client.rest_request(desk.now, "s3", ("PUT", "/old/kept"), &[], b"x".to_vec());
    assert_eq!(desk.sandbox.handle(desk.now, &request).status, 200);
    let request = client.rest_request(desk.now, "s3", ("PUT", "/old"), &[], Vec::new());
    assert_eq!(desk.sandbox.handle(desk.now, &request).status, 200);
    let told = client.rest(&mut desk.sandbox, desk.now, "s3", ("GET", "/old/kept"));
    assert_eq!(told.status, 200, "nothing is lost by it");
    let other = desk.delegated.in_region("us-east-1");
    let request = other.rest_request(desk.now, "s3", ("PUT", "/old"), &[], Vec::new());
    assert_eq!(element(&desk.sandbox.handle(desk.now, &request).text(), "Code"), "BucketAlreadyExists");
}

#[test]
fn buckets_are_listed_by_page_prefix_and_region() {
    let mut desk = Desk::calm();
    for number in 0..5 {
        assert_eq!(put(&mut desk, &format!("/log-{number}"), &[], PLACE).status, 200);
    }
    let client = desk.management.in_region("us-east-1");
    let request = client.rest_request(desk.now, "s3", ("PUT", "/log-old"), &[], Vec::new());
    assert_eq!(desk.sandbox.handle(desk.now, &request).status, 200);
    let names = |text: &str| -> Vec<String> {
        text.split("<Name>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect()
    };
    let told = get(&mut desk, "/?prefix=log-&bucket-region=ap-northeast-1", &[]).text();
    assert_eq!(names(&told), ["log-0", "log-1", "log-2", "log-3", "log-4"]);
    assert_eq!(element(&told, "Prefix"), "log-");
    assert!(!told.contains("ContinuationToken"), "{told}");
    let (mut found, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let told = get(&mut desk, &format!("/?max-buckets=2&prefix=log-{token}"), &[]).text();
        found.extend(names(&told));
        pages += 1;
        if !told.contains("<ContinuationToken>") {
            break;
        }
        token = format!("&continuation-token={}", element(&told, "ContinuationToken"));
    }
    assert_eq!((found.len(), pages), (6, 3), "{found:?}");
    found.dedup();
    assert_eq!(found.len(), 6);
    for (query, code) in [
        ("max-buckets=0", "InvalidArgument"),
        ("max-buckets=10001", "InvalidArgument"),
        ("continuation-token=x", "InvalidArgument"),
    ] {
        assert_eq!(element(&get(&mut desk, &format!("/?{query}"), &[]).text(), "Code"), code, "{query}");
    }
}
