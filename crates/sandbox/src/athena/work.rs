//! Queries on their way: they wait, run, and end; what they come to is written to S3.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write;

use jiff::Timestamp;

use super::definition::{Definition, Name, NewTable};
use super::log::{Log, Rights, s3_path};
use super::sql::failure::Failure;
use super::sql::planner::Planner;
use super::sql::run::{Bounds, run};
use super::statement::Statement;
use crate::config::Config;
use crate::s3;
use crate::state::id::Uuid;
use crate::state::query::{Column, End, Execution, Found, Table};
use crate::state::world::World;

/// What one query may do and hold.
const BOUNDS: Bounds = Bounds { steps: 300_000_000, bytes: 512 << 20 };
/// The classes that are known to read JSON.
const SERDES: [&str; 4] = [
    "org.apache.hive.hcatalog.data.JsonSerDe",
    "com.amazon.emr.hive.serde.CloudTrailSerde",
    "org.openx.data.jsonserde.JsonSerDe",
    "org.apache.hadoop.hive.serde2.JsonSerDe",
];
const FORMATS: [&str; 3] =
    ["com.amazon.emr.cloudtrail.CloudTrailInputFormat", "org.apache.hadoop.mapred.TextInputFormat", ""];

/// Does what is due by `now`; whether there was anything.
pub(crate) fn advance(world: &mut World, config: &Config, now: Timestamp) -> bool {
    let open: Vec<Uuid> = world.queries.open().to_vec();
    let mut worked = false;
    for id in open {
        let Some(execution) = world.queries.get(id).cloned() else { continue };
        if execution.found.is_none() && execution.running_at <= now {
            let found = compute(world, &execution, now).map_err(|failure| failure.message);
            if let Some(execution) = world.queries.get_mut(id) {
                execution.found = Some(found);
            }
            worked = true;
        }
        if execution.ends_at <= now {
            finish(world, config, id);
            worked = true;
        }
    }
    worked
}

fn compute(world: &World, execution: &Execution, now: Timestamp) -> Result<Found, Failure> {
    let statement = Statement::read(&execution.sql).map_err(|message| Failure::new("SYNTAX_ERROR", message))?;
    let rights = Rights::of(world, &execution.identity, &execution.region, now);
    match statement {
        Statement::Query(query) => {
            let log = Log::new(&rights);
            let found = select(&log, &query, execution, now)?;
            Ok(found)
        }
        // what changes something is done at the end
        Statement::Definition(definition) => shown(world, &rights, &definition, execution),
        Statement::Unknown(what) => Err(Failure::missing(what)),
    }
}

fn select(
    log: &Log<'_>,
    query: &sqlparser::ast::Query,
    execution: &Execution,
    now: Timestamp,
) -> Result<Found, Failure> {
    let database = execution.database.as_deref().unwrap_or("default").to_lowercase();
    let planner = Planner::new(log, &database, now.as_millisecond());
    let (plan, within, scope) = planner.plan(query)?;
    let mut file = String::new();
    let names: Vec<String> = scope
        .fields
        .iter()
        .enumerate()
        .map(|(number, field)| field.name.clone().unwrap_or_else(|| format!("_col{number}")))
        .collect();
    line(&mut file, names.iter().map(|name| Some(name.clone())));
    let kinds = scope.kinds();
    run(log, BOUNDS, &within, &plan, &mut |row| {
        line(&mut file, row.iter().zip(&kinds).map(|(value, kind)| value.shown(kind)));
        if file.len() > BOUNDS.bytes {
            return Err(Failure::exhausted());
        }
        Ok(true)
    })?;
    let columns = names.into_iter().zip(&kinds).map(|(name, kind)| {
        let (precision, scale) = kind.size();
        Column { name, kind: kind.api_name().to_owned(), precision, scale }
    });
    Ok(Found { columns: columns.collect(), file, scanned_bytes: log.scanned_bytes() })
}

/// A line of a file of results: all values in quotes, nothing for null.
fn line(file: &mut String, cells: impl Iterator<Item = Option<String>>) {
    for (number, cell) in cells.enumerate() {
        if number > 0 {
            file.push(',');
        }
        if let Some(cell) = cell {
            let _ = write!(file, "\"{}\"", cell.replace('"', "\"\""));
        }
    }
    file.push('\n');
}

fn finish(world: &mut World, config: &Config, id: Uuid) {
    let Some(execution) = world.queries.get(id).cloned() else { return };
    let at = execution.ends_at;
    let scanned_bytes = match &execution.found {
        Some(Ok(found)) => found.scanned_bytes,
        _ => 0,
    };
    let outcome = match &execution.found {
        _ if execution.fails => Err("GENERIC_INTERNAL_ERROR: Query failed with error code 500".to_owned()),
        Some(Ok(found)) => end_well(world, config, &execution, found).map_err(|failure| failure.message),
        Some(Err(reason)) => Err(reason.clone()),
        None => Err("GENERIC_INTERNAL_ERROR: it never ran".to_owned()),
    };
    let (state, reason) = match outcome {
        Ok(()) => ("SUCCEEDED", None),
        Err(reason) => ("FAILED", Some(reason)),
    };
    world.queries.end(id, End { state: state.to_owned(), reason, at, scanned_bytes });
}

/// Changes what the statement changes, and writes its results.
fn end_well(world: &mut World, config: &Config, execution: &Execution, found: &Found) -> Result<(), Failure> {
    if let Ok(Statement::Definition(definition)) = Statement::read(&execution.sql) {
        define(world, execution, definition)?;
    }
    let wrong = || Failure::new("HIVE_FILESYSTEM_ERROR", format!("`{}` is no place in S3", execution.output));
    let (bucket, key) = s3_path(&execution.output).ok_or_else(wrong)?;
    let rights = Rights::of(world, &execution.identity, &execution.region, execution.ends_at);
    rights.bucket(bucket)?;
    rights.on_object("s3:PutObject", bucket, key)?;
    if world.storage.used_bytes() + found.file.len() > config.quotas.object_bytes {
        return Err(Failure::new("HIVE_FILESYSTEM_ERROR", "The sandbox keeps no more bytes of objects than this."));
    }
    let kind = if execution.family == "DML" { "binary/octet-stream" } else { "text/plain" };
    let object = s3::of_aws(found.file.clone().into_bytes(), execution.ends_at, &[("content-type", kind)]);
    world.storage.put(bucket, key, object);
    Ok(())
}

fn database_of<'a>(execution: &'a Execution, name: &'a Name) -> String {
    name.database.clone().or_else(|| execution.database.clone()).unwrap_or_else(|| "default".to_owned()).to_lowercase()
}

fn missing_database(name: &str) -> Failure {
    Failure::new("FAILED", format!("SemanticException [Error 10072]: Database does not exist: {name}"))
}

fn missing_table(database: &str, name: &str) -> Failure {
    Failure::new("FAILED", format!("SemanticException [Error 10001]: Table not found {database}.{name}"))
}

/// What a statement shows, or that it may change what it wants to.
fn shown(world: &World, rights: &Rights<'_>, definition: &Definition, execution: &Execution) -> Result<Found, Failure> {
    let (account, region) = (execution.identity.account, execution.region.as_str());
    let own = execution.database.clone().unwrap_or_else(|| "default".to_owned()).to_lowercase();
    let (column, names): (&str, Vec<String>) = match definition {
        Definition::CreateDatabase { name, .. } => {
            rights.on_catalog("glue:CreateDatabase", Some(name), None)?;
            return Ok(Found::default());
        }
        Definition::DropDatabase { name, .. } => {
            rights.on_catalog("glue:DeleteDatabase", Some(name), None)?;
            return Ok(Found::default());
        }
        Definition::CreateTable { name, .. } => {
            let database = database_of(execution, name);
            rights.on_catalog("glue:GetDatabase", Some(&database), None)?;
            rights.on_catalog("glue:CreateTable", Some(&database), Some(&name.table))?;
            return Ok(Found::default());
        }
        Definition::DropTable { name, .. } => {
            rights.on_catalog("glue:DeleteTable", Some(&database_of(execution, name)), Some(&name.table))?;
            return Ok(Found::default());
        }
        Definition::AddPartitions { name, .. } => {
            rights.on_catalog("glue:BatchCreatePartition", Some(&database_of(execution, name)), Some(&name.table))?;
            return Ok(Found::default());
        }
        Definition::ShowDatabases { like } => {
            rights.on_catalog("glue:GetDatabases", None, None)?;
            let names = world.queries.databases(account, region);
            let names = names.into_iter().filter(|name| is_like(name, like.as_deref())).map(str::to_owned);
            ("database_name", names.collect())
        }
        Definition::ShowTables { database, like } => {
            let database = database.clone().unwrap_or(own);
            rights.on_catalog("glue:GetTables", Some(&database), None)?;
            if !world.queries.has_database(account, region, &database) {
                return Err(missing_database(&database));
            }
            let tables = world.queries.database(account, region, &database).map(|database| database.tables.keys());
            let names = tables.into_iter().flatten().filter(|name| is_like(name, like.as_deref())).cloned();
            ("tab_name", names.collect())
        }
        Definition::ShowPartitions { name } => {
            let database = database_of(execution, name);
            rights.on_catalog("glue:GetPartitions", Some(&database), Some(&name.table))?;
            let table = world.queries.table(account, region, &database, &name.table);
            let table = table.ok_or_else(|| missing_table(&database, &name.table))?;
            let rows = table.added.iter().map(|(values, _)| {
                let parts = table.partitions.iter().zip(values).map(|((name, _), value)| format!("{name}={value}"));
                parts.collect::<Vec<String>>().join("/")
            });
            ("partition", rows.collect())
        }
    };
    let column = Column { name: column.to_owned(), kind: "string".to_owned(), precision: 0, scale: 0 };
    let file = names.into_iter().fold(String::new(), |file, name| file + &name + "\n");
    Ok(Found { columns: vec![column], file, scanned_bytes: 0 })
}

/// Hive's patterns: `*` for anything, `|` between choices.
fn is_like(name: &str, pattern: Option<&str>) -> bool {
    let Some(pattern) = pattern else { return true };
    pattern.split('|').any(|choice| {
        let parts: Vec<String> = choice.trim().split('*').map(regex::escape).collect();
        regex::Regex::new(&format!("(?i)^{}$", parts.join(".*"))).is_ok_and(|regex| regex.is_match(name))
    })
}

/// Changes the catalog.
fn define(world: &mut World, execution: &Execution, definition: Definition) -> Result<(), Failure> {
    let (account, region) = (execution.identity.account, execution.region.as_str());
    let queries = &mut world.queries;
    match definition {
        Definition::CreateDatabase { name, may_exist } => {
            if queries.has_database(account, region, &name) && !may_exist {
                return Err(Failure::new(
                    "FAILED",
                    format!("Execution Error, return code 1. Database {name} already exists"),
                ));
            }
            queries.database_mut(account, region, &name);
        }
        Definition::DropDatabase { name, may_lack, with_tables } => match queries.database(account, region, &name) {
            None if may_lack => {}
            None => return Err(missing_database(&name)),
            Some(database) if !database.tables.is_empty() && !with_tables => {
                let message = format!(
                    "InvalidOperationException(message:Database {name} is not empty. One or more tables exist.)"
                );
                return Err(Failure::new("FAILED", message));
            }
            Some(_) => queries.remove_database(account, region, &name),
        },
        Definition::CreateTable { name, may_exist, table } => {
            let database = database_of(execution, &name);
            if !queries.has_database(account, region, &database) {
                return Err(missing_database(&database));
            }
            let table = made(*table, execution.ends_at)?;
            let tables = &mut queries.database_mut(account, region, &database).tables;
            match tables.entry(name.table) {
                Entry::Vacant(place) => {
                    place.insert(table);
                }
                Entry::Occupied(_) if may_exist => {}
                Entry::Occupied(taken) => {
                    let message = format!("AlreadyExistsException(message:Table {} already exists)", taken.key());
                    return Err(Failure::new("FAILED", message));
                }
            }
        }
        Definition::DropTable { name, may_lack } => {
            let database = database_of(execution, &name);
            if queries.table(account, region, &database, &name.table).is_some() {
                queries.database_mut(account, region, &database).tables.remove(&name.table);
            } else if !may_lack {
                return Err(missing_table(&database, &name.table));
            }
        }
        Definition::AddPartitions { name, may_exist, partitions } => {
            let database = database_of(execution, &name);
            let known = queries.table(account, region, &database, &name.table).is_some();
            if !known {
                return Err(missing_table(&database, &name.table));
            }
            let tables = &mut queries.database_mut(account, region, &database).tables;
            if let Some(table) = tables.get_mut(&name.table) {
                for (values, location) in partitions {
                    add_partition(table, &values, location, may_exist)?;
                }
            }
        }
        Definition::ShowDatabases { .. } | Definition::ShowTables { .. } | Definition::ShowPartitions { .. } => {}
    }
    Ok(())
}

fn made(new: NewTable, at: Timestamp) -> Result<Table, Failure> {
    let NewTable { columns, partitions, serde, input_format, location, properties } = new;
    if !SERDES.contains(&serde.as_str()) {
        return Err(Failure::missing(format!("the SerDe `{serde}`: only JSON is read")));
    }
    if !FORMATS.contains(&input_format.as_str()) {
        return Err(Failure::missing(format!("the input format {input_format}")));
    }
    if s3_path(&location).is_none() || !location.ends_with('/') {
        let message = format!("The location {location} is no folder in S3: s3://bucket/folder/");
        return Err(Failure::new("FAILED", message));
    }
    let mut names = BTreeMap::new();
    for (name, _) in columns.iter().chain(&partitions) {
        if names.insert(name.clone(), ()).is_some() {
            return Err(Failure::new(
                "FAILED",
                format!("SemanticException [Error 10036]: Duplicate column name: {name}"),
            ));
        }
    }
    Ok(Table { columns, partitions, serde, input_format, location, properties, created_at: at, added: Vec::new() })
}

fn add_partition(
    table: &mut Table,
    values: &[(String, String)],
    location: Option<String>,
    may_exist: bool,
) -> Result<(), Failure> {
    let ordered = table
        .partitions
        .iter()
        .map(|(name, _)| values.iter().find(|(column, _)| column == name).map(|(_, value)| value.clone()));
    let ordered = ordered.collect::<Option<Vec<String>>>().filter(|ordered| ordered.len() == values.len());
    let ordered = ordered.ok_or_else(|| {
        Failure::new("FAILED", "SemanticException partition spec does not match the table's partition columns")
    })?;
    if table.added.iter().any(|(known, _)| *known == ordered) {
        if may_exist {
            return Ok(());
        }
        return Err(Failure::new("FAILED", "AlreadyExistsException(message:Partition already exists.)"));
    }
    let location = location.unwrap_or_else(|| {
        let start = table.location.trim_end_matches('/').to_owned();
        table.partitions.iter().zip(&ordered).fold(start, |place, ((name, _), value)| format!("{place}/{name}={value}"))
    });
    table.added.push((ordered, location));
    Ok(())
}
