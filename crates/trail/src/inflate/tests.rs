//! Whole, damaged and hostile gzip.

use super::{InflateError, Inflater, pack};

const LIMIT_BYTES: usize = 1 << 20;

/// A gzip member with everything optional in its header.
fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 2, 0, b'x', b'y'];
    file.extend_from_slice(b"name.json\0comment\0");
    file.extend_from_slice(&pack(plain).unwrap());
    file.extend_from_slice(&crc(plain).to_le_bytes());
    file.extend_from_slice(&u32::try_from(plain.len()).unwrap().to_le_bytes());
    file
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

fn read(file: &[u8]) -> (Vec<u8>, Option<InflateError>) {
    let mut inflater = Inflater::new(LIMIT_BYTES).unwrap();
    inflater.gzip(b"\x1f\x8b rubbish that must leave no trace");
    let (text, error) = inflater.gzip(file);
    (text.to_vec(), error)
}

#[test]
fn files_are_read_whole() {
    let text: Vec<u8> = (0..100_000_u32).flat_map(|number| number.to_string().into_bytes()).collect();
    let file = gzip(&text);
    assert_eq!(read(&file), (text.clone(), None));
    let two = [file.clone(), gzip(b"second"), vec![0; 512]].concat();
    assert_eq!(read(&two), ([&text[..], b"second"].concat(), None));
    assert_eq!(read(&gzip(b"")), (Vec::new(), None));
}

#[test]
fn what_is_there_of_a_damaged_file_is_saved() {
    let text: Vec<u8> = (0..50_000_u32).flat_map(|number| number.to_string().into_bytes()).collect();
    let file = gzip(&text);
    for length in [0, 1, 2, 5, 17, 20, 40, 1000, file.len() / 2, file.len() - 9, file.len() - 8, file.len() - 1] {
        let (saved, error) = read(&file[..length]);
        assert_eq!(error, Some(InflateError::Truncated), "{length}");
        assert!(text.starts_with(&saved), "{length}");
        assert!(length < file.len() - 8 || saved == text);
        assert!(length < file.len() / 2 || saved.len() > text.len() / 3, "{length}: {}", saved.len());
    }
    let mut wrong_sum = file.clone();
    let at = file.len() - 7;
    wrong_sum[at] ^= 1;
    assert_eq!(read(&wrong_sum), (text.clone(), Some(InflateError::Damaged)));
    assert_eq!(read(&[file, b"more".to_vec()].concat()), (text, Some(InflateError::TrailingBytes)));
}

#[test]
fn a_bomb_is_refused() {
    let (saved, error) = read(&gzip(&vec![0; 4 << 20]));
    assert_eq!(error, Some(InflateError::TooLarge));
    assert!(saved.len() <= LIMIT_BYTES);
}

#[test]
fn no_bytes_make_it_panic() {
    let file = gzip(b"some text, some text, some text");
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut damaged = file.clone();
            damaged[at] ^= 1 << bit;
            let _ = read(&damaged);
        }
    }
}
