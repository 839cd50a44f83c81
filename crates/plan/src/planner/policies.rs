//! Whether two policy texts say the same.

/// Whether the texts say the same: layout, order and letter case (where AWS ignores it) aside. A `true` is certain.
pub(crate) fn same(left: Option<&str>, right: Option<&str>) -> bool {
    if model::claim::same_policy(left, right) {
        return true;
    }
    let (Some(left), Some(right)) = (left, right) else { return false };
    match (policy::parse(left).policy, policy::parse(right).policy) {
        (Some(left), Some(right)) => left.same_text_meaning(&right),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn layout_and_order_do_not_matter_and_effects_do() {
        let text = |effect: &str, action: &str| {
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":{action},"Resource":"*"}}]}}"#
            )
        };
        let one = text("Allow", r#"["s3:GetObject","s3:PutObject"]"#);
        assert!(same(Some(&one), Some(&text("Allow", r#"["S3:PutObject", "s3:getobject"]"#))));
        assert!(!same(Some(&one), Some(&text("Deny", r#"["s3:GetObject","s3:PutObject"]"#))));
        assert!(!same(Some(&one), Some(&text("Allow", r#""s3:GetObject""#))));
        assert!(!same(Some(&one), None));
        assert!(same(None, None));
        assert!(!same(Some("{"), Some("[")));
    }
}
