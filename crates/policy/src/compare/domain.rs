//! What a condition key can be in a request, reduced to the cases that the conditions in question can tell apart.

use std::collections::HashSet;

use super::containment::is_within;
use super::vectors;
#[cfg(test)]
use super::weakness::{Weakness, has};
use crate::condition::{Test, Values};
use crate::operator::{Comparison, Quantifier};
use crate::pattern::{Dialect, Pattern};
use crate::request::Context;
use crate::value::IpRange;

/// More cases of one key are not looked at.
const MAX_CASES: usize = 1_500;

/// One case: the key's values (none: absent), and which of the tests hold.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) values: Vec<String>,
    pub(super) holds: Vec<bool>,
}

/// All cases of one key under these tests; with several values only where `many` says that it can have them. `None` when they cannot all be found: then nothing is known of how the tests hang together.
pub(super) fn cases(key: &str, tests: &[&Test], many: bool, steps: &mut usize) -> Option<Vec<Case>> {
    if tests.iter().any(|test| test.has_variables()) {
        return if many { None } else { variable_cases(key, tests, steps) };
    }
    let single = distinct(candidates(tests, steps)?, tests);
    let none = Context::new();
    let absent: Vec<bool> = tests.iter().map(|test| test.holds(&none)).collect();
    let mut cases = vec![Case { values: Vec::new(), holds: absent }];
    let with_one = |value: String| {
        let mut context = Context::new();
        context.set(key, [value.clone()]);
        Case { holds: tests.iter().map(|test| test.holds(&context)).collect(), values: vec![value] }
    };
    let mut present: Vec<Case> = single.into_iter().map(with_one).collect();
    #[cfg(test)]
    let many = many && !has(Weakness::NoSeveralValues);
    if many {
        add_larger_sets(&mut present, tests)?;
    }
    #[cfg(test)]
    if has(Weakness::NoAbsentKey) {
        cases.clear();
    }
    cases.extend(present);
    let mut seen = HashSet::new();
    cases.retain(|case| seen.insert(case.holds.clone()));
    Some(cases)
}

/// Adds sets of several values, one for each way the tests can take such a set. What a test says of a set follows from what it says of
/// each value (all have to fit, or one), so that sets grow from smaller ones until no new way is found.
fn add_larger_sets(present: &mut Vec<Case>, tests: &[&Test]) -> Option<()> {
    let needs_all: Vec<bool> = tests
        .iter()
        .map(|test| match test.operator.quantifier {
            Quantifier::ForAllValues => true,
            Quantifier::ForAnyValue => false,
            // none of the values may match, or one has to
            Quantifier::Single => test.operator.comparison.negates().is_some(),
        })
        .collect();
    let single = present.clone();
    let mut seen: HashSet<Vec<bool>> = single.iter().map(|case| case.holds.clone()).collect();
    let mut at = 0;
    while let Some(case) = present.get(at).cloned() {
        for one in &single {
            let pairs = case.holds.iter().zip(&one.holds).zip(&needs_all);
            let holds: Vec<bool> =
                pairs.map(|((set, one), all)| if *all { *set && *one } else { *set || *one }).collect();
            if !seen.insert(holds.clone()) {
                continue;
            }
            if present.len() >= MAX_CASES {
                return None;
            }
            let values = case.values.iter().chain(&one.values).cloned().collect();
            present.push(Case { values, holds });
        }
        at += 1;
    }
    Some(())
}

/// More tests with variables of one key are taken for free facts.
const MAX_VARIABLE_TESTS: usize = 5;

/// The cases where some tests hold variables and the key has one value at most: the cases of the other tests, each with every
/// combination of what the tests with variables may come to. Combinations that cannot be, because one pattern covers another whatever
/// the variables are, are left out; that others can be is not certain.
fn variable_cases(key: &str, tests: &[&Test], steps: &mut usize) -> Option<Vec<Case>> {
    let open: Vec<usize> =
        (0..tests.len()).filter(|at| tests.get(*at).is_some_and(|test| test.has_variables())).collect();
    if open.len() > MAX_VARIABLE_TESTS {
        return None;
    }
    let plain: Vec<&Test> = tests.iter().copied().filter(|test| !test.has_variables()).collect();
    let all_patterns = plain.iter().all(|test| matches!(test.values, Values::Patterns(_) | Values::Absence(_)));
    if !all_patterns {
        return None;
    }
    let implied = implications(tests, &open);
    let none = Context::new();
    let mut seen = HashSet::new();
    let mut cases = Vec::new();
    // absent: every test is settled
    let absent: Vec<bool> = tests.iter().map(|test| test.holds(&none)).collect();
    seen.insert(absent.clone());
    cases.push(Case { values: Vec::new(), holds: absent });
    for value in distinct(candidates(&plain, steps)?, &plain) {
        let mut context = Context::new();
        context.set(key, [value.clone()]);
        for combination in 0..1_usize << open.len() {
            let chosen =
                |at: usize| open.iter().position(|number| *number == at).map(|bit| combination >> bit & 1 == 1);
            // whether the value matches, negation left aside
            let matched: Vec<bool> = tests
                .iter()
                .enumerate()
                .map(|(at, test)| chosen(at).unwrap_or_else(|| test.matches_value(&value, &none)))
                .collect();
            let possible = implied
                .iter()
                .all(|(inner, outer)| matched.get(*inner) != Some(&true) || matched.get(*outer) == Some(&true));
            if !possible {
                continue;
            }
            let holds: Vec<bool> = tests
                .iter()
                .zip(&matched)
                .enumerate()
                .map(|(at, (test, matched))| match chosen(at) {
                    None => test.holds(&context),
                    Some(_) => *matched != test.operator.comparison.negates().is_some(),
                })
                .collect();
            if seen.insert(holds.clone()) {
                cases.push(Case { values: vec![value.clone()], holds });
            }
        }
    }
    Some(cases)
}

/// Pairs of tests (inner with variables) of which the outer matches every value that the inner matches, whatever the variables are.
fn implications(tests: &[&Test], open: &[usize]) -> Vec<(usize, usize)> {
    let patterns = |at: usize| match tests.get(at).map(|test| &test.values) {
        Some(Values::Patterns(patterns)) => patterns.as_slice(),
        _ => &[],
    };
    let within = |inner: &Pattern, outer: &Pattern| inner.folds() == outer.folds() && is_within(inner, outer);
    #[cfg(test)]
    let within = |inner: &Pattern, outer: &Pattern| has(Weakness::VariablesImplyEachOther) || within(inner, outer);
    let mut pairs = Vec::new();
    for inner in open {
        for outer in (0..tests.len()).filter(|outer| outer != inner && !patterns(*outer).is_empty()) {
            let implied = patterns(*inner).iter().all(|one| patterns(outer).iter().any(|other| within(one, other)));
            if implied {
                pairs.push((*inner, outer));
            }
        }
    }
    pairs
}

/// One value for each way the tests take values.
fn distinct(values: Vec<String>, tests: &[&Test]) -> Vec<String> {
    let mut seen = HashSet::new();
    let none = Context::new();
    let takes = |value: &String| tests.iter().map(|test| test.matches_value(value, &none)).collect::<Vec<bool>>();
    values.into_iter().filter(|value| seen.insert(takes(value))).collect()
}

/// Values that between them show every way the tests can take one. Assumes that a key holds values of the kind its operators compare.
fn candidates(tests: &[&Test], steps: &mut usize) -> Option<Vec<String>> {
    let mut patterns: Vec<&Pattern> = Vec::new();
    let mut numbers: Vec<f64> = Vec::new();
    let mut dates: Vec<i128> = Vec::new();
    let mut ranges: Vec<IpRange> = Vec::new();
    let mut kinds = HashSet::new();
    let mut only_flags = true;
    for test in tests {
        match &test.values {
            Values::Absence(_) => continue,
            Values::Patterns(values) => patterns.extend(values),
            Values::Numbers(values) => numbers.extend(values),
            Values::Dates(values) => dates.extend(values),
            Values::Ranges(values) => ranges.extend(values),
        }
        only_flags &= test.operator.comparison == Comparison::Bool;
        kinds.insert(std::mem::discriminant(&test.values));
    }
    match kinds.len() {
        0 => return Some(vec!["x".to_owned()]),
        1 => {}
        // what an address is as a text, or a number as a date, is more than can be said here
        _ => return None,
    }
    if !numbers.is_empty() {
        return Some(around(numbers));
    }
    if !dates.is_empty() {
        return instants(dates);
    }
    if !ranges.is_empty() {
        return Some(addresses(&ranges));
    }
    if only_flags {
        return Some(vec!["true".to_owned(), "false".to_owned()]);
    }
    let everything = Pattern::compile("?*", Dialect { wildcards: true, variables: false, fold: false, parts: false });
    let samples = vectors::samples(&everything, &vectors::Groups::single(patterns), steps)?;
    samples.iter().map(|sample| vectors::plain(&sample.text)).collect()
}

/// Each number, one between any two, one below and one above.
fn around(mut numbers: Vec<f64>) -> Vec<String> {
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    let mut all: Vec<f64> = numbers.first().map(|first| first - 1.0).into_iter().collect();
    for pair in numbers.windows(2) {
        if let [low, high] = pair {
            #[cfg(test)]
            if has(Weakness::NothingBetweenNumbers) {
                all.push(*low);
                continue;
            }
            all.extend([*low, low + (high - low) / 2.0]);
        }
    }
    all.extend(numbers.last().into_iter().flat_map(|last| [*last, last + 1.0]));
    all.into_iter().map(|number| number.to_string()).collect()
}

/// The same for dates, in whole seconds.
fn instants(mut dates: Vec<i128>) -> Option<Vec<String>> {
    const SECOND: i128 = 1_000_000_000;
    dates.sort_unstable();
    dates.dedup();
    // between neighbours lie fractions of a second, which the cases below leave out
    let close = dates.windows(2).any(|pair| matches!(pair, [early, late] if late - early <= SECOND));
    let mut all = Vec::new();
    for date in dates {
        // what lies between two dates is just before the later one or just behind the earlier one
        all.extend([date - SECOND, date, date + SECOND]);
    }
    let whole = !close && all.iter().all(|date| date % SECOND == 0 && *date >= 100_000 * SECOND);
    whole.then(|| all.into_iter().map(|date| (date / SECOND).to_string()).collect())
}

/// One address of each stretch between the ranges' ends, in both families.
fn addresses(ranges: &[IpRange]) -> Vec<String> {
    let mut out = Vec::new();
    for v6 in [false, true] {
        let top = if v6 { u128::MAX } else { u128::from(u32::MAX) };
        let own = ranges.iter().filter(|range| range.v6 == v6);
        let mut starts: Vec<u128> =
            own.flat_map(|range| [Some(range.low), range.high.checked_add(1)]).flatten().collect();
        #[cfg(test)]
        if has(Weakness::NothingBehindRanges) {
            starts.truncate(1);
        }
        // any address will do for the outside: one from the ranges that are kept for examples, if those are not named
        starts.push(if v6 { 0x2001_0db8_u128 << 96 } else { u128::from(u32::from_be_bytes([203, 0, 113, 1])) });
        starts.push(0);
        starts.sort_unstable();
        starts.dedup();
        let text = |address: u128| match u32::try_from(address) {
            Ok(address) if !v6 => std::net::Ipv4Addr::from(address).to_string(),
            _ => std::net::Ipv6Addr::from(address).to_string(),
        };
        out.extend(starts.into_iter().filter(|address| *address <= top).map(text));
    }
    out
}
