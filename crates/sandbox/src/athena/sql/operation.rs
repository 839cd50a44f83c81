//! Operators between two expressions, by their types.

use sqlparser::ast::BinaryOperator;
use sqlparser::tokenizer::Span;

use super::arithmetic::{self, Operator};
use super::collection;
use super::expression::{Comparison, Expression};
use super::failure::Failure;
use super::function::Scalar;
use super::kind::Kind;
use super::translate::{Typed, call};

pub(crate) fn mismatch(left: &Kind, sign: &str, right: &Kind, span: Span) -> Failure {
    Failure::at("TYPE_MISMATCH", span, format!("Cannot apply operator: {left} {sign} {right}"))
}

/// One operator between two expressions.
pub(crate) fn binary(left: Typed, op: &BinaryOperator, right: Typed, span: Span) -> Result<Typed, Failure> {
    let comparison = match op {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::NotEqual,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessOrEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterOrEqual,
        BinaryOperator::StringConcat => return joined(left, right, span),
        BinaryOperator::Plus => return arithmetic(left, Operator::Add, right, span),
        BinaryOperator::Minus => return arithmetic(left, Operator::Subtract, right, span),
        BinaryOperator::Multiply => return arithmetic(left, Operator::Multiply, right, span),
        BinaryOperator::Divide => return arithmetic(left, Operator::Divide, right, span),
        BinaryOperator::Modulo => return arithmetic(left, Operator::Modulus, right, span),
        other => return Err(Failure::missing(format!("the operator {other}"))),
    };
    let wrong = mismatch(&left.kind, &op.to_string(), &right.kind, span);
    let Some(kind) = left.kind.common(&right.kind) else { return Err(wrong) };
    if !matches!(comparison, Comparison::Equal | Comparison::NotEqual) && !kind.is_orderable() {
        return Err(wrong);
    }
    let (left, right) = (Box::new(left.to(&kind)), Box::new(right.to(&kind)));
    Ok(Typed::new(Expression::Compare(comparison, left, right), Kind::Boolean))
}

/// `||`
fn joined(left: Typed, right: Typed, span: Span) -> Result<Typed, Failure> {
    let wrong = mismatch(&left.kind, "||", &right.kind, span);
    let kind = match (&left.kind, &right.kind) {
        (Kind::Varchar | Kind::Unknown, Kind::Varchar | Kind::Unknown) => Kind::Varchar,
        (Kind::Array(_), Kind::Array(_)) => left.kind.common(&right.kind).ok_or(wrong)?,
        (Kind::Array(_), _) | (_, Kind::Array(_)) => {
            return Err(Failure::missing("|| between an array and an element"));
        }
        _ => return Err(wrong),
    };
    let right = right.to(&kind);
    let whole = match left.to(&kind) {
        // a chain becomes one call
        Expression::Call(Scalar::Plain(plain), mut parts) if plain.name == "||" => {
            parts.push(right);
            Expression::Call(Scalar::Plain(plain), parts)
        }
        left => call("||", collection::concat, vec![left, right]),
    };
    Ok(Typed::new(whole, kind))
}

fn arithmetic(left: Typed, operator: Operator, right: Typed, span: Span) -> Result<Typed, Failure> {
    use Kind::{Bigint, Date, Decimal, Double, Integer, Months, Span as Days, Timestamp, Unknown, Zoned};
    use Operator::{Add, Multiply, Subtract};
    let wrong = mismatch(&left.kind, operator.sign(), &right.kind, span);
    let compute = |kind: Kind, given: Kind, left: Expression, right: Expression| {
        Typed::new(Expression::Arithmetic(operator, given, Box::new(left), Box::new(right)), kind)
    };
    Ok(match (&left.kind, &right.kind) {
        (Unknown, Unknown) => return Err(Failure::missing("arithmetic of nothing but NULL")),
        (Date | Timestamp | Zoned, Days | Months) if matches!(operator, Add | Subtract) => {
            compute(left.kind.clone(), right.kind.clone(), left.expression, right.expression)
        }
        (Days | Months, Date | Timestamp | Zoned) if operator == Add => {
            compute(right.kind.clone(), left.kind.clone(), left.expression, right.expression)
        }
        (Date | Timestamp | Zoned, Date | Timestamp | Zoned) if operator == Subtract => {
            let kind = left.kind.common(&right.kind).ok_or(wrong)?;
            compute(Days, Days, left.to(&kind), right.to(&kind))
        }
        (Days, Days) | (Months, Months) if matches!(operator, Add | Subtract) => {
            compute(left.kind.clone(), left.kind.clone(), left.expression, right.expression)
        }
        (Days | Months, Integer | Bigint) if operator == Multiply => {
            compute(left.kind.clone(), left.kind.clone(), left.expression, right.expression)
        }
        (Integer | Bigint, Days | Months) if operator == Multiply => {
            compute(right.kind.clone(), right.kind.clone(), left.expression, right.expression)
        }
        (from, to) if (from.is_number() || *from == Unknown) && (to.is_number() || *to == Unknown) => {
            let kind = from.common(to).ok_or(wrong)?;
            match (left.kind.digits(), right.kind.digits()) {
                (Some(first), Some(second)) if matches!(kind, Decimal(..)) => {
                    let result = arithmetic::decimal_kind(operator, first, second);
                    if result.1 > result.0 {
                        return Err(Failure::new(
                            "INVALID_FUNCTION_ARGUMENT",
                            "DECIMAL scale must be in range [0, precision]",
                        ));
                    }
                    let function = Scalar::Decimal(operator, first.1, second.1, result);
                    let parts = vec![left.to(&Decimal(first.0, first.1)), right.to(&Decimal(second.0, second.1))];
                    Typed::new(Expression::Call(function, parts), Decimal(result.0, result.1))
                }
                _ if kind == Double || matches!(kind, Integer | Bigint) => {
                    compute(kind.clone(), kind.clone(), left.to(&kind), right.to(&kind))
                }
                _ => return Err(Failure::missing("arithmetic of a decimal and NULL")),
            }
        }
        _ => return Err(wrong),
    })
}
