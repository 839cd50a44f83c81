//! Writing JSON by hand, where there are very many rows.

/// A text in quotes, or `null`.
pub(crate) fn write_text(text: Option<&[u8]>, out: &mut Vec<u8>) {
    let Some(text) = text else {
        out.extend_from_slice(b"null");
        return;
    };
    out.push(b'"');
    if text.iter().all(|byte| *byte >= b' ' && *byte != b'"' && *byte != b'\\') {
        out.extend_from_slice(text);
    } else {
        for byte in text {
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
                0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => out.push(*byte),
            }
        }
    }
    out.push(b'"');
}

/// What stands before, and a number.
pub(crate) fn write_number(before: &str, number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(before.as_bytes());
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut count = 0;
    for place in digits.iter_mut().rev() {
        let digit = (rest % 10) as u8;
        *place = b'0' + digit;
        rest /= 10;
        count += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(20 - count..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::{write_number, write_text};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_json(text in any::<String>(), number in any::<u64>()) {
            let mut out = b"[".to_vec();
            write_text(Some(text.as_bytes()), &mut out);
            out.push(b',');
            write_text(None, &mut out);
            write_number(",", number, &mut out);
            out.push(b']');
            let read: (String, Option<String>, u64) = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(read, (text, None, number));
        }
    }
}
