//! The root user of an account.

use std::collections::HashMap;

use aws_sdk_iam::types::SummaryKeyType;
use model::credential_report::{ReportRow, Told};
use model::iam_user::{LastUse, RootUser};
use model::reading::Reading;
use ports::AwsError;

use super::report::Report;
use super::session::Session;
use crate::api;
use crate::error::odd_answer;

/// Numbers of an account by what they count.
pub(super) type Summary = HashMap<SummaryKeyType, i32>;

impl Session {
    pub(super) async fn account_summary(&self) -> Result<Summary, AwsError> {
        let api = &api::ACCOUNT_SUMMARY;
        let answer = self.call(api, |iam| iam.get_account_summary().send()).await?;
        answer.summary_map.ok_or_else(|| odd_answer(api, "no SummaryMap"))
    }

    /// Root, from the summary of now and, as far as it is there, the report.
    pub(super) fn root(&self, summary: Result<Summary, AwsError>, report: &Report) -> Reading<RootUser> {
        let row = report.read.as_ref().ok().and_then(|(report, _)| report.root.as_ref());
        let read = summary.and_then(|summary| {
            let is = |key: SummaryKeyType| {
                let missing = || odd_answer(&api::ACCOUNT_SUMMARY, format!("no {}", key.as_str()));
                summary.get(&key).map(|number| *number > 0).ok_or_else(missing)
            };
            Ok(RootUser {
                mfa: is(SummaryKeyType::AccountMfaEnabled)?,
                access_keys: is(SummaryKeyType::AccountAccessKeysPresent)?,
                password: summary.get(&SummaryKeyType::AccountPasswordPresent).map(|number| *number > 0),
                password_last_use: row.map_or(LastUse::NotTold, |row| match row.password_used {
                    Told::Value(at) => LastUse::At { at },
                    Told::NoInformation => LastUse::Never,
                    _ => LastUse::NotTold,
                }),
                key_last_use: row.map_or(LastUse::NotTold, key_last_use),
            })
        });
        self.reading(read)
    }
}

/// The latest use of any key; never only if that is said of all.
fn key_last_use(row: &ReportRow) -> LastUse {
    let latest = row.keys.iter().filter_map(|key| key.used.value()).max();
    let never = !row.keys.is_empty() && row.keys.iter().all(|key| key.used == Told::NotApplicable);
    match latest {
        Some(at) => LastUse::At { at: *at },
        None if never => LastUse::Never,
        None => LastUse::NotTold,
    }
}
