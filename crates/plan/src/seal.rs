//! The last step of making a plan: its id.

use model::Plan;
use model::finding::Finding;
use model::id::PlanId;

/// Gives the plan the id its content has. To be called after every change of a plan.
pub fn seal(plan: &mut Plan) {
    if let Ok(id) = plan.content_id() {
        plan.id = id;
    }
}

/// Adds what the checker found, and seals the plan again.
pub fn add_findings(plan: &mut Plan, findings: Vec<Finding>) {
    for finding in findings {
        if !plan.findings.contains(&finding) {
            plan.findings.push(finding);
        }
    }
    seal(plan);
}

/// An id for a plan under construction.
pub(crate) fn unsealed_id() -> PlanId {
    PlanId::new("plan-unsealed").unwrap_or_else(|_| unreachable!("the text is not empty"))
}
