//! Random policies for the property tests.

use policy::{
    Clause, Condition, Effect, Policy, Principal, PrincipalClause, Scalar, Spanned, Statement, Text, Version,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn text(pattern: &'static str) -> impl Strategy<Value = Text> {
    pattern.prop_map(Spanned::unplaced)
}

/// Any characters, so that escapes are exercised.
fn any_text() -> impl Strategy<Value = Text> {
    any::<String>().prop_map(Spanned::unplaced)
}

fn clause(value: impl Strategy<Value = Text> + 'static) -> impl Strategy<Value = Clause> {
    (any::<bool>(), vec(value, 0..4)).prop_map(|(negated, values)| Clause {
        negated,
        values,
        place: Spanned::default(),
    })
}

fn scalar() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        any::<String>().prop_map(Scalar::String),
        any::<i64>().prop_map(|number| Scalar::Number(number.to_string())),
        any::<bool>().prop_map(Scalar::Bool),
    ]
}

fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    let keys = proptest::collection::btree_map("[a-z]{1,4}:[A-Za-z/]{1,6}", vec(scalar(), 0..3), 1..3);
    let operators =
        proptest::collection::btree_map("(ForAnyValue:)?(StringLike|Bool|NumericEquals|Odd)(IfExists)?", keys, 0..3);
    operators.prop_map(|operators| {
        let pairs = operators
            .into_iter()
            .flat_map(|(operator, keys)| keys.into_iter().map(move |(key, values)| (operator.clone(), key, values)));
        pairs
            .map(|(operator, key, values)| Condition {
                operator: Spanned::unplaced(operator),
                key: Spanned::unplaced(key),
                values: values.into_iter().map(Spanned::unplaced).collect(),
            })
            .collect()
    })
}

fn principal() -> impl Strategy<Value = PrincipalClause> {
    let listed =
        proptest::collection::btree_map("AWS|Service|Federated", vec(any_text(), 0..3), 0..3).prop_map(|kinds| {
            Principal::Listed(kinds.into_iter().map(|(kind, values)| (Spanned::unplaced(kind), values)).collect())
        });
    (any::<bool>(), prop_oneof![Just(Principal::Everyone), listed]).prop_map(|(negated, who)| PrincipalClause {
        negated,
        who,
        place: Spanned::default(),
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    (
        option::of(text("[A-Za-z0-9]{0,8}")),
        prop_oneof![Just(Effect::Allow), Just(Effect::Deny)],
        option::of(principal()),
        clause(text("[a-z0-9]{1,3}:[A-Za-z*?]{1,8}")),
        option::of(clause(any_text())),
        conditions(),
    )
        .prop_map(|(sid, effect, principal, action, resource, conditions)| Statement {
            place: Spanned::default(),
            sid,
            effect: Spanned::unplaced(effect),
            principal,
            action,
            resource,
            conditions,
        })
}

/// Any policy the model can hold that JSON can say.
pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    let version = option::of(prop_oneof![Just(Version::V2008), Just(Version::V2012)]);
    (version, option::of(any_text()), vec(statement(), 0..4)).prop_map(|(version, id, statements)| Policy {
        declared_version: version.map(Spanned::unplaced),
        id,
        statements,
    })
}
