//! The sandbox on a socket.

use sandbox::{Client, Config, FaultKind, Sandbox, SandboxServer, ServerError, WireRequest};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn exchange(stream: &mut TcpStream, request: &WireRequest) -> (String, String) {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.write_all(&request.body).await.unwrap();
    let mut seen = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        assert_ne!(count, 0, "the connection ended");
        seen.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&seen).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() >= length.parse::<usize>().unwrap() {
            return (head.to_owned(), body.to_owned());
        }
    }
}

#[tokio::test]
async fn requests_share_a_connection_and_the_server_stops() {
    let sandbox = Sandbox::empty(Config::calm()).unwrap();
    let client = Client::new(&sandbox.config().administrator.clone(), "ap-northeast-1");
    let server = SandboxServer::start("127.0.0.1:0".parse().unwrap(), sandbox).await.unwrap();
    assert_eq!(server.endpoint_url(), format!("http://{}", server.address()));
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let now = "2026-11-22T00:00:00Z".parse().unwrap();
    for _ in 0..3 {
        let request = client.json_request(now, "SWBExternalService.ListInstances", &json!({}));
        let (head, body) = exchange(&mut stream, &request).await;
        assert!(head.starts_with("HTTP/1.1 200 OK") && head.contains("application/x-amz-json-1.1"), "{head}");
        assert!(body.contains("ssoins-"), "{body}");
    }
    let health = WireRequest {
        method: "GET".to_owned(),
        path: "/_sandbox/health".to_owned(),
        headers: vec![("host".to_owned(), "x".to_owned())],
        body: Vec::new(),
    };
    assert_eq!(exchange(&mut stream, &health).await.1, "ok\n");
    assert_eq!(server.with(|sandbox| sandbox.calls().total()), 3);
    let address = server.address();
    server.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let sandbox = Sandbox::empty(Config::calm()).unwrap();
    let told = SandboxServer::start("0.0.0.0:0".parse().unwrap(), sandbox).await;
    assert!(matches!(told, Err(ServerError::NotLoopback(_))));
}

fn control(method: &str, body: &str, kind: &str) -> WireRequest {
    WireRequest {
        method: method.to_owned(),
        path: "/_sandbox/faults".to_owned(),
        headers: vec![("host".to_owned(), "x".to_owned()), ("content-type".to_owned(), kind.to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

#[tokio::test]
async fn faults_are_ordered_while_it_runs() {
    let sandbox = Sandbox::empty(Config::calm()).unwrap();
    let server = SandboxServer::start("127.0.0.1:0".parse().unwrap(), sandbox).await.unwrap();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let json = "application/json";
    for (method, body, kind, status, told) in [
        ("GET", "", json, "200", r#""throttle":0.0"#),
        ("PUT", r#"{"throttle": 0.25}"#, json, "200", r#""throttle":0.25"#),
        ("PATCH", r#"{"slow": 0.5}"#, json, "200", r#""throttle":0.25"#),
        ("PUT", r#"{"slow": 1}"#, "text/plain", "415", "application/json"),
        ("PUT", r#"{"sloow": 1}"#, json, "400", "no fault is called `sloow`"),
        ("PUT", r#"{"slow": 7}"#, json, "400", "no chance"),
        ("POST", "{}", json, "405", "not this method"),
        ("GET", "", json, "200", r#""slow":0.5"#),
        ("DELETE", "", json, "200", r#""slow":0.0"#),
    ] {
        let (head, answer) = exchange(&mut stream, &control(method, body, kind)).await;
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(told),
            "{method} {body}: {head} {answer}"
        );
    }
    assert_eq!(server.with(|sandbox| sandbox.calls().total()), 0, "none of that was a call of AWS");
}

/// What a caller on the wire gets of an answer that this fault strikes.
async fn raw(kind: FaultKind) -> String {
    let mut sandbox = Sandbox::empty(Config { speed: 1_000, ..Config::calm() }).unwrap();
    sandbox.faults_mut().set(kind, 1.0);
    let client = Client::new(&sandbox.config().administrator.clone(), "ap-northeast-1");
    let server = SandboxServer::start("127.0.0.1:0".parse().unwrap(), sandbox).await.unwrap();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let now = "2026-11-22T00:00:00Z".parse().unwrap();
    let request = client.json_request(now, "SWBExternalService.ListInstances", &json!({}));
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.write_all(&request.body).await.unwrap();
    let mut seen = Vec::new();
    // a connection that is reset is an error here, and nothing came then
    let _ = stream.read_to_end(&mut seen).await;
    String::from_utf8(seen).unwrap()
}

#[tokio::test]
async fn connections_break_on_the_wire() {
    assert_eq!(raw(FaultKind::Reset).await, "");
    assert_eq!(raw(FaultKind::TimeoutAfter).await, "", "after ten minutes, a thousand times as fast");
    let cut = raw(FaultKind::Truncate).await;
    let (head, body) = cut.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(body.len() < length.parse::<usize>().unwrap(), "{cut}");
}
