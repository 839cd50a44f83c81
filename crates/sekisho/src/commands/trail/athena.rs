//! `sekisho trail athena`

mod query;

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use ports::{AthenaQuery, Clock, TokioClock};
use serde::Serialize;
use trail::athena::{Place, Span, add_row, table};
use trail::evidence::{AddressRanges, Period};

use self::query::{Limits, Run};
use super::{input, scan, size};
use crate::cli::trail::{AthenaArguments, ScanFormat};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::progress::Progress;
use crate::render::words::count;

pub(super) fn run(arguments: &AthenaArguments, console: &Console) -> Result<Exit, CommandError> {
    let place = Place {
        database: arguments.database.clone(),
        table: arguments.table.clone(),
        location: arguments.location.trim_end_matches('/').to_owned(),
        accounts: arguments.accounts.clone(),
        regions: arguments.regions.clone(),
        first_day: arguments.since.unwrap_or(FIRST_S).div_euclid(DAY_S),
    };
    let span = Span { since_s: arguments.since, until_s: arguments.until, ..Span::default() };
    let refused = |error: &(dyn std::error::Error + 'static)| {
        CommandError::new("the table cannot be defined").because(error).hint("letters, digits and - _ . / : + = @")
    };
    let (definition, statement) =
        (table(&place).map_err(|error| refused(&error))?, trail::athena::query(&place, &span));
    if arguments.print {
        console.data(&format!("{definition};\n\n{statement};\n"))?;
        return Ok(Exit::Done);
    }
    if arguments.format == ScanFormat::Parquet && io::stdout().is_terminal() {
        return Err(CommandError::new("a Parquet table is no text; nothing was asked")
            .hint("sekisho trail athena … --format parquet > evidence.parquet"));
    }
    let total = tokio::task::block_in_place(|| {
        tokio::runtime::Handle::current().block_on(ask(arguments, definition, statement, console))
    })?;
    show(&total, arguments.format, console)?;
    Ok(Exit::Done)
}

/// The first day of the table where none is named: before CloudTrail.
const FIRST_S: i64 = 1_356_998_400;
const DAY_S: i64 = 86_400;

async fn ask(
    arguments: &AthenaArguments,
    definition: String,
    statement: String,
    console: &Console,
) -> Result<Period, CommandError> {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::system());
    let mut options = aws::Options::new(Arc::clone(&clock));
    options.profile.clone_from(&arguments.profile);
    options.region.clone_from(&arguments.athena_region);
    options.endpoint_url.clone_from(&arguments.endpoint_url);
    options.rate_factor = arguments.rate_factor.unwrap_or(1.0);
    let failed = |what: &str, error: &dyn std::error::Error| CommandError::new(what.to_owned()).hint(error.to_string());
    let client = aws::Client::connect(options).await.map_err(|error| failed("cannot reach Athena", &error))?;
    let ranges = match &arguments.ranges {
        Some(path) => input::address_ranges(path)?,
        None => AddressRanges::default(),
    };
    let limits = Limits {
        scanned_bytes: arguments.max_bytes,
        poll: Duration::from_secs(2).div_f64(arguments.rate_factor.unwrap_or(1.0).max(0.001)),
        patience: Duration::from_secs(arguments.max_minutes.saturating_mul(60)),
    };
    let progress = Progress::start("Athena", &console.messages);
    let run = Run { athena: &client, clock: &*clock, limits, progress: &progress };
    let query = |sql: String, token: &str| AthenaQuery {
        token: token_of(&[&sql, token, &clock.now().to_string()]),
        sql,
        database: None,
        workgroup: arguments.workgroup.clone(),
        output: arguments.output.clone(),
    };
    run.to_its_end(&query(definition, "table")).await?;
    let id = run.to_its_end(&query(statement, "query")).await?;
    let mut total = Period::default();
    let mut rows = 0;
    run.rows(&id.id, |row| {
        rows += 1;
        add_row(&mut total, row, &ranges).map_err(|error| failed("Athena gave another answer than the query's", &error))
    })
    .await?;
    progress.finish();
    console.note(format!("{} read by Athena, {} of results", input::bytes(id.scanned_bytes), count(rows, "row")));
    Ok(total)
}

/// A token that is the same for the same parts.
fn token_of(parts: &[&str]) -> String {
    use std::hash::{Hash, Hasher};
    let mut first = std::hash::DefaultHasher::new();
    parts.hash(&mut first);
    let mut second = std::hash::DefaultHasher::new();
    (parts, "second").hash(&mut second);
    format!("sekisho-{:016x}{:016x}", first.finish(), second.finish())
}

#[derive(Serialize)]
struct AthenaV1<'a> {
    schema_version: u32,
    evidence: &'a Period,
}

fn show(total: &Period, format: ScanFormat, console: &Console) -> Result<(), CommandError> {
    match format {
        ScanFormat::Text => console.lines(&scan::lines(total, console))?,
        ScanFormat::Json => console.json(&AthenaV1 { schema_version: 1, evidence: total })?,
        ScanFormat::Ndjson => {
            for (principal, evidence) in &total.principals {
                let line = serde_json::to_string(&serde_json::json!({"principal": principal, "evidence": evidence}))
                    .map_err(|error| CommandError::new("cannot write the answer as JSON").because(&error))?;
                console.data(&format!("{line}\n"))?;
            }
        }
        ScanFormat::Parquet => {
            let rows = columns::write_parquet(total, io::stdout())
                .map_err(|error| CommandError::new("cannot write to standard output").because(&error))?;
            console.note(format!("{} written", count(size(rows), "row")));
        }
    }
    Ok(())
}
