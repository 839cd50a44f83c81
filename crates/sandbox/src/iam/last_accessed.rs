//! Service last accessed: an asynchronous job over what calls were made. Denied attempts count, as on AWS.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use policy::{Effect, catalogue, glob};

use super::page::{page, truncation};
use super::{Context, Family, Reply, group, no_such_entity};
use crate::authorize::rights::{self, Source};
use crate::error::ApiError;
use crate::state::credential::IamPrincipal;
use crate::state::id::Uuid;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("GenerateServiceLastAccessedDetails", generate),
    ("GetServiceLastAccessedDetails", get),
    ("GetServiceLastAccessedDetailsWithEntities", get_entities),
];

/// How long a job's answer is kept; AWS does not say.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

fn generate(context: &mut Context<'_>) -> Reply {
    let arn = context.required("Arn")?.to_owned();
    sources_of(context, &arn)?;
    let id = Uuid::random(&mut context.world.rng).to_string();
    let now = context.now;
    let jobs = &mut context.own().access_jobs;
    jobs.retain(|_, (begun, _)| now < *begun + KEPT);
    jobs.insert(id.clone(), (now, arn));
    Ok(Some(Xml::default().leaf("JobId", id)))
}

/// When the job of the request began, and whose.
fn job(context: &mut Context<'_>) -> Result<(Timestamp, String), ApiError> {
    let id = context.required("JobId")?.to_owned();
    let found = context.own().access_jobs.get(&id).cloned();
    found.ok_or_else(|| no_such_entity(format!("The job with id {id} cannot be found.")))
}

/// Users and roles that could have called one service, and when they last did.
fn get_entities(context: &mut Context<'_>) -> Reply {
    let (begun, arn) = job(context)?;
    let service = context.required("ServiceNamespace")?.to_owned();
    let account = context.account();
    let iam = context.own();
    let rows = iam.members(account, &arn).into_iter().filter_map(|member| {
        let (kind, path) = member.rsplit_once(':').and_then(|(_, rest)| rest.split_once('/'))?;
        let (path, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (kind, id) = match kind {
            "user" => ("USER", &iam.users.get(name)?.id),
            _ => ("ROLE", &iam.roles.get(name)?.id),
        };
        let used = iam.accessed.iter().find(|((by, called), _)| *by == member && *called == service);
        let path = if path.is_empty() { "/".to_owned() } else { format!("/{path}/") };
        let info = Xml::default().leaf("Arn", &member).leaf("Name", name).leaf("Type", kind).leaf("Id", id);
        let row = Xml::default().node("EntityInfo", info.leaf("Path", path));
        let row = row.maybe("LastAuthenticated", used.map(|(_, (at, _))| iso8601(*at)));
        Some((member, row))
    });
    let rows: Vec<(String, Xml)> = rows.collect();
    let (rows, marker) = page(context, rows.into_iter())?;
    let xml = Xml::default().leaf("JobStatus", "COMPLETED").leaf("JobCreationDate", iso8601(begun));
    let xml = xml.leaf("JobCompletionDate", iso8601(begun)).list("EntityDetailsList", rows);
    Ok(Some(truncation(xml, marker)))
}

fn get(context: &mut Context<'_>) -> Reply {
    let (begun, arn) = job(context)?;
    let takes = SignedDuration::try_from(context.config.latency.assignment.least).unwrap_or(SignedDuration::ZERO);
    let xml = Xml::default().leaf("JobType", "SERVICE_LEVEL").leaf("JobCreationDate", iso8601(begun));
    if context.now < begun + takes {
        let xml = xml.leaf("JobStatus", "IN_PROGRESS").list("ServicesLastAccessed", []);
        return Ok(Some(truncation(xml.leaf("JobCompletionDate", iso8601(begun + takes)), None)));
    }
    let services = services_of(&sources_of(context, &arn)?);
    let account = context.account();
    let iam = context.own();
    let members = iam.members(account, &arn);
    let rows: Vec<(&str, Xml)> = services
        .into_iter()
        .map(|service| {
            let uses =
                members.iter().filter_map(|member| Some((member, iam.accessed.get(&(member.clone(), service))?)));
            let uses: Vec<_> = uses.collect();
            let xml = Xml::default().leaf("ServiceName", name_of(service)).leaf("ServiceNamespace", service);
            let xml = xml.leaf("TotalAuthenticatedEntities", uses.len().to_string());
            let latest = uses.iter().max_by_key(|(_, (at, _))| *at);
            let xml = latest
                .map_or_else(Xml::default, |(member, (at, region))| {
                    Xml::default()
                        .leaf("LastAuthenticated", iso8601(*at))
                        .leaf("LastAuthenticatedEntity", member)
                        .leaf("LastAuthenticatedRegion", region)
                })
                .and(xml);
            (service, xml)
        })
        .collect();
    let (rows, marker) = page(context, rows.into_iter())?;
    let xml = xml.leaf("JobStatus", "COMPLETED").leaf("JobCompletionDate", iso8601(begun + takes));
    Ok(Some(truncation(xml.list("ServicesLastAccessed", rows), marker)))
}

/// The policies of the user, group, role or managed policy with this ARN.
pub(super) fn sources_of(context: &mut Context<'_>, arn: &str) -> Result<Vec<Source>, ApiError> {
    let account = context.account();
    let missing = || no_such_entity(format!("ARN {arn} is not found"));
    let iam = context.own();
    if let Some(source) = rights::managed_source(iam, account, arn) {
        return Ok(vec![source]);
    }
    let rest = arn.strip_prefix(&format!("arn:aws:iam::{account}:")).ok_or_else(missing)?;
    let (kind, path) = rest.split_once('/').ok_or_else(missing)?;
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    match kind {
        "user" if iam.users.contains_key(&name) => {
            Ok(rights::sources(context.world, account, &IamPrincipal::User(name)))
        }
        "role" if iam.roles.contains_key(&name) => {
            Ok(rights::sources(context.world, account, &IamPrincipal::Role(name)))
        }
        "group" => {
            let found = iam.groups.get(&name).ok_or_else(|| group::missing(&name))?;
            Ok(rights::of_rights(iam, account, "group", &name, &found.rights))
        }
        _ => Err(missing()),
    }
}

/// Services that some statement allows something in.
fn services_of(sources: &[Source]) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for policy in sources.iter().filter_map(|source| policy::parse(&source.text).policy) {
        for statement in policy.statements.iter().filter(|statement| statement.effect.value == Effect::Allow) {
            let prefixes: Vec<&str> =
                statement.action.patterns().map(|pattern| pattern.split(':').next().unwrap_or(pattern)).collect();
            let named = |service: &str| {
                statement.action.negated || prefixes.iter().any(|prefix| glob::matches_ignore_case(prefix, service))
            };
            found.extend(catalogue::services().iter().map(|service| service.name).filter(|service| named(service)));
        }
    }
    found
}

/// AWS's name of the services served here; the others go by their prefix.
fn name_of(service: &str) -> &str {
    match service {
        "iam" => "AWS Identity and Access Management",
        "sts" => "AWS Security Token Service",
        "organizations" => "AWS Organizations",
        "sso" => "AWS IAM Identity Center",
        "identitystore" => "AWS Identity Store",
        other => other,
    }
}
