//! The URL that says where the state is.

use std::path::PathBuf;
use std::str::FromStr as _;

use ports::StoreError;
use sqlx::postgres::PgConnectOptions;

use crate::error::Place;

/// Where the state is.
#[derive(Debug)]
pub(crate) enum Location {
    /// `memory:`
    Memory,
    /// `sqlite://folder/file` (from the working folder), `sqlite:///folder/file`.
    Sqlite(PathBuf),
    /// `postgres://…`
    Postgres(Box<PgConnectOptions>, Place),
}

const FORMS: &str = "write `sqlite://PATH`, `postgres://USER@HOST/DATABASE` or `memory:`";

fn refuse(message: impl Into<String>) -> StoreError {
    StoreError::Database { message: message.into() }
}

impl Location {
    /// Reads the URL. Messages never repeat a password.
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        if url == "memory:" {
            return Ok(Self::Memory);
        }
        if let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            if path.is_empty() {
                return Err(refuse(format!("the state URL `{url}` names no file: {FORMS}")));
            }
            if path == ":memory:" {
                return Err(refuse("a SQLite state in memory is lost at once: write `memory:` if that is meant"));
            }
            if path.contains('?') {
                return Err(refuse(format!("the state URL `{url}` has settings after `?`: only a path is expected")));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let place = Place { name: redacted(url), secret: password(url) };
            let options = PgConnectOptions::from_str(url).map_err(|error| {
                refuse(format!("the state URL `{}`: {}", place.name, place.redact(&error.to_string())))
            })?;
            return Ok(Self::Postgres(Box::new(options), place));
        }
        Err(refuse(format!("the state URL `{}` is of no kind Sekisho knows: {FORMS}", redacted(url))))
    }
}

/// The part between scheme and path: `user:password@host:port`.
fn authority(url: &str) -> Option<(usize, &str)> {
    let from = url.find("://")? + 3;
    let rest = url.get(from..)?;
    // A password may hold an unescaped `/`; so the last `@` counts, and only without one the first `/`.
    let to = rest.rfind('@').unwrap_or_else(|| rest.find(['/', '?']).unwrap_or(rest.len()));
    Some((from, rest.get(..to)?)).filter(|_| rest.contains('@'))
}

fn password(url: &str) -> Option<String> {
    let (_, user_info) = authority(url)?;
    user_info.split_once(':').map(|(_, password)| password.to_owned())
}

/// The URL without password: neither before the host nor as `password=` behind it.
pub(crate) fn redacted(url: &str) -> String {
    let mut shown = url.to_owned();
    if let Some((from, user_info)) = authority(url)
        && let Some((user, password)) = user_info.split_once(':')
    {
        let start = from + user.len() + 1;
        shown.replace_range(start..start + password.len(), "***");
    }
    match shown.find('?') {
        Some(at) if shown.get(at..).is_some_and(|query| query.contains("password")) => {
            shown.truncate(at);
            shown.push_str("?***");
        }
        _ => {}
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        for (url, shown) in [
            ("postgres://sekisho:hunter2@db:5432/state", "postgres://sekisho:***@db:5432/state"),
            ("postgres://sekisho:hunter2/x@db/state", "postgres://sekisho:***@db/state"),
            ("postgres://sekisho:hun@ter2@db/state", "postgres://sekisho:***@db/state"),
            ("postgres://sekisho@db/state", "postgres://sekisho@db/state"),
            ("postgres://db/state?user=a&password=hunter2", "postgres://db/state?***"),
            ("mysql://root:hunter2@db/x", "mysql://root:***@db/x"),
            ("sqlite:///var/lib/state.db", "sqlite:///var/lib/state.db"),
        ] {
            assert_eq!(redacted(url), shown);
        }
    }

    #[test]
    fn errors_say_what_is_expected_and_hide_secrets() {
        for url in ["", "state.db", "mysql://root:hunter2@db/x", "postgres://u:hunter2@db:notaport/x", "sqlite://"] {
            let message = Location::parse(url).unwrap_err().to_string();
            assert!(!message.contains("hunter2"), "{message}");
            assert!(message.contains("the state URL"), "{message}");
        }
    }
}
