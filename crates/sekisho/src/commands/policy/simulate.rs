//! `sekisho policy simulate`

use ::policy::explain::{Miss, misses};
use ::policy::{
    Decider, Decision, Effect, Layer, OpenQuestion, Permissions, Prepared, Request, catalogue, did_you_mean,
};
use serde::Serialize;

use super::compare::prepare;
use super::input::{self, Loaded, Reader};
use crate::cli::Format;
use crate::cli::policy::{Expected, SimulatePolicyArguments};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::Line;
use crate::render::policy_words::RequestV1;
use crate::render::style::{Ink, Text};
use crate::render::words::count;

/// How many statements that nearly apply are told.
const MISSES_SHOWN: usize = 5;

pub(super) fn run(arguments: &SimulatePolicyArguments, console: &Console) -> Result<Exit, CommandError> {
    input::use_catalogue(&arguments.catalogue)?;
    let world = World::read(arguments, console)?;
    let answers: Vec<Answer> = requests(arguments, console)?
        .into_iter()
        .map(|request| {
            let decision = world.permissions.evaluate(&request);
            Answer {
                absent: world.absent(&decision, &request),
                near: world.near(&request),
                hangs_on: world.hangs_on(&decision, &request),
                decision,
                request,
            }
        })
        .collect();
    match arguments.format.format {
        Format::Text => {
            let lines: Vec<Line> = answers.iter().flat_map(lines).collect();
            console.lines(&lines)?;
        }
        Format::Json => {
            let results = answers.iter().map(v1).collect();
            console.json(&SimulateV1 { schema_version: 1, results })?;
        }
    }
    let Some(expected) = arguments.expect else { return Ok(Exit::Done) };
    // what hangs on an open question is not known to be as expected
    let is_as_expected = |answer: &&Answer| {
        answer.hangs_on.is_empty() && answer.decision.is_allowed() == (expected == Expected::Allowed)
    };
    let wrong = answers.len() - answers.iter().filter(is_as_expected).count();
    if wrong == 0 {
        return Ok(Exit::Done);
    }
    let wanted = if expected == Expected::Allowed { "allowed" } else { "denied" };
    let all = count(answers.len(), "request");
    let possibly = if answers.iter().any(|answer| !answer.hangs_on.is_empty()) { ", or possibly" } else { "" };
    Err(CommandError::new(format!("{wrong} of {all} decided otherwise than `--expect {wanted}`{possibly}")))
}

/// All policies that decide.
struct World {
    permissions: Permissions,
    /// As it would be if AWS answered the question the other way; only those that the policies raise.
    other_ways: Vec<(OpenQuestion, Permissions)>,
    /// In the order of evaluation, for the statements that nearly apply.
    all: Vec<Loaded>,
}

impl World {
    fn read(arguments: &SimulatePolicyArguments, console: &Console) -> Result<Self, CommandError> {
        let mut reader = Reader::default();
        let identity = reader.policies(&arguments.files, console)?;
        let boundary = arguments.boundary.iter().cloned().collect::<Vec<_>>();
        let boundary = reader.policies(&boundary, console)?;
        let levels = arguments.service_control.iter().map(|level| reader.listed(level, console));
        let levels = levels.collect::<Result<Vec<_>, _>>()?;
        let session = reader.policies(&arguments.session, console)?;
        for policies in [&identity, &boundary, &session].into_iter().chain(&levels) {
            input::refuse_principals(policies, "simulated")?;
        }
        let permissions = |question: Option<OpenQuestion>| -> Result<Permissions, CommandError> {
            let ready = |policies: &[Loaded]| -> Result<Vec<Prepared>, CommandError> {
                policies.iter().map(|one| prepare_as(one, question)).collect()
            };
            Ok(Permissions {
                identity: ready(&identity)?,
                boundary: ready(&boundary)?.pop(),
                service_control: levels.iter().map(|level| ready(level)).collect::<Result<_, _>>()?,
                session: ready(&session)?,
            })
        };
        let mut other_ways = Vec::new();
        for question in OpenQuestion::ALL {
            let mut policies = [&identity, &boundary, &session].into_iter().chain(&levels).flatten();
            if policies.any(|loaded| question.other_way(&loaded.policy).is_some()) {
                other_ways.push((question, permissions(Some(question))?));
            }
        }
        let permissions = permissions(None)?;
        let all = levels.into_iter().flatten().chain(identity).chain(boundary).chain(session).collect();
        Ok(Self { permissions, other_ways, all })
    }

    /// Questions that AWS leaves open and on whose answer it hangs whether this is allowed.
    fn hangs_on(&self, decision: &Decision, request: &Request) -> Vec<OpenQuestion> {
        let otherwise = self.other_ways.iter().filter(|(_, other)| other.allows(request) != decision.is_allowed());
        otherwise.map(|(question, _)| *question).collect()
    }

    /// Keys that the deciding Deny asks for and the request lacks: with them it might be decided otherwise.
    fn absent(&self, decision: &Decision, request: &Request) -> Vec<String> {
        let Decision::Denied(by) = decision else { return Vec::new() };
        let loaded = self.all.iter().find(|one| one.source.name == by.policy_name);
        let statement = loaded.and_then(|one| one.policy.statements.get(by.statement));
        let keys = statement.into_iter().flat_map(|one| &one.conditions).map(|condition| condition.key.value.clone());
        keys.filter(|key| request.context.values(key).is_none()).collect()
    }

    /// Statements that are about the action and do not apply.
    fn near(&self, request: &Request) -> Vec<(String, usize, Miss)> {
        let of = |loaded: &Loaded| {
            let (name, text) = (loaded.source.name.clone(), &loaded.source.text);
            let found = misses(&loaded.policy, request).into_iter();
            found.map(|miss| (name.clone(), ::policy::line_column(text, miss.span.start).0, miss)).collect::<Vec<_>>()
        };
        self.all.iter().flat_map(of).collect()
    }
}

/// The policy ready to be evaluated, read in the other way where a question is given.
fn prepare_as(loaded: &Loaded, question: Option<OpenQuestion>) -> Result<Prepared, CommandError> {
    match question.and_then(|question| question.other_way(&loaded.policy)) {
        Some(policy) => prepare(&Loaded { policy, ..loaded.clone() }),
        None => prepare(loaded),
    }
}

struct Answer {
    request: Request,
    decision: Decision,
    hangs_on: Vec<OpenQuestion>,
    near: Vec<(String, usize, Miss)>,
    absent: Vec<String>,
}

fn requests(arguments: &SimulatePolicyArguments, console: &Console) -> Result<Vec<Request>, CommandError> {
    let mut requests = Vec::new();
    for action in &arguments.actions {
        refuse_pattern(action)?;
        if !catalogue::contains(action) {
            let close = catalogue::nearest(action, 3);
            let close: Vec<&str> = close.iter().map(String::as_str).collect();
            let help = did_you_mean(&close).map(|help| format!("; {help}")).unwrap_or_default();
            console.warn(format!("no action `{action}` is known (catalogue of {}){help}", catalogue::date()));
        }
        for resource in &arguments.resources {
            let mut request = Request::new(action, resource);
            if let Some(principal) = &arguments.principal {
                if !principal.starts_with("arn:") || principal.split(':').count() < 6 {
                    return Err(CommandError::new(format!("`--principal {principal}` is no ARN"))
                        .hint("such as `arn:aws:iam::111122223333:user/taro`"));
                }
                request = request.by(principal);
            }
            for text in &arguments.context {
                let (key, value) = input::pair("--context", text)?;
                request = request.with(key, value);
            }
            requests.push(request);
        }
    }
    Ok(requests)
}

/// A request names one action; a pattern would be taken for a name with a star in it.
fn refuse_pattern(action: &str) -> Result<(), CommandError> {
    let form = action.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
    if form && !action.contains(['*', '?']) {
        return Ok(());
    }
    Err(CommandError::new(format!("`--action {action}` is not one action"))
        .hint("a request does one thing: `s3:GetObject`; `policy compare` answers for all actions at once"))
}

fn lines(answer: &Answer) -> Vec<Line> {
    let (ink, verdict) = match &answer.decision {
        Decision::Allowed(_) => (Ink::Good, "allowed"),
        Decision::Denied(_) => (Ink::Error, "denied"),
        Decision::NotAllowed(_) => (Ink::Error, "not allowed"),
    };
    let request = &answer.request;
    let first = Text::new().with(ink, verdict).and(": ").with(Ink::Strong, request.action());
    let mut lines = vec![Line::from(first.and(" on ").with(Ink::Strong, &request.resource)).hanging(2)];
    lines.push(Line::from(match &answer.decision {
        Decision::Allowed(by) => Text::plain(format!("  by {by}")),
        Decision::Denied(by) => {
            Text::plain(format!("  by {by}, in {}; a Deny wins over every Allow", layer_words(by.layer)))
        }
        Decision::NotAllowed(layer) => Text::plain(format!("  no statement of {} allows it", layer_words(*layer))),
    }));
    for question in &answer.hangs_on {
        let otherwise = if answer.decision.is_allowed() { "not allowed" } else { "allowed" };
        let text = Text::plain("  ").with(Ink::Warning, "! ").and(format!("possibly {otherwise}: {question}"));
        lines.push(Line::from(text).hanging(4));
    }
    for key in &answer.absent {
        let text =
            format!("  · its condition on {key} holds because the request has no such key (`--context {key}=…`)");
        lines.push(Line::from(Text::plain(text)).hanging(4));
    }
    if !matches!(answer.decision, Decision::NotAllowed(_)) {
        return lines;
    }
    let allows: Vec<_> = answer.near.iter().filter(|(_, _, miss)| miss.effect == Effect::Allow).collect();
    for (name, line, miss) in allows.iter().take(MISSES_SHOWN) {
        let text = Text::plain("  · ").and(format!("{} of {name}:{line} is about this action, but ", miss.label));
        lines.push(Line::from(text.and(reasons(miss))).hanging(4));
    }
    if allows.len() > MISSES_SHOWN {
        lines.push(Line::from(Text::plain(format!("  · … and {} more", allows.len() - MISSES_SHOWN))));
    }
    lines
}

fn layer_words(layer: Layer) -> String {
    match layer {
        Layer::Identity => "the identity policies".to_owned(),
        Layer::Boundary => "the permissions boundary".to_owned(),
        Layer::ServiceControl(level) => format!("the service control policies (`--scp` {})", level + 1),
        Layer::Session => "the session policies".to_owned(),
    }
}

fn reasons(miss: &Miss) -> String {
    let mut reasons = Vec::new();
    if miss.resource {
        reasons.push(match miss.variables.as_slice() {
            [] => "its resources do not match".to_owned(),
            keys => format!("its resources do not match: the request has no {}", keys.join(", ")),
        });
    }
    for (key, value) in &miss.conditions {
        reasons.push(match value {
            Some(values) => format!("its condition on {key} does not hold for `{}`", values.join("`, `")),
            None => format!("its condition on {key} does not hold: the request has no such key (`--context {key}=…`)"),
        });
    }
    reasons.join(", and ")
}

#[derive(Serialize)]
struct SimulateV1 {
    schema_version: u32,
    results: Vec<ResultV1>,
}

#[derive(Serialize)]
struct ResultV1 {
    request: RequestV1,
    allowed: bool,
    /// `allowed`, `denied` or `not_allowed`.
    decision: &'static str,
    /// The layer that decided, or that did not allow.
    layer: String,
    decided_by: Option<DeciderV1>,
    /// Questions that AWS leaves open (`any_value_if_exists`, `incomplete_arn`) and that could turn the answer round.
    hangs_on: Vec<&'static str>,
    /// Statements that are about the action and do not apply.
    near: Vec<NearV1>,
}

#[derive(Serialize)]
struct DeciderV1 {
    policy: String,
    statement: usize,
    label: String,
    line: Option<usize>,
}

#[derive(Serialize)]
struct NearV1 {
    policy: String,
    line: usize,
    statement: usize,
    effect: &'static str,
    resource_matches: bool,
    absent_variables: Vec<String>,
    failing_condition_keys: Vec<String>,
}

fn v1(answer: &Answer) -> ResultV1 {
    let by = |decider: &Decider| DeciderV1 {
        policy: decider.policy_name.clone(),
        statement: decider.statement + 1,
        label: decider.label.clone(),
        line: decider.line,
    };
    let (decision, layer, decided_by) = match &answer.decision {
        Decision::Allowed(decider) => ("allowed", decider.layer, Some(by(decider))),
        Decision::Denied(decider) => ("denied", decider.layer, Some(by(decider))),
        Decision::NotAllowed(layer) => ("not_allowed", *layer, None),
    };
    let near = answer.near.iter().map(|(name, line, miss)| NearV1 {
        policy: name.clone(),
        line: *line,
        statement: miss.statement + 1,
        effect: miss.effect.name(),
        resource_matches: !miss.resource,
        absent_variables: miss.variables.clone(),
        failing_condition_keys: miss.conditions.iter().map(|(key, _)| key.clone()).collect(),
    });
    ResultV1 {
        request: RequestV1::of(&answer.request),
        allowed: answer.decision.is_allowed(),
        decision,
        layer: layer_name(layer),
        decided_by,
        hangs_on: answer.hangs_on.iter().map(|question| question.name()).collect(),
        near: near.collect(),
    }
}

fn layer_name(layer: Layer) -> String {
    match layer {
        Layer::Identity => "identity".to_owned(),
        Layer::Boundary => "boundary".to_owned(),
        Layer::ServiceControl(level) => format!("service_control_{}", level + 1),
        Layer::Session => "session".to_owned(),
    }
}
