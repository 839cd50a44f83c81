//! Service last accessed: an asynchronous job over what calls were made. Denied attempts count, as on AWS.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use policy::{Effect, catalogue, glob};

use super::page::{page, truncation};
use super::{Context, Family, Reply, group, no_such_entity};
use crate::authorize::rights::{self, Source};
use crate::error::ApiError;
use crate::state::credential::IamPrincipal;
use crate::state::id::Uuid;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family =
    &[("GenerateServiceLastAccessedDetails", generate), ("GetServiceLastAccessedDetails", get)];

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

fn get(context: &mut Context<'_>) -> Reply {
    let id = context.required("JobId")?.to_owned();
    let found = context.own().access_jobs.get(&id).cloned();
    let (begun, arn) = found.ok_or_else(|| no_such_entity(format!("The job with id {id} cannot be found.")))?;
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
fn sources_of(context: &mut Context<'_>, arn: &str) -> Result<Vec<Source>, ApiError> {
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
