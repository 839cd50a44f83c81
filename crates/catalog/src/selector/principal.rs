use std::fmt;

use model::{GroupId, UserId};
use policy::{did_you_mean, nearest};

use super::SelectorProblem;

/// Who an assignment is for, as written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalSelector {
    /// `group:NAME`.
    Group(String),
    /// `user:NAME`: user name, else e-mail address.
    User(String),
    /// `group-id:ID`.
    GroupId(GroupId),
    /// `user-id:ID`.
    UserId(UserId),
}

const PREFIXES: [&str; 4] = ["group:", "user:", "group-id:", "user-id:"];

impl PrincipalSelector {
    /// Reads what people wrote.
    pub(crate) fn parse(text: &str) -> Result<Self, SelectorProblem> {
        let unknown_kind = |prefix: Option<&str>| {
            let help = prefix
                .and_then(|prefix| did_you_mean(&nearest(prefix, PREFIXES, 2)))
                .unwrap_or_else(|| format!("write `group:{text}` or `user:{text}`"));
            SelectorProblem::new(format!("`{text}` names no principal"), "neither `group:` nor `user:`", help)
        };
        let Some((prefix, name)) = text.split_once(':') else { return Err(unknown_kind(None)) };
        if name.trim().is_empty() {
            let message = format!("`{text}` has no name");
            return Err(SelectorProblem::new(message, "nothing after the colon", "write the name after the colon"));
        }
        let id = |problem: model::ParseIdError| {
            let help = "copy the id from the console or from `sekisho who`";
            SelectorProblem::new(problem.to_string(), "not an id", help)
        };
        match prefix {
            "group" => Ok(Self::Group(name.to_owned())),
            "user" => Ok(Self::User(name.to_owned())),
            "group-id" => GroupId::new(name).map(Self::GroupId).map_err(id),
            "user-id" => UserId::new(name).map(Self::UserId).map_err(id),
            other => Err(unknown_kind(Some(&format!("{other}:")))),
        }
    }

    /// Whether a user is meant.
    pub(crate) fn is_user(&self) -> bool {
        matches!(self, Self::User(_) | Self::UserId(_))
    }
}

impl fmt::Display for PrincipalSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(formatter, "group:{name}"),
            Self::User(name) => write!(formatter, "user:{name}"),
            Self::GroupId(id) => write!(formatter, "group-id:{id}"),
            Self::UserId(id) => write!(formatter, "user-id:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_colon_is_taken_as_it_stands() {
        for text in
            ["group:a/b*", "user:hanako@example.com", "group-id:a1b2", "user-id:x", "group: spaced", "group:a:b"]
        {
            assert_eq!(PrincipalSelector::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn slips_are_named() {
        let help = |text: &str| PrincipalSelector::parse(text).unwrap_err().help;
        assert_eq!(help("minimo-dev"), "write `group:minimo-dev` or `user:minimo-dev`");
        assert_eq!(help("groups:minimo-dev"), "did you mean `group:`?");
        assert_eq!(help("group:"), "write the name after the colon");
    }
}
