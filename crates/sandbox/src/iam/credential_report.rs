//! The credential report: made on demand, kept four hours, as CSV.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use super::{Context, Family, Reply};
use crate::error::ApiError;
use crate::state::iam::AccountIam;
use crate::state::iam_user::{AccessKey, ExtraKind, User};
use crate::state::id::AccountId;
use crate::wire::base64;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[("GenerateCredentialReport", generate), ("GetCredentialReport", get)];

/// How long a report is given out before a new one is made.
const KEPT: SignedDuration = SignedDuration::from_hours(4);

const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
    password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
    access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
    cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

fn generate(context: &mut Context<'_>) -> Reply {
    let (account, now, ready) = (context.account(), context.now, takes(context));
    let since = context.world.member(account).map_or(now, |found| found.joined_at);
    let iam = context.own();
    let (state, description) = match &iam.report {
        Some((begun, _)) if now < *begun + ready => ("INPROGRESS", None),
        Some((begun, _)) if now < *begun + KEPT => ("COMPLETE", None),
        _ => {
            iam.report = Some((now, text(account, since, iam)));
            ("STARTED", Some("No report exists. Starting a new report generation task"))
        }
    };
    Ok(Some(Xml::default().leaf("State", state).maybe("Description", description)))
}

fn get(context: &mut Context<'_>) -> Reply {
    let (now, ready) = (context.now, takes(context));
    match &context.own().report {
        None => Err(ApiError::new("ReportNotPresent", "No report exists.").with_status(410)),
        Some((begun, _)) if now < *begun + ready => {
            Err(ApiError::new("ReportInProgress", "Report generation is in progress.").with_status(404))
        }
        Some((begun, _)) if now >= *begun + KEPT => {
            Err(ApiError::new("ReportExpired", "The most recent credential report has expired.").with_status(410))
        }
        Some((begun, text)) => Ok(Some(
            Xml::default()
                .leaf("Content", base64(text.as_bytes()))
                .leaf("ReportFormat", "text/csv")
                .leaf("GeneratedTime", iso8601(*begun)),
        )),
    }
}

/// A report takes as long as the quickest asynchronous work of this sandbox.
fn takes(context: &Context<'_>) -> SignedDuration {
    SignedDuration::try_from(context.config.latency.assignment.least).unwrap_or(SignedDuration::ZERO)
}

fn text(account: AccountId, since: Timestamp, iam: &AccountIam) -> String {
    let mut out = format!("{HEADER}\n");
    let _ = writeln!(
        out,
        "<root_account>,arn:aws:iam::{account}:root,{},not_supported,no_information,not_supported,not_supported,false,\
         false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
        stamp(since)
    );
    for (name, user) in &iam.users {
        let _ = writeln!(out, "{}", row(account, name, user));
    }
    // AWS's file has no newline at its end
    out.truncate(out.trim_end().len());
    out
}

/// `N/A` where there is nothing, `no_information` where it was never used.
fn row(account: AccountId, name: &str, user: &User) -> String {
    let mut cells = vec![name.to_owned(), user.arn(account, name), stamp(user.created_at)];
    match &user.login {
        None => cells.extend(["false", "N/A", "N/A", "N/A"].map(str::to_owned)),
        Some(login) => {
            let used = user.password_last_used.map_or_else(|| "no_information".to_owned(), stamp);
            cells.extend(["true".to_owned(), used, stamp(login.changed_at), "N/A".to_owned()]);
        }
    }
    cells.push((!user.devices.is_empty()).to_string());
    let mut keys: Vec<&AccessKey> = user.keys.values().collect();
    keys.sort_by_key(|key| key.created_at);
    for slot in 0..2 {
        cells.extend(key_cells(keys.get(slot).copied()));
    }
    let certificates: Vec<_> = user.extras_of(ExtraKind::Certificate).collect();
    for slot in 0..2 {
        let found = certificates.get(slot);
        cells.push(found.is_some_and(|extra| extra.active).to_string());
        cells.push(found.map_or_else(|| "N/A".to_owned(), |extra| stamp(extra.created_at)));
    }
    cells.join(",")
}

fn key_cells(key: Option<&AccessKey>) -> [String; 5] {
    let nothing = || "N/A".to_owned();
    let used = key.and_then(|key| key.last_used.as_ref());
    [
        key.is_some_and(|key| key.active).to_string(),
        key.map_or_else(nothing, |key| stamp(key.created_at)),
        used.map_or_else(nothing, |used| stamp(used.at)),
        used.map_or_else(nothing, |used| used.region.clone()),
        used.map_or_else(nothing, |used| used.service.to_owned()),
    ]
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
