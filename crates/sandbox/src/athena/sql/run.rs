//! A plan at work: every step hands its rows to the next one.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use super::aggregate::{Aggregate, Tally};
use super::expression::{Expression, Frame, Surroundings};
use super::failure::Failure;
use super::plan::{Join, Plan, Spread, Table};
use super::planner::Within;
use super::sort::Key;
use super::value::{Row, Value};

/// What takes rows: whether it wants more of them.
pub(crate) type Sink<'s> = dyn FnMut(Row) -> Result<bool, Failure> + 's;

/// Where the rows of tables come from.
pub(crate) trait Source {
    /// Hands on the rows of a table, with the columns that are wanted; others may be null. Of partitions whose columns do not meet what
    /// is known, no row need be read.
    fn scan(&self, table: &Table, wanted: &[bool], known: &[Expression], sink: &mut Sink<'_>) -> Result<(), Failure>;
}

/// How much a query may do and hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) steps: u64,
    pub(crate) bytes: usize,
}

/// A query while it runs.
pub(crate) struct Run<'a> {
    source: &'a dyn Source,
    around: Surroundings,
    /// Bytes that may still be held.
    room: Cell<usize>,
}

/// Runs a plan and what it needs before.
pub(crate) fn run(
    source: &dyn Source,
    bounds: Bounds,
    within: &[Within],
    plan: &Plan,
    sink: &mut Sink<'_>,
) -> Result<(), Failure> {
    let around = Surroundings { answers: Vec::new(), work: Cell::new(bounds.steps) };
    let mut run = Run { source, around, room: Cell::new(bounds.bytes) };
    for Within { plan, most } in within {
        let mut rows = Vec::new();
        run.rows(plan, &mut |row: Row| {
            let value = row.into_iter().next().unwrap_or(Value::Null);
            run.hold(value.size_bytes())?;
            rows.push(value);
            Ok(most.is_none_or(|most| rows.len() < most))
        })?;
        run.around.answers.push(rows);
    }
    run.rows(plan, sink).map(drop)
}

impl Run<'_> {
    fn hold(&self, bytes: usize) -> Result<(), Failure> {
        let left = self.room.get().checked_sub(bytes).ok_or_else(Failure::exhausted)?;
        self.room.set(left);
        Ok(())
    }

    fn hold_row(&self, row: &Row) -> Result<(), Failure> {
        self.hold(32 + row.iter().map(Value::size_bytes).sum::<usize>())
    }

    fn frame<'r>(&'r self, row: &'r [Value]) -> Frame<'r> {
        Frame::of(row, &self.around)
    }

    fn computed(&self, expressions: &[Expression], row: &[Value]) -> Result<Row, Failure> {
        expressions.iter().map(|expression| expression.compute(self.frame(row))).collect()
    }

    /// Hands on the rows of a step; whether more are wanted behind them.
    fn rows(&self, plan: &Plan, sink: &mut Sink<'_>) -> Result<bool, Failure> {
        match plan {
            Plan::Values(rows) => {
                for row in rows {
                    if !sink(self.computed(row, &[])?)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Plan::Scan { table, used, known } => {
                let wanted = used.borrow().clone();
                let mut more = true;
                self.source.scan(table, &wanted, known, &mut |row| {
                    self.around.spend(1)?;
                    more = sink(row)?;
                    Ok(more)
                })?;
                Ok(more)
            }
            Plan::Filter(input, condition) => self.rows(input, &mut |row| {
                if condition.compute(self.frame(&row))?.is_true() { sink(row) } else { Ok(true) }
            }),
            Plan::Project(input, expressions) => self.rows(input, &mut |row| sink(self.computed(expressions, &row)?)),
            Plan::Unnest { input, lists, with_ordinality, keeps } => {
                self.rows(input, &mut |row| self.unnest(row, lists, *with_ordinality, *keeps, sink))
            }
            Plan::Join(join) => self.join(join, sink),
            Plan::Aggregate { input, groups, aggregates } => self.aggregate(input, groups, aggregates, sink),
            Plan::Distinct(input) => {
                let mut seen = HashSet::new();
                self.rows(input, &mut |row| {
                    if seen.contains(&row) {
                        return Ok(true);
                    }
                    self.hold_row(&row)?;
                    seen.insert(row.clone());
                    sink(row)
                })
            }
            Plan::Sort(input, keys) => self.sort(input, keys, sink),
            Plan::Limit { input, offset, most } => self.limit(input, *offset, *most, sink),
            Plan::Union(parts) => {
                for part in parts {
                    if !self.rows(part, sink)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Plan::Sieve { first, second, keeps_common } => {
                let mut known = HashSet::new();
                self.rows(second, &mut |row| {
                    self.hold_row(&row)?;
                    known.insert(row);
                    Ok(true)
                })?;
                self.rows(first, &mut |row| if known.contains(&row) == *keeps_common { sink(row) } else { Ok(true) })
            }
        }
    }

    fn limit(&self, input: &Plan, offset: usize, most: Option<usize>, sink: &mut Sink<'_>) -> Result<bool, Failure> {
        if most == Some(0) {
            return Ok(true);
        }
        let (mut seen, mut given, mut more) = (0, 0, true);
        self.rows(input, &mut |row| {
            seen += 1;
            if seen <= offset {
                return Ok(true);
            }
            given += 1;
            more = sink(row)?;
            Ok(more && most.is_none_or(|most| given < most))
        })?;
        Ok(more)
    }

    fn sort(&self, input: &Plan, keys: &[Key], sink: &mut Sink<'_>) -> Result<bool, Failure> {
        let mut rows: Vec<(Vec<Value>, Row)> = Vec::new();
        self.rows(input, &mut |row| {
            let by: Vec<Value> = keys.iter().map(|key| key.compute(self.frame(&row))).collect::<Result<_, _>>()?;
            self.hold_row(&row)?;
            self.hold_row(&by)?;
            rows.push((by, row));
            Ok(true)
        })?;
        rows.sort_by(|(left, _), (right, _)| Key::compare(keys, left, right));
        for (_, row) in rows {
            if !sink(row)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn aggregate(
        &self,
        input: &Plan,
        groups: &[Expression],
        aggregates: &[Aggregate],
        sink: &mut Sink<'_>,
    ) -> Result<bool, Failure> {
        let empty = || aggregates.iter().map(|_| Tally::default()).collect::<Vec<Tally>>();
        let mut numbers: HashMap<Row, usize> = HashMap::new();
        let mut tallies: Vec<(Row, Vec<Tally>)> = Vec::new();
        if groups.is_empty() {
            // one group, even of no rows
            numbers.insert(Vec::new(), 0);
            tallies.push((Vec::new(), empty()));
        }
        self.rows(input, &mut |row| {
            let key = self.computed(groups, &row)?;
            let number = match numbers.get(&key) {
                Some(number) => *number,
                None => {
                    self.hold_row(&key)?;
                    self.hold(64 + aggregates.len() * size_of::<Tally>())?;
                    numbers.insert(key.clone(), tallies.len());
                    tallies.push((key, empty()));
                    tallies.len() - 1
                }
            };
            if let Some((_, tallies)) = tallies.get_mut(number) {
                for (aggregate, tally) in aggregates.iter().zip(tallies) {
                    self.hold(aggregate.add(tally, self.frame(&row))?)?;
                }
            }
            Ok(true)
        })?;
        for (mut row, tallies) in tallies {
            for (aggregate, tally) in aggregates.iter().zip(tallies) {
                row.push(aggregate.end(tally)?);
            }
            if !sink(row)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn unnest(
        &self,
        row: Row,
        lists: &[(Expression, Spread)],
        with_ordinality: bool,
        keeps: bool,
        sink: &mut Sink<'_>,
    ) -> Result<bool, Failure> {
        let mut found = Vec::with_capacity(lists.len());
        for (expression, spread) in lists {
            found.push((expression.compute(self.frame(&row))?, *spread));
        }
        let length = found.iter().map(|(value, _)| match value {
            Value::Map(pairs) => pairs.len(),
            other => other.elements().len(),
        });
        let length = length.max().unwrap_or(0);
        if length == 0 && keeps {
            let mut row = row;
            let own: usize = lists.iter().map(|(_, spread)| spread.width()).sum();
            row.extend(std::iter::repeat_n(Value::Null, own + usize::from(with_ordinality)));
            return sink(row);
        }
        for number in 0..length {
            self.around.spend(1 + row.len() / 8)?;
            let mut row = row.clone();
            for (value, spread) in &found {
                spread_out(&mut row, value, *spread, number);
            }
            if with_ordinality {
                row.push(Value::Integer(i64::try_from(number).unwrap_or(i64::MAX) + 1));
            }
            if !sink(row)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn join(&self, join: &Join, sink: &mut Sink<'_>) -> Result<bool, Failure> {
        let (left_width, right_width) = join.widths;
        let (left_keys, right_keys): (Vec<&Expression>, Vec<&Expression>) =
            join.equal.iter().map(|(left, right)| (left, right)).unzip();
        let keyed = |keys: &[&Expression], row: &Row| -> Result<Option<Row>, Failure> {
            let key: Row = keys.iter().map(|key| key.compute(self.frame(row))).collect::<Result<_, _>>()?;
            // a null is equal to nothing
            Ok(if key.iter().any(Value::is_null) { None } else { Some(key) })
        };
        let mut others: Vec<Row> = Vec::new();
        let mut by_key: HashMap<Row, Vec<usize>> = HashMap::new();
        self.rows(&join.right, &mut |row| {
            let mut padded = vec![Value::Null; left_width];
            padded.extend(row);
            self.hold_row(&padded)?;
            if let Some(key) = keyed(&right_keys, &padded)? {
                by_key.entry(key).or_default().push(others.len());
            }
            others.push(padded);
            Ok(true)
        })?;
        let mut met = vec![false; others.len()];
        let more = self.rows(&join.left, &mut |row| {
            let key = keyed(&left_keys, &row)?;
            let partners = key.as_ref().and_then(|key| by_key.get(key)).map_or(&[][..], Vec::as_slice);
            let mut alone = true;
            for number in partners {
                self.around.spend(1)?;
                let Some(other) = others.get(*number) else { continue };
                let mut whole = row.clone();
                whole.extend(other.iter().skip(left_width).cloned());
                if let Some(rest) = &join.rest
                    && !rest.compute(self.frame(&whole))?.is_true()
                {
                    continue;
                }
                alone = false;
                if let Some(met) = met.get_mut(*number) {
                    *met = true;
                }
                if !sink(whole)? {
                    return Ok(false);
                }
            }
            if alone && join.keeps.0 {
                let mut whole = row;
                whole.extend(std::iter::repeat_n(Value::Null, right_width));
                return sink(whole);
            }
            Ok(true)
        })?;
        if !more || !join.keeps.1 {
            return Ok(more);
        }
        for (other, _) in others.into_iter().zip(met).filter(|(_, met)| !met) {
            if !sink(other)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The columns of one element; nulls behind the end of a shorter list.
fn spread_out(row: &mut Row, value: &Value, spread: Spread, number: usize) {
    match (spread, value) {
        (Spread::Pair, Value::Map(pairs)) => {
            let pair = pairs.get(number).cloned().unwrap_or((Value::Null, Value::Null));
            row.extend([pair.0, pair.1]);
        }
        (Spread::Pair, _) => row.extend([Value::Null, Value::Null]),
        (Spread::One, value) => row.push(value.elements().get(number).cloned().unwrap_or(Value::Null)),
        (Spread::Members(count), value) => match value.elements().get(number) {
            Some(Value::Row(members)) => row.extend(members.iter().take(count).cloned()),
            _ => row.extend(std::iter::repeat_n(Value::Null, count)),
        },
    }
}
