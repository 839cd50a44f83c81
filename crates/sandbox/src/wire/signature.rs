//! Signature Version 4: signing (for the test client) and checking.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::WireRequest;
use super::query::{decode, encode};
use crate::state::credential::Credentials;

/// The credential scope and signature of an `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
    pub(crate) signed_headers: String,
    pub(crate) signature: String,
}

impl Authorization {
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let rest = header.strip_prefix("AWS4-HMAC-SHA256")?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest.split(',') {
            match part.trim().split_once('=')? {
                ("Credential", value) => credential = Some(value),
                ("SignedHeaders", value) => signed_headers = Some(value),
                ("Signature", value) => signature = Some(value),
                _ => return None,
            }
        }
        let scope: Vec<&str> = credential?.split('/').collect();
        let [access_key_id, date, region, service, "aws4_request"] = scope.as_slice() else { return None };
        Some(Self {
            access_key_id: (*access_key_id).to_owned(),
            date: (*date).to_owned(),
            region: (*region).to_owned(),
            service: (*service).to_owned(),
            signed_headers: signed_headers?.to_owned(),
            signature: signature?.to_owned(),
        })
    }

    /// The key it was signed with, where its secret is known.
    pub(crate) fn signing_key(&self, credentials: &Credentials) -> Option<Vec<u8>> {
        let secret = &credentials.keys.get(&self.access_key_id)?.secret;
        Some(signing_key(secret, &self.date, &self.region, &self.service))
    }

    /// The signature this request ought to carry under that signing key.
    pub(crate) fn expected(&self, request: &WireRequest, signing_key: &[u8]) -> Option<String> {
        let stamp = request.header("x-amz-date").or_else(|| request.header("date"))?;
        if !stamp.starts_with(&self.date) {
            return None;
        }
        let canonical = canonical_request(request, &self.signed_headers, self.service == "s3");
        let scope = format!("{}/{}/{}/aws4_request", self.date, self.region, self.service);
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hex::encode(Sha256::digest(canonical)));
        Some(hex::encode(keyed(signing_key, text.as_bytes())))
    }
}

/// The key derived from a secret for one day, Region and service.
pub(crate) fn signing_key(secret: &str, date: &str, region: &str, service: &str) -> Vec<u8> {
    let seed = format!("AWS4{secret}");
    [date, region, service, "aws4_request"].iter().fold(seed.into_bytes(), |key, part| keyed(&key, part.as_bytes()))
}

fn keyed(key: &[u8], text: &[u8]) -> Vec<u8> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        }
        // HMAC takes keys of every length
        Err(_) => Vec::new(),
    }
}

/// The request as it is signed. S3 alone signs the path as it is sent, the others encode it once more.
fn canonical_request(request: &WireRequest, signed_headers: &str, of_s3: bool) -> String {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let path = match path {
        "" => "/".to_owned(),
        path if of_s3 => encode(&decode(path, false), true),
        path => encode(path, true),
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(&decode(name, false), false), encode(&decode(value, false), false)))
        .collect();
    pairs.sort();
    let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let headers: String =
        signed_headers.split(';').map(|name| format!("{name}:{}\n", canonical_header(request, name))).collect();
    let payload = match request.header("x-amz-content-sha256") {
        Some(hash) if hash.starts_with("UNSIGNED") || hash.starts_with("STREAMING") => hash.to_owned(),
        _ => hex::encode(Sha256::digest(&request.body)),
    };
    format!("{}\n{path}\n{}\n{headers}\n{signed_headers}\n{payload}", request.method, query.join("&"))
}

/// What the signatures of the pieces of an upload are made from, each with the one before.
#[derive(Debug, Clone)]
pub(crate) struct Chunks {
    pub(crate) key: Vec<u8>,
    pub(crate) stamp: String,
    pub(crate) scope: String,
    /// The signature before the next.
    pub(crate) before: String,
}

impl Chunks {
    /// The pieces of this request; its own signature comes before the first.
    pub(crate) fn of(request: &WireRequest, key: Option<&[u8]>) -> Option<Self> {
        let authorization = Authorization::parse(request.header("authorization")?)?;
        let Authorization { date, region, service, signature, .. } = authorization;
        let scope = format!("{date}/{region}/{service}/aws4_request");
        let stamp = request.header("x-amz-date")?.to_owned();
        Some(Self { key: key?.to_vec(), stamp, scope, before: signature })
    }

    /// The signature that the next piece ought to carry.
    pub(crate) fn next(&mut self, piece: &[u8]) -> String {
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}",
            self.stamp,
            self.scope,
            self.before,
            hex::encode(Sha256::digest(b"")),
            hex::encode(Sha256::digest(piece))
        );
        self.before = hex::encode(keyed(&self.key, text.as_bytes()));
        self.before.clone()
    }
}

fn canonical_header(request: &WireRequest, name: &str) -> String {
    let values: Vec<String> = request
        .headers
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    values.join(",")
}

/// Equal without telling by its time where two texts differ.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.bytes().zip(right.bytes()).fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `get-vanilla-query-order-key-case` of AWS's published SigV4 test suite.
    #[test]
    fn a_published_example_is_signed_as_published() {
        let request = WireRequest {
            method: "GET".to_owned(),
            path: "/?Param2=value2&Param1=value1".to_owned(),
            headers: vec![
                ("Host".to_owned(), "example.amazonaws.com".to_owned()),
                ("X-Amz-Date".to_owned(), "20150830T123600Z".to_owned()),
            ],
            body: Vec::new(),
        };
        let header = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                      SignedHeaders=host;x-amz-date, \
                      Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
        let authorization = Authorization::parse(header).unwrap();
        let key = signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830", "us-east-1", "service");
        assert_eq!(authorization.expected(&request, &key).as_deref(), Some(authorization.signature.as_str()));
        assert!(Authorization::parse("Bearer x").is_none());
        assert!(Authorization::parse("AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=, Signature=").is_none());
    }
}
