//! Answers that say they are whole and are not, from a socket: there a body comes in pieces, unlike in one process.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use aws::{Client, Credentials, Options, Storage};
use ports::{IamDepth, IamDoor, IamRead as _, ListObjects, ObjectStorage as _, TokioClock};

/// Answers each request with what the function makes of it; where it listens. The thread ends with the process.
fn serve(mut answer: impl FnMut(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let body = answer(&request(&mut stream));
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length";
            let _ = write!(stream, "{head}: {}\r\n\r\n{body}", body.len());
        }
    });
    address
}

/// The text of a request with its body.
fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut piece = [0; 4096];
    loop {
        let length = stream.read(&mut piece).unwrap();
        text.push_str(&String::from_utf8_lossy(&piece[..length]));
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lengths = head.lines().filter_map(|line| line.split_once(": "));
            let mut lengths = lengths.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let wanted = lengths.next().map_or(0, |(_, length)| length.parse().unwrap());
            if length == 0 || body.len() >= wanted {
                return text;
            }
        }
    }
}

fn options(endpoint: String) -> Options {
    Options {
        endpoint_url: Some(endpoint),
        region: Some("us-east-1".into()),
        credentials: Some(Credentials::new("AKIAEXAMPLE", "secret", None, None, "test")),
        // the waits between tries are short
        rate_factor: 1000.0,
        ..Options::new(Arc::new(TokioClock::system()))
    }
}

/// What is left of an answer.
fn cut(whole: &str, behind: &str) -> String {
    whole.split_once(behind).map(|(before, _)| format!("{before}{behind}")).unwrap()
}

#[tokio::test]
async fn a_listing_of_a_bucket_that_was_cut_off_is_asked_for_again() {
    let object = |key: &str| format!("<Contents><Key>{key}</Key><ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>");
    let whole = format!(
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>\
         <IsTruncated>false</IsTruncated>{}{}</ListBucketResult>",
        object("one"),
        object("two")
    );
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let endpoint = serve(move |_| {
        *count.lock().unwrap() += 1;
        if *count.lock().unwrap() == 1 { cut(&whole, "</Contents>") } else { whole.clone() }
    });
    let storage = Storage::connect(options(endpoint), true).await;
    let wanted =
        ListObjects { bucket: "b".into(), prefix: String::new(), folder_only: false, start_after: None, token: None };
    let page = storage.list(&wanted).await.unwrap();
    let keys: Vec<&str> = page.objects.iter().map(|object| object.key.as_str()).collect();
    assert_eq!((keys, *asked.lock().unwrap()), (vec!["one", "two"], 2));
}

#[tokio::test]
async fn users_of_a_listing_that_was_cut_off_are_not_missing() {
    let endpoint = serve(|request| {
        let xmlns = "xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"";
        if request.contains("Action=GetCallerIdentity") {
            return "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                    <Arn>arn:aws:iam::111122223333:user/audit</Arn><UserId>AIDA</UserId><Account>111122223333</Account>\
                    </GetCallerIdentityResult></GetCallerIdentityResponse>"
                .to_owned();
        }
        let operation = request.split("Action=").nth(1).and_then(|rest| rest.split('&').next()).unwrap().to_owned();
        format!("<{operation}Response {xmlns}><{operation}Result><IsTruncated>false</IsTruncated><UserDetailList>")
    });
    let client = Client::connect(options(endpoint)).await.unwrap();
    let account = "111122223333".parse().unwrap();
    let depth = IamDepth { services_last_accessed: false };
    let read = client.iam_account(&account, &IamDoor::Own, depth, &()).await;
    assert!(read.reason().is_some_and(|reason| reason.contains("GetAccountAuthorizationDetails")), "{read:?}");
}
