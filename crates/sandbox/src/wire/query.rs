//! Forms (`application/x-www-form-urlencoded`) and percent encoding.

/// The fields of an awsQuery request, in order.
#[derive(Debug, Default, Clone)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn parse(text: &str) -> Self {
        let fields = text.split('&').filter(|field| !field.is_empty()).map(|field| {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            (decode(name, true), decode(value, true))
        });
        Self(fields.collect())
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Every field in order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The texts `Prefix.member.1`, …
    pub(crate) fn texts(&self, prefix: &str) -> Vec<String> {
        self.members(prefix).iter().filter_map(|member| member.get("").map(str::to_owned)).collect()
    }

    /// Whether the field itself or something below it is there.
    pub(crate) fn has(&self, prefix: &str) -> bool {
        let below = |name: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.0.iter().any(|(name, _)| below(name))
    }

    /// The structures `Prefix.member.1.*`, each as a form of its own, until the first number that is missing.
    pub(crate) fn members(&self, prefix: &str) -> Vec<Self> {
        let mut found = Vec::new();
        loop {
            let start = format!("{prefix}.member.{}", found.len() + 1);
            let fields: Vec<_> = self
                .0
                .iter()
                .filter_map(|(name, value)| {
                    let rest = name.strip_prefix(&start)?;
                    rest.strip_prefix('.')
                        .or(rest.is_empty().then_some(""))
                        .map(|rest| (rest.to_owned(), value.clone()))
                })
                .collect();
            if fields.is_empty() {
                return found;
            }
            found.push(Self(fields));
        }
    }
}

/// Percent decoding; a broken escape stands for itself. `plus` reads `+` as a space.
pub(crate) fn decode(text: &str, plus: bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' if plus => out.push(b' '),
            b'%' => {
                let mut ahead = bytes.clone();
                match (ahead.next().and_then(nibble), ahead.next().and_then(nibble)) {
                    (Some(high), Some(low)) => {
                        out.push(high * 16 + low);
                        bytes = ahead;
                    }
                    _ => out.push(byte),
                }
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// RFC 3986 percent encoding, as SigV4 and IAM's policy documents want it.
pub(crate) fn encode(text: &str, keep_slash: bool) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || (keep_slash && byte == b'/');
        if plain {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded_and_grouped() {
        let form =
            Form::parse("Action=AssumeRole&RoleSessionName=a%40b+c&Tags.member.1.Key=k&Tags.member.1.Value=v&x=%zz");
        assert_eq!(form.get("RoleSessionName"), Some("a@b c"));
        assert_eq!(form.get("x"), Some("%zz"));
        let tags = form.members("Tags");
        assert_eq!(tags.len(), 1);
        assert_eq!((tags[0].get("Key"), tags[0].get("Value")), (Some("k"), Some("v")));
        assert_eq!(encode("a/b c*", false), "a%2Fb%20c%2A");
    }
}
