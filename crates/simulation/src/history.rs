//! What happened in a run, for people.

use jiff::Timestamp;
use model::Plan;
use sandbox::{Deed, Sandbox};

use crate::evidence::is_sekisho;

/// Lines, each with its time on AWS's clock.
#[derive(Debug, Default)]
pub(crate) struct History {
    lines: Vec<(Timestamp, String)>,
}

impl History {
    pub(crate) fn say(&mut self, at: Timestamp, text: String) {
        self.lines.push((at, text));
    }

    /// A plan that was made.
    pub(crate) fn plan(&mut self, at: Timestamp, plan: &Plan) {
        self.say(at, format!("plan: {} operations", plan.operations.len()));
        for operation in &plan.operations {
            self.say(at, format!("  {}", operation.meaning.summary));
        }
        for unknown in &plan.observation.unknown {
            self.say(at, format!("  unknown: {unknown}"));
        }
        for frozen in &plan.frozen {
            self.say(at, format!("  left alone: {}: {}", frozen.what, frozen.reason));
        }
    }

    pub(crate) fn last(&self) -> &str {
        self.lines.last().map_or("nothing happened", |(_, text)| text)
    }

    /// The lines, together with the strokes that fell and with what really happened.
    pub(crate) fn told(&self, sandbox: &Sandbox) -> Vec<String> {
        let mut all = self.lines.clone();
        for call in sandbox.calls().log().filter(|call| !call.faults.is_empty()) {
            let faults: Vec<&str> = call.faults.iter().map(|kind| kind.name()).collect();
            all.push((call.at, format!("    call {} {}: {}", call.number, call.operation, faults.join(", "))));
        }
        for effect in sandbox.effects() {
            let by = if is_sekisho(&effect.by) { "Sekisho" } else { &effect.by };
            all.push((effect.at, format!("    {by}: {}", deed(&effect.deed))));
        }
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(at, text)| format!("{} {text}", at.strftime("%H:%M:%S%.3f"))).collect()
    }
}

fn deed(deed: &Deed) -> String {
    match deed {
        Deed::Assigned(row) => format!("assigned {} in {} to {}", row.set, row.account, row.principal.id),
        Deed::Withdrawn(row) => format!("withdrew {} in {} from {}", row.set, row.account, row.principal.id),
        Deed::Provisioned { account, set } => format!("provisioned {set} in {account}"),
        Deed::Unprovisioned { account, set } => format!("{set} is gone from {account}"),
        Deed::SetCreated(set) => format!("created {}", set.name),
        Deed::SetDeleted(set) => format!("deleted {}", set.name),
        Deed::SetChanged { before, after } => {
            let mut parts = Vec::new();
            let mut part = |name: &str, differs: bool| {
                if differs {
                    parts.push(name.to_owned());
                }
            };
            part("description", before.description != after.description);
            part("relay state", before.relay_state != after.relay_state);
            part("session duration", before.session_duration != after.session_duration);
            part("managed policies", before.managed_policies != after.managed_policies);
            part("customer managed policies", before.customer_managed_policies != after.customer_managed_policies);
            part("inline policy", before.inline_policy != after.inline_policy);
            part("boundary", before.permissions_boundary != after.permissions_boundary);
            part("tags", before.tags != after.tags);
            format!("changed {} of {}", parts.join(", "), after.name)
        }
    }
}

/// What all calls and effects come to.
pub(crate) fn digest(sandbox: &Sandbox) -> u64 {
    let mut digest = 0xCBF2_9CE4_8422_2325_u64;
    let mut add = |text: &str| {
        for byte in text.bytes() {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    };
    for call in sandbox.calls().log() {
        add(&format!("{} {} {} {:?}", call.number, call.at, call.operation, call.error));
    }
    for effect in sandbox.effects() {
        add(&format!("{} {} {:?}", effect.at, effect.by, effect.deed));
    }
    digest
}
