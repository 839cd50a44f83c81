//! Objects that are too large to be held, or of no known size: read and scanned in pieces.

use std::io::Read;

use super::{Filtering, Reader, flaw_of};
use crate::inflate::InflateError;
use crate::inflate::pieces::{GzipPieces, PieceError};
use crate::input::{self, Kind};
use crate::scan::Flaw;
use crate::scan::pieces::Pieces;
use crate::tally::Tally;

/// Of an object that is read in pieces, this much is taken at once.
const PIECE_BYTES: usize = 4 << 20;
/// The longest record of an object that is read in pieces.
const RECORD_BYTES: usize = 192 << 20;

impl<T: Tally> Reader<'_, T> {
    /// Reads one object in pieces; its size as it lies there. Texts are never held whole, archives and tables are.
    ///
    /// # Errors
    /// The reason in words, when the object cannot be read to its end. What was read before counts.
    pub fn read_pieces(&mut self, name: &str, from: &mut dyn Read) -> Result<u64, String> {
        self.findings.objects += 1;
        self.tally.begin(name);
        let mut counted = Counted { from, bytes: 0 };
        let outcome = self.read_stream(name, &mut counted);
        let bytes = counted.bytes;
        self.findings.stored_bytes += bytes;
        match outcome {
            Ok(()) => Ok(bytes),
            Err(error) => {
                self.findings.add(Flaw::Unreadable, name, 0);
                Err(error.to_string())
            }
        }
    }

    fn read_stream(&mut self, name: &str, from: &mut Counted<'_>) -> std::io::Result<()> {
        let mut head = Vec::new();
        from.take(input::HEAD_BYTES as u64).read_to_end(&mut head)?;
        match input::kind(&head) {
            Kind::Gzip => {
                let mut pieces = GzipPieces::new(head, from);
                let mut text = vec![0; input::HEAD_BYTES];
                let (length, end) = fill(&mut pieces, &mut text)?;
                text.truncate(length);
                match input::kind(&text) {
                    Kind::Text => self.scan_pieces(name, text, |out| fill(&mut pieces, out), end),
                    _ => self.read_held(name, text, |out| fill(&mut pieces, out), end),
                }
            }
            Kind::Text => {
                let more = |out: &mut [u8]| read_some(from, out).map(|length| (length, None));
                self.scan_pieces(name, head, more, None)
            }
            _ => self.read_held(name, head, |out| read_some(from, out).map(|length| (length, None)), None),
        }
    }

    /// Scans a text as it comes; `more` writes what comes next, nothing at the end.
    fn scan_pieces(
        &mut self,
        name: &str,
        mut held: Vec<u8>,
        mut more: impl FnMut(&mut [u8]) -> std::io::Result<(usize, Option<InflateError>)>,
        mut end: Option<InflateError>,
    ) -> std::io::Result<()> {
        let most = self.options.limit_bytes.min(RECORD_BYTES);
        let mut pieces = Pieces::default();
        let mut piece = vec![0; PIECE_BYTES];
        let mut is_last = end.is_some();
        loop {
            if !is_last {
                let (length, error) = more(&mut piece)?;
                held.extend_from_slice(piece.get(..length).unwrap_or_default());
                end = error;
                is_last = length == 0 || end.is_some();
            }
            let speed = self.options.speed;
            let mut filtering = Filtering { reader: self, object: name };
            let mut done = pieces.scan(&held, is_last, speed, &mut filtering);
            if done == 0 && held.len() > most {
                done = pieces.give_up(&held, &mut filtering);
            }
            self.findings.text_bytes += done as u64;
            held.drain(..done);
            if is_last || pieces.is_over() {
                break;
            }
        }
        if let Some(error) = end {
            self.flaw(flaw_of(error), name, 0);
        }
        Ok(())
    }

    /// Reads the rest of what cannot be taken in pieces.
    fn read_held(
        &mut self,
        name: &str,
        mut held: Vec<u8>,
        mut more: impl FnMut(&mut [u8]) -> std::io::Result<(usize, Option<InflateError>)>,
        mut end: Option<InflateError>,
    ) -> std::io::Result<()> {
        let mut piece = vec![0; PIECE_BYTES];
        while end.is_none() {
            let (length, error) = more(&mut piece)?;
            held.extend_from_slice(piece.get(..length).unwrap_or_default());
            end = error;
            if length == 0 {
                break;
            }
            if held.len() > self.options.limit_bytes {
                self.flaw(Flaw::TooLarge, name, 0);
                return Ok(());
            }
        }
        self.read_layer(name, &held, 1);
        if let Some(error) = end {
            self.flaw(flaw_of(error), name, 0);
        }
        Ok(())
    }
}

/// Bytes of an object that is read in pieces.
struct Counted<'a> {
    from: &'a mut dyn Read,
    bytes: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let length = self.from.read(out)?;
        self.bytes += length as u64;
        Ok(length)
    }
}

/// As much as there is, up to the length of `out`.
fn read_some(from: &mut dyn Read, out: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = out.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// The same of compressed data; with what is wrong with it.
fn fill<R: Read>(pieces: &mut GzipPieces<R>, out: &mut [u8]) -> std::io::Result<(usize, Option<InflateError>)> {
    let mut length = 0;
    while let Some(rest) = out.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match pieces.read(rest) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(PieceError::Data(error)) => return Ok((length, Some(error))),
            Err(PieceError::Source(error)) => return Err(error),
        }
    }
    Ok((length, None))
}
