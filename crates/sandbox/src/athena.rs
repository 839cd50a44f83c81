//! Athena: queries over the objects of the sandbox's own S3, and the catalog of databases and tables they need.
//!
//! A query waits, runs and ends on the sandbox's clock ([`work`]). When it begins to run it is planned and computed as a whole; what it
//! read and found becomes visible as time passes, and its results are written at its end.

mod catalog;
mod definition;
mod execution;
mod hive;
mod log;
mod probe;
mod projection;
mod record;
mod result;
mod sql;
mod statement;
mod work;

use crate::call::Call;
use crate::error::Answer;
use crate::wire::route::unknown_operation;

pub use probe::query_records;
pub(crate) use work::advance;

pub(crate) fn serve(call: &mut Call<'_>) -> Answer {
    match call.operation {
        "StartQueryExecution" => execution::start(call),
        "GetQueryExecution" => execution::get(call),
        "BatchGetQueryExecution" => execution::get_many(call),
        "GetQueryResults" => result::get(call),
        "StopQueryExecution" => execution::stop(call),
        "ListQueryExecutions" => execution::list(call),
        "ListWorkGroups" => catalog::list_workgroups(call),
        "GetWorkGroup" => catalog::get_workgroup(call),
        "ListDataCatalogs" => catalog::list_catalogs(call),
        "ListDatabases" => catalog::list_databases(call),
        "GetDatabase" => catalog::get_database(call),
        "ListTableMetadata" => catalog::list_tables(call),
        "GetTableMetadata" => catalog::get_table(call),
        _ => Err(unknown_operation()),
    }
}
