//! A company by chance: accounts in OUs, people in groups, and what Identity Center holds before Sekisho comes.

use sandbox::{Company, CompanyAccount, CustomerPolicy, Grant, Part, Person, SetDeclaration, Team};
use serde_json::json;

use crate::scenario::{Scenario, chance};

/// A set of AWS's own, which Sekisho must leave alone.
pub(crate) const RESERVED_SET: &str = "AWSAdministratorAccess";
/// A set that was there before and that no catalog names at first.
pub(crate) const OLD_SET: &str = "Legacy";
/// A customer managed policy that is in every account.
pub(crate) const CUSTOMER_POLICY: (&str, &str) = ("Base", "/company/");
const ENVIRONMENTS: [&str; 3] = ["prod", "stg", "dev"];
const UNITS: [&str; 3] = ["/service/minimo", "/service/mebuki", "/business"];

/// The company of a run.
pub(crate) fn company(scenario: &Scenario) -> Company {
    let mut dice = chance(scenario.seed, "company", 0);
    let mut accounts = vec![
        account(0, "management", "/", Part::Management, "prod"),
        account(1, "identity", "/security", Part::Delegated, "prod"),
    ];
    for number in 0..scenario.size.accounts {
        let environment = ENVIRONMENTS.get(number % 3).copied().unwrap_or("dev");
        let unit = dice.choice(UNITS).unwrap_or("/business");
        accounts.push(account(number + 2, &format!("a{number}-{environment}"), unit, Part::Member, environment));
    }
    let groups: Vec<Team> = (0..scenario.size.groups)
        .map(|number| Team { name: format!("team-{number}"), description: String::new() })
        .collect();
    let people = (0..scenario.size.people).map(|number| {
        let groups = groups.iter().filter(|_| dice.u8(..100) < 50).map(|group| group.name.clone()).collect();
        person(&format!("p{number}@example.com"), groups)
    });
    let mut people: Vec<Person> = people.collect();
    people.push(person("root@example.com", vec!["platform".to_owned()]));
    let mut company = Company {
        accounts,
        people,
        groups,
        permission_sets: vec![set(RESERVED_SET), set(OLD_SET)],
        customer_policies: vec![CustomerPolicy {
            name: CUSTOMER_POLICY.0.to_owned(),
            path: CUSTOMER_POLICY.1.to_owned(),
            document: json!({"Version": "2012-10-17", "Statement": []}),
            accounts: vec!["name:*".to_owned()],
        }],
        grants: Vec::new(),
    };
    company.groups.push(Team { name: "platform".to_owned(), description: "administrators".to_owned() });
    company.grants = grants(&company, &mut dice);
    company
}

/// Some assignments of the old set and of AWS's own.
fn grants(company: &Company, dice: &mut fastrand::Rng) -> Vec<Grant> {
    let mut grants = Vec::new();
    for account in company.accounts.iter().filter(|account| account.part == Part::Member) {
        let grant = |principal: String, set: &str| Grant {
            principals: vec![principal],
            permission_sets: vec![set.to_owned()],
            accounts: vec![account.name.clone()],
            except: Vec::new(),
        };
        grants.push(grant("group:platform".to_owned(), RESERVED_SET));
        for person in &company.people {
            if dice.u8(..100) < 25 {
                grants.push(grant(format!("user:{}", person.user_name), OLD_SET));
            }
        }
    }
    grants
}

fn account(number: usize, name: &str, unit: &str, part: Part, environment: &str) -> CompanyAccount {
    CompanyAccount {
        id: format!("1000{number:08}"),
        name: name.to_owned(),
        unit: unit.to_owned(),
        suspended: false,
        part,
        tags: vec![("env".to_owned(), environment.to_owned())],
    }
}

fn person(user_name: &str, groups: Vec<String>) -> Person {
    Person {
        user_name: user_name.to_owned(), family_name: "山田".to_owned(), given_name: user_name.to_owned(), groups
    }
}

fn set(name: &str) -> SetDeclaration {
    SetDeclaration {
        name: name.to_owned(),
        description: format!("{name} of old"),
        session_duration: "PT4H".to_owned(),
        managed_policies: vec!["ReadOnlyAccess".to_owned()],
        ..SetDeclaration::default()
    }
}
