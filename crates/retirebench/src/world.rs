//! A random company, turned into what Sekisho reads: an inventory, a directory, evidence out of its log.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::iam_evidence::IamEvidence;
use jiff::Timestamp;
use model::iam_user::{AccessKey, AccessKeyStatus, IamAccount, IamInventory, IamUser, IamUserRef, LastUse, Password};
use model::key_use::IamUse;
use model::{AccountId, Reading};
use plan::iam_users::{Directory, DirectoryPerson, EarlierUse, OwnerFinding, Standing, UserVerdict};
use sandbox::wild::{WildCompany, WildConfig, WildUser, wild};
use trail::evidence::{AddressRanges, EvidenceTally, Evidences, Keep};
use trail::selectors::Recording;
use trail::{Bookmark, Options, Reader};

/// A company as Sekisho sees it.
pub(crate) struct World {
    pub(crate) company: WildCompany,
    pub(crate) inventory: IamInventory,
    pub(crate) directory: Directory,
    pub(crate) evidences: Evidences,
    pub(crate) bookmark: Bookmark,
    pub(crate) earlier: EarlierUse,
    pub(crate) now: Timestamp,
}

/// Makes a company and reads its log.
pub(crate) fn make(config: &WildConfig) -> Result<World, String> {
    let options = Options::default();
    let tally = EvidenceTally::new(Keep::Days, Arc::new(AddressRanges::default()));
    let mut reader = Reader::new(tally, &options);
    let company = wild(config, &mut |name, text| reader.read_bytes(name, text));
    let (tally, findings) = reader.finish();
    if findings.records != company.records {
        return Err(format!("{} records were written and {} read", company.records, findings.records));
    }
    let evidences = EvidenceTally::merge(vec![tally]);
    let mut bookmark = Bookmark { is_complete: true, ..Bookmark::default() };
    if let Some(selectors) = &company.selectors {
        let recording = Recording::parse(selectors.as_bytes()).map_err(|error| error.to_string())?;
        bookmark.note_recording(recording, company.inventory_s);
    }
    let now = at(company.inventory_s);
    let inventory = inventory(&company, now)?;
    let directory = directory(&company);
    let earlier = earlier(&company);
    Ok(World { company, inventory, directory, evidences, bookmark, earlier, now })
}

impl World {
    /// What the log shows, as far as decisions need it.
    pub(crate) fn used(&self) -> IamUse {
        let mut evidence = IamEvidence::of(&self.inventory);
        for (day, period) in &self.evidences.periods {
            evidence.add(*day, period);
        }
        evidence.finish(&self.bookmark)
    }
}

/// Prints what was said of the users of a habit, or of owners that were not found rightly.
pub(crate) fn show(world: &World, wanted: &str, verdicts: &[UserVerdict], owners: &BTreeMap<IamUserRef, OwnerFinding>) {
    for user in &world.company.users {
        let Some(told) =
            verdicts.iter().find(|one| one.user.name == user.name && one.user.account.as_str() == user.account)
        else {
            continue;
        };
        let owner = user.owner.and_then(|owner| world.company.people.get(owner));
        let found = owners.get(&told.user);
        let is_wrong = found
            .and_then(|found| found.owner())
            .is_some_and(|named| owner.is_none_or(|owner| owner.user_name != named));
        if format!("{:?}", user.habit) == wanted || wanted == "owners" && is_wrong {
            println!("{} ({:?}) {} {}", user.name, user.habit, told.verdict.word(), told.score);
            told.reasons.iter().for_each(|reason| println!("    {reason}"));
            println!("    truly {owner:?}\n    found {found:?}\n");
        }
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or_default()
}

fn inventory(company: &WildCompany, now: Timestamp) -> Result<IamInventory, String> {
    let mut accounts: BTreeMap<AccountId, IamAccount> = BTreeMap::new();
    for account in &company.accounts {
        accounts.insert(AccountId::new(account).map_err(|error| error.to_string())?, IamAccount::default());
    }
    for found in &company.users {
        let account = AccountId::new(&found.account).map_err(|error| error.to_string())?;
        let place = accounts.entry(account).or_default();
        place.users.insert(found.name.clone(), user(found, now));
    }
    let known = |account: IamAccount| Reading::known(account, now);
    Ok(IamInventory { accounts: accounts.into_iter().map(|(id, account)| (id, known(account))).collect() })
}

/// What earlier inventories told.
fn earlier(company: &WildCompany) -> EarlierUse {
    let mut earlier = EarlierUse::default();
    for found in &company.users {
        let told = earlier.user_mut(&arn(found), &id(found));
        for answer in &found.earlier {
            for (service, last_s) in &answer.services {
                told.note_service(answer.at_s, service, Some(*last_s));
            }
            for (key, last_s) in found.keys.iter().zip(&answer.keys) {
                told.note_key(answer.at_s, &key.id, *last_s);
            }
        }
    }
    earlier
}

fn arn(found: &WildUser) -> String {
    format!("arn:aws:iam::{}:user/{}", found.account, found.name)
}

fn id(found: &WildUser) -> String {
    format!("AIDA{}", found.name.to_uppercase())
}

fn user(found: &WildUser, now: Timestamp) -> IamUser {
    let password = found.password.map(|last| Password {
        changed: Some(at(found.created_s)),
        last_use: last.map_or(LastUse::Never, |last_s| LastUse::At { at: at(last_s) }),
    });
    let keys = found.keys.iter().map(|key| AccessKey {
        id: key.id.clone(),
        status: if key.is_active { AccessKeyStatus::Active } else { AccessKeyStatus::Inactive },
        created: at(key.created_s),
        last_use: key.last_use.as_ref().map_or(LastUse::Never, |(last_s, ..)| LastUse::At { at: at(*last_s) }),
        last_region: key.last_use.as_ref().map(|(_, region, _)| region.clone()),
        last_service: key.last_use.as_ref().map(|(.., service)| service.clone()),
    });
    let services = found.services.iter().map(|(name, last_s)| (name.clone(), Some(at(*last_s))));
    let devices = found.has_mfa.then(|| format!("arn:aws:iam::{}:mfa/{}", found.account, found.name));
    IamUser {
        id: id(found),
        name: found.name.clone(),
        arn: arn(found),
        path: "/".to_owned(),
        created: at(found.created_s),
        tags: found.tags.clone(),
        groups: Vec::new(),
        attached_policies: Vec::new(),
        inline_policies: BTreeMap::new(),
        permissions_boundary: None,
        password: Reading::known(password, now),
        access_keys: Reading::known(keys.collect(), now),
        mfa_devices: Reading::known(devices.into_iter().collect(), now),
        other_credentials: Reading::known(Vec::new(), now),
        services_last_accessed: Reading::known(services.collect(), now),
    }
}

fn directory(company: &WildCompany) -> Directory {
    let people = company.people.iter().filter(|person| person.in_directory).map(|person| DirectoryPerson {
        user_name: person.user_name.clone(),
        given_name: person.given_name.clone(),
        family_name: person.family_name.clone(),
        display_name: Some(person.display_name.clone()),
        email: Some(person.email.clone()),
        standing: if person.has_left { Standing::Left } else { Standing::Active },
        groups: Vec::new(),
    });
    Directory { people: people.collect(), settled: Vec::new() }
}
