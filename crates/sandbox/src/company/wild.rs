//! A random company with hundreds of IAM users, lived in for half a year, in a running sandbox.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use policy::catalogue;
use serde_json::json;

use super::build::Builder;
use super::start::declared;
use super::{Company, CompanyAccount, CompanyError, Grant, Part, Person, SetDeclaration, Team};
use crate::cloudtrail::gzip;
use crate::config::Config;
use crate::machine::Sandbox;
use crate::s3;
use crate::state::credential::{Credential, IamPrincipal, Identity};
use crate::state::iam::{AccountIam, Group, OwnRights};
use crate::state::iam_user::{AccessKey, Device, LastUse, Login, User};
use crate::state::id::{AccountId, secret, upper};
use crate::state::world::World;
use crate::wild::{DATA_TYPES, Habit, WildCompany, WildConfig, WildPapers, WildUser, wild};

const MANAGEMENT: &str = "534439589175";
const DELEGATED: &str = "154335349840";
/// Of a hundred people, so many can enter the accounts of their IAM users through Identity Center as well.
const WITH_ANOTHER_WAY: u32 = 85;
/// So many people administer the platform.
const ADMINISTRATORS: usize = 3;

const ACCOUNT_NAMES: [&str; 12] = [
    "minimo-prod",
    "minimo-stg",
    "minimo-dev",
    "kaigo-prod",
    "kaigo-dev",
    "hoshi-prod",
    "hoshi-dev",
    "data-platform",
    "infra",
    "corporate-web",
    "legacy",
    "playground",
];

/// Groups of IAM users, and what they may.
const DEVELOPERS: &str = "developers";
const OFFICE: &str = "office";
const EMERGENCY: &str = "emergency";

impl Sandbox {
    /// A sandbox in which a random company lives whose IAM users are known for what they truly are: users with what AWS tells of them, people in
    /// Identity Center, and the log in the bucket of the trail. What was last used was used before `now`, and the log ends some minutes before it,
    /// unless [`WildConfig::now_s`] says something else.
    ///
    /// # Errors
    /// Where [`Config::trail`] has no bucket to put the log into.
    pub fn with_wild(config: Config, wanted: &WildConfig, now: Timestamp) -> Result<(Self, WildPapers), CompanyError> {
        let Some(bucket) = config.trail.as_ref().and_then(|trail| trail.bucket.clone()) else {
            return Err(CompanyError::NoTrail);
        };
        let mut wanted = wanted.clone();
        wanted.now_s.get_or_insert(now.as_second());
        let mut objects = Vec::new();
        let company = wild(&wanted, &mut |name, text| objects.push((name.to_owned(), gzip(text))));
        let (declaration, papers) = declaration(company, &wanted);
        let mut builder = Builder::new(&config, &declaration)?;
        declared(&mut builder, &declaration)?;
        describe_people(&mut builder, &papers.company);
        let mut sandbox = Self::assemble(config, builder.world);
        for user in &papers.company.users {
            let account =
                AccountId::parse(&user.account).ok_or_else(|| CompanyError::AccountId(user.account.clone()))?;
            settle(&mut sandbox, account, user);
        }
        store(&mut sandbox.world, &bucket, objects, now);
        for trail in &mut sandbox.world.trails {
            let log = papers.company.log;
            trail.delivered_at = Some(now);
            trail.writes_only = log.writes_only;
            trail.data_types = if log.data_events { DATA_TYPES.map(str::to_owned).into() } else { Vec::new() };
        }
        Ok((sandbox, papers))
    }
}

/// Accounts, people and assignments, as a company that began with Identity Center and did not finish.
fn declaration(company: WildCompany, wanted: &WildConfig) -> (Company, WildPapers) {
    let mut random = fastrand::Rng::with_seed(wanted.seed ^ 0x6964_656e_7469_7479);
    let names: BTreeMap<String, String> = (company.accounts.iter().enumerate())
        .map(|(number, id)| {
            let name = ACCOUNT_NAMES.get(number).map_or_else(|| format!("account-{number}"), |name| (*name).to_owned());
            (id.clone(), name)
        })
        .collect();
    let mut doors: BTreeSet<(String, String)> = BTreeSet::new();
    let mut users_of: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for user in &company.users {
        users_of.entry(user.owner.unwrap_or(usize::MAX)).or_default().insert(user.account.as_str());
    }
    let mut people = Vec::new();
    for (number, person) in company.people.iter().enumerate().filter(|(_, person)| person.in_directory) {
        let has_way = random.u32(0..100) < WITH_ANOTHER_WAY && !person.has_left;
        let mut groups = Vec::new();
        for account in users_of.get(&number).into_iter().flatten().filter(|_| has_way) {
            doors.insert((person.user_name.clone(), (*account).to_owned()));
            groups.extend(names.get(*account).map(|name| format!("{name}-developers")));
        }
        if people.len() < ADMINISTRATORS && !person.has_left {
            groups.push("platform-admins".to_owned());
            doors.extend(company.accounts.iter().map(|account| (person.user_name.clone(), account.clone())));
        }
        people.push(Person {
            user_name: person.user_name.clone(),
            family_name: person.family_name.clone(),
            given_name: person.given_name.clone(),
            groups,
        });
    }
    let declaration = Company {
        accounts: accounts(&names),
        people,
        groups: teams(&names),
        permission_sets: sets(),
        customer_policies: Vec::new(),
        grants: grants(&names),
    };
    (declaration, WildPapers { seed: wanted.seed, company, account_names: names, doors })
}

fn accounts(names: &BTreeMap<String, String>) -> Vec<CompanyAccount> {
    let account = |id: &str, name: &str, unit: &str, part| CompanyAccount {
        id: id.to_owned(),
        name: name.to_owned(),
        unit: unit.to_owned(),
        suspended: false,
        part,
        tags: Vec::new(),
    };
    let own = [
        account(MANAGEMENT, "management", "/", Part::Management),
        account(DELEGATED, "identity", "/platform", Part::Delegated),
    ];
    own.into_iter().chain(names.iter().map(|(id, name)| account(id, name, "/service", Part::Member))).collect()
}

fn teams(names: &BTreeMap<String, String>) -> Vec<Team> {
    let admins = Team { name: "platform-admins".to_owned(), description: "Administrators of the platform".to_owned() };
    let own = names
        .values()
        .map(|name| Team { name: format!("{name}-developers"), description: format!("Who works in {name}") });
    std::iter::once(admins).chain(own).collect()
}

fn sets() -> Vec<SetDeclaration> {
    let set = |name: &str, title: &str, policy: &str| SetDeclaration {
        name: name.to_owned(),
        title: title.to_owned(),
        session_duration: "PT8H".to_owned(),
        managed_policies: vec![policy.to_owned()],
        ..SetDeclaration::default()
    };
    vec![set("Developer", "開発者", "PowerUserAccess"), set("PlatformAdmin", "基盤管理者", "AdministratorAccess")]
}

fn grants(names: &BTreeMap<String, String>) -> Vec<Grant> {
    let grant = |group: String, set: &str, accounts: Vec<String>| Grant {
        principals: vec![format!("group:{group}")],
        permission_sets: vec![set.to_owned()],
        accounts,
        except: Vec::new(),
    };
    let all = grant("platform-admins".to_owned(), "PlatformAdmin", names.values().cloned().collect());
    let own = names.values().map(|name| grant(format!("{name}-developers"), "Developer", vec![name.clone()]));
    std::iter::once(all).chain(own).collect()
}

/// Display names and addresses as this company writes them; who has left is disabled.
fn describe_people(builder: &mut Builder, company: &WildCompany) {
    let directory = &mut builder.world.directory;
    for person in company.people.iter().filter(|person| person.in_directory) {
        let Some(id) = directory.user_named(&person.user_name) else { continue };
        let Some(mut user) = directory.users.get(&id).cloned() else { continue };
        user.attributes.insert("DisplayName".to_owned(), json!(person.display_name));
        let address = json!([{"Value": person.email, "Type": "work", "Primary": true}]);
        user.attributes.insert("Emails".to_owned(), address);
        user.enabled = !person.has_left;
        directory.put_user(id, user);
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

/// The service's name as the catalogue has it, which lives as long as the program.
fn service(name: &str) -> Option<&'static str> {
    catalogue::service(name).map(|found| found.name)
}

/// Puts a user into its account, with everything AWS tells of it.
fn settle(sandbox: &mut Sandbox, account: AccountId, found: &WildUser) {
    let mut user = User::new(found.id(), "/".to_owned(), at(found.created_s));
    user.tags.clone_from(&found.tags);
    let arn = user.arn(account, &found.name);
    for key in &found.keys {
        let last_used = key.last_use.as_ref().and_then(|(last_s, region, name)| {
            Some(LastUse { at: at(*last_s), region: region.clone(), service: service(name)? })
        });
        let (created_at, active) = (at(key.created_s), key.is_active);
        user.keys.insert(key.id.clone(), AccessKey { created_at, active, last_used });
        let principal = IamPrincipal::User(found.name.clone());
        let identity = Identity { account, arn: arn.clone(), user_id: user.id.clone(), principal, session: None };
        let secret = secret(&mut sandbox.world.rng);
        let credential = Credential { secret, token: None, expires_at: None, active, identity };
        sandbox.credentials.keys.insert(key.id.clone(), credential);
    }
    if let Some(last) = found.password {
        // Nobody knows the password, so that it has no digest that fits anything.
        let digest = upper(&mut sandbox.world.rng, 64);
        let created_at = at(found.created_s);
        user.login = Some(Login { created_at, changed_at: created_at, reset_required: false, digest });
        user.password_last_used = last.map(at);
    }
    let region = sandbox.world.region.clone();
    let iam = sandbox.world.iam.entry(account).or_default();
    if found.has_mfa {
        let serial = format!("arn:aws:iam::{account}:mfa/{}", found.name);
        let since = at(found.created_s + 7_200);
        user.devices.insert(serial.clone(), since);
        let enabled = Some((found.name.clone(), since));
        iam.devices.insert(serial, Device { enabled, tags: Default::default() });
    }
    for (name, last_s) in &found.services {
        if let Some(name) = service(name) {
            iam.accessed.insert((arn.clone(), name), (at(*last_s), region.clone()));
        }
    }
    give_rights(iam, account, found, &mut user);
    iam.users.insert(found.name.clone(), user);
}

/// People are in groups, machines have a policy of their own.
fn give_rights(iam: &mut AccountIam, account: AccountId, found: &WildUser, user: &mut User) {
    let group = match found.habit {
        Habit::BreakGlass => Some(EMERGENCY),
        Habit::ConsoleOffice | Habit::MonthlyAccountant | Habit::FileTool => Some(OFFICE),
        _ if found.password.is_some() || found.owner.is_some() => Some(DEVELOPERS),
        _ => None,
    };
    if let Some(name) = group {
        iam.groups.entry(name.to_owned()).or_insert_with(|| group_of(account, name));
        user.groups.insert(name.to_owned());
    }
    // Everything that it used it may do; services that nobody may do anything in are not told of.
    if group != Some(DEVELOPERS) && !found.services.is_empty() {
        let actions: Vec<String> = found.services.keys().map(|name| format!("{name}:*")).collect();
        let document = json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
        user.rights.inline.insert("own-work".to_owned(), document.to_string());
    }
}

fn group_of(account: AccountId, name: &str) -> Group {
    let attached = match name {
        EMERGENCY => vec!["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()],
        DEVELOPERS => vec![
            "arn:aws:iam::aws:policy/PowerUserAccess".to_owned(),
            "arn:aws:iam::aws:policy/IAMReadOnlyAccess".to_owned(),
        ],
        _ => vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()],
    };
    let mut random = fastrand::Rng::with_seed(name.bytes().map(u64::from).sum());
    Group {
        id: format!("AGPA{}{}", account.to_string().get(..4).unwrap_or_default(), upper(&mut random, 13)),
        path: "/".to_owned(),
        created_at: super::FOUNDED,
        rights: OwnRights { attached, ..OwnRights::default() },
    }
}

/// Puts the log into the bucket, under the organization's own id.
fn store(world: &mut World, bucket: &str, objects: Vec<(String, Vec<u8>)>, now: Timestamp) {
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    for (name, bytes) in objects {
        // AWSLogs/o-…/<account>/CloudTrail/…
        let own = name.splitn(3, '/').nth(2).unwrap_or(&name);
        let key = format!("AWSLogs/{}/{own}.gz", world.organization.id);
        world.storage.put(bucket, &key, s3::of_aws(bytes, now, &headers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;
    use crate::wild::LogState;

    const NOW: Timestamp = Timestamp::constant(1_795_370_000, 0);

    fn made(log: LogState) -> (Sandbox, WildPapers) {
        let wild =
            WildConfig { users: 60, accounts: 3, days: 20, log: Some(log), thinning: 12, ..WildConfig::sample(5) };
        Sandbox::with_wild(Config::calm(), &wild, NOW).unwrap()
    }

    #[test]
    fn what_was_used_is_told_and_the_log_is_in_the_bucket() {
        let (mut sandbox, papers) = made(LogState::WHOLE);
        for user in &papers.company.users {
            let account = AccountId::parse(&user.account).unwrap();
            let iam = &sandbox.world.iam[&account];
            let held = &iam.users[&user.name];
            assert_eq!(held.keys.len(), user.keys.len());
            for (id, key) in &held.keys {
                let told = user.keys.iter().find(|told| told.id == *id).unwrap();
                assert_eq!(key.last_used.is_some(), told.last_use.is_some(), "{user:?}");
                assert!(key.last_used.as_ref().is_none_or(|used| used.at < NOW), "{user:?}");
            }
            let arn = held.arn(account, &user.name);
            let accessed = iam.accessed.keys().filter(|(caller, _)| *caller == arn).count();
            assert_eq!(accessed, user.services.len(), "every service is one of the catalogue: {user:?}");
            assert_eq!(held.devices.len(), usize::from(user.has_mfa));
        }
        let bucket = &sandbox.world.storage.buckets["sandbox-organization-trail"];
        let prefix = format!("AWSLogs/{}/", sandbox.world.organization.id);
        let today = NOW.strftime("/%Y/%m/%d/").to_string();
        assert!(bucket.objects().keys().all(|key| key.starts_with(&prefix) && key.ends_with(".json.gz")));
        assert!(bucket.objects().keys().any(|key| key.contains(&today)), "the log reaches up to today");
        let client = Client::new(&sandbox.config().administrator.clone(), "ap-northeast-1");
        let operation = "CloudTrail_20131101.GetEventSelectors";
        let told = client.json(&mut sandbox, NOW, operation, json!({"TrailName": "organization-trail"})).text();
        assert!(told.contains("AWS::S3::Object"), "{told}");
    }

    #[test]
    fn a_seed_and_a_time_make_one_company_of_which_most_people_have_another_way() {
        let (one, papers) = made(LogState::DEFAULT_TRAIL);
        let (other, again) = made(LogState::DEFAULT_TRAIL);
        assert_eq!(papers.truth(), again.truth());
        assert_eq!(one.world.storage.used_bytes(), other.world.storage.used_bytes());
        let truth = papers.truth();
        let users = truth["users"].as_array().unwrap();
        let of_people =
            users.iter().filter(|user| user["owner_is_in_directory"] == true && user["owner_has_left"] == false);
        let (with, without): (Vec<_>, Vec<_>) = of_people.partition(|user| user["owner_has_another_way"] == true);
        assert!(with.len() > 2 * without.len() && !without.is_empty(), "{} and {}", with.len(), without.len());
        let left = papers.company.people.iter().filter(|person| person.in_directory && person.has_left).count();
        let disabled = one.world.directory.users.values().filter(|user| !user.enabled).count();
        assert!(left > 0 && left == disabled, "{left} {disabled}");
    }

    #[test]
    fn without_a_bucket_there_is_no_place_for_the_log() {
        let config = Config { trail: None, ..Config::calm() };
        let refused = Sandbox::with_wild(config, &WildConfig::sample(1), NOW).unwrap_err();
        assert_eq!(refused, CompanyError::NoTrail);
    }
}
