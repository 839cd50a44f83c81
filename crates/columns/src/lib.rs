//! Evidence as one Parquet table: a row for each principal and each thing that is known of it.
//!
//! | column | |
//! |---|---|
//! | `account`, `principal`, `access_key`, `opened_by` | whose evidence it is; of `opening` rows the principal is the role |
//! | `kind` | what the principal is |
//! | `list` | `all`, `count`, `sign_in`, `hour`, `action`, `error`, `resource`, `address`, `agent`, `region`, `invoked_by`, `on_behalf_of`, `source_identity`, `session`, `provider`, `class`, `opening_caller`, `opening_session` |
//! | `name` | which one of the list: an action, an error code, the hour of the week (0 is Monday 00:00 UTC) |
//! | `events`, `first`, `last` | how often, first and last time (UTC); `first` of `all` only |
//! | `succeeded_events`, `succeeded_last`, `denied_events`, `denied_last` | of `all` and `action` |
//! | `truncated` | whether the list left entries out: those that are there are complete |
//!
//! Not in crate `trail`: the library behind this is linked with clocks and randomness, and that crate is pure.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

mod rows;

use std::io::Write;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use trail::evidence::Period;

use rows::{Row, rows};

/// Why evidence was not written.
#[derive(Debug, thiserror::Error)]
#[error("the Parquet file cannot be written")]
pub struct ColumnsError(#[from] ParquetError);

const SCHEMA: &str = "message evidence {
    required binary account (UTF8);
    required binary principal (UTF8);
    optional binary access_key (UTF8);
    optional binary opened_by (UTF8);
    optional binary kind (UTF8);
    required binary list (UTF8);
    optional binary name (UTF8);
    required int64 events;
    optional int64 first (TIMESTAMP(MILLIS, true));
    optional int64 last (TIMESTAMP(MILLIS, true));
    optional int64 succeeded_events;
    optional int64 succeeded_last (TIMESTAMP(MILLIS, true));
    optional int64 denied_events;
    optional int64 denied_last (TIMESTAMP(MILLIS, true));
    required boolean truncated;
}";

/// Rows of a group: what is held at once.
const GROUP_ROWS: usize = 1 << 16;

/// Writes a table; how many rows it has.
///
/// # Errors
/// Those of `out`.
pub fn write_parquet(period: &Period, out: impl Write + Send) -> Result<u64, ColumnsError> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(format!("sekisho {}", env!("CARGO_PKG_VERSION")))
        .build();
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    let mut count = 0;
    let mut held = Vec::with_capacity(GROUP_ROWS);
    for row in rows(period) {
        held.push(row);
        if held.len() == GROUP_ROWS {
            count += held.len() as u64;
            write_group(&mut file, &held)?;
            held.clear();
        }
    }
    count += held.len() as u64;
    if !held.is_empty() {
        write_group(&mut file, &held)?;
    }
    file.close()?;
    Ok(count)
}

fn write_group<W: Write + Send>(file: &mut SerializedFileWriter<W>, rows: &[Row<'_>]) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    let text = |text: &str| ByteArray::from(text);
    required::<ByteArrayType, _>(&mut group, rows.iter().map(|row| text(row.account)))?;
    required::<ByteArrayType, _>(&mut group, rows.iter().map(|row| text(row.principal)))?;
    optional::<ByteArrayType, _>(&mut group, rows.iter().map(|row| row.access_key.map(text)))?;
    optional::<ByteArrayType, _>(&mut group, rows.iter().map(|row| row.opened_by.map(text)))?;
    optional::<ByteArrayType, _>(&mut group, rows.iter().map(|row| row.kind.map(text)))?;
    required::<ByteArrayType, _>(&mut group, rows.iter().map(|row| text(row.list)))?;
    optional::<ByteArrayType, _>(&mut group, rows.iter().map(|row| row.name.as_deref().map(text)))?;
    required::<Int64Type, _>(&mut group, rows.iter().map(|row| count(row.events)))?;
    optional::<Int64Type, _>(&mut group, rows.iter().map(|row| row.first.map(millis)))?;
    optional::<Int64Type, _>(&mut group, rows.iter().map(|row| row.last.map(millis)))?;
    for part in [|row: &Row<'_>| row.succeeded, |row: &Row<'_>| row.denied] {
        optional::<Int64Type, _>(&mut group, rows.iter().map(|row| part(row).map(|part| count(part.events))))?;
        // The last of none is no time.
        let last = rows.iter().map(|row| part(row).filter(|part| part.events > 0).map(|part| millis(part.last)));
        optional::<Int64Type, _>(&mut group, last)?;
    }
    required::<BoolType, _>(&mut group, rows.iter().map(|row| row.truncated))?;
    group.close()?;
    Ok(())
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn millis(seconds: i64) -> i64 {
    seconds.saturating_mul(1000)
}

fn required<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: impl Iterator<Item = T::T>,
) -> Result<(), ParquetError> {
    let values: Vec<T::T> = values.collect();
    write_column::<T, W>(group, &values, None)
}

fn optional<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let mut levels = Vec::new();
    let values: Vec<T::T> = values.inspect(|value| levels.push(i16::from(value.is_some()))).flatten().collect();
    write_column::<T, W>(group, &values, Some(&levels))
}

fn write_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.ok_or_else(|| ParquetError::General("a column too many".to_owned()))?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}
