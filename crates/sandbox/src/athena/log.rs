//! The tables as a query sees them: definitions of the catalog, and rows out of the objects of S3, as far as the caller may read them.

use std::cell::Cell;
use std::ops::Bound;

use jiff::Timestamp;
use policy::Permissions;

use super::projection::{self, Values};
use super::sql::cast;
use super::sql::expression::{Comparison, Expression, Frame, Surroundings};
use super::sql::failure::Failure;
use super::sql::kind::Kind;
use super::sql::plan::Table as Shape;
use super::sql::planner::Catalog;
use super::sql::run::{Sink, Source};
use super::sql::value::Value;
use super::{hive, record};
use crate::authorize::{by, message, rights};
use crate::state::credential::Identity;
use crate::state::query::Table;
use crate::state::storage::{Bucket, Object};
use crate::state::world::World;

/// The class that cuts CloudTrail's files into records.
const CLOUDTRAIL_FORMAT: &str = "com.amazon.emr.cloudtrail.CloudTrailInputFormat";
/// Steps that deciding about one partition may take.
const STEPS: u64 = 100_000;

/// What a caller may do while a query of his runs.
pub(super) struct Rights<'a> {
    world: &'a World,
    identity: &'a Identity,
    region: &'a str,
    now: Timestamp,
    permissions: Permissions,
}

impl<'a> Rights<'a> {
    pub(super) fn of(world: &'a World, identity: &'a Identity, region: &'a str, now: Timestamp) -> Self {
        Self { world, identity, region, now, permissions: rights::permissions(world, identity) }
    }

    /// Whether an action is allowed; if not, AWS's words.
    fn allows(&self, action: &str, resource: &str, prefix: Option<&str>) -> Result<(), String> {
        let mut request = by(self.world, self.identity, self.now, action, resource);
        request.context.set("aws:RequestedRegion", [self.region]);
        request.context.set("aws:ViaAWSService", ["true"]);
        request.context.set("aws:CalledVia", ["athena.amazonaws.com"]);
        if let Some(prefix) = prefix {
            request.context.set("s3:prefix", [prefix]);
        }
        let decision = self.permissions.evaluate(&request);
        if decision.is_allowed() {
            return Ok(());
        }
        Err(message(&self.identity.arn, action, resource, Some(&decision)))
    }

    /// An action on the catalog, a database, or a table with both.
    pub(super) fn on_catalog(&self, action: &str, database: Option<&str>, table: Option<&str>) -> Result<(), Failure> {
        let start = format!("arn:aws:glue:{}:{}", self.region, self.identity.account);
        let database_arn = database.map(|database| format!("{start}:database/{database}"));
        let table_arn = database.zip(table).map(|(database, table)| format!("{start}:table/{database}/{table}"));
        let all = [Some(format!("{start}:catalog")), database_arn, table_arn];
        for resource in all.into_iter().flatten() {
            self.allows(action, &resource, None).map_err(|reason| {
                let message = format!("Insufficient permissions to execute the query. {reason}");
                Failure { message, is_missing: false }
            })?;
        }
        Ok(())
    }

    pub(super) fn on_object(&self, action: &str, bucket: &str, key: &str) -> Result<(), Failure> {
        let denied =
            |_| Failure::new("PERMISSION_DENIED", format!("Permission denied on S3 path: s3://{bucket}/{key}"));
        self.allows(action, &format!("arn:aws:s3:::{bucket}/{key}"), None).map_err(denied)
    }

    fn on_listing(&self, bucket: &str, prefix: &str) -> Result<(), Failure> {
        let denied =
            |_| Failure::new("PERMISSION_DENIED", format!("Permission denied on S3 path: s3://{bucket}/{prefix}"));
        self.allows("s3:ListBucket", &format!("arn:aws:s3:::{bucket}"), Some(prefix)).map_err(denied)
    }

    /// A bucket of the caller's account: there are no bucket policies.
    pub(super) fn bucket(&self, name: &str) -> Result<&'a Bucket, Failure> {
        let Some(bucket) = self.world.storage.buckets.get(name) else {
            let message = format!(
                "The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket): {name}"
            );
            return Err(Failure::new("HIVE_FILESYSTEM_ERROR", message));
        };
        if bucket.account != self.identity.account {
            return Err(Failure::new("PERMISSION_DENIED", format!("Permission denied on S3 path: s3://{name}/")));
        }
        Ok(bucket)
    }
}

/// Bucket and key of `s3://bucket/key`.
pub(super) fn s3_path(location: &str) -> Option<(&str, &str)> {
    let rest = ["s3://", "s3a://", "s3n://"].iter().find_map(|start| location.strip_prefix(start))?;
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    (!bucket.is_empty()).then_some((bucket, key))
}

/// What a query sees.
pub(super) struct Log<'a> {
    pub(super) rights: &'a Rights<'a>,
    scanned_bytes: Cell<u64>,
}

/// A partition: the values of its columns, and where it is.
type Partition = (Vec<Value>, String);

impl<'a> Log<'a> {
    pub(super) fn new(rights: &'a Rights<'a>) -> Self {
        Self { rights, scanned_bytes: Cell::new(0) }
    }

    pub(super) fn scanned_bytes(&self) -> u64 {
        self.scanned_bytes.get()
    }

    fn definition(&self, database: &str, name: &str) -> Option<&'a Table> {
        let Rights { world, identity, region, .. } = self.rights;
        world.queries.table(identity.account, region, database, name)
    }

    /// The partitions that a query needs, with at least one object.
    fn partitions(&self, table: &Table, shape: &Shape, known: &[Expression]) -> Result<Vec<Partition>, Failure> {
        if table.partitions.is_empty() {
            return Ok(vec![(Vec::new(), table.location.clone())]);
        }
        if projection::is_enabled(table) {
            return Projected::new(self, table, shape, known)?.all();
        }
        let first = shape.columns.len() - shape.partitions;
        let mut found = Vec::new();
        for (values, location) in &table.added {
            let values = values.iter().zip(shape.columns.iter().skip(first)).map(|(text, (_, kind))| typed(text, kind));
            let values: Vec<Value> = values.collect::<Result<_, _>>()?;
            let filled: Vec<Option<Value>> = values.iter().cloned().map(Some).collect();
            if meets(known, first, &filled) {
                found.push((values, location.clone()));
            }
        }
        Ok(found)
    }

    fn objects(&self, location: &str) -> Result<Vec<(&'a str, &'a Object)>, Failure> {
        let wrong = || Failure::new("HIVE_FILESYSTEM_ERROR", format!("`{location}` is no place in S3"));
        let (bucket, prefix) = s3_path(location).ok_or_else(wrong)?;
        let prefix = if prefix.is_empty() || prefix.ends_with('/') { prefix.to_owned() } else { format!("{prefix}/") };
        let found = self.rights.bucket(bucket)?;
        self.rights.on_listing(bucket, &prefix)?;
        let below =
            found.objects().range::<String, _>(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
        // as Hive does
        let is_hidden =
            |key: &str| key.rsplit('/').next().is_none_or(|name| name.is_empty() || name.starts_with(['_', '.']));
        let mut objects = Vec::new();
        for (key, object) in below.filter(|(key, object)| !is_hidden(key) && !object.bytes.is_empty()) {
            self.rights.on_object("s3:GetObject", bucket, key)?;
            objects.push((key.as_str(), object));
        }
        Ok(objects)
    }
}

fn typed(text: &str, kind: &Kind) -> Result<Value, Failure> {
    cast::convert(Value::text(text), &Kind::Varchar, kind)
}

/// Whether what is known may hold, as far as the values are told.
fn meets(known: &[Expression], first: usize, values: &[Option<Value>]) -> bool {
    let told = |column: &usize| column.checked_sub(first).and_then(|at| values.get(at)).is_some_and(Option::is_some);
    let mut row = vec![Value::Null; first];
    row.extend(values.iter().map(|value| value.clone().unwrap_or(Value::Null)));
    let around = Surroundings { answers: Vec::new(), work: Cell::new(STEPS) };
    known.iter().filter(|condition| condition.columns().iter().all(told)).all(|condition| {
        // what fails is told when a row is looked at
        condition.compute(Frame::of(&row, &around)).map_or(true, |value| value.is_true())
    })
}

/// A part of a template: which partition column, its values as texts and typed, and the text behind it.
type PathPart = (usize, Vec<(String, Value)>, String);

/// Partitions that are computed. A place is built from its template step by step, and given up as soon as no object lies below.
struct Projected<'p> {
    bucket: &'p Bucket,
    start: String,
    parts: Vec<PathPart>,
    known: &'p [Expression],
    first: usize,
    columns: usize,
    whole: String,
}

impl<'p> Projected<'p> {
    fn new(log: &Log<'p>, table: &'p Table, shape: &Shape, known: &'p [Expression]) -> Result<Self, Failure> {
        let first = shape.columns.len() - shape.partitions;
        let template = match table.properties.get("storage.location.template") {
            Some(template) => template.clone(),
            None => {
                table.partitions.iter().fold(table.location.trim_end_matches('/').to_owned(), |template, (name, _)| {
                    format!("{template}/{name}=${{{name}}}")
                })
            }
        };
        let wrong = |what: &str| Failure::new("INVALID_TABLE_PROPERTY", format!("storage.location.template {what}"));
        let (bucket, rest) = s3_path(&template).ok_or_else(|| wrong("is no place in S3"))?;
        let mut pieces = rest.split("${");
        let start = pieces.next().unwrap_or_default().to_owned();
        let mut parts = Vec::new();
        for piece in pieces {
            let (name, behind) = piece.split_once('}').ok_or_else(|| wrong("has a name that does not end"))?;
            let at = table.partitions.iter().position(|(column, _)| column.eq_ignore_ascii_case(name));
            let at = at.ok_or_else(|| wrong("names what is no partition column"))?;
            let (column, kind) = shape.columns.get(first + at).ok_or_else(|| wrong("names no column"))?;
            let texts = match projection::values(table, column, log.rights.now)? {
                Values::Listed(texts) => texts,
                Values::Injected => injected(known, first + at, column)?,
            };
            let mut values = Vec::new();
            for text in texts {
                let value = typed(&text, kind)?;
                let mut told = vec![None; shape.partitions];
                if let Some(slot) = told.get_mut(at) {
                    *slot = Some(value.clone());
                }
                if meets(known, first, &told) {
                    values.push((text, value));
                }
            }
            parts.push((at, values, behind.to_owned()));
        }
        if (0..shape.partitions).any(|column| !parts.iter().any(|(at, ..)| *at == column)) {
            return Err(wrong("does not name all partition columns"));
        }
        let whole = format!("s3://{bucket}/");
        let bucket = log.rights.bucket(bucket)?;
        Ok(Self { bucket, start, parts, known, first, columns: shape.partitions, whole })
    }

    fn all(&self) -> Result<Vec<Partition>, Failure> {
        let mut found = Vec::new();
        self.below(0, &self.start, &vec![None; self.columns], &mut found);
        Ok(found)
    }

    fn is_empty(&self, prefix: &str) -> bool {
        let mut behind = self.bucket.objects().range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        !behind.next().is_some_and(|(key, _)| key.starts_with(prefix))
    }

    fn below(&self, number: usize, prefix: &str, told: &[Option<Value>], found: &mut Vec<Partition>) {
        let Some((at, values, behind)) = self.parts.get(number) else {
            let folder = if prefix.ends_with('/') { prefix.to_owned() } else { format!("{prefix}/") };
            if !self.is_empty(&folder) && meets(self.known, self.first, told) {
                let values = told.iter().map(|value| value.clone().unwrap_or(Value::Null)).collect();
                found.push((values, format!("{}{folder}", self.whole)));
            }
            return;
        };
        if self.is_empty(prefix) {
            return;
        }
        for (text, value) in values {
            let mut told = told.to_vec();
            // a name that stands twice has one value
            match told.get_mut(*at) {
                Some(Some(known)) if known != value => continue,
                Some(slot) => *slot = Some(value.clone()),
                None => continue,
            }
            self.below(number + 1, &format!("{prefix}{text}{behind}"), &told, found);
        }
    }
}

/// The values a query names for a column of which nothing else is known.
fn injected(known: &[Expression], column: usize, name: &str) -> Result<Vec<String>, Failure> {
    let is_it = |expression: &Expression| *expression == Expression::Column(column);
    let text = |expression: &Expression| match expression {
        Expression::Constant(value @ Value::Text(_)) => Some(value.as_text().to_owned()),
        Expression::Constant(Value::Integer(number)) => Some(number.to_string()),
        _ => None,
    };
    for condition in known {
        match condition {
            Expression::Compare(Comparison::Equal, left, right) if is_it(left) || is_it(right) => {
                let other = if is_it(left) { right } else { left };
                if let Some(value) = text(other) {
                    return Ok(vec![value]);
                }
            }
            Expression::In(value, list) if is_it(value) => {
                if let Some(values) = list.iter().map(text).collect::<Option<Vec<String>>>() {
                    return Ok(values);
                }
            }
            _ => {}
        }
    }
    Err(Failure::new(
        "CONSTRAINT_VIOLATION",
        format!(
            "For the injected projected partition column {name}, the WHERE clause must contain only static equality conditions, and at \
             least one such condition must be present."
        ),
    ))
}

impl Catalog for Log<'_> {
    fn table(&self, database: &str, name: &str) -> Result<Option<Shape>, Failure> {
        self.rights.on_catalog("glue:GetTable", Some(database), Some(name))?;
        let Some(table) = self.definition(database, name) else { return Ok(None) };
        let columns = table.columns.iter().chain(&table.partitions).map(|(column, kind)| {
            let kind = hive::kind(kind).ok_or_else(|| Failure::missing(format!("the type {kind} of a column")))?;
            Ok((column.clone(), kind))
        });
        Ok(Some(Shape {
            database: database.to_owned(),
            name: name.to_owned(),
            columns: columns.collect::<Result<_, Failure>>()?,
            partitions: table.partitions.len(),
        }))
    }

    fn has_database(&self, database: &str) -> bool {
        let Rights { world, identity, region, .. } = self.rights;
        world.queries.has_database(identity.account, region, database)
    }
}

impl Source for Log<'_> {
    fn scan(&self, shape: &Shape, wanted: &[bool], known: &[Expression], sink: &mut Sink<'_>) -> Result<(), Failure> {
        let gone =
            || Failure::new("TABLE_NOT_FOUND", format!("Table '{}.{}' does not exist", shape.database, shape.name));
        let table = self.definition(&shape.database, &shape.name).ok_or_else(gone)?;
        let own = shape.columns.len() - shape.partitions;
        let columns = shape.columns.get(..own).unwrap_or_default();
        let of_cloudtrail = table.input_format == CLOUDTRAIL_FORMAT;
        for (values, location) in self.partitions(table, shape, known)? {
            for (key, object) in self.objects(&location)? {
                self.scanned_bytes.set(self.scanned_bytes.get() + object.bytes.len() as u64);
                let more = record::each(&object.bytes, key.ends_with(".gz"), of_cloudtrail, &mut |record| {
                    let mut row = record::row(record, columns, wanted)?;
                    row.extend(values.iter().cloned());
                    sink(row)
                })?;
                if !more {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
