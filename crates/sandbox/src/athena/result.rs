//! GetQueryResults: the file of results, page by page.

use serde_json::{Value, json};

use super::execution::{find, invalid, set};
use super::log::s3_path;
use crate::call::Call;
use crate::error::{Answer, ApiError};
use crate::state::query::{Column, Execution, Found};

/// Rows of a page.
const MOST_ROWS: usize = 1000;

pub(super) fn get(call: &Call<'_>) -> Answer {
    let told = call.required("QueryExecutionId")?;
    let (_, execution) = find(call, told)?;
    let state = execution.state(call.now);
    if matches!(state, "QUEUED" | "RUNNING") {
        let message = format!("Query has not yet finished. Current state: {state}");
        return Err(invalid("INVALID_QUERY_EXECUTION_STATE", message));
    }
    let Some(Ok(found)) = execution.found.as_ref().filter(|_| state == "SUCCEEDED") else {
        let message = format!("Query did not finish successfully. Final query state: {state}");
        return Err(invalid("INVALID_QUERY_EXECUTION_STATE", message));
    };
    if let Some(kind) = call.text("QueryResultType").filter(|kind| *kind != "DATA_ROWS") {
        return Err(invalid("NOT_SUPPORTED", format!("The sandbox gives no results of the type {kind}.")));
    }
    let file = file(call, execution)?;
    let size = call.input.get("MaxResults").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
    let size = size.unwrap_or(MOST_ROWS).clamp(1, MOST_ROWS);
    let from = match call.text("NextToken") {
        None => 0,
        Some(token) => position(token, told)
            .filter(|at| *at < file.len())
            .ok_or_else(|| invalid("INVALID_INPUT", "The pagination token is not valid."))?,
    };
    let (rows, next) = if execution.family == "DML" { cells(&file, from, size) } else { lines(&file, from, size) };
    let mut answer = json!({
        "UpdateCount": 0,
        "ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": columns(found)}},
    });
    if next < file.len() {
        set(&mut answer, "NextToken", json!(hex::encode(format!("{told} {next}"))));
    }
    Ok(answer)
}

/// Where a page begins, by its token.
fn position(token: &str, id: &str) -> Option<usize> {
    let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
    text.strip_prefix(id)?.trim().parse().ok()
}

fn file(call: &Call<'_>, execution: &Execution) -> Result<String, ApiError> {
    let gone = || invalid("INVALID_INPUT", format!("Could not find results at {}", execution.output));
    let (bucket, key) = s3_path(&execution.output).ok_or_else(gone)?;
    let object = call.world.storage.buckets.get(bucket).and_then(|bucket| bucket.objects().get(key));
    let bytes = &object.ok_or_else(gone)?.bytes;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

fn columns(found: &Found) -> Vec<Value> {
    let columns = found.columns.iter().map(|Column { name, kind, precision, scale }| {
        json!({
            "CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": kind,
            "Precision": precision, "Scale": scale, "Nullable": "UNKNOWN", "CaseSensitive": kind == "varchar",
        })
    });
    columns.collect()
}

fn row(cells: Vec<Option<String>>) -> Value {
    let cells: Vec<Value> =
        cells.into_iter().map(|cell| cell.map_or_else(|| json!({}), |cell| json!({"VarCharValue": cell}))).collect();
    json!({"Data": cells})
}

/// Rows of a file of comma separated values, and where the next one begins.
fn cells(file: &str, from: usize, most: usize) -> (Vec<Value>, usize) {
    let (mut rows, mut cells, mut cell, mut at) = (Vec::new(), Vec::new(), None::<String>, from);
    let mut letters = file.get(from..).unwrap_or_default().chars().peekable();
    let mut inside = false;
    while rows.len() < most {
        let Some(letter) = letters.next() else { break };
        at += letter.len_utf8();
        match letter {
            '"' if inside && letters.peek() == Some(&'"') => {
                letters.next();
                at += 1;
                cell.get_or_insert_default().push('"');
            }
            '"' => {
                inside = !inside;
                cell.get_or_insert_default();
            }
            ',' if !inside => cells.push(cell.take()),
            '\n' if !inside => {
                cells.push(cell.take());
                rows.push(row(std::mem::take(&mut cells)));
            }
            letter => cell.get_or_insert_default().push(letter),
        }
    }
    (rows, at)
}

fn lines(file: &str, from: usize, most: usize) -> (Vec<Value>, usize) {
    let mut at = from;
    let rows = file.get(from..).unwrap_or_default().split_inclusive('\n').take(most).map(|line| {
        at += line.len();
        row(vec![Some(line.trim_end_matches('\n').to_owned())])
    });
    let rows = rows.collect();
    (rows, at)
}
