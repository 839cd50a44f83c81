//! `sekisho sandbox --state`: what is in the file goes on, and what cannot be used is left alone.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use sandbox::{Client, Config};

use crate::site::{finish, program};

const ARGUMENTS: [&str; 6] = ["sandbox", "--listen", "127.0.0.1:0", "--empty", "--state", "state.json"];

/// A running sandbox, and where it listens.
fn started(folder: &Path) -> (Child, String) {
    let mut child = program(folder, &ARGUMENTS).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("export AWS_ENDPOINT_URL=http://").unwrap_or_else(|| panic!("{line}"));
    (child, address.to_owned())
}

fn ask(address: &str, operation: &str, fields: &[(&str, &str)]) -> String {
    let client = Client::new(&Config::default().administrator, "us-east-1");
    let request = client.query_request("2026-11-22T00:00:00Z".parse().unwrap(), operation, fields);
    let mut text = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&[text.as_bytes(), &request.body].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn terminated(mut child: Child) -> i32 {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    child.wait().unwrap().code().unwrap()
}

#[test]
fn the_state_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let (child, address) = started(folder.path());
    assert!(ask(&address, "CreateUser", &[("UserName", "taro")]).contains("200 OK"));
    assert_eq!(terminated(child), 0);
    let (child, address) = started(folder.path());
    assert!(ask(&address, "ListUsers", &[]).contains("<UserName>taro</UserName>"));
    assert!(ask(&address, "CreateUser", &[("UserName", "hanako")]).contains("200 OK"));
    assert_eq!(terminated(child), 0);
    assert!(fs::read_to_string(&file).unwrap().contains("\"hanako\""));
    for broken in ["", "no state", "{\"sekisho_sandbox_state\":1}", "{\"sekisho_sandbox_state\":99}"] {
        fs::write(&file, broken).unwrap();
        let refused = finish(program(folder.path(), &ARGUMENTS)).expect(1);
        assert!(refused.messages.contains("the sandbox cannot go on where it was"), "{}", refused.messages);
        assert!(refused.messages.contains("the file was left as it is"), "{}", refused.messages);
        assert_eq!(fs::read_to_string(&file).unwrap(), broken);
    }
    assert!(finish(program(folder.path(), &ARGUMENTS)).messages.contains("newer version"), "of the last one");
}
