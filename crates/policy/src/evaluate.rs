//! Is a request allowed, and which statement decides?

use std::fmt;

use crate::prepare::Prepared;
use crate::request::Request;
use crate::span::Span;

/// Everything that decides over a principal's requests, but for policies on the resource.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    /// Attached and inline policies, of the principal and of its groups.
    pub identity: Vec<Prepared>,
    /// Permissions boundary: also has to allow.
    pub boundary: Option<Prepared>,
    /// Service control policies, one list per level (root, each OU, account): each level has to allow. None at all: not bound.
    pub service_control: Vec<Vec<Prepared>>,
    /// Session policies: one of them also has to allow, if there are any.
    pub session: Vec<Prepared>,
}

/// Where a policy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Attached or inline.
    Identity,
    /// Permissions boundary.
    Boundary,
    /// Service control policies of the level with this number.
    ServiceControl(usize),
    /// Session policies.
    Session,
}

impl fmt::Display for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity => formatter.write_str("identity policies"),
            Self::Boundary => formatter.write_str("permissions boundary"),
            Self::ServiceControl(level) => write!(formatter, "service control policies of level {level}"),
            Self::Session => formatter.write_str("session policies"),
        }
    }
}

/// The statement that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decider {
    /// Where its policy stands.
    pub layer: Layer,
    /// Number of the policy in its layer, counted from 0.
    pub policy: usize,
    /// Name of the policy, as given when it was prepared.
    pub policy_name: String,
    /// Number of the statement, counted from 0.
    pub statement: usize,
    /// Its `Sid` or number, for a reader.
    pub label: String,
    /// Its place in the policy's text.
    pub span: Span,
    /// Its line, if the policy was [located](Prepared::located).
    pub line: Option<usize>,
}

impl fmt::Display for Decider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}", self.label, self.policy_name)?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
        }
        Ok(())
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Allowed by this statement of an identity policy, and by every other layer.
    Allowed(Decider),
    /// Denied by this statement, whatever else allows it.
    Denied(Decider),
    /// No statement of this layer allows it.
    NotAllowed(Layer),
}

impl Decision {
    /// Whether the request is allowed.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed(by) => write!(formatter, "allowed by {by}"),
            Self::Denied(by) => write!(formatter, "denied by {by}"),
            Self::NotAllowed(layer) => write!(formatter, "not allowed: no statement of the {layer} allows it"),
        }
    }
}

impl Permissions {
    /// Identity policies and nothing else.
    #[must_use]
    pub fn of(identity: Vec<Prepared>) -> Self {
        Self { identity, ..Self::default() }
    }

    /// Decides over a request: any Deny wins; then every layer that exists has to allow.
    #[must_use]
    pub fn evaluate(&self, request: &Request) -> Decision {
        let mut allowed_by = None;
        let mut lacking = None;
        for (layer, policies) in self.layers() {
            let mut allows = None;
            for (number, policy) in policies.iter().enumerate() {
                let (allow, deny) = policy.decide(request);
                if let Some(statement) = deny {
                    return Decision::Denied(decider(layer, number, policy, statement));
                }
                if allows.is_none() {
                    allows = allow.map(|statement| (number, policy, statement));
                }
            }
            match allows {
                None => lacking = lacking.or(Some(layer)),
                Some((number, policy, statement)) if layer == Layer::Identity => {
                    allowed_by = Some(decider(layer, number, policy, statement));
                }
                Some(_) => {}
            }
        }
        match (allowed_by, lacking) {
            (Some(by), None) => Decision::Allowed(by),
            (_, lacking) => Decision::NotAllowed(lacking.unwrap_or(Layer::Identity)),
        }
    }

    /// Whether the request is allowed; the same as [`Permissions::evaluate`] without the explanation.
    #[must_use]
    pub fn allows(&self, request: &Request) -> bool {
        let mut all = true;
        for (_, policies) in self.layers() {
            let mut allowed = false;
            for policy in policies {
                let (allow, deny) = policy.decide(request);
                if deny.is_some() {
                    return false;
                }
                allowed |= allow.is_some();
            }
            all &= allowed;
        }
        all
    }

    /// The layers that exist, in the order AWS looks at them.
    fn layers(&self) -> impl Iterator<Item = (Layer, &[Prepared])> {
        let service_control = self
            .service_control
            .iter()
            .enumerate()
            .map(|(level, policies)| (Layer::ServiceControl(level), policies.as_slice()));
        let boundary = self.boundary.as_ref().map(|boundary| (Layer::Boundary, std::slice::from_ref(boundary)));
        let session = (!self.session.is_empty()).then_some((Layer::Session, self.session.as_slice()));
        service_control
            .chain(std::iter::once((Layer::Identity, self.identity.as_slice())))
            .chain(boundary)
            .chain(session)
    }
}

fn decider(layer: Layer, policy: usize, prepared: &Prepared, statement: usize) -> Decider {
    let ready = prepared.statements.get(statement);
    Decider {
        layer,
        policy,
        policy_name: prepared.name.clone(),
        statement,
        label: ready.map_or_else(String::new, |ready| ready.label.clone()),
        span: ready.map_or_else(Span::default, |ready| ready.span),
        line: ready.and_then(|ready| ready.line),
    }
}
