//! The engine over one file, without S3 and clock: for tests and fuzzing.

use super::record;
use super::sql::expression::Expression;
use super::sql::failure::Failure;
use super::sql::kind::Kind;
use super::sql::plan::Table;
use super::sql::planner::{Catalog, Planner};
use super::sql::run::{Bounds, Sink, Source, run};
use super::statement::Statement;

/// The largest answer, in bytes.
const LARGEST_BYTES: usize = 16 << 20;

/// One file of records as the table `log`.
struct OneFile<'f>(&'f [u8]);

impl Catalog for OneFile<'_> {
    fn table(&self, _: &str, name: &str) -> Result<Option<Table>, Failure> {
        let text = |name: &str| (Some(name.to_owned()), Kind::Varchar);
        let identity = Kind::Row(vec![text("type"), text("arn"), text("accountid")]);
        let resources = Kind::Array(Box::new(Kind::Row(vec![text("arn"), text("type")])));
        let texts = ["eventtime", "eventsource", "eventname", "errorcode", "requestparameters"];
        let mut columns: Vec<(String, Kind)> = texts.iter().map(|name| ((*name).to_owned(), Kind::Varchar)).collect();
        columns.push(("useridentity".to_owned(), identity));
        columns.push(("resources".to_owned(), resources));
        let table = Table { database: "default".to_owned(), name: name.to_owned(), columns, partitions: 0 };
        Ok((name == "log").then_some(table))
    }

    fn has_database(&self, database: &str) -> bool {
        database == "default"
    }
}

impl Source for OneFile<'_> {
    fn scan(&self, table: &Table, wanted: &[bool], _: &[Expression], sink: &mut Sink<'_>) -> Result<(), Failure> {
        record::each(self.0, false, true, &mut |text| sink(record::row(text, &table.columns, wanted)?)).map(drop)
    }
}

/// Runs a query of Athena's SQL over one file of CloudTrail's records (`{"Records": […]}`), which is the table `log`; its rows as texts. `steps`
/// bounds the work. Statements about tables and databases are only read.
///
/// # Errors
/// Athena's reason why the query cannot be read, planned, or run.
pub fn query_records(sql: &str, file: &[u8], steps: u64) -> Result<Vec<Vec<Option<String>>>, String> {
    let Statement::Query(query) = Statement::read(sql)? else { return Ok(Vec::new()) };
    let source = OneFile(file);
    let planned = Planner::new(&source, "default", 0).plan(&query);
    let (plan, within, scope) = planned.map_err(|failure| failure.message)?;
    let kinds = scope.kinds();
    let mut rows = Vec::new();
    let bounds = Bounds { steps, bytes: LARGEST_BYTES };
    let mut size = 0;
    let ran = run(&source, bounds, &within, &plan, &mut |row| {
        let row: Vec<Option<String>> = row.iter().zip(&kinds).map(|(value, kind)| value.shown(kind)).collect();
        size += row.iter().flatten().map(String::len).sum::<usize>() + 1;
        rows.push(row);
        if size > LARGEST_BYTES { Err(Failure::exhausted()) } else { Ok(true) }
    });
    ran.map(|()| rows).map_err(|failure| failure.message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::query_records;

    const FILE: &[u8] = br#"{"Records":[
        {"eventTime":"2026-03-01T00:00:00Z","eventName":"A","userIdentity":{"arn":"x"},"resources":[{"ARN":"r"},{}]},
        {"eventTime":"2026-03-02T00:00:00Z","eventName":"B","errorCode":"AccessDenied","requestParameters":{"a":[1]}},
        {"eventName":null,"userIdentity":null,"resources":[]}]}"#;

    fn told(sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        query_records(sql, FILE, 200_000)
    }

    fn first(sql: &str) -> String {
        told(sql).unwrap_or_else(|error| panic!("{sql}: {error}"))[0][0].clone().unwrap_or_else(|| "null".to_owned())
    }

    /// Words that queries are made of, as a hostile hand would put them.
    const WORDS: [&str; 64] = [
        "SELECT",
        "FROM",
        "log",
        "WHERE",
        "GROUP BY",
        "ORDER BY",
        "HAVING",
        "LIMIT",
        "1",
        "2",
        "0",
        "-",
        "+",
        "*",
        "/",
        "%",
        "(",
        ")",
        ",",
        "[",
        "]",
        "eventname",
        "errorcode",
        "resources",
        "useridentity",
        ".arn",
        ".",
        "'a'",
        "''",
        "NULL",
        "IS",
        "NOT",
        "AND",
        "OR",
        "IN",
        "BETWEEN",
        "LIKE",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "CAST",
        "AS",
        "VARCHAR",
        "BIGINT",
        "count",
        "max",
        "ARRAY",
        "transform",
        "x",
        "->",
        "UNNEST",
        "CROSS JOIN",
        "JOIN",
        "ON",
        "UNION ALL",
        "WITH",
        "||",
        "=",
        "<",
        "DATE '2026-01-01'",
        "INTERVAL '1' DAY",
        "1.5",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            let _ = told(&text);
            let _ = told(&format!("SELECT {text}"));
            let _ = told(&format!("SELECT {text} FROM log WHERE {text}"));
            let _ = told(&format!("CREATE EXTERNAL TABLE {text}"));
        }

        #[test]
        fn no_heap_of_words_makes_it_panic(words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..40)) {
            let text = words.join(" ");
            let _ = told(&text);
            let _ = told(&format!("SELECT {text} FROM log"));
            let _ = told(&format!("SELECT eventname, count(*) FROM log WHERE {text} GROUP BY 1"));
        }

        #[test]
        fn no_bytes_make_reading_records_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = query_records("SELECT * FROM log", &bytes, 1_000);
            let _ = super::record::unpack(&bytes);
        }

        #[test]
        fn whole_numbers_are_computed_as_in_rust(a in -1000_i64..1000, b in -1000_i64..1000, c in 1_i64..50) {
            prop_assert_eq!(first(&format!("SELECT {a} + {b} * {c}")), (a + b * c).to_string());
            prop_assert_eq!(first(&format!("SELECT ({a} - {b}) / {c} % {c}")), ((a - b) / c % c).to_string());
            prop_assert_eq!(first(&format!("SELECT {a} < {b} OR NOT {a} >= {c}")), (a < b || a < c).to_string());
        }
    }

    #[test]
    fn what_is_deep_or_long_is_refused_and_does_not_end_the_process() {
        let many = |part: &str, count: usize| part.repeat(count);
        for sql in [
            format!("SELECT {}1{}", many("(", 20_000), many(")", 20_000)),
            format!("SELECT 1{}", many(" + 1", 60_000)),
            format!("SELECT 1{}", many(" IS NULL", 30_000)),
            format!("SELECT 1{}", many(" BETWEEN 1 AND 2", 15_000)),
            format!("SELECT 1{}", many(" IS DISTINCT FROM 1", 12_000)),
            format!("SELECT {}1", many("NOT ", 60_000)),
            format!("SELECT {}1", many("- ", 100_000)),
            format!("SELECT 'a'{}", many(" || 'a' IS NULL", 15_000)),
            format!("SELECT 1{}", many(" UNION ALL SELECT 1", 12_000)),
            format!("SELECT {} 1 {}", many("CASE WHEN TRUE THEN ", 8_000), many(" END", 8_000)),
            format!("SELECT {}1{}", many("ARRAY[", 20_000), many("]", 20_000)),
            format!("SELECT {}x{} FROM log", many("lower(", 20_000), many(")", 20_000)),
            format!("SELECT * FROM {}log{}", many("(SELECT * FROM ", 15_000), many(")", 15_000)),
            format!("SELECT eventname{} FROM log", many(".a", 60_000)),
            format!("SELECT ARRAY[1]{}", many("[1]", 60_000)),
            format!(
                "WITH a0 AS (SELECT 1 AS x){} SELECT * FROM a40",
                (1..=40).map(|n| format!(", a{n} AS (SELECT a.x FROM a{0} a, a{0} b)", n - 1)).collect::<String>()
            ),
            "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x), UNNEST(sequence(1, 10000)) AS b(y)".to_owned(),
            "SELECT reduce(sequence(1, 10000), 'a', (s, x) -> s || s, s -> length(s))".to_owned(),
            "SELECT transform(sequence(1, 10000), x -> transform(sequence(1, 10000), y -> x * y))".to_owned(),
        ] {
            let refused = told(&sql);
            assert!(refused.is_err(), "{}: {:?}", &sql[..60], refused.map(|rows| rows.len()));
        }
        let nested = format!("CREATE EXTERNAL TABLE a (b {}x{})", many("array<", 20_000), many(">", 20_000));
        assert_eq!(told(&nested), Ok(Vec::new()), "a definition is only read here");
        // what people write is not
        let long: String = (0..300).map(|number| format!(" OR eventname = 'x{number}'")).collect();
        assert_eq!(first(&format!("SELECT count(*) FROM log WHERE eventname = 'A'{long}")), "1");
    }

    #[test]
    fn unknown_is_neither_true_nor_false() {
        for (condition, rows) in [
            ("errorcode = 'AccessDenied'", "1"),
            ("errorcode <> 'AccessDenied'", "0"),
            ("NOT errorcode = 'AccessDenied'", "0"),
            ("errorcode NOT IN ('x')", "1"),
            ("errorcode NOT IN ('x', NULL)", "0"),
            ("errorcode IS NULL OR errorcode LIKE 'Acc%'", "3"),
            ("eventname = 'A' OR errorcode = 'nothing'", "1"),
            ("NOT (eventname = 'B' AND errorcode = 'AccessDenied')", "1"),
            ("eventname NOT IN (SELECT errorcode FROM log)", "0"),
            ("eventname IN (SELECT eventname FROM log)", "2"),
            ("cardinality(resources) = 0", "1"),
            ("useridentity.arn IS NULL", "2"),
        ] {
            assert_eq!(first(&format!("SELECT count(*) FROM log WHERE {condition}")), rows, "{condition}");
        }
    }
}
