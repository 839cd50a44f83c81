//! Requests aimed at what two sides say: most match a statement of one of them, or miss it narrowly. A request of random letters would
//! match nothing, and show nothing.

use std::collections::BTreeSet;

use super::language::{
    Clause, Comparison, Condition, Difference, Operator, Permissions, Policy, PolicyComparison, Prepared, Quantifier,
    Reading, Request, Statement, Verdict, catalogue,
};

use super::random::Random;

/// Keys of AWS that have several values, whatever conditions say.
const MANY_VALUED: [&str; 2] = ["aws:tagkeys", "aws:calledvia"];

/// Two sides that were compared, and what answers requests for them.
pub(crate) struct Pair<'a> {
    sides: [&'a [Policy]; 2],
    /// Per reading of wildcards: both sides.
    ready: Vec<[Permissions; 2]>,
    statements: Vec<&'a Statement>,
    conditions: Vec<&'a Condition>,
    many_valued: BTreeSet<String>,
}

impl<'a> Pair<'a> {
    /// `None` when a policy has an operator that nobody knows.
    pub(crate) fn of(first: &'a [Policy], second: &'a [Policy]) -> Option<Self> {
        let prepare = |policies: &[Policy], reading| {
            let prepared = policies.iter().map(|policy| Prepared::with_reading("p", policy, reading).ok());
            prepared.collect::<Option<Vec<_>>>().map(Permissions::of)
        };
        let mut ready = Vec::new();
        for reading in [Reading::Crossing, Reading::Segments] {
            ready.push([prepare(first, reading)?, prepare(second, reading)?]);
        }
        let statements: Vec<&Statement> = first.iter().chain(second).flat_map(|policy| &policy.statements).collect();
        let conditions: Vec<&Condition> = statements.iter().flat_map(|statement| &statement.conditions).collect();
        let quantified = |condition: &&&Condition| {
            Operator::parse(&condition.operator).is_some_and(|operator| operator.quantifier != Quantifier::Single)
        };
        let mut many_valued: BTreeSet<String> =
            conditions.iter().filter(quantified).map(|condition| condition.key.to_lowercase()).collect();
        many_valued.extend(MANY_VALUED.map(str::to_owned));
        Some(Self { sides: [first, second], ready, statements, conditions, many_valued })
    }

    /// Whether the request shows that the comparison claimed something wrong; if so, what.
    pub(crate) fn contradiction(&self, comparison: &PolicyComparison, request: &Request) -> Option<String> {
        for (number, [one, two]) in self.ready.iter().enumerate() {
            let (first, second) = (one.allows(request), two.allows(request));
            let broken = |verdict: &Verdict| {
                (second && !first && verdict.gained == Difference::Never)
                    || (first && !second && verdict.lost == Difference::Never)
            };
            let known = catalogue::contains(request.action());
            if broken(&comparison.all_strings) || (known && broken(&comparison.catalogue)) {
                let texts = self.sides.map(|side| side.iter().map(Policy::to_json).collect::<Vec<_>>().join("\n"));
                return Some(format!(
                    "reading {number}: {request}: first {first}, second {second}, claimed {}\n{}",
                    comparison.all_strings,
                    texts.join("\n--\n")
                ));
            }
        }
        None
    }

    /// Whether one side allows the request and the other does not.
    pub(crate) fn tells_apart(&self, request: &Request) -> bool {
        self.ready.first().is_some_and(|[one, two]| one.allows(request) != two.allows(request))
    }

    /// One request.
    pub(crate) fn request(&self, random: &mut Random) -> Request {
        let statement = random.pick(&self.statements).copied();
        let any = random.pick(&self.statements).copied();
        let mut values: Vec<(String, Vec<String>)> = Vec::new();
        let action = statement.map_or_else(String::new, |statement| action_of(&statement.action, any, random));
        let resource = if random.chance(85) { statement } else { any };
        let resource = resource.and_then(|statement| statement.resource.as_ref());
        let resource = resource.map_or_else(|| "*".to_owned(), |clause| resource_of(clause, &mut values, random));
        for condition in statement.into_iter().flat_map(|statement| &statement.conditions) {
            if random.chance(90) {
                self.set(condition, &mut values, random);
            }
        }
        for _ in 0..2 {
            if let Some(condition) = random.pick(&self.conditions).filter(|_| random.chance(25)) {
                self.set(condition, &mut values, random);
            }
        }
        // an action has a service and a name
        let action = match action.split_once(':') {
            Some((_, "")) => format!("{action}x"),
            Some(_) => action,
            None => "s3:GetObject".to_owned(),
        };
        let mut request = Request::new(&action, if resource.is_empty() { "*" } else { &resource });
        for (key, values) in values {
            request.context.set(&key, values);
        }
        request
    }

    /// Gives the condition's key a value near one of the condition's.
    fn set(&self, condition: &Condition, values: &mut Vec<(String, Vec<String>)>, random: &mut Random) {
        let Some(operator) = Operator::parse(&condition.operator) else { return };
        let key = condition.key.to_lowercase();
        values.retain(|(name, _)| *name != key);
        let negated = operator.comparison.negates().is_some();
        if operator.comparison == Comparison::Null {
            let typed = self.conditions.iter().find(|other| other.key.eq_ignore_ascii_case(&key) && !is_null(other));
            if condition.values.iter().any(|value| value.text() == "false") {
                match typed {
                    Some(other) => self.set(other, values, random),
                    None => values.push((key, vec!["x".to_owned()])),
                }
            }
            return;
        }
        // an absent key satisfies a negated condition, and fails any other
        if random.chance(if negated { 40 } else { 8 }) {
            return;
        }
        let count = if self.many_valued.contains(&key) { 1 + random.below(3) } else { 1 };
        let mut own = Vec::new();
        for _ in 0..count {
            let value = random.pick(&condition.values).map_or("x", |value| value.text());
            own.push(near(operator.comparison, value, values, random));
        }
        own.retain(|value| !value.is_empty());
        if !own.is_empty() {
            values.push((key, own));
        }
    }
}

fn is_null(condition: &Condition) -> bool {
    Operator::parse(&condition.operator).is_some_and(|operator| operator.comparison == Comparison::Null)
}

fn action_of(clause: &Clause, any: Option<&Statement>, random: &mut Random) -> String {
    let outside = clause.negated && random.chance(70);
    let clause = any.map(|statement| &statement.action).filter(|_| outside).unwrap_or(clause);
    let pattern = random.pick(&clause.values).map_or("*", |text| text.value.as_str());
    if matches!(pattern, "*" | "*:*") || (outside && random.chance(50)) {
        return random
            .text(&["s3:GetObject", "iam:PassRole", "zz:Any", "ec2:RunInstances", "s:GetA", "t:Run"])
            .to_owned();
    }
    let action = filled(pattern, &["", "x", "A", "B", "GetA", "Object", "zz"], &mut Vec::new(), random);
    if random.chance(10) { action.to_uppercase() } else { action }
}

fn resource_of(clause: &Clause, values: &mut Vec<(String, Vec<String>)>, random: &mut Random) -> String {
    let pattern = random.pick(&clause.values).map_or("*", |text| text.value.as_str());
    if clause.negated && random.chance(60) {
        return random.text(&["arn:aws:s3:::other/x", "*", "arn:aws:s:::zz", "arn:aws:s:r:1:a/q"]).to_owned();
    }
    let mut text = filled(pattern, &["", "x", "a/b", "ab", "q:r", "y", "1", "xb"], values, random);
    if random.chance(8) {
        text.push_str(random.text(&["x", "/y", ":z"]));
    }
    text
}

/// The pattern with texts in place of its wildcards, and of its variables, whose values are noted.
fn filled(
    pattern: &str,
    runs: &[&'static str],
    values: &mut Vec<(String, Vec<String>)>,
    random: &mut Random,
) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        if let Some((inside, after)) = rest.strip_prefix("${").and_then(|inside| inside.split_once('}')) {
            let key = inside.split(',').next().unwrap_or(inside).trim().to_lowercase();
            match key.as_str() {
                "*" | "?" | "$" => text.push_str(&key),
                _ => {
                    let known = values.iter().find(|(name, _)| *name == key).and_then(|(_, values)| values.first());
                    let value = known.cloned().unwrap_or_else(|| random.text(&["x", "y", "someone", "a"]).to_owned());
                    text.push_str(&value);
                    if random.chance(90) && !values.iter().any(|(name, _)| *name == key) {
                        values.push((key, vec![value]));
                    }
                }
            }
            rest = after;
            continue;
        }
        match character {
            '*' => text.push_str(random.text(runs)),
            '?' => text.push_str(random.text(&["x", "a", "G"])),
            _ => text.push(character),
        }
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    text
}

/// A value of the kind the operator compares: the condition's own, or a neighbour.
fn near(comparison: Comparison, value: &str, values: &mut Vec<(String, Vec<String>)>, random: &mut Random) -> String {
    use Comparison as C;
    match comparison {
        C::Bool => if random.chance(50) { "true" } else { "false" }.to_owned(),
        C::NumericEquals
        | C::NumericNotEquals
        | C::NumericLessThan
        | C::NumericLessThanEquals
        | C::NumericGreaterThan
        | C::NumericGreaterThanEquals => {
            let step = random.pick(&[-1.0, -0.5, 0.0, 0.0, 0.5, 1.0]).copied().unwrap_or(0.0);
            value.parse::<f64>().map_or_else(|_| "1".to_owned(), |number| (number + step).to_string())
        }
        C::DateEquals
        | C::DateNotEquals
        | C::DateLessThan
        | C::DateLessThanEquals
        | C::DateGreaterThan
        | C::DateGreaterThanEquals => random
            .text(&[
                "2026-01-01T00:00:00Z",
                "2026-06-01T00:00:00Z",
                "2025-12-31T23:59:59Z",
                "2026-01-01T00:00:01Z",
                "2027-01-01",
            ])
            .to_owned(),
        C::IpAddress | C::NotIpAddress => address(value, random),
        _ => {
            let mut text = filled(value, &["", "x", "y", "a/b", "q:r"], values, random);
            if random.chance(15) {
                text.push_str(random.text(&["x", "y"]));
            }
            text
        }
    }
}

/// The first or last address of the range, or one just outside.
fn address(range: &str, random: &mut Random) -> String {
    let (base, bits) = range.split_once('/').unwrap_or((range, "32"));
    let (Ok(base), Ok(bits)) = (base.parse::<std::net::Ipv4Addr>(), bits.parse::<u32>()) else {
        return base.to_owned();
    };
    let size = u32::MAX.checked_shr(bits).unwrap_or(0);
    let low = u32::from(base) & !size;
    let chosen = match random.below(4) {
        0 => low,
        1 => low | size,
        2 => (low | size).wrapping_add(1),
        _ => low.wrapping_sub(1),
    };
    std::net::Ipv4Addr::from(chosen).to_string()
}
