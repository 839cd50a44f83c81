//! Queries through the API: started, asked about, stopped.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::log::s3_path;
use super::statement::Statement;
use crate::call::Call;
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::id::Uuid;
use crate::state::query::{End, Execution};

/// The one workgroup there is.
pub(super) const WORKGROUP: &str = "primary";
/// Queries on a page of the list.
const MOST_LISTED: usize = 50;
/// Queries that wait or run at a time, of one account and Region; AWS's own quota begins at 20.
const MOST_OPEN: usize = 20;

/// AWS's error of what cannot be.
pub(super) fn invalid(code: &'static str, message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidRequestException", message).with("AthenaErrorCode", code)
}

/// Seconds since 1970, as JSON services write times.
#[expect(clippy::cast_precision_loss, reason = "milliseconds are far below 2^53")]
pub(super) fn seconds(at: Timestamp) -> Value {
    json!(at.as_millisecond() as f64 / 1000.0)
}

/// Adds a member to an object.
pub(super) fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

pub(super) fn check_workgroup(call: &Call<'_>) -> Result<(), ApiError> {
    match call.text("WorkGroup") {
        None | Some(WORKGROUP) => Ok(()),
        Some(name) => Err(invalid("INVALID_INPUT", format!("WorkGroup {name} is not found."))),
    }
}

/// Where the results go.
fn output(call: &Call<'_>, id: Uuid, statement: &Statement) -> Result<String, ApiError> {
    let told = call.nested("ResultConfiguration", "OutputLocation").unwrap_or_default();
    if told.is_empty() {
        let message = "No output location provided. An output location is required either through the Workgroup result configuration \
                       setting or as an API input.";
        return Err(invalid("INVALID_INPUT", message));
    }
    let wrong = || invalid("INVALID_INPUT", format!("outputLocation is not a valid S3 path: {told}"));
    let (bucket, key) = s3_path(told).ok_or_else(wrong)?;
    let found = call.world.storage.buckets.get(bucket);
    if found.is_none_or(|bucket| bucket.account != call.caller.identity.account) {
        return Err(invalid("INVALID_INPUT", format!("Unable to verify/create output bucket {bucket}")));
    }
    let folder = if key.is_empty() || key.ends_with('/') { key.to_owned() } else { format!("{key}/") };
    let ending = if matches!(statement, Statement::Query(_)) { "csv" } else { "txt" };
    Ok(format!("s3://{bucket}/{folder}{id}.{ending}"))
}

pub(super) fn start(call: &mut Call<'_>) -> Answer {
    check_workgroup(call)?;
    let sql = call.required("QueryString")?.to_owned();
    let database = call.nested("QueryExecutionContext", "Database").map(str::to_lowercase);
    let catalog = call.nested("QueryExecutionContext", "Catalog").map(str::to_owned);
    let token = call.text("ClientRequestToken").map(str::to_owned);
    let account = call.caller.identity.account;
    if let Some(id) = known(call, token.as_deref(), &sql, database.as_deref())? {
        return Ok(json!({"QueryExecutionId": id.to_string()}));
    }
    if catalog.as_deref().is_some_and(|catalog| !catalog.eq_ignore_ascii_case("awsdatacatalog")) {
        let message = format!("Catalog {} does not exist", catalog.unwrap_or_default());
        return Err(invalid("INVALID_INPUT", message));
    }
    if call.input.get("ExecutionParameters").is_some() {
        return Err(invalid("NOT_SUPPORTED", "The sandbox takes no ExecutionParameters."));
    }
    let id = Uuid::random(&mut call.world.rng);
    let statement = Statement::read(&sql).map_err(|message| invalid("MALFORMED_QUERY", message))?;
    let output = output(call, id, &statement)?;
    let queries = &call.world.queries;
    let open = queries.open().iter().filter_map(|id| queries.get(*id));
    if open.filter(|other| other.identity.account == account && other.region == call.region).count() >= MOST_OPEN {
        let message = "You have exceeded the limit for the number of queries you can run concurrently. Please reduce the number of \
                       concurrent queries submitted by this account.";
        return Err(
            ApiError::new("TooManyRequestsException", message).with("Reason", "CONCURRENT_QUERY_LIMIT_EXCEEDED")
        );
    }
    // as long as an assignment takes
    let takes = call.config.latency.assignment.draw(&mut call.world.rng) + call.world.tasks.mishap.longer;
    let takes = SignedDuration::try_from(takes).unwrap_or(SignedDuration::ZERO);
    let after = |wait: SignedDuration| call.now.checked_add(wait).unwrap_or(Timestamp::MAX);
    let execution = Execution {
        identity: call.caller.identity.clone(),
        region: call.region.to_owned(),
        sql,
        family: statement.family().to_owned(),
        database,
        catalog,
        output,
        token,
        submitted_at: call.now,
        running_at: after(takes / 4),
        ends_at: after(takes),
        fails: call.world.tasks.mishap.fails,
        found: None,
        end: None,
    };
    call.world.queries.start(id, execution);
    Ok(json!({"QueryExecutionId": id.to_string()}))
}

/// The query that was started with the same token.
fn known(call: &Call<'_>, token: Option<&str>, sql: &str, database: Option<&str>) -> Result<Option<Uuid>, ApiError> {
    let Some(token) = token else { return Ok(None) };
    let mut own = own(call).filter(|(_, execution)| execution.token.as_deref() == Some(token));
    let Some((id, execution)) = own.next() else { return Ok(None) };
    if execution.sql != sql || execution.database.as_deref() != database {
        return Err(invalid("INVALID_INPUT", "Idempotent parameters do not match"));
    }
    Ok(Some(id))
}

/// Queries of the caller's account and Region, newest first.
fn own<'a>(call: &'a Call<'_>) -> impl Iterator<Item = (Uuid, &'a Execution)> {
    let (account, region) = (call.caller.identity.account, call.region);
    let all = call.world.queries.newest();
    all.filter(move |(_, execution)| execution.identity.account == account && execution.region == region)
}

/// A query of the caller's account by its id.
pub(super) fn find<'a>(call: &'a Call<'_>, told: &str) -> Result<(Uuid, &'a Execution), ApiError> {
    let missing = || invalid("INVALID_INPUT", format!("QueryExecution {told} was not found"));
    let id = Uuid::parse(told).ok_or_else(missing)?;
    let execution = call.world.queries.get(id).ok_or_else(missing)?;
    if execution.identity.account != call.caller.identity.account || execution.region != call.region {
        return Err(missing());
    }
    Ok((id, execution))
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let (id, execution) = find(call, call.required("QueryExecutionId")?)?;
    Ok(json!({"QueryExecution": described(id, execution, call.now)}))
}

pub(super) fn get_many(call: &Call<'_>) -> Answer {
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for told in crate::call::texts(call.input.get("QueryExecutionIds")) {
        match find(call, &told) {
            Ok((id, execution)) => found.push(described(id, execution, call.now)),
            Err(error) => unknown.push(json!({
                "QueryExecutionId": told, "ErrorCode": "INVALID_INPUT", "ErrorMessage": error.message,
            })),
        }
    }
    Ok(json!({"QueryExecutions": found, "UnprocessedQueryExecutionIds": unknown}))
}

pub(super) fn stop(call: &mut Call<'_>) -> Answer {
    let (id, execution) = find(call, call.required("QueryExecutionId")?)?;
    if execution.end.is_none() {
        let end = End {
            state: "CANCELLED".to_owned(),
            reason: Some("Query cancelled by user".to_owned()),
            at: call.now,
            scanned_bytes: execution.scanned_bytes(call.now),
        };
        call.world.queries.end(id, end);
    }
    done()
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    check_workgroup(call)?;
    let page = Page::<Uuid>::of(call, MOST_LISTED)?;
    let ids = own(call).map(|(id, _)| id);
    let ids: Vec<Uuid> = match page.after() {
        Some(after) => ids.skip_while(|id| id != after).skip(1).collect(),
        None => ids.collect(),
    };
    answer("QueryExecutionIds", page.cut(ids.into_iter().map(|id| (id, Value::from(id.to_string())))))
}

fn described(id: Uuid, execution: &Execution, now: Timestamp) -> Value {
    let Execution { submitted_at, running_at, ends_at, .. } = execution;
    let ms = |from: Timestamp, to: Timestamp| i64::try_from(to.duration_since(from).as_millis()).unwrap_or(0).max(0);
    let until = execution.end.as_ref().map_or(now.min(*ends_at), |end| end.at);
    let mut status = json!({"State": execution.state(now), "SubmissionDateTime": seconds(*submitted_at)});
    if let Some(end) = &execution.end {
        set(&mut status, "CompletionDateTime", seconds(end.at));
        if let Some(reason) = &end.reason {
            set(&mut status, "StateChangeReason", json!(reason));
        }
        if end.state == "FAILED" {
            set(&mut status, "AthenaError", error(end.reason.as_deref().unwrap_or_default()));
        }
    }
    let mut statistics = json!({
        "DataScannedInBytes": execution.scanned_bytes(now),
        "EngineExecutionTimeInMillis": ms(*running_at, until),
        "QueryQueueTimeInMillis": ms(*submitted_at, until.min(*running_at)),
        "TotalExecutionTimeInMillis": ms(*submitted_at, until),
    });
    if execution.end.is_some() {
        set(&mut statistics, "ServiceProcessingTimeInMillis", json!(0));
        set(&mut statistics, "QueryPlanningTimeInMillis", json!(0));
    }
    let mut context = json!({});
    for (name, value) in [("Database", &execution.database), ("Catalog", &execution.catalog)] {
        if let Some(value) = value {
            set(&mut context, name, json!(value));
        }
    }
    json!({
        "QueryExecutionId": id.to_string(),
        "Query": execution.sql,
        "StatementType": execution.family,
        "ResultConfiguration": {"OutputLocation": execution.output},
        "QueryExecutionContext": context,
        "Status": status,
        "Statistics": statistics,
        "WorkGroup": WORKGROUP,
        "EngineVersion": engine_version(),
        "SubstatementType": substatement(execution),
    })
}

pub(super) fn engine_version() -> Value {
    json!({"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"})
}

fn substatement(execution: &Execution) -> String {
    let words: Vec<String> = execution.sql.split_whitespace().take(3).map(str::to_uppercase).collect();
    match words.iter().map(String::as_str).collect::<Vec<&str>>().as_slice() {
        ["CREATE", "EXTERNAL", "TABLE"] => "CREATE_TABLE".to_owned(),
        [first @ ("CREATE" | "DROP" | "SHOW" | "ALTER"), second, ..] => format!("{first}_{second}"),
        _ if execution.family == "DML" => "SELECT".to_owned(),
        [first, ..] => (*first).to_owned(),
        [] => String::new(),
    }
}

/// The category tells who is to blame: 1 is Athena, 2 the query, 3 something else.
fn error(reason: &str) -> Value {
    let of_engine = reason.starts_with("GENERIC_INTERNAL_ERROR") || reason.starts_with("EXCEEDED_");
    json!({
        "ErrorCategory": if of_engine { 1 } else { 2 },
        "ErrorType": if of_engine { 1 } else { 1006 },
        "Retryable": of_engine,
        "ErrorMessage": reason,
    })
}
