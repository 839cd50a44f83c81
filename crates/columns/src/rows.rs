//! The rows of the table.

use std::borrow::Cow;

use trail::evidence::{Bounded, Evidence, Openings, Period, PrincipalKey, PrincipalKind, Sum, Use};

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct Row<'a> {
    pub(crate) account: &'a str,
    pub(crate) principal: &'a str,
    pub(crate) access_key: Option<&'a str>,
    pub(crate) opened_by: Option<&'a str>,
    pub(crate) kind: Option<&'static str>,
    pub(crate) list: &'static str,
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) events: u64,
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
    pub(crate) succeeded: Option<Use>,
    pub(crate) denied: Option<Use>,
    pub(crate) truncated: bool,
}

/// All rows, in the order of principals.
pub(crate) fn rows(period: &Period) -> impl Iterator<Item = Row<'_>> {
    let principals = period.principals.iter().flat_map(|(key, evidence)| of_principal(key, evidence));
    principals.chain(period.openings.iter().flat_map(|(role, openings)| of_role(role, openings)))
}

fn of_principal<'a>(key: &'a PrincipalKey, evidence: &'a Evidence) -> Vec<Row<'a>> {
    let base = Row {
        account: &key.account,
        principal: &key.principal,
        access_key: key.access_key.as_deref(),
        opened_by: key.opened_by.as_deref(),
        kind: Some(name_of(evidence.kind)),
        list: "all",
        name: None,
        events: evidence.all.events,
        first: Some(evidence.first),
        last: Some(evidence.all.last),
        succeeded: Some(evidence.succeeded),
        denied: None,
        truncated: false,
    };
    let bare = Row { first: None, last: None, succeeded: None, ..base.clone() };
    let mut rows = vec![base];
    for (name, events) in [
        ("reads", evidence.reads),
        ("writes", evidence.writes),
        ("sessions_with_mfa", evidence.sessions_with_mfa),
        ("sessions_without_mfa", evidence.sessions_without_mfa),
        ("from_console", evidence.from_console),
    ] {
        rows.push(Row { list: "count", name: Some(name.into()), events, ..bare.clone() });
    }
    let signed_in = &evidence.sign_ins;
    for (name, used) in
        [("with_mfa", signed_in.with_mfa), ("without_mfa", signed_in.without_mfa), ("failed", signed_in.failed)]
    {
        if used.events > 0 {
            let name = Some(name.into());
            rows.push(Row { list: "sign_in", name, events: used.events, last: Some(used.last), ..bare.clone() });
        }
    }
    for (weekday, hour) in (0..7_u8).flat_map(|weekday| (0..24_u8).map(move |hour| (weekday, hour))) {
        let events = evidence.hours.get(weekday, hour);
        if events > 0 {
            let name = (u16::from(weekday) * 24 + u16::from(hour)).to_string();
            rows.push(Row { list: "hour", name: Some(name.into()), events, ..bare.clone() });
        }
    }
    let truncated = evidence.actions.is_truncated();
    for (name, used) in evidence.actions.sorted() {
        rows.push(Row {
            list: "action",
            name: Some(name.into()),
            events: used.all.events,
            last: Some(used.all.last),
            succeeded: Some(used.succeeded),
            denied: Some(used.denied),
            truncated,
            ..bare.clone()
        });
    }
    push(&mut rows, &bare, "error", &evidence.errors);
    push(&mut rows, &bare, "resource", &evidence.resources);
    push(&mut rows, &bare, "address", &evidence.addresses);
    push(&mut rows, &bare, "agent", &evidence.agents);
    push(&mut rows, &bare, "region", &evidence.regions);
    push(&mut rows, &bare, "invoked_by", &evidence.invoked_by);
    push(&mut rows, &bare, "on_behalf_of", &evidence.on_behalf_of);
    push(&mut rows, &bare, "source_identity", &evidence.source_identities);
    push(&mut rows, &bare, "session", &evidence.sessions);
    push(&mut rows, &bare, "provider", &evidence.providers);
    push(&mut rows, &bare, "class", &evidence.classes);
    rows
}

fn of_role<'a>(role: &'a str, openings: &'a Openings) -> Vec<Row<'a>> {
    let bare = Row {
        account: role.split(':').nth(4).unwrap_or_default(),
        principal: role,
        access_key: None,
        opened_by: None,
        kind: None,
        list: "",
        name: None,
        events: 0,
        first: None,
        last: None,
        succeeded: None,
        denied: None,
        truncated: false,
    };
    let mut rows = Vec::new();
    push(&mut rows, &bare, "opening_caller", &openings.callers);
    push(&mut rows, &bare, "opening_session", &openings.sessions);
    rows
}

fn push<'a, const LIMIT: usize>(
    rows: &mut Vec<Row<'a>>,
    bare: &Row<'a>,
    list: &'static str,
    entries: &'a Bounded<Use, LIMIT>,
) where
    Use: Sum,
{
    let truncated = entries.is_truncated();
    for (name, used) in entries.sorted() {
        let name = Some(name.into());
        rows.push(Row { list, name, events: used.events, last: Some(used.last), truncated, ..bare.clone() });
    }
}

/// As in JSON.
fn name_of(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Unknown => "unknown",
        PrincipalKind::Service => "service",
        PrincipalKind::OtherAccount => "other_account",
        PrincipalKind::IdentityCenterUser => "identity_center_user",
        PrincipalKind::WebIdentity => "web_identity",
        PrincipalKind::Saml => "saml",
        PrincipalKind::FederatedUser => "federated_user",
        PrincipalKind::Role => "role",
        PrincipalKind::IamUser => "iam_user",
        PrincipalKind::Root => "root",
    }
}
