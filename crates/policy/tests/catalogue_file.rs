//! A catalogue from a file: read, printed, refused, and used instead of the embedded one. A test binary of its own, because a catalogue
//! is installed once in a process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests may fail loudly"
)]

use policy::catalogue::{self, AccessLevel, CatalogueAction, CatalogueFile, CatalogueFileError};
use policy::merge::{Level, merge_at};
use policy::{Kind, Relation, Subject, compare, lint, parse};

const HEADING: &str = "# sekisho action catalogue 1, as of 2026-11-22\n";

#[test]
fn what_is_no_catalogue_is_refused() {
    let cases = [
        ("", CatalogueFileError::Heading),
        ("s3\tGetObject\tRead\t\n", CatalogueFileError::Heading),
        ("# sekisho action catalogue 1, as of soon-enough\nx\tY\tRead\t\n", CatalogueFileError::Heading),
        (HEADING, CatalogueFileError::Empty),
        (&format!("{HEADING}s3\tGetObject\tRead\n"), CatalogueFileError::Line { line: 2 }),
        (&format!("{HEADING}s3\tGetObject\tRead\t\ns3\tGet*\tRead\t\n"), CatalogueFileError::Line { line: 3 }),
        (&format!("{HEADING}s3\tGetObject\tRreading\t\n"), CatalogueFileError::Line { line: 2 }),
        (&format!("{HEADING}s3\t\tRead\t\n"), CatalogueFileError::Line { line: 2 }),
    ];
    for (text, error) in cases {
        assert_eq!(CatalogueFile::parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn an_installed_catalogue_is_what_everything_rests_on() {
    // the order of the lines and letter case of the service do not matter
    let text = format!(
        "{HEADING}demo\tPutThing\tWrite\tarn:*:demo:*:*:thing/*\r\nDemo\tGetThing\tRead\t\n\ndemo\tGetThingy\tList\ta b\n"
    );
    let mut file = CatalogueFile::parse(&text).unwrap();
    assert_eq!((file.date(), file.counts()), ("2026-11-22", (1, 3)));
    assert_eq!(CatalogueFile::parse(&file.print()).unwrap(), file);
    let action =
        |name: &str| CatalogueAction { name: name.to_owned(), level: AccessLevel::Read, resources: Vec::new() };
    let changed = file.replace("other", vec![action("ListOthers"), action("GetOther")], "2026-11-23");
    assert_eq!((changed, file.date(), file.counts()), ((2, 0), "2026-11-23", (2, 5)));
    let changed = file.replace("OTHER", vec![action("GetOther")], "2026-11-24");
    assert_eq!((changed, file.counts()), ((0, 1), (2, 4)));

    file.clone().install().unwrap();
    assert_eq!(catalogue::date(), "2026-11-24");
    assert_eq!(CatalogueFile::current(), file);
    assert!(catalogue::contains("demo:getthing") && !catalogue::contains("s3:GetObject"));
    assert_eq!(file.clone().install(), Err(CatalogueFileError::InUse));
    let policy = |action: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": {action}, "Resource": "*"}}}}"#
        );
        parse(&text).policy.unwrap()
    };
    // the lint
    let unknown = policy(r#""s3:GetObject""#);
    let problems = lint(&Subject { policy: &unknown, kind: Kind::Identity, limit: None });
    assert!(problems[0].message.contains("catalogue of 2026-11-24"), "{}", problems[0].message);
    // the comparison and the merge
    let listed = policy(r#"["demo:GetThing", "demo:GetThingy"]"#);
    let compared = compare(std::slice::from_ref(&listed), &[policy(r#""demo:Get*""#)]);
    assert_eq!(compared.catalogue.relation, Relation::Equal);
    assert_eq!(compared.all_strings.relation, Relation::Broader);
    let merged = merge_at(&[listed], Level::L1Char).unwrap();
    assert_eq!(merged.wildcards.len(), 1, "{}", merged.policy.to_json());
}
