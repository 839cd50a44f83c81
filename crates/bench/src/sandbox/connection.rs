//! A connection to the sandbox that stays open, as those of AWS's clients do: one request, its answer, the next request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use sandbox::WireRequest;
use serde_json::Value;

/// No answer takes longer; the bench ends rather than to wait for ever.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open connection.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{address}: {error}");
        let stream = TcpStream::connect(address).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        Ok(Self { stream: BufReader::new(stream), line: String::new(), body: Vec::new() })
    }

    /// Sends a request and reads its answer, whose body is handed back. Only success is an answer: what is throttled or refused is an error.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Result<&[u8], String> {
        self.stream.get_mut().write_all(request).map_err(|error| format!("nothing can be sent: {error}"))?;
        let status = self.next_line()?.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = None;
        loop {
            let line = self.next_line()?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
        }
        self.body.resize(length.ok_or("an answer without content-length")?, 0);
        self.stream.read_exact(&mut self.body).map_err(|error| format!("the answer ends early: {error}"))?;
        if status != "200" {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&self.body)));
        }
        Ok(&self.body)
    }

    /// The same, of a JSON service.
    pub(crate) fn ask_json(&mut self, request: &WireRequest) -> Result<Value, String> {
        let body = self.ask(&bytes(request))?;
        serde_json::from_slice(body).map_err(|error| error.to_string())
    }

    fn next_line(&mut self) -> Result<&str, String> {
        self.line.clear();
        match self.stream.read_line(&mut self.line) {
            Ok(0) => Err("the server has closed the connection".to_owned()),
            Ok(_) => Ok(self.line.trim_end()),
            Err(error) => Err(format!("no answer: {error}")),
        }
    }
}

/// The request as it goes over the wire.
pub(crate) fn bytes(request: &WireRequest) -> Vec<u8> {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
    [text.as_bytes(), &request.body].concat()
}
