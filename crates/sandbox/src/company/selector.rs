//! Which accounts a selector means.

use super::{Company, CompanyAccount, CompanyError};

impl Company {
    /// The accounts these selectors mean, without the exceptions and without suspended accounts, in declared order.
    pub fn select(&self, accounts: &[String], except: &[String]) -> Result<Vec<&CompanyAccount>, CompanyError> {
        for selector in accounts.iter().chain(except) {
            if !self.accounts.iter().any(|account| matches(selector, account)) {
                return Err(CompanyError::NoAccount(selector.clone()));
            }
        }
        let any = |selectors: &[String], account| selectors.iter().any(|selector| matches(selector, account));
        let found = self.accounts.iter().filter(|account| any(accounts, account) && !any(except, account));
        Ok(found.filter(|account| !account.suspended).collect())
    }
}

fn matches(selector: &str, account: &CompanyAccount) -> bool {
    if let Some(path) = selector.strip_prefix("ou:") {
        return in_unit(path, &account.unit);
    }
    if let Some((key, value)) = selector.strip_prefix("tag:").and_then(|tag| tag.split_once('=')) {
        return account.tags.iter().any(|(other, text)| other == key && text == value);
    }
    if let Some(pattern) = selector.strip_prefix("name:") {
        return glob(pattern, &account.name);
    }
    account.name == selector || account.id == selector
}

fn in_unit(path: &str, unit: &str) -> bool {
    match path.strip_suffix("/**") {
        None => unit == path,
        Some(top) => unit.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

/// `*` stands for any text.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).filter_map(|start| rest.get(start..)).any(|tail| glob(after, tail))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_mean_accounts() {
        let company = Company::sample();
        let names = |selector: &str| -> Vec<String> {
            let found = company.select(&[selector.to_owned()], &[]);
            found.map_or(Vec::new(), |found| found.iter().map(|account| account.name.clone()).collect())
        };
        assert_eq!(names("ou:/service/minimo/**"), ["minimo-prod", "minimo-stg", "minimo-dev"]);
        assert_eq!(names("ou:/service/minimo"), ["minimo-prod", "minimo-stg", "minimo-dev"]);
        assert_eq!(names("ou:/service"), Vec::<String>::new());
        assert_eq!(names("ou:/service/mini/**"), Vec::<String>::new());
        assert_eq!(names("name:*-prod").len(), 8);
        assert_eq!(names("tag:product=hinata").len(), 3);
        assert_eq!(names("ou:/**").len(), 39, "all but the suspended one");
        assert_eq!(names("legacy-shop"), Vec::<String>::new());
        let nothing = company.select(&["no-such".to_owned()], &[]).unwrap_err();
        assert_eq!(nothing.to_string(), "no account matches `no-such`");
    }
}
