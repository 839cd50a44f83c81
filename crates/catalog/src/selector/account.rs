use std::fmt;

use model::{AccountId, OrganizationalUnitId, Pattern};
use policy::{did_you_mean, nearest};

use super::SelectorProblem;

/// Where an assignment is, as written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountSelector {
    /// By id.
    Id(AccountId),
    /// By name.
    Name(String),
    /// `name:*-prod`.
    NamePattern(Pattern),
    /// `ou:/service/minimo` or, recursive, `ou:/service/minimo/**`.
    Unit {
        /// Names of the units from below the root.
        path: Vec<String>,
        /// Units below as well.
        recursive: bool,
    },
    /// `ou-id:ou-…`.
    UnitId {
        /// The unit, or the root.
        id: OrganizationalUnitId,
        /// Units below as well.
        recursive: bool,
    },
    /// `tag:env=staging`.
    Tag {
        /// Key of the tag.
        key: String,
        /// Its value, all of it.
        value: String,
    },
}

const PREFIXES: [&str; 5] = ["name:", "name-exactly:", "ou:", "ou-id:", "tag:"];

impl AccountSelector {
    /// Reads what people wrote.
    pub(crate) fn parse(text: &str) -> Result<Self, SelectorProblem> {
        let Some((prefix, rest)) = text.split_once(':') else { return plain(text) };
        if rest.trim().is_empty() {
            let message = format!("`{text}` selects nothing");
            return Err(SelectorProblem::new(
                message,
                "nothing after the colon",
                "write what to select after the colon",
            ));
        }
        match prefix {
            "name" => Ok(Self::NamePattern(Pattern::new(rest))),
            "name-exactly" => Ok(Self::Name(rest.to_owned())),
            "ou" => unit(text, rest),
            "ou-id" => unit_id(text, rest),
            "tag" => tag(text, rest),
            other => {
                let wanted = format!("{other}:");
                let help = did_you_mean(&nearest(&wanted, PREFIXES, 2)).unwrap_or_else(|| {
                    format!(
                        "known are {}; a name that holds a colon is written `name-exactly:{text}`",
                        PREFIXES.join(", ")
                    )
                });
                let message = format!("`{other}:` is no way to select accounts");
                Err(SelectorProblem::new(message, "unknown selector", help))
            }
        }
    }

    /// What it is called in bindings: `account:minimo-prod`, else as [`fmt::Display`] writes it.
    pub(crate) fn binding_key(&self) -> String {
        match self {
            Self::Name(name) => format!("account:{name}"),
            other => other.to_string(),
        }
    }
}

fn plain(text: &str) -> Result<AccountSelector, SelectorProblem> {
    if text.starts_with('/') {
        let message = format!("`{text}` is no account name");
        return Err(SelectorProblem::new(message, "looks like the path of an OU", format!("write `ou:{text}`")));
    }
    if text.contains(['*', '?']) {
        let message = format!("`{text}` is no account name");
        let help = format!(
            "to select by pattern write `name:{text}`; for a name that holds these characters `name-exactly:{text}`"
        );
        return Err(SelectorProblem::new(message, "a pattern without `name:`", help));
    }
    if text.starts_with("ou-") || text.starts_with("r-") {
        let parts = text.split('-').count();
        if parts == 3 && OrganizationalUnitId::new(text).is_ok() && text.starts_with("ou-") {
            let message = format!("`{text}` is no account name");
            let help = format!("write `ou-id:{text}`, or `ou-id:{text}/**` with the OUs below");
            return Err(SelectorProblem::new(message, "looks like the id of an OU", help));
        }
    }
    let digits = text.replace(['-', ' '], "");
    if digits.len() >= 10 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return AccountId::new(text).map(AccountSelector::Id).map_err(|_| {
            let help = if digits.len() == 12 {
                format!("write \"{digits}\"")
            } else {
                format!(
                    "an account id has 12 digits, this has {}; a name of digits is written `name-exactly:{text}`",
                    digits.len()
                )
            };
            SelectorProblem::new(format!("`{text}` is no account id"), "not twelve digits", help)
        });
    }
    Ok(AccountSelector::Name(text.to_owned()))
}

/// Splits at unescaped separators; a backslash takes the next character as it stands.
fn split(text: &str, separator: char) -> Vec<(String, bool)> {
    let mut parts = vec![(String::new(), false)];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let (character, literal) =
            if character == '\\' { (characters.next().unwrap_or('\\'), true) } else { (character, false) };
        if character == separator && !literal {
            parts.push((String::new(), false));
        } else if let Some((part, escaped)) = parts.last_mut() {
            part.push(character);
            *escaped |= literal;
        }
    }
    parts
}

fn unit(text: &str, rest: &str) -> Result<AccountSelector, SelectorProblem> {
    let Some(rest) = rest.strip_prefix('/') else {
        let message = format!("`{text}` does not begin at the root");
        return Err(SelectorProblem::new(message, "no `/` after `ou:`", format!("write `ou:/{rest}`")));
    };
    let mut parts = split(rest, '/');
    // `ou:/a/` is `ou:/a`, and `ou:/` is the root itself.
    if parts.last().is_some_and(|(part, escaped)| part.is_empty() && !escaped) {
        parts.pop();
    }
    let wildcard = |part: Option<&(String, bool)>| match part {
        Some((part, false)) if part == "*" => Some(false),
        Some((part, false)) if part == "**" => Some(true),
        _ => None,
    };
    let last = wildcard(parts.last());
    if last.is_some() {
        parts.pop();
    }
    if parts.iter().any(|(part, _)| part.is_empty()) {
        let message = format!("`{text}` has an empty part");
        return Err(SelectorProblem::new(message, "`//`", "write one `/` between the names of OUs"));
    }
    if let Some((part, _)) = parts.iter().find(|(part, escaped)| part.contains('*') && !escaped) {
        let message = format!("`{part}` is no name of an OU");
        let help =
            "`*` (accounts directly in it) and `**` (all below) stand at the end only; write one selector for each OU";
        return Err(SelectorProblem::new(message, "a pattern inside the path", help));
    }
    let path = parts.into_iter().map(|(part, _)| part).collect();
    Ok(AccountSelector::Unit { path, recursive: last == Some(true) })
}

fn unit_id(text: &str, rest: &str) -> Result<AccountSelector, SelectorProblem> {
    let (id, recursive) = match rest.split_once('/') {
        None | Some((_, "*" | "")) => (rest.split('/').next().unwrap_or(rest), false),
        Some((id, "**")) => (id, true),
        Some(_) => (rest, false),
    };
    match OrganizationalUnitId::new(id) {
        Ok(id) if !id.as_str().contains('/') => Ok(AccountSelector::UnitId { id, recursive }),
        _ => {
            let message = format!("`{text}` holds no id of an OU");
            Err(SelectorProblem::new(
                message,
                "not `ou-…` or `r-…`",
                "an id looks like ou-ab12-cdefghij; a path is written `ou:/service/minimo`",
            ))
        }
    }
}

fn tag(text: &str, rest: &str) -> Result<AccountSelector, SelectorProblem> {
    let parts = split(rest, '=');
    let mut parts = parts.into_iter().map(|(part, _)| part);
    let key = parts.next().unwrap_or_default();
    let values: Vec<String> = parts.collect();
    if key.is_empty() || values.is_empty() {
        let message = format!("`{text}` is no tag");
        return Err(SelectorProblem::new(message, "not `key=value`", "write key and value: `tag:env=staging`"));
    }
    Ok(AccountSelector::Tag { key, value: values.join("=") })
}

fn escape(text: &str, special: &[char]) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if character == '\\' || special.contains(&character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

impl fmt::Display for AccountSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(formatter),
            Self::Name(name) if plain(name) == Ok(self.clone()) && !name.contains(':') => formatter.write_str(name),
            Self::Name(name) => write!(formatter, "name-exactly:{name}"),
            Self::NamePattern(pattern) => write!(formatter, "name:{pattern}"),
            Self::Unit { path, recursive } => {
                formatter.write_str("ou:")?;
                for part in path {
                    write!(formatter, "/{}", escape(part, &['/', '*']))?;
                }
                match (recursive, path.is_empty()) {
                    (true, _) => formatter.write_str("/**"),
                    (false, true) => formatter.write_str("/"),
                    (false, false) => Ok(()),
                }
            }
            Self::UnitId { id, recursive } => {
                write!(formatter, "ou-id:{id}{}", if *recursive { "/**" } else { "" })
            }
            Self::Tag { key, value } => write!(formatter, "tag:{}={}", escape(key, &['=']), escape(value, &[])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> AccountSelector {
        AccountSelector::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"))
    }

    fn path(text: &str) -> (Vec<String>, bool) {
        let AccountSelector::Unit { path, recursive } = parse(text) else { panic!("{text}") };
        (path, recursive)
    }

    #[test]
    fn paths_of_units() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(path("ou:/service/minimo"), (names(&["service", "minimo"]), false));
        assert_eq!(path("ou:/service/minimo/*"), (names(&["service", "minimo"]), false));
        assert_eq!(path("ou:/service/minimo/**"), (names(&["service", "minimo"]), true));
        assert_eq!(path("ou:/service/"), (names(&["service"]), false));
        assert_eq!(path("ou:/"), (names(&[]), false));
        assert_eq!(path("ou:/**"), (names(&[]), true));
        assert_eq!(path(r"ou:/a\/b/\*"), (names(&["a/b", "*"]), false));
    }

    #[test]
    fn names_ids_and_tags() {
        assert!(matches!(parse("111122223333"), AccountSelector::Id(_)));
        assert!(matches!(parse("012345678901"), AccountSelector::Id(_)));
        assert_eq!(parse("minimo prod"), AccountSelector::Name("minimo prod".into()));
        assert_eq!(parse("name-exactly:ou:/x"), AccountSelector::Name("ou:/x".into()));
        assert_eq!(parse(r"tag:a\=b=c=d"), AccountSelector::Tag { key: "a=b".into(), value: "c=d".into() });
        assert!(matches!(parse("ou-id:r-ab12/**"), AccountSelector::UnitId { recursive: true, .. }));
    }

    #[test]
    fn slips_are_named() {
        let help = |text: &str| AccountSelector::parse(text).unwrap_err().help;
        assert_eq!(help("/service/minimo"), "write `ou:/service/minimo`");
        assert_eq!(help("ou:service/minimo"), "write `ou:/service/minimo`");
        assert_eq!(help("1111-2222-3333"), "write \"111122223333\"");
        assert!(help("11112222333").contains("this has 11"));
        assert!(help("*-prod").contains("`name:*-prod`"));
        assert_eq!(help("tags:env=prod"), "did you mean `tag:`?");
        assert!(help("ou:/service/*/prod").contains("at the end only"));
        assert!(help("ou:/a//b").contains("one `/`"));
        assert!(help("tag:env").contains("tag:env=staging"));
        assert!(help("ou-ab12-cdefghij").contains("ou-id:ou-ab12-cdefghij"));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(name in r"[a-c/*?:=\\ -]{1,8}|[0-9]{12}", other in r"[a-c/*=\\]{1,5}", recursive: bool) {
            let selectors = [
                AccountSelector::Name(name.clone()),
                AccountSelector::Unit { path: vec![name.clone(), other.clone()], recursive },
                AccountSelector::Tag { key: other, value: name },
            ];
            for selector in selectors {
                let blank = matches!(&selector, AccountSelector::Name(name) if name.trim().is_empty());
                if !blank {
                    prop_assert_eq!(AccountSelector::parse(&selector.to_string()).unwrap(), selector);
                }
            }
        }

        #[test]
        fn nothing_panics(text in ".{0,40}") {
            let _ = AccountSelector::parse(&text);
            let _ = crate::selector::PrincipalSelector::parse(&text);
        }
    }
}
