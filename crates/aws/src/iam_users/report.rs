//! The credential report: made where there is none, waited for, and held against the users that are there.

use jiff::Timestamp;
use model::credential_report::{CredentialReport, ReportRow};
use model::iam_user::IamUser;
use ports::AwsError;

use super::Patience;
use super::session::Session;
use crate::api;
use crate::client::timestamp;
use crate::error::odd_answer;

/// What the report of an account says, and of when it is; or why there is none.
pub(super) struct Report {
    pub(super) read: Result<(CredentialReport, Timestamp), AwsError>,
}

/// A row about a user, and of when it is.
pub(super) struct Row<'a> {
    pub(super) row: &'a ReportRow,
    pub(super) as_of: Timestamp,
}

impl Report {
    /// The row of this user; none where the report is missing, older than the user, or about an earlier one of the same name.
    pub(super) fn of(&self, user: &IamUser) -> Option<Row<'_>> {
        let (report, as_of) = self.read.as_ref().ok()?;
        let row = report.users.get(&user.arn)?;
        let same = row.created.value().is_some_and(|created| created.as_second() == user.created.as_second());
        same.then_some(Row { row, as_of: *as_of })
    }
}

impl Session {
    /// The report of at most four hours ago, or a new one: AWS decides.
    pub(super) async fn credential_report(&self) -> Report {
        Report { read: self.read_report().await }
    }

    async fn read_report(&self) -> Result<(CredentialReport, Timestamp), AwsError> {
        let api = &api::GENERATE_CREDENTIAL_REPORT;
        let mut patience = Patience::new();
        // One that is refused may not be needed: a report of an hour ago is there all the same.
        let mut asked = self.call(api, |iam| iam.generate_credential_report().send()).await.map(drop);
        loop {
            let error = match self.fetch_report().await {
                Ok(report) => return Ok(report),
                Err(error) => error,
            };
            match error.code.as_deref() {
                Some("ReportInProgress") => patience.wait(&self.inner, api).await?,
                Some("ReportNotPresent" | "ReportExpired") if asked.is_ok() => {
                    patience.wait(&self.inner, api).await?;
                    asked = self.call(api, |iam| iam.generate_credential_report().send()).await.map(drop);
                }
                _ => return Err(asked.err().unwrap_or(error)),
            }
        }
    }

    async fn fetch_report(&self) -> Result<(CredentialReport, Timestamp), AwsError> {
        let api = &api::GET_CREDENTIAL_REPORT;
        let answer = self.call(api, |iam| iam.get_credential_report().send()).await?;
        let as_of = answer.generated_time().and_then(timestamp);
        let as_of = as_of.ok_or_else(|| odd_answer(api, "a report without GeneratedTime"))?;
        let bytes = answer.content().map(AsRef::as_ref).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|_| odd_answer(api, "a report that is not UTF-8"))?;
        let report = CredentialReport::parse(text).map_err(|error| odd_answer(api, error))?;
        if report.broken_rows > 0 {
            tracing::warn!(rows = report.broken_rows, "rows of the credential report cannot be read");
        }
        Ok((report, as_of))
    }
}
