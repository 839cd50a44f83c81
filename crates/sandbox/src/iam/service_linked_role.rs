//! Service-linked roles: AWS makes them, the account deletes them, nobody changes them.

use super::{Context, Family, Reply, holder, no_such_entity, role};
use crate::error::ApiError;
use crate::state::iam::{OwnRights, Rights, Role};
use crate::state::id::{Uuid, upper};
use crate::state::organization::Tags;
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: Family = &[
    ("CreateServiceLinkedRole", create),
    ("DeleteServiceLinkedRole", delete),
    ("GetServiceLinkedRoleDeletionStatus", status),
];

/// Service, the name of its role, and whether more than one of them (with a suffix) may exist. Of AWS's many the ones people meet
/// first (AWS services that work with IAM); others get a name made of their prefix.
const KNOWN: [(&str, &str, bool); 10] = [
    ("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", true),
    ("ec2.amazonaws.com", "AWSServiceRoleForEC2", false),
    ("ecs.amazonaws.com", "AWSServiceRoleForECS", false),
    ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing", false),
    ("es.amazonaws.com", "AWSServiceRoleForAmazonElasticsearchService", false),
    ("guardduty.amazonaws.com", "AWSServiceRoleForAmazonGuardDuty", false),
    ("lex.amazonaws.com", "AWSServiceRoleForLexBots", true),
    ("organizations.amazonaws.com", "AWSServiceRoleForOrganizations", false),
    ("spot.amazonaws.com", "AWSServiceRoleForEC2Spot", false),
    ("sso.amazonaws.com", "AWSServiceRoleForSSO", false),
];

fn create(context: &mut Context<'_>) -> Reply {
    let (account, service) = (context.account(), context.required("AWSServiceName")?.to_owned());
    let suffix = context.text("CustomSuffix").map(str::to_owned);
    let prefix = service.split_once(".amazonaws.com").map(|(prefix, _)| prefix).filter(|prefix| !prefix.is_empty());
    let prefix = prefix.ok_or_else(|| ApiError::new("InvalidInput", format!("Service name {service} is invalid.")))?;
    let known = KNOWN.iter().find(|(name, ..)| *name == service);
    let (base, suffixes) = known.map_or_else(
        || (format!("AWSServiceRoleFor{}", pascal(prefix)), true),
        |(_, role, suffixes)| ((*role).to_owned(), *suffixes),
    );
    let name = match suffix {
        None => base,
        // terraform-community-modules/tf_aws_elasticsearch#23
        Some(_) if !suffixes => {
            return Err(ApiError::new("InvalidInput", format!("Custom suffix is not allowed for {service}")));
        }
        Some(suffix) => format!("{base}_{suffix}"),
    };
    if context.own().roles.contains_key(&name) {
        // Rayraegah/terraform-aws-hasura#17
        let message =
            format!("Service role name {name} has been taken in this account, please try a different suffix.");
        return Err(ApiError::new("InvalidInput", message));
    }
    let trust = format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":{{\"Service\":\"{service}\"}},\
         \"Action\":\"sts:AssumeRole\"}}]}}"
    );
    let made = Role {
        id: format!("AROA{}", upper(&mut context.world.rng, 17)),
        path: format!("{}{service}/", holder::SERVICE_PATH),
        created_at: context.now,
        description: context.text("Description").map(str::to_owned),
        trust: trust.into(),
        max_session_seconds: 3_600,
        tags: Tags::new(),
        rights: Rights::Own(OwnRights::default()),
    };
    let described = role::describe(account, &name, &made, false);
    context.own().roles.insert(name, made);
    Ok(Some(Xml::default().node("Role", described)))
}

/// No service here uses its role, so that every deletion has succeeded by the time it is asked about.
fn delete(context: &mut Context<'_>) -> Reply {
    let name = context.required("RoleName")?.to_owned();
    let path = context.role(&name)?.path.clone();
    if !path.starts_with(holder::SERVICE_PATH) {
        return Err(no_such_entity(format!("The service-linked role with name {name} cannot be found.")));
    }
    let uuid = Uuid::random(&mut context.world.rng);
    let iam = context.own();
    iam.roles.remove(&name);
    // the form is documented: API reference of DeleteServiceLinkedRole
    let task = format!("task{path}{name}/{uuid}");
    iam.role_deletions.insert(task.clone());
    Ok(Some(Xml::default().leaf("DeletionTaskId", task)))
}

fn status(context: &mut Context<'_>) -> Reply {
    let task = context.required("DeletionTaskId")?.to_owned();
    if !task.starts_with("task/aws-service-role/") {
        return Err(ApiError::new("InvalidInput", format!("Invalid deletion task id: {task}")));
    }
    if !context.own().role_deletions.contains(&task) {
        return Err(no_such_entity(format!("The deletion task with id {task} cannot be found.")));
    }
    Ok(Some(Xml::default().leaf("Status", "SUCCEEDED")))
}

/// `access-analyzer` → `AccessAnalyzer`
fn pascal(text: &str) -> String {
    let words = text.split(['-', '.']).filter(|word| !word.is_empty());
    let upper = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    words.map(upper).collect()
}
