//! The sample company: eight products, forty accounts, a hundred and twenty people.

use serde_json::json;

use super::{Company, CompanyAccount, CustomerPolicy, Grant, Part, Person, Team, sets};

const PEOPLE: &str = include_str!("../../data/people.tsv");
const ACCOUNTS: &str = include_str!("../../data/accounts.tsv");

/// Products with an account per environment and a group `<product>-dev`.
const PRODUCTS: [&str; 8] = ["minimo", "tsubame", "kakehashi", "hinata", "komorebi", "asagao", "wakaba", "minato"];

const TEAMS: [(&str, &str); 17] = [
    ("everyone", "All employees"),
    ("platform-admins", "Administrators of the AWS platform"),
    ("sre", "Site reliability engineers"),
    ("security", "Security team"),
    ("auditors", "Internal audit"),
    ("network", "Network engineers"),
    ("finance", "Accounting and controlling"),
    ("human-resources", "Human resources"),
    ("data-engineers", "Data platform engineers"),
    ("ml-researchers", "Machine learning research"),
    ("it-helpdesk", "Help desk"),
    ("support", "Customer support, second line"),
    ("designers", "Product designers"),
    ("contractors", "People of partner companies"),
    ("team-leads", "Leads of product teams and SRE"),
    ("corporate-it", "Internal systems"),
    ("executives", "Executives"),
];

impl Company {
    /// The company with this name. There is one: `sample`.
    pub fn named(name: &str) -> Option<Self> {
        (name == "sample").then(Self::sample)
    }

    /// The sample company: 40 accounts, 120 people, 25 groups, 18 permission sets, about 600 assignments.
    pub fn sample() -> Self {
        Self {
            accounts: rows(ACCOUNTS).filter_map(|row| account(&row)).collect(),
            people: rows(PEOPLE).filter_map(|row| person(&row)).collect(),
            groups: groups(),
            permission_sets: sets::sample(),
            customer_policies: vec![deploy_policy()],
            grants: grants(),
        }
    }
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn account(row: &[&str]) -> Option<CompanyAccount> {
    let [id, name, unit, state, part, tags] = row else { return None };
    let part = match *part {
        "management" => Part::Management,
        "delegated" => Part::Delegated,
        _ => Part::Member,
    };
    let tags = tags.split(',').filter_map(|tag| tag.split_once('=')).map(|(a, b)| (a.to_owned(), b.to_owned()));
    Some(CompanyAccount {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        unit: (*unit).to_owned(),
        suspended: *state == "SUSPENDED",
        part,
        tags: tags.collect(),
    })
}

fn person(row: &[&str]) -> Option<Person> {
    let [name, family, given, _, _, groups] = row else { return None };
    Some(Person {
        user_name: format!("{name}@example.com"),
        family_name: (*family).to_owned(),
        given_name: (*given).to_owned(),
        groups: groups.split(',').map(str::to_owned).collect(),
    })
}

fn groups() -> Vec<Team> {
    let functions = TEAMS.iter().map(|(name, description)| ((*name).to_owned(), (*description).to_owned()));
    let products = PRODUCTS.iter().map(|name| (format!("{name}-dev"), format!("Developers of {name}")));
    functions.chain(products).map(|(name, description)| Team { name, description }).collect()
}

fn deploy_policy() -> CustomerPolicy {
    CustomerPolicy {
        name: "deploy-artifacts".to_owned(),
        path: "/team/".to_owned(),
        document: json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "codedeploy:CreateDeployment"],
                "Resource": "*"
            }]
        }),
        accounts: texts(&["ou:/service/**"]),
    }
}

fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn grant(principals: &[&str], sets: &[&str], accounts: &[&str]) -> Grant {
    Grant { principals: texts(principals), permission_sets: texts(sets), accounts: texts(accounts), except: vec![] }
}

/// Everywhere but in the management account.
fn everywhere(principals: &[&str], sets: &[&str]) -> Grant {
    Grant { except: texts(&["example-management"]), ..grant(principals, sets, &["ou:/**"]) }
}

fn grants() -> Vec<Grant> {
    let mut all = organization_wide();
    all.extend(by_function());
    all.extend(PRODUCTS.iter().flat_map(|product| by_product(product)));
    all.extend(for_one_person());
    all
}

fn organization_wide() -> Vec<Grant> {
    vec![
        grant(&["group:platform-admins"], &["OrganizationAdmin"], &["example-management"]),
        grant(&["group:finance", "group:executives"], &["BillingView"], &["example-management"]),
        everywhere(&["group:platform-admins"], &["PlatformAdmin", "ReadOnly"]),
        everywhere(&["group:security"], &["SecurityAudit"]),
        everywhere(&["group:auditors", "group:network"], &["ViewOnly"]),
    ]
}

fn by_function() -> Vec<Grant> {
    vec![
        grant(&["group:sre"], &["ReadOnly", "DatabaseAdmin", "SupportDesk"], &["ou:/service/**"]),
        grant(&["group:sre", "group:security"], &["IncidentResponse"], &["ou:/service/**"]),
        grant(&["group:sre", "group:support", "group:team-leads"], &["LogViewer"], &["ou:/service/**"]),
        grant(&["group:team-leads"], &["ReadOnly"], &["name:*-prod"]),
        grant(&["group:team-leads", "group:finance"], &["CostExplorer"], &["ou:/service/**"]),
        grant(&["group:executives"], &["CostExplorer"], &["name:*-prod"]),
        grant(&["group:support"], &["SupportDesk"], &["name:*-prod"]),
        grant(&["group:it-helpdesk"], &["SupportDesk"], &["ou:/admin/**", "ou:/business/**"]),
        grant(&["group:network"], &["NetworkAdmin"], &["network", "shared-services", "name:*-prod"]),
        grant(&["group:designers"], &["ViewOnly"], &["tag:env=staging", "name:*-dev"]),
        grant(&["group:data-engineers"], &["DataEngineer"], &["data-platform"]),
        grant(&["group:data-engineers"], &["ReadOnly"], &["name:*-prod"]),
        grant(&["group:ml-researchers"], &["MachineLearning"], &["machine-learning", "sandbox-research"]),
        grant(&["group:everyone"], &["SandboxAdmin"], &["ou:/sandbox/**"]),
        grant(&["group:contractors"], &["ReadOnly"], &["minimo-dev", "tsubame-dev", "hinata-dev"]),
        grant(&["group:corporate-it"], &["ReadOnly", "Developer"], &["ou:/business/**"]),
        grant(&["group:finance"], &["ViewOnly"], &["finance-systems"]),
        grant(&["group:human-resources"], &["ViewOnly"], &["hr-systems"]),
    ]
}

fn by_product(product: &str) -> Vec<Grant> {
    let (group, unit) = (format!("group:{product}-dev"), format!("ou:/service/{product}/**"));
    let production = format!("{product}-prod");
    let developer = grant(&[&group], &["Developer"], &[&unit]);
    vec![
        grant(&[&group], &["ReadOnly", "Deploy"], &[&unit]),
        Grant { except: vec![production.clone()], ..developer },
        grant(&[&group], &["ProductionSupport"], &[&production]),
    ]
}

fn for_one_person() -> Vec<Grant> {
    vec![
        grant(&["user:taro.sato@example.com"], &["DataEngineer"], &["minimo-prod"]),
        grant(&["user:hanako.yamada@example.com"], &["IncidentResponse"], &["minimo-prod"]),
        grant(&["user:hanako.yamada@example.com"], &["ReadOnly"], &["data-platform", "machine-learning"]),
        grant(&["user:ai.takahashi@example.com"], &["NetworkAdmin"], &["security-tooling"]),
        grant(&["user:taro.sato@example.com"], &["MachineLearning"], &["kakehashi-dev"]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_sample_has_the_promised_size() {
        let company = Company::sample();
        assert_eq!(company.accounts.len(), 40);
        assert_eq!(company.people.len(), 120);
        assert_eq!(company.groups.len(), 25);
        assert_eq!(company.permission_sets.len(), 18);
        let rows = company.assigned().unwrap();
        assert!((580..=620).contains(&rows.len()), "{} assignments", rows.len());
        assert!(rows.iter().filter(|row| row.principal.starts_with("user:")).count() >= 5);
    }

    #[test]
    fn every_group_of_a_person_is_declared_and_has_members() {
        let company = Company::sample();
        let declared: BTreeSet<&str> = company.groups.iter().map(|group| group.name.as_str()).collect();
        let used: BTreeSet<&str> =
            company.people.iter().flat_map(|person| &person.groups).map(String::as_str).collect();
        assert_eq!(declared, used);
        let names: BTreeSet<&str> = company.people.iter().map(|person| person.user_name.as_str()).collect();
        assert_eq!(names.len(), 120, "user names are unique");
    }

    #[test]
    fn every_set_is_granted_to_somebody() {
        let company = Company::sample();
        let granted: BTreeSet<String> = company.assigned().unwrap().into_iter().map(|row| row.permission_set).collect();
        let declared: BTreeSet<String> = company.permission_sets.iter().map(|set| set.name.clone()).collect();
        assert_eq!(granted, declared);
    }
}
