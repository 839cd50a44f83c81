//! Bytes of a log: reading never panics, every way of looking at bytes finds the same, and where `serde_json` takes the text the records
//! are those it finds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use trail::{Flaw, KeyTally, Keys, Options, Reader, Record, Sink, Speed, scan};

#[derive(Default, PartialEq, Debug)]
struct Seen {
    records: Vec<[Option<String>; 8]>,
    flaws: Vec<(Flaw, usize)>,
}

impl Sink for Seen {
    const WHOLE: bool = true;
    fn record(&mut self, record: &Record<'_>) {
        let core = &record.core;
        let texts =
            [core.account, core.arn, core.access_key, core.time, core.source, core.name, core.address, core.error];
        self.records.push(texts.map(|text| text.map(|text| text.meant().into_owned())));
    }
    fn flaw(&mut self, flaw: Flaw, at_byte: usize) {
        self.flaws.push((flaw, at_byte));
    }
}

fuzz_target!(|text: &[u8]| {
    let (mut fast, mut plain) = (Seen::default(), Seen::default());
    scan(text, Speed::Detected, &mut fast);
    scan(text, Speed::Portable, &mut plain);
    assert_eq!(fast, plain);
    if let Ok(Value::Object(file)) = serde_json::from_slice::<Value>(text)
        && let Some(Value::Array(records)) = file.get("Records")
        && !fast.flaws.iter().any(|(flaw, _)| *flaw == Flaw::RepeatedRecords)
        && !["Events", "CloudTrailEvent", "detail"].iter().any(|name| file.contains_key(*name))
    {
        let expected: Vec<_> = records.iter().filter(|record| record.is_object()).map(core).collect();
        assert_eq!(fast.records, expected);
    }
    // The same bytes as an object of any kind: compressed, an archive, a table.
    let options = Options { limit_bytes: 1 << 20, ..Options::default() };
    let mut reader = Reader::new(KeyTally::default(), &options);
    reader.read_bytes("object", text);
    let (tally, findings) = reader.finish();
    let mut rows = Vec::new();
    let count = Keys::merge(vec![tally]).write_ndjson(1, &mut rows).unwrap();
    let events: Vec<u64> = rows
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap()["events"].as_u64().unwrap())
        .collect();
    assert_eq!((events.len(), events.iter().sum::<u64>()), (count, findings.records));
});

fn core(record: &Value) -> [Option<String>; 8] {
    let identity = &record["userIdentity"];
    [
        &record["recipientAccountId"],
        &identity["arn"],
        &identity["accessKeyId"],
        &record["eventTime"],
        &record["eventSource"],
        &record["eventName"],
        &record["sourceIPAddress"],
        &record["errorCode"],
    ]
    .map(|value| value.as_str().map(str::to_owned))
}
