//! SimulatePrincipalPolicy and SimulateCustomPolicy, decided by the same evaluator as every call.

use policy::{Decision, Layer, Permissions, Prepared, Request};

use super::page::{page, truncation};
use super::{Context, Family, Reply, group, holder, user};
use crate::authorize::rights::{self, Source};
use crate::error::ApiError;
use crate::state::credential::IamPrincipal;
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: Family =
    &[("SimulatePrincipalPolicy", simulate), ("SimulateCustomPolicy", simulate_custom)];

fn simulate(context: &mut Context<'_>) -> Reply {
    let arn = context.required("PolicySourceArn")?.to_owned();
    let (mut sources, boundary) = of_principal(context, &arn)?;
    sources.extend(inputs(context, "PolicyInputList")?);
    let account = context.account();
    let service_control = rights::service_control(context.world, account);
    let caller = context.text("CallerArn").unwrap_or(&arn).to_owned();
    decided(context, &sources, boundary, service_control, &caller)
}

/// Policies that nobody holds: no service control policies, and the boundary of the request only.
fn simulate_custom(context: &mut Context<'_>) -> Reply {
    let sources = inputs(context, "PolicyInputList")?;
    let caller = context.text("CallerArn").unwrap_or(&context.caller.identity.arn).to_owned();
    decided(context, &sources, None, Vec::new(), &caller)
}

fn decided(
    context: &Context<'_>,
    sources: &[Source],
    boundary: Option<Source>,
    service_control: Vec<Vec<Prepared>>,
    caller: &str,
) -> Reply {
    let boundary = inputs(context, "PermissionsBoundaryPolicyInputList")?.pop().or(boundary);
    let permissions = Permissions {
        identity: sources.iter().filter_map(Source::prepared).collect(),
        boundary: boundary.as_ref().and_then(Source::prepared),
        service_control,
        session: Vec::new(),
    };
    let mut resources = context.form.texts("ResourceArns");
    if resources.is_empty() {
        resources.push("*".to_owned());
    }
    let mut results = Vec::new();
    for action in context.form.texts("ActionNames") {
        if !action.contains(':') {
            return Err(ApiError::new("InvalidInput", format!("Invalid Action Name: {action}")));
        }
        for resource in &resources {
            let request = with_context(context, Request::new(&action, resource).by(caller));
            let result = result(&permissions, sources, &request, boundary.is_some());
            results.push((format!("{:08}", results.len()), result));
        }
    }
    let (results, marker) = page(context, results.into_iter())?;
    Ok(Some(truncation(Xml::default().list("EvaluationResults", results), marker)))
}

fn inputs(context: &Context<'_>, list: &str) -> Result<Vec<Source>, ApiError> {
    let texts = context.form.texts(list).into_iter().enumerate();
    texts.map(|(number, text)| input(format!("{list}.{}", number + 1), text)).collect()
}

/// The policies of a user, group or role of the caller's account, and its boundary.
pub(super) fn of_principal(context: &mut Context<'_>, arn: &str) -> Result<(Vec<Source>, Option<Source>), ApiError> {
    let account = context.account();
    let rest = arn.strip_prefix(&format!("arn:aws:iam::{account}:"));
    let (kind, path) = rest.and_then(|rest| rest.split_once('/')).ok_or_else(|| {
        ApiError::new(
            "InvalidInput",
            format!("Invalid Entity Arn: {arn} does not clearly define entity type and name."),
        )
    })?;
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    let world = &*context.world;
    let iam = world.iam.get(&account);
    let principal = match kind {
        "user" if iam.is_some_and(|iam| iam.users.contains_key(&name)) => IamPrincipal::User(name),
        "user" => return Err(user::missing(&name)),
        "role" if iam.is_some_and(|iam| iam.roles.contains_key(&name)) => IamPrincipal::Role(name),
        "role" => return Err(holder::missing_role(&name)),
        _ => {
            let found = iam.and_then(|iam| Some((iam, iam.groups.get(&name)?)));
            let (iam, found) = found.ok_or_else(|| group::missing(&name))?;
            return Ok((rights::of_rights(iam, account, "group", &name, &found.rights), None));
        }
    };
    Ok((rights::sources(world, account, &principal), rights::boundary(world, account, &principal)))
}

pub(super) fn input(id: String, text: String) -> Result<Source, ApiError> {
    if policy::parse(&text).policy.is_none() {
        return Err(ApiError::new("InvalidInput", format!("{id}: Syntax errors in policy.")));
    }
    Ok(Source { id, kind: "none", text })
}

fn with_context(context: &Context<'_>, mut request: Request) -> Request {
    for entry in context.form.members("ContextEntries") {
        if let Some(key) = entry.get("ContextKeyName") {
            request.context.set(key, entry.texts("ContextKeyValues"));
        }
    }
    request
}

fn result(permissions: &Permissions, sources: &[Source], request: &Request, bounded: bool) -> Xml {
    let decision = permissions.evaluate(request);
    let (word, decider) = match &decision {
        Decision::Allowed(by) => ("allowed", Some(by)),
        Decision::Denied(by) => ("explicitDeny", Some(by)),
        Decision::NotAllowed(_) => ("implicitDeny", None),
    };
    let source = decider
        .filter(|by| by.layer == Layer::Identity)
        .and_then(|by| sources.get(by.policy).map(|source| (source, by)));
    let statements = source.map(|(source, by)| {
        let place = |offset: usize| {
            let (line, column) = policy::line_column(&source.text, offset);
            Xml::default().leaf("Line", line.to_string()).leaf("Column", column.to_string())
        };
        Xml::default()
            .leaf("SourcePolicyId", &source.id)
            .leaf("SourcePolicyType", source.kind)
            .node("StartPosition", place(by.span.start))
            .node("EndPosition", place(by.span.end))
    });
    let xml = Xml::default()
        .leaf("EvalActionName", request.action())
        .leaf("EvalResourceName", &request.resource)
        .leaf("EvalDecision", word)
        .list("MatchedStatements", statements)
        .list("MissingContextValues", []);
    let outside = |layer: fn(&Layer) -> bool| match &decision {
        Decision::NotAllowed(lacking) => layer(lacking),
        Decision::Denied(by) => layer(&by.layer),
        Decision::Allowed(_) => false,
    };
    let word = |refused: bool| if refused { "false" } else { "true" };
    let xml = if permissions.service_control.is_empty() {
        xml
    } else {
        let refused = outside(|layer| matches!(layer, Layer::ServiceControl(_)));
        xml.node("OrganizationsDecisionDetail", Xml::default().leaf("AllowedByOrganizations", word(refused)))
    };
    if !bounded {
        return xml;
    }
    let refused = outside(|layer| *layer == Layer::Boundary);
    xml.node("PermissionsBoundaryDecisionDetail", Xml::default().leaf("AllowedByPermissionsBoundary", word(refused)))
}
