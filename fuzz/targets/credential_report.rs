//! IAM's credential report: reading never panics, nobody is made up, and a report cut off anywhere says nothing else about whoever is
//! still in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::credential_report::CredentialReport;

fuzz_target!(|text: &str| {
    let Ok(report) = CredentialReport::parse(text) else { return };
    assert!(report.users.iter().all(|(arn, row)| *arn == row.arn && !arn.is_empty() && !row.user.is_empty()));
    let rows = report.users.len() + usize::from(report.root.is_some());
    assert!(rows + report.broken_rows <= text.len());
    // Without its last line, which may be any row, whoever stays is said to be the same.
    let Some((before, _)) = text.trim_end().rsplit_once('\n') else { return };
    if text.contains('"') {
        return;
    }
    let Ok(cut) = CredentialReport::parse(before) else { return };
    for (arn, row) in &report.users {
        assert!(cut.users.get(arn).is_none_or(|same| same == row));
    }
});
