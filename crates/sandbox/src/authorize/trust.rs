//! Trust policies: who may become a role.

use policy::{Decision, Permissions, Policy, Prepared, Principal, PrincipalClause, Request, Statement};

use crate::state::credential::Identity;
use crate::state::world::World;

/// What a trust policy says about a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trust {
    /// An explicit deny.
    Denied,
    /// No statement names the caller, or its conditions do not hold.
    Nobody,
    /// The caller's account is trusted: the caller's own policies have to allow it as well.
    Account,
    /// The caller is named: within one account nothing else is needed.
    Named,
}

/// Decides over a request for the role whose trust policy this is.
pub(crate) fn of(world: &World, document: &str, identity: &Identity, request: &Request) -> Trust {
    by_statement(document, request, |statement| named(world, statement, identity))
}

/// The same for somebody whom an identity provider (ARN, or the name of one that AWS knows) vouches for.
pub(crate) fn of_federated(document: &str, provider: &str, request: &Request) -> Trust {
    by_statement(document, request, |statement| names_provider(statement, provider).then_some(Trust::Named))
}

fn by_statement(document: &str, request: &Request, named: impl Fn(&Statement) -> Option<Trust>) -> Trust {
    let Some(parsed) = policy::parse(document).policy else { return Trust::Nobody };
    let mut found = Trust::Nobody;
    for statement in &parsed.statements {
        let Some(strength) = named(statement) else { continue };
        match decide(&parsed, statement, request) {
            Some(Decision::Denied(_)) => return Trust::Denied,
            Some(Decision::Allowed(_)) => found = found.max(strength),
            _ => {}
        }
    }
    found
}

fn names_provider(statement: &Statement, provider: &str) -> bool {
    let Some(PrincipalClause { negated, who, .. }) = statement.principal.as_ref() else { return false };
    let named = match who {
        Principal::Everyone => true,
        Principal::Listed(lists) => {
            let federated = lists.iter().filter(|(kind, _)| kind.value == "Federated").flat_map(|(_, names)| names);
            federated.into_iter().any(|name| name.value == provider)
        }
    };
    named != *negated
}

/// The statement alone, as if it stood in an identity policy.
fn decide(policy: &Policy, statement: &Statement, request: &Request) -> Option<Decision> {
    let mut alone = statement.clone();
    alone.principal = None;
    let policy = Policy { statements: vec![alone], ..policy.clone() };
    let prepared = Prepared::new("trust", &policy).ok()?;
    Some(Permissions::of(vec![prepared]).evaluate(request))
}

/// How a statement names the caller, if it does.
fn named(world: &World, statement: &Statement, identity: &Identity) -> Option<Trust> {
    let PrincipalClause { negated, who, .. } = statement.principal.as_ref()?;
    let strength = match who {
        Principal::Everyone => Some(Trust::Account),
        Principal::Listed(lists) => {
            let of_aws = lists.iter().filter(|(kind, _)| kind.value == "AWS").flat_map(|(_, names)| names);
            of_aws.filter_map(|name| matched(world, &name.value, identity)).max()
        }
    };
    match (negated, strength) {
        (false, strength) => strength,
        (true, None) => Some(Trust::Account),
        (true, Some(_)) => None,
    }
}

fn matched(world: &World, name: &str, identity: &Identity) -> Option<Trust> {
    let account = identity.account;
    if name == "*" || name == account.to_string() || name == format!("arn:aws:iam::{account}:root") {
        return Some(Trust::Account);
    }
    let role = world.role_arn(identity);
    (name == identity.arn || role.as_deref() == Some(name)).then_some(Trust::Named)
}
