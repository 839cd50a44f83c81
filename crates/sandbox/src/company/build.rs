//! From a declaration to a world in which all of it is settled.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Company, CompanyAccount, CompanyError, Part, SetDeclaration};
use crate::config::Config;
use crate::effect::Effects;
use crate::sso_admin::session_seconds;
use crate::state::center::{Boundary, Center, PermissionSet, PolicyName, Principal, PrincipalKind, SetContent};
use crate::state::directory::{Directory, Group, Membership, Stamps, User};
use crate::state::iam_policy::Policy;
use crate::state::id::{AccountId, SetId, Uuid, lower, upper};
use crate::state::organization::{AccountState, Delegation, Organization, Unit};
use crate::state::task::{Row, Tasks};
use crate::state::version::Lag;
use crate::state::world::World;

/// When everything a company starts with was made: long before any run.
pub(crate) const FOUNDED: Timestamp = Timestamp::constant(1_743_465_600, 0);

/// A world while it is being built, with what it takes to find things by name.
pub(super) struct Builder {
    pub(super) world: World,
    pub(super) sets: HashMap<String, SetId>,
    pub(super) principals: HashMap<String, Principal>,
    pub(super) accounts: HashMap<String, AccountId>,
}

impl Builder {
    /// Organization, people and customer managed policies; no permission sets yet.
    pub(super) fn new(config: &Config, company: &Company) -> Result<Self, CompanyError> {
        let mut rng = fastrand::Rng::with_seed(config.seed);
        let organization = organization(&mut rng, company)?;
        let center = Center::new(rng.u64(..), FOUNDED);
        let directory = Directory::new(rng.u64(..));
        let world = World {
            region: config.region.clone(),
            organization,
            others: Default::default(),
            standalone: Default::default(),
            memberships: Vec::new(),
            iam: std::collections::BTreeMap::new(),
            center,
            directory,
            storage: Default::default(),
            trails: Vec::new(),
            sign_in: Default::default(),
            entitlements: Default::default(),
            queries: Default::default(),
            tasks: Tasks::default(),
            rng,
            actor: "sandbox".into(),
            effects: Effects::default(),
            lag: Lag::default(),
        };
        let (sets, principals, accounts) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut builder = Self { world, sets, principals, accounts };
        builder.add_accounts(company)?;
        builder.add_people(company);
        builder.add_customer_policies(company)?;
        Ok(builder)
    }

    pub(super) fn add_set(&mut self, set: &SetDeclaration) -> Result<SetId, CompanyError> {
        let content = content(set)?;
        let id = SetId(self.world.rng.u64(..));
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let made = PermissionSet {
            name: set.name.clone(),
            description: some(&set.description),
            relay_state: set.relay_state.clone(),
            created_at: FOUNDED,
            tags: set.tags.iter().cloned().collect(),
            content: Arc::new(content),
            version: 1,
        };
        self.world.center.add_set(id, made);
        self.sets.insert(set.name.clone(), id);
        Ok(id)
    }

    /// The row of these names, where all of them exist.
    pub(super) fn row(&self, account: &str, set: &str, principal: &str) -> Option<Row> {
        let account = *self.accounts.get(account)?;
        Some(Row { account, set: *self.sets.get(set)?, principal: *self.principals.get(principal)? })
    }

    /// Makes an assignment as if it had been made long ago.
    pub(super) fn assign(&mut self, row: Row, set: &str) -> Result<(), CompanyError> {
        let refused = |reason| CompanyError::Refused { set: set.to_owned(), reason };
        self.world.assign(row, FOUNDED).map_err(refused)
    }

    pub(super) fn add_user(&mut self, user_name: &str, family: &str, given: &str) -> Uuid {
        let id = Uuid::random(&mut self.world.rng);
        let attributes = json!({
            "UserName": user_name,
            "Name": {"FamilyName": family, "GivenName": given},
            "DisplayName": format!("{family} {given}"),
            "Emails": [{"Value": user_name, "Type": "work", "Primary": true}],
            "PreferredLanguage": "ja",
        });
        let Value::Object(attributes) = attributes else { return id };
        let stamps = Stamps::new(FOUNDED, "sandbox");
        self.world.directory.put_user(id, User { attributes, external_ids: Vec::new(), enabled: true, stamps });
        self.principals.insert(format!("user:{user_name}"), Principal { kind: PrincipalKind::User, id });
        id
    }

    fn add_accounts(&mut self, company: &Company) -> Result<(), CompanyError> {
        for account in &company.accounts {
            let id = account_id(account)?;
            let parent = self.unit(&account.unit);
            self.world.add_account(id, account.name.clone(), account.email(), parent, FOUNDED);
            if let Some(made) = self.world.organization.accounts.get_mut(&id) {
                made.tags = account.tags.iter().cloned().collect();
                if account.suspended {
                    made.state = AccountState::Suspended;
                }
            }
            if account.part == Part::Delegated {
                let service_principal = "sso.amazonaws.com".to_owned();
                let delegation = Delegation { account: id, service_principal, since: FOUNDED };
                self.world.organization.delegations.push(delegation);
            }
            self.accounts.insert(account.name.clone(), id);
        }
        Ok(())
    }

    /// The id of the OU at the end of a path of names, made where it is missing.
    fn unit(&mut self, path: &str) -> String {
        let organization = &mut self.world.organization;
        let stem = organization.root.strip_prefix("r-").unwrap_or_default().to_owned();
        let mut parent = organization.root.clone();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let found = organization.unit_named(&parent, name).map(str::to_owned);
            parent = found.unwrap_or_else(|| {
                let id = format!("ou-{stem}-{}", lower(&mut self.world.rng, 8));
                let unit = Unit { id: id.clone(), name: name.to_owned(), parent, tags: Default::default() };
                organization.add_unit(unit);
                id
            });
        }
        parent
    }

    fn add_people(&mut self, company: &Company) {
        for group in &company.groups {
            let id = Uuid::random(&mut self.world.rng);
            let made = Group {
                display_name: group.name.clone(),
                description: (!group.description.is_empty()).then(|| group.description.clone()),
                external_ids: Vec::new(),
                stamps: Stamps::new(FOUNDED, "sandbox"),
            };
            self.world.directory.put_group(id, made);
            self.principals.insert(format!("group:{}", group.name), Principal { kind: PrincipalKind::Group, id });
        }
        for person in &company.people {
            let user = self.add_user(&person.user_name, &person.family_name, &person.given_name);
            for group in &person.groups {
                let Some(group) = self.principals.get(&format!("group:{group}")).map(|group| group.id) else {
                    continue;
                };
                let id = Uuid::random(&mut self.world.rng);
                let stamps = Stamps::new(FOUNDED, "sandbox");
                self.world.directory.add_membership(id, Membership { group, user, stamps });
            }
        }
    }

    fn add_customer_policies(&mut self, company: &Company) -> Result<(), CompanyError> {
        for policy in &company.customer_policies {
            for account in company.select(&policy.accounts, &[])? {
                let id = format!("ANPA{}", upper(&mut self.world.rng, 17));
                let made = Policy::new(id, policy.document.to_string(), FOUNDED);
                let iam = self.world.iam.entry(account_id(account)?).or_default();
                iam.policies.insert(format!("{}{}", policy.path, policy.name), made);
            }
        }
        Ok(())
    }
}

fn organization(rng: &mut fastrand::Rng, company: &Company) -> Result<Organization, CompanyError> {
    let managers: Vec<_> = company.accounts.iter().filter(|account| account.part == Part::Management).collect();
    let [management] = managers.as_slice() else { return Err(CompanyError::Management(managers.len())) };
    let id = format!("o-{}", lower(rng, 10));
    let root = format!("r-{}", lower(rng, 4));
    Ok(Organization::new(id, root, account_id(management)?))
}

fn account_id(account: &CompanyAccount) -> Result<AccountId, CompanyError> {
    AccountId::parse(&account.id).ok_or_else(|| CompanyError::AccountId(account.id.clone()))
}

pub(super) fn content(set: &SetDeclaration) -> Result<SetContent, CompanyError> {
    let arn = |name: &String| format!("arn:aws:iam::aws:policy/{name}");
    let refused = |reason: &str| CompanyError::Refused { set: set.name.clone(), reason: reason.to_owned() };
    let seconds = session_seconds(&set.session_duration).ok_or_else(|| refused("no session duration"))?;
    let customer = set.customer_managed_policies.iter();
    Ok(SetContent {
        session_duration: set.session_duration.clone(),
        session_seconds: seconds,
        managed: set.managed_policies.iter().map(arn).collect(),
        customer: customer.map(|(name, path)| PolicyName { name: name.clone(), path: path.clone() }).collect(),
        inline: set.inline_policy.as_ref().map(Value::to_string),
        boundary: set.managed_boundary.as_ref().map(arn).map(Boundary::Managed),
    })
}
