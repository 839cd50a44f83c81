//! Evaluating requests on prepared policies.

use std::time::Duration;

use bench::figure::count;
use bench::goal::Goal;
use bench::table::Table;
use policy::{Permissions, Prepared, Request, managed};

use crate::merging::GROUPS;
use crate::spread::{Spread, shortest};

const GOAL: Duration = Duration::from_micros(1);

/// One way of asking: who holds what, and what is asked.
struct Case {
    what: String,
    permissions: Permissions,
    requests: Vec<Request>,
}

pub(crate) fn run(quick: bool) -> Vec<Goal> {
    let runs = if quick { 5 } else { 25 };
    println!("Evaluating requests on prepared policies: the mean over the requests, shortest of {runs} runs\n");
    let mut table = Table::new(&["held", "statements", "requests", "allowed", "ns per request"]);
    let mut times = Vec::new();
    for case in cases() {
        let (allowed, took) =
            shortest(runs, || case.requests.iter().filter(|request| case.permissions.allows(request)).count());
        let each = took / u32::try_from(case.requests.len()).unwrap_or(u32::MAX).max(1);
        let statements: usize = case.permissions.identity.iter().map(Prepared::statement_count).sum();
        table.row([
            case.what,
            statements.to_string(),
            count(case.requests.len() as u64),
            count(allowed as u64),
            each.as_nanos().to_string(),
        ]);
        times.push(each);
    }
    println!("{table}");
    let spread = Spread::of(times);
    vec![Goal::new(
        "a request is evaluated in at most 1 µs, whatever is held",
        format!("{} ns at the median of the rows, {} ns at most", spread.median().as_nanos(), spread.most().as_nanos()),
        spread.most() <= GOAL,
    )]
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for name in ["ReadOnlyAccess", "PowerUserAccess", "SecurityAudit"] {
        cases.push(case(name.to_owned(), &[name]));
    }
    for (title, names) in GROUPS {
        cases.push(case(title.to_owned(), names));
    }
    cases
}

fn case(what: String, names: &[&str]) -> Case {
    let prepared = names.iter().filter_map(|name| {
        let policy = managed::resolve(name)?.policy()?;
        Prepared::new(name, &policy).ok()
    });
    Case { what, permissions: Permissions::of(prepared.collect()), requests: requests() }
}

/// How long a request on these policies takes, once they are prepared.
pub(crate) fn time_of(names: &[&str], requests: &[Request]) -> Duration {
    let case = case(String::new(), names);
    let (_, took) = shortest(25, || requests.iter().filter(|request| case.permissions.allows(request)).count());
    took / u32::try_from(requests.len()).unwrap_or(u32::MAX).max(1)
}

/// So many requests on resources of the form the catalogue knows, without context: what every tool takes.
pub(crate) fn plain_requests(count: usize) -> Vec<Request> {
    let all = requests();
    let step = (all.len() / count.max(1)).max(1);
    all.iter().step_by(step).map(|request| Request::new(request.action(), &request.resource)).collect()
}

/// Each 11th action of the catalogue, on a resource of its kind, with the keys that every request has.
fn requests() -> Vec<Request> {
    let services = policy::catalogue::services().iter();
    let actions = services.flat_map(|service| service.actions().iter().map(move |action| (service.name, action)));
    let request = |(service, action): (&str, &policy::catalogue::Action)| {
        let resource = action.resources().next().map_or("*".to_owned(), |pattern| {
            pattern.replacen('*', "aws", 1).replacen("*", "ap-northeast-1", 1).replacen("*", "111122223333", 1)
        });
        Request::new(&format!("{service}:{}", action.name), &resource.replace('*', "example"))
            .by("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/hanako")
            .with("aws:RequestedRegion", "ap-northeast-1")
            .with("aws:SourceIp", "203.0.113.7")
            .with("aws:SecureTransport", "true")
            .with("aws:CurrentTime", "2026-11-20T09:00:00Z")
    };
    actions.step_by(11).map(request).collect()
}
