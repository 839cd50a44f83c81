//! Digest files: reading and verifying never panics, whatever they say of each other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trail::digest::{
    Backfill, Digest, ReadDigest, Signatures, Signed, Verification, bytes_of, hash_of, is_digest, place,
};

struct Any;

impl Signatures for Any {
    fn check(&self, _region: &str, fingerprint: &str, text: &[u8], signature: &[u8]) -> Signed {
        match (text.len() + signature.len() + fingerprint.len()) % 3 {
            0 => Signed::Yes,
            1 => Signed::No,
            _ => Signed::NoKey,
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let _ = Digest::read(bytes);
    // Several digests, one a line.
    let mut digests = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').take(8) {
        let Ok(digest) = Digest::parse(line) else { continue };
        let content_hash = hash_of(line);
        assert!(bytes_of(&content_hash).is_some_and(|bytes| bytes.len() == 32));
        let name = digest.digest_s3_object.clone();
        let backfill = is_digest(&name).unwrap_or(Backfill::No);
        let signature = digest.previous_digest_signature.clone();
        digests.push(ReadDigest { place: place(None, &name), name, digest, content_hash, signature, backfill });
    }
    let count = digests.len();
    let names: Vec<(String, String)> = digests.iter().map(|read| (read.place.clone(), read.name.clone())).collect();
    let mut found = Verification::of(digests, false, None, &Any);
    assert!(found.valid_digests <= count);
    found.judge_unnamed(names.iter().map(|(place, name)| (place.as_str(), name.as_str())));
});
