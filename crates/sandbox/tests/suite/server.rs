//! The sandbox on a socket.

use sandbox::{Client, Config, Sandbox, SandboxServer, ServerError, WireRequest};
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
