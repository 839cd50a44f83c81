//! Where a browser may be sent back to: this machine (RFC 8252, 7.3).

use http::Uri;

/// A redirect URI of a program on this machine. Two that differ in their port alone are the same: programs listen on whatever port is free.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RedirectUri {
    host: String,
    path: String,
    query: Option<String>,
}

impl RedirectUri {
    /// None for every other URI: another scheme or host, a user before the host, a fragment.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // the parser drops what follows
        if text.contains('#') {
            return None;
        }
        let uri: Uri = text.parse().ok()?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"))?;
        let host = authority.host();
        // with a user in front the text does not begin with the host
        let port = authority.as_str().strip_prefix(host)?;
        let number = port.strip_prefix(':');
        let is_port = |number: &str| number.bytes().all(|byte| byte.is_ascii_digit()) && number.parse::<u16>().is_ok();
        if !port.is_empty() && !number.is_some_and(is_port) {
            return None;
        }
        let host = host.to_ascii_lowercase();
        if !matches!(host.as_str(), "127.0.0.1" | "[::1]" | "localhost") {
            return None;
        }
        Some(Self { host, path: uri.path().to_owned(), query: uri.query().map(str::to_owned) })
    }

    /// What stands between the URI and a further parameter.
    pub(super) fn separator(&self) -> char {
        if self.query.is_some() { '&' } else { '?' }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_redirected_to() {
        for good in [
            "http://127.0.0.1/oauth/callback",
            "http://127.0.0.1:40123/oauth/callback",
            "http://localhost",
            "http://LOCALHOST:1/x",
            "http://[::1]:8080/a?b=c",
        ] {
            assert!(RedirectUri::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1/x",
            "/oauth/callback",
            "https://127.0.0.1/x",
            "HTTPS://example.com",
            "javascript:alert(1)",
            "http://127.0.0.1@example.com/x",
            "http://localhost:80@example.com/",
            "http://user@127.0.0.1/",
            "http://127.0.0.1:80:90/",
            "http://127.0.0.1:x/",
            "http://127.0.0.1:+80/",
            "http://127.0.0.1:99999/",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.2/",
            "http://localhost.example.com/",
            "http://[::1].example.com/",
            "http://[::1]example.com/",
            "http://[::2]/",
            "http://127.0.0.1\\@example.com/",
            "http://127.0.0.1/x#y",
            "http://127.0.0.1/\r\nx",
            "http:///x",
            "http://0x7f.1/",
            "http://\u{ff11}27.0.0.1/",
        ] {
            assert_eq!(RedirectUri::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_port_does_not_matter_and_the_rest_does() {
        let parse = |text| RedirectUri::parse(text).unwrap();
        assert_eq!(parse("http://127.0.0.1/a"), parse("http://127.0.0.1:99/a"));
        assert_eq!(parse("http://127.0.0.1"), parse("http://127.0.0.1/"));
        for other in ["http://127.0.0.1/b", "http://localhost/a", "http://127.0.0.1/a?x", "http://127.0.0.1/a/"] {
            assert_ne!(parse("http://127.0.0.1/a"), parse(other), "{other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_but_a_loopback_host_is_taken(text in "http://[a-z0-9.:@\\\\/\\[\\]?#%]{0,30}") {
            if RedirectUri::parse(&text).is_some() {
                let rest = text.strip_prefix("http://").unwrap();
                let end = rest.find(['/', '?']).unwrap_or(rest.len());
                let host = &rest[..end];
                let known = ["127.0.0.1", "[::1]", "localhost"];
                proptest::prop_assert!(known.iter().any(|known| host == *known || host.starts_with(&format!("{known}:"))), "{text}");
            }
        }
    }
}
