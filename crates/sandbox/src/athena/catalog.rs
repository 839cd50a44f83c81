//! Workgroups, catalogs, databases and tables through the API.

use serde_json::{Value, json};

use super::execution::{WORKGROUP, check_workgroup, engine_version, invalid, seconds, set};
use crate::call::Call;
use crate::company::FOUNDED;
use crate::error::{Answer, ApiError};
use crate::page::{Page, answer};
use crate::state::query::Table;

/// The one catalog there is.
const CATALOG: &str = "AwsDataCatalog";
const MOST_LISTED: usize = 50;

pub(super) fn list_workgroups(call: &Call<'_>) -> Answer {
    let page = Page::<u64>::of(call, MOST_LISTED)?;
    let group = json!({
        "Name": WORKGROUP, "State": "ENABLED", "Description": "", "CreationTime": seconds(FOUNDED),
        "EngineVersion": engine_version(),
    });
    answer("WorkGroups", page.slice(std::iter::once(group)))
}

pub(super) fn get_workgroup(call: &Call<'_>) -> Answer {
    check_workgroup(call)?;
    Ok(json!({"WorkGroup": {
        "Name": WORKGROUP,
        "State": "ENABLED",
        "CreationTime": seconds(FOUNDED),
        "Configuration": {
            "ResultConfiguration": {},
            "EnforceWorkGroupConfiguration": false,
            "PublishCloudWatchMetricsEnabled": false,
            "RequesterPaysEnabled": false,
            "EngineVersion": engine_version(),
        },
    }}))
}

pub(super) fn list_catalogs(call: &Call<'_>) -> Answer {
    let page = Page::<u64>::of(call, MOST_LISTED)?;
    let catalog = json!({"CatalogName": CATALOG, "Type": "GLUE"});
    answer("DataCatalogsSummary", page.slice(std::iter::once(catalog)))
}

fn check_catalog(call: &Call<'_>) -> Result<(), ApiError> {
    let name = call.text("CatalogName").unwrap_or(CATALOG);
    if name.eq_ignore_ascii_case(CATALOG) {
        return Ok(());
    }
    Err(invalid("INVALID_INPUT", format!("DataCatalog {name} was not found")))
}

fn metadata(message: String) -> ApiError {
    ApiError::new("MetadataException", message)
}

pub(super) fn list_databases(call: &Call<'_>) -> Answer {
    check_catalog(call)?;
    let page = Page::<String>::of(call, MOST_LISTED)?;
    let names = call.world.queries.databases(call.caller.identity.account, call.region);
    let names = names.into_iter().filter(|name| page.after().is_none_or(|after| *name > after.as_str()));
    answer("DatabaseList", page.cut(names.map(|name| (name.to_owned(), json!({"Name": name})))))
}

/// The database that the request names.
fn database(call: &Call<'_>) -> Result<String, ApiError> {
    check_catalog(call)?;
    let name = call.required("DatabaseName")?.to_lowercase();
    if call.world.queries.has_database(call.caller.identity.account, call.region, &name) {
        return Ok(name);
    }
    Err(metadata(format!("Database {name} not found.")))
}

pub(super) fn get_database(call: &Call<'_>) -> Answer {
    Ok(json!({"Database": {"Name": database(call)?}}))
}

pub(super) fn list_tables(call: &Call<'_>) -> Answer {
    let name = database(call)?;
    let pattern = match call.text("Expression") {
        None => None,
        Some(text) => {
            let wrong = |_| invalid("INVALID_INPUT", format!("`{text}` is no regular expression"));
            Some(regex::Regex::new(&format!("(?i)^(?:{text})$")).map_err(wrong)?)
        }
    };
    let page = Page::<String>::of(call, MOST_LISTED)?;
    let found = call.world.queries.database(call.caller.identity.account, call.region, &name);
    let tables = found.map(|database| database.tables.range::<String, _>(page.range())).into_iter().flatten();
    let tables = tables.filter(|(name, _)| pattern.as_ref().is_none_or(|pattern| pattern.is_match(name)));
    answer("TableMetadataList", page.cut(tables.map(|(name, table)| (name.clone(), described(name, table)))))
}

pub(super) fn get_table(call: &Call<'_>) -> Answer {
    let (database, name) = (database(call)?, call.required("TableName")?.to_lowercase());
    let table = call.world.queries.table(call.caller.identity.account, call.region, &database, &name);
    let table = table.ok_or_else(|| metadata(format!("Table {name} not found.")))?;
    Ok(json!({"TableMetadata": described(&name, table)}))
}

fn described(name: &str, table: &Table) -> Value {
    let columns = |columns: &[(String, String)]| -> Vec<Value> {
        columns.iter().map(|(name, kind)| json!({"Name": name, "Type": kind})).collect()
    };
    let mut parameters = json!({
        "EXTERNAL": "TRUE",
        "location": table.location,
        "inputformat": table.input_format,
        "serde.serialization.lib": table.serde,
    });
    for (key, value) in &table.properties {
        set(&mut parameters, key, json!(value));
    }
    json!({
        "Name": name,
        "CreateTime": seconds(table.created_at),
        "TableType": "EXTERNAL_TABLE",
        "Columns": columns(&table.columns),
        "PartitionKeys": columns(&table.partitions),
        "Parameters": parameters,
    })
}
