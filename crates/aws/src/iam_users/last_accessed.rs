//! When a user last called which service: a report of its own for each user, made on demand.

use std::collections::BTreeMap;

use aws_sdk_iam::types::JobStatusType;
use jiff::Timestamp;
use ports::{AwsError, AwsErrorKind};

use super::Patience;
use super::authorization::{PAGE_SIZE, next};
use super::session::Session;
use crate::api;
use crate::client::timestamp;
use crate::error::{odd_answer, own_error, said};

/// More pages than there are services.
const MOST_PAGES: usize = 100;

impl Session {
    /// By service. AWS keeps it for at least 400 days; services without a time were never called in that time.
    pub(super) async fn services_last_accessed(
        &self,
        arn: &str,
    ) -> Result<BTreeMap<String, Option<Timestamp>>, AwsError> {
        let api = &api::GENERATE_LAST_ACCESSED;
        let begun = self.call(api, |iam| iam.generate_service_last_accessed_details().arn(arn).send()).await?;
        let job = begun.job_id().ok_or_else(|| odd_answer(api, "no JobId"))?;
        let api = &api::GET_LAST_ACCESSED;
        let (mut services, mut marker, mut patience) = (BTreeMap::new(), None::<String>, Patience::new());
        let mut pages = 0;
        while pages < MOST_PAGES {
            let asked = &marker;
            let answer = self
                .call(api, |iam| {
                    let call = iam.get_service_last_accessed_details().job_id(job).max_items(PAGE_SIZE);
                    call.set_marker(asked.clone()).send()
                })
                .await?;
            match answer.job_status() {
                JobStatusType::InProgress => {
                    patience.wait(&self.inner, api).await?;
                    continue;
                }
                JobStatusType::Completed => {}
                JobStatusType::Failed => {
                    let message = answer.error().map_or("without a reason", |error| error.message());
                    return Err(own_error(api, AwsErrorKind::Transient, format!("AWS's report failed: {message}")));
                }
                other => return Err(odd_answer(api, format!("JobStatus {}", said(Some(other.as_str()))))),
            }
            for service in answer.services_last_accessed() {
                let at = match service.last_authenticated() {
                    Some(at) => Some(timestamp(at).ok_or_else(|| odd_answer(api, "LastAuthenticated out of range"))?),
                    None => None,
                };
                services.insert(service.service_namespace().to_owned(), at);
            }
            marker = next(api, answer.is_truncated(), answer.marker())?;
            if marker.is_none() {
                return Ok(services);
            }
            pages += 1;
        }
        Err(own_error(api, AwsErrorKind::Invalid, "the list has no end"))
    }
}
