//! "Did you mean …?"

/// The names closest to `wanted`, best first, at most `limit`; only those near enough to be a slip of the fingers or a
/// longer form of it. Letter case is ignored.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    let wanted = wanted.to_ascii_lowercase();
    let length = wanted.chars().count();
    let mut scored: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_ascii_lowercase();
            // an edit distance is at least the difference in length: skips most of a long list cheaply
            let difference = lower.len().abs_diff(wanted.len());
            let tolerated = if length <= 4 { 1 } else { (length / 3).max(2) };
            let extends = length >= 4 && (lower.contains(&wanted) || (lower.len() >= 4 && wanted.contains(&lower)));
            if difference > tolerated {
                return extends.then_some((tolerated + 1 + difference, name));
            }
            let distance = strsim::damerau_levenshtein(&wanted, &lower);
            (distance <= tolerated).then_some((distance, name))
        })
        .collect();
    scored.sort();
    scored.into_iter().take(limit).map(|(_, name)| name).collect()
}

/// "did you mean `a`, `b` or `c`?", or nothing when there is nothing to offer.
#[must_use]
pub fn did_you_mean(candidates: &[&str]) -> Option<String> {
    let (last, others) = candidates.split_last()?;
    if others.is_empty() {
        return Some(format!("did you mean `{last}`?"));
    }
    let others: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
    Some(format!("did you mean {} or `{last}`?", others.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_longer_forms_best_first() {
        let names = ["Resource", "NotResource", "Action", "ReadOnlyAccess", "AmazonS3ReadOnlyAccess"];
        assert_eq!(nearest("Resorce", names, 3), ["Resource"]);
        assert_eq!(nearest("readonlyacess", names, 3), ["ReadOnlyAccess"]);
        assert_eq!(nearest("ReadOnly", names, 3), ["ReadOnlyAccess", "AmazonS3ReadOnlyAccess"]);
        assert!(nearest("zzz", names, 3).is_empty());
    }

    #[test]
    fn says_it_as_a_question() {
        assert_eq!(did_you_mean(&[]), None);
        assert_eq!(did_you_mean(&["a"]).unwrap(), "did you mean `a`?");
        assert_eq!(did_you_mean(&["a", "b", "c"]).unwrap(), "did you mean `a`, `b` or `c`?");
    }
}
