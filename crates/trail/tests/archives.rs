//! Archives with 64-bit sizes as Python's `zipfile` writes them, and objects that are read in pieces.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests may fail loudly, read the environment, and say why they are skipped"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::process::Command;

use common::{Random, invented, python};
use trail::{Flaw, KeyTally, Keys, Options, Reader, Source, Unobserved, gzip, read_all};

const RECORD: &str = r#"{"eventTime":"2026-03-02T11:05:11Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","recipientAccountId":"111122223333"}"#;

fn events(bytes: &[u8]) -> (u64, Vec<Flaw>) {
    let options = Options::default();
    let mut reader = Reader::new(KeyTally::default(), &options);
    reader.read_bytes("object", bytes);
    let (_, findings) = reader.finish();
    (findings.records, findings.flaws.into_keys().collect())
}

#[test]
fn zip64_archives_of_python_are_read_whole_and_cut_off() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (number, (limits, directory)) in
        [("", false), ("zipfile.ZIP64_LIMIT = 100", true), ("zipfile.ZIP_FILECOUNT_LIMIT = 1", true)].iter().enumerate()
    {
        let path = folder.path().join(format!("{number}.zip"));
        let script = format!(
            "import sys, zipfile\n{limits}\n\
             with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as archive:\n\
             \x20   for name in 'ab':\n\
             \x20       with archive.open(name + '.json', 'w', force_zip64=True) as member:\n\
             \x20           member.write((sys.argv[2] + '\\n').encode() * 5)\n"
        );
        let output = Command::new(&python).arg("-c").arg(script).arg(&path).arg(RECORD).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let archive = fs::read(&path).unwrap();
        assert_eq!(archive.windows(4).any(|bytes| bytes == b"PK\x06\x06"), *directory, "{number}");
        assert_eq!(events(&archive), (10, vec![]), "{number}");
        // Without the directory the local headers tell the sizes, in 64 bits as well.
        let end = archive.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        assert_eq!(events(&archive[..end]), (10, vec![Flaw::CompressedDataTruncated]), "{number}");
        for length in 0..archive.len() {
            let _ = events(&archive[..length]);
        }
    }
}

/// Objects that are read in pieces, or whole.
struct Pieces(Vec<Vec<u8>>, bool);

impl Source for Pieces {
    fn count(&self) -> usize {
        self.0.len()
    }
    fn name(&self, _number: usize) -> &'static str {
        "object"
    }
    fn size_bytes(&self, number: usize) -> u64 {
        if self.1 { 0 } else { self.0[number].len() as u64 }
    }
    fn open(&self, number: usize) -> Result<Option<Box<dyn Read + '_>>, String> {
        Ok(if self.1 { Some(Box::new(&self.0[number][..])) } else { None })
    }
    fn read(&self, number: usize, into: &mut Vec<u8>) -> Result<(), String> {
        into.extend_from_slice(&self.0[number]);
        Ok(())
    }
}

fn rows(source: &Pieces) -> (BTreeSet<String>, u64, u64, u64, BTreeSet<Flaw>) {
    let options = Options { threads: 2, ..Options::default() };
    let (tallies, findings) = read_all(source, &options, &Unobserved, KeyTally::default);
    let mut out = Vec::new();
    Keys::merge(tallies).write_ndjson(1, &mut out).unwrap();
    let rows = String::from_utf8(out).unwrap().lines().map(str::to_owned).collect();
    (rows, findings.records, findings.objects, findings.stored_bytes, findings.flaws.into_keys().collect())
}

#[test]
fn in_pieces_and_whole_are_the_same() {
    let mut random = Random(7);
    let records: Vec<String> = (0..1000).map(|_| invented(&mut random)).collect();
    let records: Vec<String> = records.iter().cycle().take(14_000).cloned().collect();
    let (lines, list) = (records.join("\n"), format!("{{\"Records\":[{}]}}", records.join(",\n ")));
    assert!(lines.len() > 9 << 20, "several pieces: {}", lines.len());
    let packed = gzip(lines.as_bytes()).unwrap();
    let cut = packed[..packed.len() / 2].to_vec();
    let table = b"eventTime,eventSource,eventName\n2026-03-02T11:05:11Z,s3,GetObject\n".to_vec();
    let objects = vec![
        lines.into_bytes(),
        list.clone().into_bytes(),
        gzip(list.as_bytes()).unwrap(),
        [packed.clone(), packed].concat(),
        gzip(&table).unwrap(),
        table,
        b"nothing to see".to_vec(),
        Vec::new(),
    ];
    assert_eq!(rows(&Pieces(objects.clone(), true)), rows(&Pieces(objects, false)));
    let (whole, pieces) = (rows(&Pieces(vec![cut.clone()], false)), rows(&Pieces(vec![cut], true)));
    assert_eq!(whole.0, pieces.0);
    assert!(whole.4.contains(&Flaw::CompressedDataTruncated) && pieces.4.contains(&Flaw::CompressedDataTruncated));
}
