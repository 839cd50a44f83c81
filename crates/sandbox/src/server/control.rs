//! What is asked of the sandbox itself and not of AWS: `/_sandbox/…`.
//!
//! `GET /_sandbox/faults` tells the chance of each fault, `PUT` sets them all (`{"throttle": 0.05}`), `PATCH` those it names, `DELETE` ends them.
//! `GET /_sandbox/health` answers that it is there; `device` and `authorize` are the person's part of a sign-in (`sign_in.rs`). A body has to be
//! `application/json`, which no page of another origin can send unasked.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use hyper::Response;
use serde_json::{Map, Value};

use super::delivery::{Sent, plain};
use super::sign_in;
use crate::faults::{FaultError, FaultKind, FaultRate, checked};
use crate::machine::Sandbox;

/// A request to the sandbox itself.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// What follows `/_sandbox/`.
    pub(super) path: &'a str,
    /// What follows `?`.
    pub(super) query: &'a str,
    /// The sandbox's own time.
    pub(super) now: jiff::Timestamp,
    /// Whether the body says that it is JSON.
    pub(super) json: bool,
    pub(super) body: &'a Bytes,
}

pub(super) fn serve(sandbox: &Mutex<Sandbox>, asked: &Asked<'_>) -> Response<Sent> {
    match (asked.path, asked.method) {
        ("health", "GET" | "HEAD") => plain(200, "ok\n"),
        ("faults", "GET") => told(sandbox),
        ("faults", "DELETE") => set(sandbox, true, Vec::new()),
        ("faults", "PUT" | "PATCH") if !asked.json => plain(415, "send application/json\n"),
        ("faults", "PUT" | "PATCH") => match rates(asked.body) {
            Ok(rates) => set(sandbox, asked.method == "PUT", rates),
            Err(error) => plain(400, format!("{error}\n")),
        },
        ("device", "GET") => sign_in::device_page(sandbox, asked.query),
        ("device" | "authorize", "POST") if !asked.json => plain(415, "send application/json\n"),
        ("device" | "authorize", "POST") => sign_in::approve(sandbox, asked.path, asked.body, asked.now),
        ("health" | "faults" | "device" | "authorize", _) => plain(405, "not this method\n"),
        _ => plain(404, "there are health, faults, device and authorize below /_sandbox/\n"),
    }
}

fn rates(body: &[u8]) -> Result<Vec<FaultRate>, FaultError> {
    let form = || FaultError::Form(String::from_utf8_lossy(body).chars().take(200).collect());
    let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(body) else { return Err(form()) };
    let rate = |(kind, chance): (&String, &Value)| {
        Ok(FaultRate { kind: kind.parse()?, chance: checked(chance.as_f64(), &chance.to_string())? })
    };
    body.iter().map(rate).collect()
}

fn set(sandbox: &Mutex<Sandbox>, anew: bool, rates: Vec<FaultRate>) -> Response<Sent> {
    {
        let mut sandbox = sandbox.lock().unwrap_or_else(PoisonError::into_inner);
        let faults = sandbox.faults_mut();
        if anew {
            faults.chances.clear();
        }
        for rate in rates {
            faults.set(rate.kind, rate.chance);
        }
    }
    told(sandbox)
}

fn told(sandbox: &Mutex<Sandbox>) -> Response<Sent> {
    let mut sandbox = sandbox.lock().unwrap_or_else(PoisonError::into_inner);
    let chances = &sandbox.faults_mut().chances;
    let chance =
        |kind: FaultKind| (kind.name().to_owned(), Value::from(chances.get(&kind).copied().unwrap_or_default()));
    let body: Map<String, Value> = FaultKind::ALL.into_iter().map(chance).collect();
    let mut response = plain(200, format!("{}\n", Value::Object(body)));
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}
