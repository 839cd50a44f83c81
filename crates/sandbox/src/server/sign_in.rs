//! The page on which a person says who signs in, and the endpoint behind it.
//!
//! `POST /_sandbox/device` takes `{"user_code": "ABCD-EFGH", "user_name": "hanako@example.com"}`; `POST /_sandbox/authorize` takes
//! `{"query": "response_type=code&…", "user_name": "…"}` and answers `{"location": "http://127.0.0.1:…"}`.

use std::sync::{Mutex, PoisonError};

use hyper::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::delivery::{Sent, plain};
use crate::machine::Sandbox;
use crate::sign_in::SignInError;
use crate::wire::query::Form;

/// Names that the page suggests.
const SUGGESTED: usize = 500;

/// The page for a device's code.
pub(super) fn device_page(sandbox: &Mutex<Sandbox>, query: &str) -> Response<Sent> {
    let form = Form::parse(query);
    let code = form.get("user_code").unwrap_or_default();
    let code = format!("<p><label>Code <input name=\"user_code\" value=\"{}\" required></label></p>", escaped(code));
    page(sandbox, &code, "device")
}

/// The page for an authorization code; the browser's own address is what is asked for.
pub(super) fn authorize_page(sandbox: &Mutex<Sandbox>) -> Response<Sent> {
    page(sandbox, "", "authorize")
}

fn page(sandbox: &Mutex<Sandbox>, code: &str, endpoint: &str) -> Response<Sent> {
    let names = sandbox.lock().unwrap_or_else(PoisonError::into_inner).user_names(SUGGESTED);
    let names: String = names.iter().map(|name| format!("<option value=\"{}\">", escaped(name))).collect();
    let text = include_str!("sign_in.html").replace("<!--code-->", code).replace("<!--names-->", &names);
    let mut response = plain(200, text.replace("<!--endpoint-->", endpoint));
    let headers = response.headers_mut();
    for (name, value) in [
        (http::header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (http::header::X_FRAME_OPTIONS, "DENY"),
        (http::header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, http::HeaderValue::from_static(value));
    }
    response
}

/// Does what the page asks for.
pub(super) fn approve(sandbox: &Mutex<Sandbox>, endpoint: &str, body: &[u8], now: Timestamp) -> Response<Sent> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let done = {
        let mut sandbox = sandbox.lock().unwrap_or_else(PoisonError::into_inner);
        match endpoint {
            "device" => sandbox.approve_device(text("user_code"), text("user_name"), now).map(|()| json!({})),
            _ => sandbox.authorize(text("query"), text("user_name"), now).map(|location| json!({"location": location})),
        }
    };
    let (status, answer) = match done {
        Ok(answer) => (200, answer),
        Err(error @ SignInError::Request(_)) => (400, json!({"error": error.to_string()})),
        Err(error) => (404, json!({"error": error.to_string()})),
    };
    let mut response = plain(status, format!("{answer}\n"));
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
