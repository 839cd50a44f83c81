//! The table of what is served, as it stands in the documentation.

/// Between these lines of `docs/sandbox.md` stands what the sandbox says of itself.
const BEGIN: &str = "<!-- coverage: made by the test `the_documented_coverage_is_the_real_one` -->\n";
const END: &str = "<!-- end of coverage -->\n";

#[test]
#[expect(clippy::disallowed_methods, reason = "INSTA_UPDATE=always rewrites the page, as it does snapshots")]
fn the_documented_coverage_is_the_real_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sandbox.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let real = format!("{before}{BEGIN}{}{END}{after}", sandbox::coverage());
    if std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        std::fs::write(path, real).unwrap();
        return;
    }
    assert!(page == real, "docs/sandbox.md is stale: INSTA_UPDATE=always cargo nextest run -p sandbox coverage");
}

#[test]
fn the_documented_faults_are_all_there_are() {
    let page =
        |name: &str| std::fs::read_to_string(format!("{}/../../docs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let table = page("sandbox.md");
    for kind in sandbox::FaultKind::ALL {
        let named = [format!("| `{kind}`"), format!(", `{kind}` |")];
        assert!(named.iter().any(|cell| table.contains(cell.as_str())), "{kind}");
    }
    // the page counts the siblings of one
    assert_eq!(sandbox::FaultKind::ALL.len(), 18);
    assert!(page("sandbox-for-your-tests.md").contains("its seventeen siblings"));
}
