//! Merging ten related policies into one.

use std::collections::BTreeMap;
use std::slice::from_ref;
use std::time::Duration;

use bench::figure::count;
use bench::goal::Goal;
use bench::table::Table;
use policy::merge::{Level, Merged, merge_at};
use policy::{ActionSet, Policy, compare, managed};

use crate::composition::Composition;
use crate::spread::{Spread, milliseconds, saved_percent, shortest};

/// What a person or a team may hold: managed policies of AWS that belong together.
pub(crate) const GROUPS: [(&str, &[&str]); 6] = [
    (
        "developer, reading",
        &[
            "AmazonS3ReadOnlyAccess",
            "AmazonEC2ReadOnlyAccess",
            "CloudWatchReadOnlyAccess",
            "AmazonDynamoDBReadOnlyAccess",
            "AWSLambda_ReadOnlyAccess",
            "AmazonSQSReadOnlyAccess",
            "AmazonSNSReadOnlyAccess",
            "AmazonRDSReadOnlyAccess",
            "CloudWatchLogsReadOnlyAccess",
            "AWSCloudFormationReadOnlyAccess",
        ],
    ),
    (
        "developer, serverless",
        &[
            "AWSLambda_FullAccess",
            "AmazonDynamoDBFullAccess",
            "AmazonSQSFullAccess",
            "AmazonSNSFullAccess",
            "AmazonS3FullAccess",
            "AmazonAPIGatewayAdministrator",
            "AWSStepFunctionsFullAccess",
            "AmazonEventBridgeFullAccess",
            "CloudWatchFullAccessV2",
            "AWSXrayFullAccess",
        ],
    ),
    (
        "operator, containers",
        &[
            "AmazonECS_FullAccess",
            "AmazonEC2ContainerRegistryPowerUser",
            "AmazonEC2ContainerRegistryReadOnly",
            "AmazonEKSClusterPolicy",
            "AmazonEKSWorkerNodePolicy",
            "AmazonEKS_CNI_Policy",
            "AmazonECSTaskExecutionRolePolicy",
            "AmazonEC2ContainerServiceforEC2Role",
            "AmazonEC2ContainerServiceRole",
            "AmazonEC2ContainerServiceAutoscaleRole",
        ],
    ),
    (
        "analyst",
        &[
            "AmazonAthenaFullAccess",
            "AWSGlueConsoleFullAccess",
            "AWSGlueServiceRole",
            "AmazonRedshiftFullAccess",
            "AmazonRedshiftReadOnlyAccess",
            "AmazonKinesisFirehoseFullAccess",
            "AmazonKinesisReadOnlyAccess",
            "AWSLakeFormationDataAdmin",
            "AmazonEMRReadOnlyAccessPolicy_v2",
            "AWSGlueDataBrewServiceRole",
        ],
    ),
    (
        "auditor",
        &[
            "SecurityAudit",
            "IAMReadOnlyAccess",
            "AWSConfigUserAccess",
            "AWSCloudTrail_ReadOnlyAccess",
            "AmazonGuardDutyReadOnlyAccess",
            "AWSSecurityHubReadOnlyAccess",
            "AmazonInspector2ReadOnlyAccess",
            "IAMAccessAnalyzerReadOnlyAccess",
            "AWSOrganizationsReadOnlyAccess",
            "AWSBillingReadOnlyAccess",
        ],
    ),
    (
        "machine learning",
        &[
            "AmazonSageMakerFullAccess",
            "AmazonSageMakerReadOnly",
            "AmazonSageMakerCanvasFullAccess",
            "AmazonSageMakerPipelinesIntegrations",
            "AmazonSageMakerFeatureStoreAccess",
            "AmazonSageMakerModelRegistryFullAccess",
            "AmazonSageMakerModelGovernanceUseAccess",
            "AmazonBedrockReadOnly",
            "AmazonRekognitionReadOnlyAccess",
            "ComprehendReadOnly",
        ],
    ),
];

/// Goals: how much smaller than the sources one after the other without names, and in what time.
const GOALS: [(Level, f64, Duration); 3] = [
    (Level::L0, 25.0, Duration::from_millis(5)),
    (Level::L1Word, 40.0, Duration::from_millis(15)),
    (Level::L1Char, 47.0, Duration::from_millis(50)),
];

const PROOF: Duration = Duration::from_millis(5);

/// Figures of all groups at one level.
#[derive(Default)]
struct Figures {
    saved: Vec<f64>,
    times: Vec<Duration>,
}

pub(crate) fn run(quick: bool, only: Option<&str>, only_level: Option<&str>) -> Vec<Goal> {
    let runs = if quick { 3 } else { 9 };
    let mut groups: Vec<(String, Vec<String>)> = GROUPS
        .iter()
        .map(|(title, names)| ((*title).to_owned(), names.iter().map(|name| (*name).to_owned()).collect()))
        .collect();
    let alike = most_alike(if quick { 4 } else { 14 });
    groups
        .extend(alike.into_iter().map(|names| (format!("like {}", names.first().cloned().unwrap_or_default()), names)));
    groups.retain(|(title, _)| only.is_none_or(|only| title.contains(only)));
    println!(
        "Merging ten related policies: saved against the sources one after the other without names; shortest of {runs} runs\n"
    );
    let mut heading = vec!["ten policies".to_owned(), "bytes".to_owned()];
    heading.extend(Level::ALL.iter().flat_map(|level| [level.name().to_owned(), String::new()]));
    heading.push("proof".to_owned());
    let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
    let mut table = Table::new(&heading);
    let mut figures: BTreeMap<Level, Figures> = BTreeMap::new();
    let mut proofs = Vec::new();
    let mut parts = Table::new(&[
        "after l0, in percent of the plain bytes",
        "actions",
        "resources",
        "conditions",
        "repeated",
        "statements",
        "l0 saves",
        "no more than",
        "l1-char saves",
        "no more than",
    ]);
    for (title, names) in &groups {
        let sources: Vec<Policy> = names.iter().filter_map(|name| managed::resolve(name)?.policy()).collect();
        if sources.len() != 10 {
            println!("  {title}: not all of these are managed policies now");
        }
        let mut row = vec![title.clone()];
        let mut composed = vec![title.clone()];
        for level in Level::ALL {
            if only_level.is_some_and(|only| only != level.name()) {
                row.extend([String::new(), String::new()]);
                continue;
            }
            let (merged, took) = shortest(runs, || merge_at(&sources, level));
            let Ok(merged) = merged else {
                println!("  {title}, {level}: {}\n", merged.err().map_or_else(String::new, |error| error.to_string()));
                row.extend(["refused".to_owned(), String::new()]);
                continue;
            };
            if level == Level::L0 {
                row.push(count(merged.plain_size as u64));
                proofs.push(shortest(runs, || compare(&sources, from_ref(&merged.policy))).1);
            }
            let saved = saved_percent(merged.size, merged.plain_size);
            compose(&mut composed, level, &merged);
            row.extend([format!("{saved:.1} %"), milliseconds(took)]);
            let figures = figures.entry(level).or_default();
            figures.saved.push(saved);
            figures.times.push(took);
        }
        row.extend(proofs.last().copied().map(milliseconds));
        table.row(row);
        parts.row(composed);
    }
    println!("{table}\n{parts}");
    if only.is_some() {
        groups.iter().for_each(|(title, names)| println!("  {title}: {}\n", names.join(" ")));
    }
    judge(figures, proofs, groups.len())
}

/// What is left after L0 (and how much L1 saves at most with the texts it found).
fn compose(row: &mut Vec<String>, level: Level, merged: &Merged) {
    let composition = Composition::of(&merged.policy);
    let share = |bytes: usize| format!("{:.1} %", 100.0 - saved_percent(bytes, merged.plain_size));
    if level == Level::L0 {
        let parts = [
            composition.actions,
            composition.resources,
            composition.conditions,
            composition.repeated,
            composition.frame,
        ];
        row.extend(parts.map(share));
    }
    if matches!(level, Level::L0 | Level::L1Char) {
        row.push(format!("{:.1} %", saved_percent(merged.size, merged.plain_size)));
        row.push(format!("{:.1} %", saved_percent(composition.least, merged.plain_size)));
    }
}

fn judge(mut figures: BTreeMap<Level, Figures>, proofs: Vec<Duration>, groups: usize) -> Vec<Goal> {
    let mut goals = Vec::new();
    for (level, saving, time) in GOALS {
        let Some(Figures { mut saved, times }) = figures.remove(&level) else { continue };
        saved.sort_by(f64::total_cmp);
        let median = saved.get(saved.len() / 2).copied().unwrap_or_default();
        let reached = saved.iter().filter(|saved| **saved >= saving).count();
        let least = saved.first().copied().unwrap_or_default();
        goals.push(Goal::new(
            format!("{level} saves at least {saving:.0} % of ten related policies (median of {groups} groups)"),
            format!("{median:.1} % at the median, {least:.1} % at least; reached by {reached} of {groups}"),
            median >= saving,
        ));
        let spread = Spread::of(times);
        goals.push(Goal::new(
            format!("{level} takes at most {} ms", time.as_millis()),
            format!("{} at the median, {} at most", milliseconds(spread.median()), milliseconds(spread.most())),
            spread.most() <= time,
        ));
    }
    let spread = Spread::of(proofs);
    goals.push(Goal::new(
        "the proof of a merge takes at most 5 ms",
        format!("{} at the median, {} at most", milliseconds(spread.median()), milliseconds(spread.most())),
        spread.most() <= PROOF,
    ));
    goals
}

/// The largest policy that a customer can write, in characters without whitespace (IAM's quota): what is larger is never merged as it is.
const LARGEST: usize = policy::MANAGED_POLICY_LIMIT;

/// Groups chosen by rule, not by hand: policies spread over the alphabet, each with the nine that share most of its actions.
fn most_alike(groups: usize) -> Vec<Vec<String>> {
    let all: Vec<(&str, ActionSet)> = managed::all()
        .iter()
        .filter_map(|managed| Some((managed.name, managed.policy().filter(|policy| policy.size() <= LARGEST)?)))
        .map(|(name, policy)| (name, ActionSet::possible(&[policy])))
        .filter(|(_, actions)| (20..4_000).contains(&actions.len()))
        .collect();
    let step = (all.len() / groups.max(1)).max(1);
    let mut out = Vec::new();
    for (seed, wanted) in all.iter().skip(step / 2).step_by(step).take(groups) {
        let mut others: Vec<(f64, &str)> = all
            .iter()
            .filter(|(name, _)| name != seed)
            .map(|(name, actions)| {
                let common = wanted.without(&wanted.without(actions)).len();
                #[expect(clippy::cast_precision_loss, reason = "some thousands of actions")]
                let share = common as f64 / wanted.union(actions).len().max(1) as f64;
                (share, *name)
            })
            .collect();
        others.sort_by(|(one, name), (other, other_name)| other.total_cmp(one).then(name.cmp(other_name)));
        let names = std::iter::once(*seed).chain(others.into_iter().map(|(_, name)| name)).take(10);
        out.push(names.map(str::to_owned).collect());
    }
    out
}
