//! Athena without an engine: no query is run, and AWS's own error says so.

use crate::call::Call;
use crate::error::{Answer, ApiError};
use crate::wire::route::unknown_operation;

pub(crate) fn serve(call: &Call<'_>) -> Answer {
    match call.operation {
        "StartQueryExecution" => {
            let message = "Queries of this type are not supported: the sandbox has no engine for SQL.";
            Err(ApiError::new("InvalidRequestException", message).with("AthenaErrorCode", "NOT_SUPPORTED"))
        }
        "GetQueryExecution" | "GetQueryResults" | "StopQueryExecution" => {
            let id = call.text("QueryExecutionId").unwrap_or_default();
            let message = format!("QueryExecution {id} was not found");
            Err(ApiError::new("InvalidRequestException", message).with("AthenaErrorCode", "INVALID_INPUT"))
        }
        _ => Err(unknown_operation()),
    }
}
