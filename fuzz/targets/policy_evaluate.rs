//! A policy, and requests after it (`action resource key=value …`, one a line behind a line `#=>`): deciding never panics, both ways to
//! decide agree, and an explanation can be given of all that can be read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::explain::{self, Language};
use policy::{Permissions, Prepared, Reading, Request};

/// Deciding is cheap; a file of requests is not what is tested.
const MAX_REQUESTS: usize = 8;

fuzz_target!(|text: &str| {
    let (document, requests) = text.split_once("#=>").unwrap_or((text, ""));
    let Some(read) = policy::parse(document).policy else { return };
    // it counts the whole catalogue; one of the two a run leaves time for the rest
    let language = if document.len().is_multiple_of(2) { Language::English } else { Language::Japanese };
    assert_eq!(explain::explain(&read, language).statements.len(), read.statements.len());
    for request in requests.lines().take(MAX_REQUESTS).filter_map(request) {
        for reading in [Reading::Crossing, Reading::Segments] {
            let Ok(prepared) = Prepared::with_reading("fuzzed", &read, reading) else { return };
            let permissions = Permissions::of(vec![prepared.located(document)]);
            let decision = permissions.evaluate(&request);
            assert_eq!(decision.is_allowed(), permissions.allows(&request), "{request}: {decision}");
        }
        for miss in explain::misses(&read, &request) {
            assert!(miss.statement < read.statements.len());
        }
    }
});

fn request(line: &str) -> Option<Request> {
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    let request = Request::new(words.next()?, words.next()?);
    let context = words.filter_map(|word| word.split_once('='));
    Some(context.fold(request, |request, (key, value)| request.with(key, value)))
}
