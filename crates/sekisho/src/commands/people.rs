//! People and accounts as somebody names them.

use model::id::{AccountId, UserId};
use model::organization::Account;
use model::{Observed, User};
use policy::{did_you_mean, nearest};

use crate::error::CommandError;
use crate::render::questions::person_choice;

/// How many candidates are listed.
const CANDIDATES: usize = 8;

/// The account of this name or id; a part of a name will do where it is clear.
pub(crate) fn find_account(observed: &Observed, wanted: &str) -> Result<AccountId, CommandError> {
    let Some(organization) = observed.organization.value() else {
        return match AccountId::new(wanted) {
            Ok(id) => Ok(id),
            Err(_) => Err(CommandError::new("the accounts could not be read; name one by its id of 12 digits")),
        };
    };
    if let Ok(id) = AccountId::new(wanted)
        && organization.accounts.contains_key(&id)
    {
        return Ok(id);
    }
    let accounts: Vec<&Account> = organization.accounts.values().collect();
    let exact: Vec<&&Account> = accounts.iter().filter(|account| account.name == wanted).collect();
    let folded = fold(wanted);
    let alike: Vec<&&Account> = accounts.iter().filter(|account| fold(&account.name).contains(&folded)).collect();
    let found = if exact.is_empty() { alike } else { exact };
    match found.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => {
            let close = nearest(wanted, accounts.iter().map(|account| account.name.as_str()), 3);
            let error = CommandError::new(format!("no account named `{wanted}`"));
            Err(match did_you_mean(&close) {
                Some(hint) => error.hint(hint),
                None => error,
            })
        }
        several => {
            let error = CommandError::new(format!("`{wanted}` may be {} accounts; name one", several.len()));
            Err(several
                .iter()
                .take(CANDIDATES)
                .fold(error, |error, account| error.hint(format!("{} ({})", account.name, account.id))))
        }
    }
}

/// The person of this user name, e-mail address or display name; a part will do where it is clear.
pub(crate) fn find_person(observed: &Observed, wanted: &str) -> Result<UserId, CommandError> {
    let Some(users) = observed.users.value() else {
        let reason = observed.users.reason().unwrap_or_default();
        return Err(CommandError::new(format!("the users could not be read: {reason}")));
    };
    let folded = fold(wanted);
    let names = |user: &User| {
        [Some(user.user_name.as_str()), user.email.as_deref(), user.display_name.as_deref()]
            .into_iter()
            .flatten()
            .map(fold)
            .collect::<Vec<_>>()
    };
    let exactly = |user: &&User| user.id.as_str() == wanted || names(user).contains(&folded);
    let partly = |user: &&User| !folded.is_empty() && names(user).iter().any(|name| name.contains(&folded));
    let mut found: Vec<&User> = users.values().filter(exactly).collect();
    if found.is_empty() {
        found = users.values().filter(partly).collect();
    }
    found.sort_by(|left, right| left.user_name.cmp(&right.user_name));
    match found.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => {
            let close = nearest(wanted, users.values().map(|user| user.user_name.as_str()), 1);
            let error = CommandError::new(format!("nobody named `{wanted}`"))
                .hint("a person is found by user name, e-mail address or display name");
            Err(match did_you_mean(&close) {
                Some(hint) => error.hint(hint),
                None => error,
            })
        }
        several => {
            let error = CommandError::new(format!("`{wanted}` may be {} people; name one", several.len()));
            let hidden = several.len().saturating_sub(CANDIDATES);
            let error = several.iter().take(CANDIDATES).fold(error, |error, user| error.hint(person_choice(user)));
            Err(if hidden > 0 { error.hint(format!("… and {hidden} more")) } else { error })
        }
    }
}

/// Letter case and blanks make no difference between names: 山田花子 is 山田 花子, and so is 山田　花子.
fn fold(name: &str) -> String {
    name.chars().filter(|character| !character.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::world;

    #[test]
    fn people_are_found_by_any_of_their_names() {
        let observed = world::observed();
        for wanted in ["taro@example.com", "TARO@example.com", "山田 太郎", "山田太郎", "山田　太郎", "山田", "taro"]
        {
            assert_eq!(find_person(&observed, wanted).unwrap().as_str(), "u-taro", "{wanted}");
        }
        let several = find_person(&observed, "example.com").unwrap_err();
        assert_eq!(several.to_string(), "`example.com` may be 3 people; name one");
        assert_eq!(several.hints().len(), 3);
        assert_eq!(
            find_person(&observed, "hanko@example.com").unwrap_err().hints().last().unwrap(),
            "did you mean `hanako@example.com`?"
        );
    }

    #[test]
    fn accounts_are_found_by_name_and_id() {
        let observed = world::observed();
        for wanted in ["minimo-prod", "111100000001", "Minimo-Prod"] {
            assert_eq!(find_account(&observed, wanted).unwrap().as_str(), "111100000001", "{wanted}");
        }
        assert_eq!(find_account(&observed, "minimo").unwrap_err().hints().len(), 2);
        assert!(find_account(&observed, "minimo-prd").unwrap_err().hints()[0].contains("minimo-prod"));
        assert!(find_account(&observed, "999999999999").is_err());
    }
}
