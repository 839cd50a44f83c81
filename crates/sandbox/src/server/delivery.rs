//! Answers on their way: whole, late, cut off, or not at all.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::Response;
use hyper::body::{Body, Frame, SizeHint};

use super::clock::SpeedClock;
use crate::wire::{Delivery, WireResponse};

/// How long a connection is held on which no answer will ever come.
const NEVER: Duration = Duration::from_secs(600);

/// The connection ends without an answer.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the connection was broken off by order")]
pub(super) struct Gone;

/// A body on its way.
pub(super) type Sent = UnsyncBoxBody<Bytes, Gone>;

/// A part of a body, and then the end of the connection.
#[derive(Debug)]
struct CutOff {
    part: Option<Bytes>,
    whole: u64,
    /// The part has had the time to be sent.
    sent: bool,
}

impl Body for CutOff {
    type Data = Bytes;
    type Error = Gone;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Gone>>> {
        if let Some(part) = self.part.take() {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        if !self.sent {
            // hyper sends what it has when nothing more is ready
            self.sent = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Gone)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.whole)
    }
}

/// Sends an answer as it is to be delivered. Waits go by the sandbox's clock.
pub(super) async fn deliver(response: WireResponse, clock: &SpeedClock) -> Result<Response<Sent>, Gone> {
    match response.delivery {
        Delivery::Whole | Delivery::Truncated(_) => Ok(written(response)),
        Delivery::Late(late) => {
            clock.wait(late).await;
            Ok(written(response))
        }
        Delivery::Reset => Err(Gone),
        Delivery::Never => {
            clock.wait(NEVER).await;
            Err(Gone)
        }
    }
}

fn written(response: WireResponse) -> Response<Sent> {
    let mut builder = Response::builder().status(response.status);
    for (name, value) in &response.headers {
        builder = builder.header(name, value);
    }
    let whole = Bytes::from(response.body);
    let body = match response.delivery {
        Delivery::Truncated(bytes) if bytes < whole.len() => {
            let (part, whole) = (Some(whole.slice(..bytes)), whole.len() as u64);
            UnsyncBoxBody::new(CutOff { part, whole, sent: false })
        }
        _ => full(whole),
    };
    builder.body(body).unwrap_or_else(|_| plain(500, "unwritable answer\n"))
}

/// A short text.
pub(super) fn plain(status: u16, text: impl Into<String>) -> Response<Sent> {
    let mut response = Response::new(full(Bytes::from(text.into())));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response
}

fn full(body: Bytes) -> Sent {
    UnsyncBoxBody::new(Full::new(body).map_err(|never: Infallible| match never {}))
}
