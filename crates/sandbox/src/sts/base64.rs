//! Base64 and its alphabet for URLs (RFC 4648), read.

/// The bytes of a text, padded or not; none where it is no base64 of either alphabet.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let digits: Vec<u8> = digits.take_while(|byte| *byte != b'=').map(digit).collect::<Option<_>>()?;
    if digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for chunk in digits.chunks(4) {
        let word = chunk.iter().fold(0_u32, |word, digit| word << 6 | u32::from(*digit)) << (6 * (4 - chunk.len()));
        let [_, first, second, third] = word.to_be_bytes();
        bytes.extend([first, second, third].iter().take(chunk.len() - 1));
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for length in 0..70_usize {
            let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at * 37 % 256).unwrap()).collect();
            let text = crate::wire::base64(&bytes);
            assert_eq!(decode(&text), Some(bytes.clone()));
            assert_eq!(decode(text.trim_end_matches('=')), Some(bytes.clone()));
            assert_eq!(decode(&text.replace('+', "-").replace('/', "_")), Some(bytes));
        }
        assert_eq!(decode("a"), None);
        assert_eq!(decode("ab!c"), None);
        assert_eq!(decode("YW\nI="), Some(b"ab".to_vec()));
    }
}
