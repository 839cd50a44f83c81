//! A bucket on loopback that can be slow, throttle, cut off, break off and lose things; and CloudTrail's API with canned answers.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    SlowDown,
    /// The connection ends without an answer.
    Reset,
    /// The body ends before its length.
    BreakOff,
    /// Body and length are both too short: a cache that holds a part.
    CutOff,
    Missing,
    Denied,
    Slow,
    /// No answer, ever.
    Hang,
}

/// An object and its metadata.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    pub(crate) bytes: Vec<u8>,
    pub(crate) metadata: BTreeMap<String, String>,
}

type Faults = Box<dyn Fn(&str, usize) -> Fault + Send>;

struct Shared {
    objects: Mutex<BTreeMap<String, Stored>>,
    api: Mutex<BTreeMap<String, Value>>,
    faults: Mutex<Faults>,
    /// Keys that were read, in order, tries included.
    gets: Mutex<Vec<String>>,
    requests: Mutex<Vec<String>>,
    /// Where the bucket is; requests signed for another Region are sent there.
    region: Mutex<Option<String>>,
    over: AtomicBool,
}

/// A running server, ended when dropped.
pub(crate) struct Bucket {
    shared: Arc<Shared>,
    address: SocketAddr,
}

pub(crate) const NAME: &str = "example-logs";

impl Bucket {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            objects: Mutex::default(),
            api: Mutex::default(),
            faults: Mutex::new(Box::new(|_, _| Fault::None)),
            gets: Mutex::default(),
            requests: Mutex::default(),
            region: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.over.load(Ordering::SeqCst) {
                    break;
                }
                let (Ok(stream), serving) = (stream, Arc::clone(&serving)) else { continue };
                std::thread::spawn(move || serving.serve(stream));
            }
        });
        Self { shared, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn put(&self, key: &str, bytes: Vec<u8>) {
        self.store(key, Stored { bytes, ..Stored::default() });
    }

    pub(crate) fn store(&self, key: &str, stored: Stored) {
        self.shared.objects.lock().unwrap().insert(key.to_owned(), stored);
    }

    pub(crate) fn remove(&self, key: &str) -> Option<Stored> {
        self.shared.objects.lock().unwrap().remove(key)
    }

    pub(crate) fn objects(&self) -> BTreeMap<String, Stored> {
        self.shared.objects.lock().unwrap().clone()
    }

    /// Answers an operation of CloudTrail.
    pub(crate) fn answer(&self, operation: &str, answer: Value) {
        self.shared.api.lock().unwrap().insert(operation.to_owned(), answer);
    }

    /// Moves it to a Region.
    pub(crate) fn move_to(&self, region: &str) {
        *self.shared.region.lock().unwrap() = Some(region.to_owned());
    }

    /// Decides by key (or `list`) and by how many requests for it came before.
    pub(crate) fn fail(&self, faults: impl Fn(&str, usize) -> Fault + Send + 'static) {
        *self.shared.faults.lock().unwrap() = Box::new(faults);
    }

    /// Keys read since the last time.
    pub(crate) fn take_gets(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.gets.lock().unwrap())
    }

    pub(crate) fn gets(&self) -> usize {
        self.shared.gets.lock().unwrap().len()
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

struct Request {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        while let Some(request) = read(&mut reader) {
            if !self.respond(&request, &mut stream) {
                let _ = stream.shutdown(std::net::Shutdown::Both);
                return;
            }
        }
    }

    /// Whether the connection goes on.
    fn respond(&self, request: &Request, stream: &mut TcpStream) -> bool {
        if let Some(target) = request.headers.get("x-amz-target") {
            let operation = target.rsplit('.').next().unwrap();
            let (status, body) = match self.api.lock().unwrap().get(operation) {
                Some(answer) => (200, answer.clone()),
                None => (400, json!({"__type": "AccessDeniedException", "message": "not allowed here"})),
            };
            return write(
                stream,
                status,
                &[("content-type", "application/x-amz-json-1.1")],
                body.to_string().as_bytes(),
            );
        }
        assert_eq!(request.method, "GET", "{}", request.path);
        let key = request.path.strip_prefix(&format!("/{NAME}")).expect(&request.path).trim_start_matches('/');
        if request.query.contains_key("location") {
            return write(stream, 200, &[], b"<LocationConstraint>eu-west-1</LocationConstraint>");
        }
        if let Some(region) = self.region.lock().unwrap().as_deref()
            && !request.headers["authorization"].contains(&format!("/{region}/s3/"))
        {
            let body = b"<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>";
            return write(stream, 301, &[("x-amz-bucket-region", region)], body);
        }
        let name = if key.is_empty() { "list" } else { key };
        let before = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(name.to_owned());
            requests.iter().filter(|one| *one == name).count() - 1
        };
        if name == key {
            self.gets.lock().unwrap().push(key.to_owned());
        }
        let fault = (self.faults.lock().unwrap())(name, before);
        match fault {
            Fault::Reset => return false,
            Fault::Hang => {
                while !self.over.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                return false;
            }
            Fault::Slow => std::thread::sleep(Duration::from_millis(30)),
            Fault::SlowDown => return error(stream, 503, "SlowDown"),
            Fault::Missing => return error(stream, 404, "NoSuchKey"),
            Fault::Denied => return error(stream, 403, "AccessDenied"),
            Fault::None | Fault::BreakOff | Fault::CutOff => {}
        }
        if key.is_empty() {
            return write(stream, 200, &[("content-type", "application/xml")], self.list(&request.query).as_bytes());
        }
        let Some(stored) = self.objects.lock().unwrap().get(key).cloned() else {
            return error(stream, 404, "NoSuchKey");
        };
        let etag = etag(&stored.bytes);
        let mut headers = vec![("etag".to_owned(), etag)];
        headers.extend(stored.metadata.iter().map(|(name, value)| (format!("x-amz-meta-{name}"), value.clone())));
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let half = &stored.bytes[..stored.bytes.len() / 2];
        match fault {
            Fault::BreakOff => {
                let _ = stream.write_all(head(200, &headers, stored.bytes.len()).as_bytes());
                let _ = stream.write_all(half);
                false
            }
            Fault::CutOff => write(stream, 200, &headers, half),
            _ => write(stream, 200, &headers, &stored.bytes),
        }
    }

    /// Pages of three. With `list-type=2` that of today, without it the older one that the AWS CLI's validator asks for.
    fn list(&self, query: &BTreeMap<String, String>) -> String {
        let text = |name: &str| query.get(name).cloned().unwrap_or_default();
        let (prefix, delimiter) = (text("prefix"), text("delimiter"));
        let after = text("marker").max(text("start-after")).max(text("continuation-token"));
        let mut entries: BTreeMap<String, Option<(usize, String)>> = BTreeMap::new();
        for (key, stored) in self.objects.lock().unwrap().iter() {
            let Some(rest) = key.strip_prefix(&prefix) else { continue };
            match rest.find('/').filter(|_| !delimiter.is_empty()) {
                Some(at) => drop(entries.insert(format!("{prefix}{}", &rest[..=at]), None)),
                None => drop(entries.insert(key.clone(), Some((stored.bytes.len(), etag(&stored.bytes))))),
            }
        }
        entries.retain(|name, _| *name > after);
        let (mut body, mut last) = (String::new(), String::new());
        let more = entries.len() > 3;
        for (name, entry) in entries.into_iter().take(3) {
            body.push_str(&match entry {
                None => format!("<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"),
                Some((size, etag)) => format!(
                    "<Contents><Key>{name}</Key><LastModified>2026-03-02T11:05:11.000Z</LastModified><ETag>{etag}</ETag><Size>{size}</Size></Contents>"
                ),
            });
            last = name;
        }
        let next = if more {
            format!("<NextContinuationToken>{last}</NextContinuationToken><NextMarker>{last}</NextMarker>")
        } else {
            String::new()
        };
        format!(
            "<?xml version=\"1.0\"?><ListBucketResult><Name>{NAME}</Name><IsTruncated>{more}</IsTruncated>{next}{body}</ListBucketResult>"
        )
    }
}

fn etag(bytes: &[u8]) -> String {
    let sum = bytes.iter().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    format!("\"{sum:016x}-1\"")
}

fn error(stream: &mut TcpStream, status: u16, code: &str) -> bool {
    let body = format!("<Error><Code>{code}</Code><Message>told by the test</Message></Error>");
    write(stream, status, &[("content-type", "application/xml")], body.as_bytes())
}

fn head(status: u16, headers: &[(&str, &str)], length: usize) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{headers}\r\n")
}

fn write(stream: &mut TcpStream, status: u16, headers: &[(&str, &str)], body: &[u8]) -> bool {
    let sent = stream.write_all(head(status, headers, body.len()).as_bytes()).and_then(|()| stream.write_all(body));
    sent.is_ok()
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut parts = line.split(' ');
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    reader.read_exact(&mut vec![0; length]).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(name), decoded(value))
    });
    Some(Request { method, path: decoded(path), query: query.collect(), headers })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}
