//! The model of a policy: what its author wrote, scalars and lists made one, places kept.

use std::fmt;

use crate::operator::Operator;
use crate::span::{Place, Span, Spanned, Text};

/// Which edition of the language a policy is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Version {
    /// `2008-10-17`, also what AWS assumes when there is no `Version`: `${…}` is plain text.
    #[default]
    V2008,
    /// `2012-10-17`: knows policy variables.
    V2012,
}

impl Version {
    /// As written in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// `Version`, if written. [`Policy::version`] is what AWS takes it for.
    pub declared_version: Option<Spanned<Version>>,
    /// `Id`: a name without effect.
    pub id: Option<Text>,
    /// `Statement`, one or several.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The whole object.
    pub place: Place,
    /// `Sid`: a name without effect.
    pub sid: Option<Text>,
    /// `Effect`.
    pub effect: Spanned<Effect>,
    /// `Principal` or `NotPrincipal`; identity policies have none.
    pub principal: Option<PrincipalClause>,
    /// `Action` or `NotAction`.
    pub action: Clause,
    /// `Resource` or `NotResource`; trust policies have none.
    pub resource: Option<Clause>,
    /// `Condition`, one entry per operator and key. All must hold.
    pub conditions: Vec<Condition>,
}

/// What a statement does when it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`: wins over every Allow.
    Deny,
}

impl Effect {
    /// As written in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// `Action`, `NotAction`, `Resource` or `NotResource` with its patterns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Clause {
    /// `NotAction`, `NotResource`: everything but the patterns.
    pub negated: bool,
    /// The patterns, in the order written.
    pub values: Vec<Text>,
    /// The value: the string or the list.
    pub place: Place,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PrincipalClause {
    /// `NotPrincipal`.
    pub negated: bool,
    /// Who.
    pub who: Principal,
    /// The element's name.
    pub place: Place,
}

/// Who a statement of a resource or trust policy is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// `"*"`.
    Everyone,
    /// By type (`AWS`, `Service`, `Federated`, `CanonicalUser`).
    Listed(Vec<(Text, Vec<Text>)>),
}

/// One operator applied to one key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Condition {
    /// The operator as written, with its set prefix and `IfExists` suffix. [`Condition::parsed_operator`] understands it.
    pub operator: Text,
    /// The key as written, such as `aws:SourceIp`; letter case does not matter.
    pub key: Text,
    /// The values; one has to match (none may match for a negated operator).
    pub values: Vec<Spanned<Scalar>>,
}

/// A value of a condition. AWS reads numbers and booleans as if they were strings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scalar {
    /// `"text"`.
    String(String),
    /// A JSON number, as written.
    Number(String),
    /// `true` or `false`.
    Bool(bool),
}

impl Scalar {
    /// The value as AWS compares it.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::String(text) | Self::Number(text) => text,
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
        }
    }
}

impl Policy {
    /// A policy of the current version from statements.
    #[must_use]
    pub fn new(statements: Vec<Statement>) -> Self {
        Self { declared_version: Some(Spanned::unplaced(Version::V2012)), id: None, statements }
    }

    /// The version that counts: what is declared, or else the old one.
    #[must_use]
    pub fn version(&self) -> Version {
        self.declared_version.map_or(Version::V2008, |version| version.value)
    }

    /// The same policy without names that have no effect (`Id`, `Sid`).
    #[must_use]
    pub fn without_names(&self) -> Self {
        let mut policy = self.clone();
        policy.id = None;
        for statement in &mut policy.statements {
            statement.sid = None;
        }
        policy
    }
}

impl Statement {
    /// A statement from patterns, without condition.
    #[must_use]
    pub fn new(effect: Effect, actions: &[&str], resources: &[&str]) -> Self {
        Self {
            place: Place::default(),
            sid: None,
            effect: Spanned::unplaced(effect),
            principal: None,
            action: Clause::of(actions),
            resource: Some(Clause::of(resources)),
            conditions: Vec::new(),
        }
    }

    /// The same statement with a condition added.
    #[must_use]
    pub fn when(mut self, operator: &str, key: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| Spanned::unplaced(Scalar::String((*value).to_owned()))).collect();
        self.conditions.push(Condition { operator: operator.into(), key: key.into(), values });
        self
    }

    /// How to name the statement to a reader: its `Sid`, or its number counted from 1.
    #[must_use]
    pub fn label(&self, index: usize) -> String {
        match &self.sid {
            Some(sid) if !sid.is_empty() => format!("statement `{}`", sid.value),
            _ => format!("statement {}", index + 1),
        }
    }
}

impl Clause {
    /// A positive clause from patterns.
    #[must_use]
    pub fn of(values: &[&str]) -> Self {
        Self {
            negated: false,
            values: values.iter().map(|value| Text::from(*value)).collect(),
            place: Place::default(),
        }
    }

    /// The patterns as strings.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|text| text.value.as_str())
    }
}

impl Condition {
    /// The operator, if it is one AWS knows.
    #[must_use]
    pub fn parsed_operator(&self) -> Option<Operator> {
        Operator::parse(&self.operator)
    }

    /// From the operator's name to the last value.
    #[must_use]
    pub fn span(&self) -> Span {
        self.values.last().map_or(self.key.span, |last| self.key.span.to(last.span))
    }
}
