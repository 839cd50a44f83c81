//! Bytes in, bytes out: requests, answers, and the two protocols they are written in.

pub(crate) mod body;
pub(crate) mod query;
pub(crate) mod route;
pub(crate) mod signature;
pub(crate) mod xml;

use serde_json::{Map, Value};

use crate::error::ApiError;

/// One HTTP request, however it came here.
#[derive(Debug, Clone, Default)]
pub struct WireRequest {
    /// `POST`, `GET`, …
    pub method: String,
    /// Path with the query string, as sent.
    pub path: String,
    /// Names in any case, in order, repeated where sent repeatedly.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl WireRequest {
    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Whether a `content-type` is JSON's, whatever its parameters.
pub(crate) fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

/// How an answer gets to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// In full.
    #[default]
    Whole,
    /// In full, after a while.
    Late(std::time::Duration),
    /// Head in full, and this many bytes of the body.
    Truncated(usize),
    /// Not at all: the connection breaks.
    Reset,
    /// Not at all: the caller waits for ever.
    Never,
}

/// One HTTP answer.
#[derive(Debug, Clone)]
pub struct WireResponse {
    /// The HTTP status.
    pub status: u16,
    /// Headers without `content-length`, which whoever sends the body adds.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// How it gets to the caller.
    pub delivery: Delivery,
}

impl WireResponse {
    /// The body as JSON; `Null` when it is not.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The answer to a request that was lost before anybody looked at it.
    pub(crate) fn lost(delivery: Delivery) -> Self {
        Self { status: 503, headers: Vec::new(), body: Vec::new(), delivery }
    }

    pub(crate) fn json_ok(value: &Value, request_id: &str) -> Self {
        Self::written(200, "application/x-amz-json-1.1", request_id, value.to_string().into_bytes())
    }

    pub(crate) fn json_error(error: &ApiError, request_id: &str) -> Self {
        let mut body = Map::new();
        body.insert("__type".to_owned(), Value::from(error.code.as_ref()));
        // both spellings, because AWS's own services differ and clients look for either
        body.insert("Message".to_owned(), Value::from(error.message.as_str()));
        body.insert("message".to_owned(), Value::from(error.message.as_str()));
        for (name, value) in &error.members {
            body.insert((*name).to_owned(), value.clone());
        }
        let body = Value::Object(body).to_string().into_bytes();
        Self::written(error.status, "application/x-amz-json-1.1", request_id, body)
    }

    /// A refusal of a service that speaks REST and JSON: the code stands in a header.
    pub(crate) fn rest_error(error: &ApiError, request_id: &str) -> Self {
        let mut response = Self::json_error(error, request_id);
        response.headers.push(("x-amzn-errortype".to_owned(), error.code.clone().into_owned()));
        response
    }

    pub(crate) fn xml(status: u16, body: String, request_id: &str) -> Self {
        Self::written(status, "text/xml", request_id, body.into_bytes())
    }

    fn written(status: u16, content_type: &str, request_id: &str, body: Vec<u8>) -> Self {
        let headers = vec![
            ("content-type".to_owned(), content_type.to_owned()),
            ("x-amzn-requestid".to_owned(), request_id.to_owned()),
        ];
        Self { status, headers, body, delivery: Delivery::Whole }
    }
}

/// An answer of the REST protocols, before it gets the id of its request.
#[derive(Debug, Clone)]
pub(crate) struct Plain {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Plain {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn xml(document: String) -> Self {
        Self { body: document.into_bytes(), ..Self::empty(200) }.header("content-type", "application/xml")
    }

    pub(crate) fn json(value: &Value) -> Self {
        Self { body: value.to_string().into_bytes(), ..Self::empty(200) }.header("content-type", "application/json")
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With the id under the header's name that the service uses.
    pub(crate) fn written(mut self, header: &str, request_id: &str) -> WireResponse {
        self.headers.push((header.to_owned(), request_id.to_owned()));
        WireResponse { status: self.status, headers: self.headers, body: self.body, delivery: Delivery::Whole }
    }
}

/// Bytes as base64, padded (RFC 4648).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (place, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let letter = LETTERS.get((word >> shift & 63) as usize).copied().unwrap_or(b'=');
            out.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// A timestamp as awsJson writes it: seconds since the epoch, with milliseconds after the point.
pub(crate) fn epoch_seconds(at: jiff::Timestamp) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double exactly")]
    Value::from(at.as_millisecond() as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_is_padded() {
        let told = ["", "a", "as", "ask", "asks", "asked"].map(|text| super::base64(text.as_bytes()));
        assert_eq!(told, ["", "YQ==", "YXM=", "YXNr", "YXNrcw==", "YXNrZWQ="]);
    }
}
