//! Athena: databases, tables, and queries that were started.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credential::Identity;
use super::id::{AccountId, Uuid};

/// Queries that are remembered; AWS forgets after 45 days.
const REMEMBERED: usize = 2_000;
/// The database that is always there.
pub(crate) const DEFAULT_DATABASE: &str = "default";

/// Everything Athena holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Queries {
    /// Databases by account and Region.
    catalogs: BTreeMap<AccountId, BTreeMap<String, BTreeMap<String, Database>>>,
    executions: BTreeMap<Uuid, Execution>,
    /// Oldest first.
    order: VecDeque<Uuid>,
    /// Those that have not ended.
    open: Vec<Uuid>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Database {
    pub(crate) tables: BTreeMap<String, Table>,
}

/// A table of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Table {
    /// Names and Hive's types.
    pub(crate) columns: Vec<(String, String)>,
    pub(crate) partitions: Vec<(String, String)>,
    /// The class that reads records.
    pub(crate) serde: String,
    /// The class that cuts files.
    pub(crate) input_format: String,
    /// `s3://bucket/prefix/`
    pub(crate) location: String,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) created_at: Timestamp,
    /// Partitions that were added, with their places.
    pub(crate) added: Vec<(Vec<String>, String)>,
}

/// A query that was started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Execution {
    pub(crate) identity: Identity,
    pub(crate) region: String,
    pub(crate) sql: String,
    /// `DML`, `DDL`, `UTILITY`
    pub(crate) family: String,
    /// As the caller named it.
    pub(crate) database: Option<String>,
    pub(crate) catalog: Option<String>,
    /// The file of results.
    pub(crate) output: String,
    pub(crate) token: Option<String>,
    pub(crate) submitted_at: Timestamp,
    pub(crate) running_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    /// Whether it fails at its end, whatever it is.
    pub(crate) fails: bool,
    /// What it came to, once it runs.
    pub(crate) found: Option<Result<Found, String>>,
    pub(crate) end: Option<End>,
}

/// What a query came to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) columns: Vec<Column>,
    /// The file of results, until it is written.
    pub(crate) file: String,
    pub(crate) scanned_bytes: u64,
}

/// A column of results.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// As Athena's API calls it.
    pub(crate) kind: String,
    pub(crate) precision: u64,
    pub(crate) scale: u64,
}

/// How a query ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct End {
    /// `SUCCEEDED`, `FAILED`, `CANCELLED`
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    pub(crate) at: Timestamp,
    pub(crate) scanned_bytes: u64,
}

impl Execution {
    /// `QUEUED`, `RUNNING`, or how it ended.
    pub(crate) fn state(&self, now: Timestamp) -> &str {
        match &self.end {
            Some(end) => &end.state,
            None if now < self.running_at => "QUEUED",
            None => "RUNNING",
        }
    }

    /// Bytes it has read by now.
    pub(crate) fn scanned_bytes(&self, now: Timestamp) -> u64 {
        if let Some(end) = &self.end {
            return end.scanned_bytes;
        }
        let Some(Ok(found)) = &self.found else { return 0 };
        let ms = |from: Timestamp, to: Timestamp| u128::try_from(to.duration_since(from).as_millis()).unwrap_or(0);
        let (elapsed, whole) = (ms(self.running_at, now), ms(self.running_at, self.ends_at));
        let part = u128::from(found.scanned_bytes) * elapsed.min(whole) / whole.max(1);
        u64::try_from(part).unwrap_or(found.scanned_bytes)
    }
}

impl Queries {
    pub(crate) fn databases(&self, account: AccountId, region: &str) -> Vec<&str> {
        let own = self.catalogs.get(&account).and_then(|regions| regions.get(region));
        let mut names: Vec<&str> = own.into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect();
        if !names.contains(&DEFAULT_DATABASE) {
            names.push(DEFAULT_DATABASE);
            names.sort_unstable();
        }
        names
    }

    pub(crate) fn has_database(&self, account: AccountId, region: &str, name: &str) -> bool {
        name == DEFAULT_DATABASE || self.database(account, region, name).is_some()
    }

    pub(crate) fn database(&self, account: AccountId, region: &str, name: &str) -> Option<&Database> {
        self.catalogs.get(&account)?.get(region)?.get(name)
    }

    pub(crate) fn table(&self, account: AccountId, region: &str, database: &str, name: &str) -> Option<&Table> {
        self.database(account, region, database)?.tables.get(name)
    }

    /// A database, made where it is not there.
    pub(crate) fn database_mut(&mut self, account: AccountId, region: &str, name: &str) -> &mut Database {
        let regions = self.catalogs.entry(account).or_default();
        regions.entry(region.to_owned()).or_default().entry(name.to_owned()).or_default()
    }

    pub(crate) fn remove_database(&mut self, account: AccountId, region: &str, name: &str) {
        if let Some(databases) = self.catalogs.get_mut(&account).and_then(|regions| regions.get_mut(region)) {
            databases.remove(name);
        }
    }

    pub(crate) fn start(&mut self, id: Uuid, execution: Execution) {
        self.executions.insert(id, execution);
        self.order.push_back(id);
        self.open.push(id);
        while self.order.len() > REMEMBERED {
            let ended = self.order.front().is_some_and(|id| !self.open.contains(id));
            if !ended {
                break;
            }
            if let Some(id) = self.order.pop_front() {
                self.executions.remove(&id);
            }
        }
    }

    pub(crate) fn get(&self, id: Uuid) -> Option<&Execution> {
        self.executions.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: Uuid) -> Option<&mut Execution> {
        self.executions.get_mut(&id)
    }

    /// Newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = (Uuid, &Execution)> {
        self.order.iter().rev().filter_map(|id| Some((*id, self.executions.get(id)?)))
    }

    pub(crate) fn open(&self) -> &[Uuid] {
        &self.open
    }

    /// A query has ended.
    pub(crate) fn end(&mut self, id: Uuid, end: End) {
        self.open.retain(|other| *other != id);
        if let Some(execution) = self.executions.get_mut(&id) {
            if let Some(Ok(found)) = &mut execution.found {
                found.file = String::new();
            }
            execution.end = Some(end);
        }
    }

    /// When the next query goes on.
    pub(crate) fn next_due_at(&self) -> Option<Timestamp> {
        let open = self.open.iter().filter_map(|id| self.executions.get(id));
        open.map(|execution| if execution.found.is_none() { execution.running_at } else { execution.ends_at }).min()
    }
}
