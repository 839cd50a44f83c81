//! Bodies as clients upload them: whole, or in aws-chunked pieces with signatures and a checksum behind.

use super::checksum;
use crate::error::ApiError;
use crate::wire::WireRequest;
use crate::wire::signature::{Chunks, same};

/// An uploaded body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upload {
    pub(super) bytes: Vec<u8>,
    /// Kind and value of the checksum that came with it.
    pub(super) checksum: Option<(String, String)>,
}

/// Reads a body and holds it against what is said of it.
pub(super) fn read(request: &WireRequest, chunks: Option<Chunks>) -> Result<Upload, ApiError> {
    let hash = request.header("x-amz-content-sha256").unwrap_or("UNSIGNED-PAYLOAD");
    let (bytes, trailer) = if hash.starts_with("STREAMING-") {
        let mut chunks = chunks.filter(|_| hash.starts_with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"));
        let read = unchunked(&request.body, chunks.as_mut())?;
        let promised = request.header("x-amz-decoded-content-length").and_then(|text| text.parse::<usize>().ok());
        if promised != Some(read.0.len()) {
            return Err(incomplete());
        }
        read
    } else {
        (request.body.clone(), Vec::new())
    };
    let told = |kind: &&str| {
        let name = format!("x-amz-checksum-{kind}");
        let behind = trailer.iter().find(|(found, _)| *found == name).map(|(_, value)| value.clone());
        Some(((*kind).to_owned(), behind.or_else(|| request.header(&name).map(str::to_owned))?))
    };
    let told = checksum::KINDS.iter().find_map(told);
    if let Some((kind, value)) = &told
        && checksum::of(kind, &bytes).is_some_and(|sum| sum != *value)
    {
        let message = format!("The {} you specified did not match the calculated checksum.", kind.to_uppercase());
        return Err(ApiError::new("BadDigest", message));
    }
    if let Some(digest) = request.header("content-md5") {
        use md5::Digest as _;
        if crate::wire::base64(&md5::Md5::digest(&bytes)) != digest {
            return Err(ApiError::new("BadDigest", "The Content-MD5 you specified did not match what we received."));
        }
    }
    Ok(Upload { bytes, checksum: told })
}

fn incomplete() -> ApiError {
    ApiError::new(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    )
}

type Trailer = Vec<(String, String)>;

/// The bytes of the pieces, and the headers behind them.
fn unchunked(body: &[u8], mut chunks: Option<&mut Chunks>) -> Result<(Vec<u8>, Trailer), ApiError> {
    let (mut bytes, mut rest) = (Vec::with_capacity(body.len()), body);
    loop {
        let (line, after) = line(rest).ok_or_else(incomplete)?;
        let (size, extension) = line.split_once(';').unwrap_or((line, ""));
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| incomplete())?;
        let piece = after.get(..size).ok_or_else(incomplete)?;
        if let Some(chunks) = chunks.as_deref_mut() {
            let signature = extension.trim().strip_prefix("chunk-signature=").unwrap_or_default();
            if !same(&chunks.next(piece), signature) {
                let message = "The request signature we calculated does not match the signature you provided. Check your \
                               key and signing method.";
                return Err(ApiError::new("SignatureDoesNotMatch", message).with_status(403));
            }
        }
        rest = after.get(size..).unwrap_or_default();
        if size == 0 {
            break;
        }
        bytes.extend_from_slice(piece);
        rest = rest.strip_prefix(b"\r\n").ok_or_else(incomplete)?;
    }
    let mut trailer = Trailer::new();
    while let Some((text, after)) = line(rest).filter(|(text, _)| !text.is_empty()) {
        let (name, value) = text.split_once(':').ok_or_else(incomplete)?;
        trailer.push((name.trim().to_lowercase(), value.trim().to_owned()));
        rest = after;
    }
    Ok((bytes, trailer))
}

/// The text up to the next line end, and what follows it.
fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    Some((std::str::from_utf8(bytes.get(..end)?).ok()?, bytes.get(end + 2..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::signature::signing_key;

    fn upload(hash: &str, length: usize, body: &str) -> WireRequest {
        let headers = [("x-amz-content-sha256", hash), ("x-amz-decoded-content-length", &length.to_string())];
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        WireRequest { method: "PUT".to_owned(), path: "/b/k".to_owned(), headers, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn pieces_become_one_and_the_trailer_is_checked() {
        let unsigned = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
        let body = "6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n";
        let told = read(&upload(unsigned, 11, body), None).unwrap();
        assert_eq!(told.bytes, b"hello world");
        assert_eq!(told.checksum, Some(("crc32".to_owned(), "DUoRhQ==".to_owned())));
        let wrong = read(&upload(unsigned, 11, &body.replace("DUoR", "XXXX")), None).unwrap_err();
        assert_eq!(wrong.code, "BadDigest");
        for (length, body) in [(10, body), (11, &body[..20]), (11, "zz\r\n"), (0, "ffffffffffffffff\r\n"), (0, "")] {
            assert_eq!(read(&upload(unsigned, length, body), None).unwrap_err().code, "IncompleteBody", "{body}");
        }
    }

    /// The example of AWS's documentation of signed chunks: 65 KiB and 1 KiB of `a`.
    #[test]
    fn signed_pieces_are_checked_like_the_published_example() {
        let chunks = || Chunks {
            key: signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3"),
            stamp: "20130524T000000Z".to_owned(),
            scope: "20130524/us-east-1/s3/aws4_request".to_owned(),
            before: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9".to_owned(),
        };
        let signatures = [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ];
        let body = format!(
            "10000;chunk-signature={}\r\n{}\r\n400;chunk-signature={}\r\n{}\r\n0;chunk-signature={}\r\n\r\n",
            signatures[0],
            "a".repeat(65_536),
            signatures[1],
            "a".repeat(1_024),
            signatures[2]
        );
        let signed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
        assert_eq!(read(&upload(signed, 66_560, &body), Some(chunks())).unwrap().bytes.len(), 66_560);
        let forged = body.replacen("aaaa", "aaab", 1);
        let told = read(&upload(signed, 66_560, &forged), Some(chunks())).unwrap_err();
        assert_eq!(told.code, "SignatureDoesNotMatch");
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_cut_into_pieces_comes_back_whole(pieces in proptest::collection::vec(proptest::collection::vec(0_u8.., 1..50), 0..8)) {
            let mut body: Vec<u8> = Vec::new();
            for piece in &pieces {
                body.extend(format!("{:x}\r\n", piece.len()).bytes().chain(piece.iter().copied()).chain(*b"\r\n"));
            }
            body.extend(b"0\r\n\r\n");
            let whole: Vec<u8> = pieces.concat();
            let told = unchunked(&body, None).unwrap();
            assert_eq!(told, (whole, Vec::new()));
            for end in 0..body.len().saturating_sub(5) {
                assert!(unchunked(&body[..end], None).is_err(), "cut off at {end}");
            }
        }

        #[test]
        fn no_body_is_too_odd(body in "[0-9a-f;:\r\n]{0,80}") {
            let _ = unchunked(body.as_bytes(), None);
        }
    }
}
