//! One user and everything about it, so that a test changes one thing.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use model::iam_user::{
    AccessKey, AccessKeyStatus, IamAccount, IamInventory, IamRole, IamUser, IamUserRef, LastUse, OtherCredential,
    OtherCredentialKind, Password,
};
use model::id::{IdentityStoreId, InstanceArn};
use model::key_use::{Activity, IamUse, LogCoverage, PortalUse, Seen, UserUse};
use model::observed::{Caller, CallerRole, InstanceKey};
use model::retirement::{RetirementCase, RetirementCases, StepMade};
use model::{AccountId, Change, IamStep, Operation, Reading, RunId};

use crate::iam_users::{OwnerFinding, Ownership, PartVerdict, UserVerdict, Verdict};
use crate::retirement::{
    Ground, Next, Reason, RetirementInput, RetirementSettings, Standing, TieFiles, Ways, check_retirement, days_after,
    deletion, retirement_plan, standings, switching_off, ties,
};

pub(super) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(super) const ARN: &str = "arn:aws:iam::111122223333:user/taro";

pub(super) fn account() -> AccountId {
    AccountId::new("111122223333").unwrap()
}

pub(super) fn taro() -> IamUserRef {
    IamUserRef { account: account(), name: "taro".to_owned() }
}

pub(super) fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

pub(super) fn days_ago(days: i64) -> Timestamp {
    now() - SignedDuration::from_hours(24 * days)
}

/// Everything about one user, so that a test changes one thing.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) user: IamUser,
    pub(super) as_of: Timestamp,
    pub(super) roles: BTreeMap<String, IamRole>,
    pub(super) used: IamUse,
    pub(super) verdict: Verdict,
    pub(super) owner: Option<&'static str>,
    pub(super) has_left: bool,
    pub(super) cases: RetirementCases,
    pub(super) ways: Ways,
    pub(super) files: TieFiles,
    pub(super) settings: RetirementSettings,
}

impl World {
    /// A person's user, used a month ago; the owner has another way in.
    pub(super) fn new() -> Self {
        let key = AccessKey {
            id: KEY.to_owned(),
            status: AccessKeyStatus::Active,
            created: days_ago(400),
            last_use: LastUse::At { at: days_ago(30) },
            last_region: None,
            last_service: Some("ec2".to_owned()),
        };
        let password = Password { changed: None, last_use: LastUse::At { at: days_ago(40) } };
        let user = IamUser {
            id: "AIDATARO".to_owned(),
            name: "taro".to_owned(),
            arn: ARN.to_owned(),
            path: "/people/".to_owned(),
            created: days_ago(900),
            tags: [("team".to_owned(), "minimo".to_owned())].into(),
            groups: vec!["developers".to_owned()],
            attached_policies: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()],
            inline_policies: [("own".to_owned(), r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned())].into(),
            permissions_boundary: Some("arn:aws:iam::111122223333:policy/Boundary".to_owned()),
            password: Reading::known(Some(password), now()),
            access_keys: Reading::known(vec![key], now()),
            mfa_devices: Reading::known(vec!["arn:aws:iam::111122223333:mfa/taro".to_owned()], now()),
            other_credentials: Reading::known(
                vec![OtherCredential {
                    kind: OtherCredentialKind::SshPublicKey,
                    id: "APKA1".to_owned(),
                    active: true,
                    created: days_ago(400),
                    service: None,
                }],
                now(),
            ),
            services_last_accessed: Reading::unknown("not asked"),
        };
        let day = |at: Timestamp| i32::try_from(at.as_second().div_euclid(86_400)).unwrap();
        let days: Vec<i32> = (day(days_ago(200))..=day(now())).collect();
        let log = LogCoverage { days: days.into(), end_s: now().as_second() - 600, ..LogCoverage::default() };
        let mut world = Self {
            user,
            as_of: now(),
            roles: BTreeMap::new(),
            used: IamUse { coverage: [(account(), log)].into(), ..IamUse::default() },
            verdict: Verdict::Person,
            owner: Some("taro@example.com"),
            has_left: false,
            cases: RetirementCases::default(),
            ways: Ways::with([("taro@example.com", account())]),
            files: TieFiles::default(),
            settings: RetirementSettings::default(),
        };
        world.used_at(days_ago(30));
        world
    }

    pub(super) fn used_at(&mut self, at: Timestamp) {
        let seen = Seen { events: 3, last_s: at.as_second() };
        let mut activity = Activity { all: seen, first_s: seen.last_s, ..Activity::default() };
        let action = model::key_use::ActionUse { all: seen, ..Default::default() };
        activity.actions.insert("ec2.amazonaws.com:DescribeInstances".to_owned(), action);
        let used = UserUse { keys: [(KEY.to_owned(), activity)].into(), ..UserUse::default() };
        self.used.users.insert(ARN.to_owned(), used);
    }

    pub(super) fn signed_in_at(&mut self, at: Timestamp) {
        let seen = Seen { events: 1, last_s: at.as_second() };
        self.used.portal.insert("taro@example.com".to_owned(), PortalUse { accounts: [(account(), seen)].into() });
    }

    pub(super) fn case(&mut self) -> &mut RetirementCase {
        let nothing = RetirementCase {
            user_id: Some(self.user.id.clone()),
            announced: None,
            confirmed: None,
            complaint: None,
            steps: Vec::new(),
            settled: None,
            deleted: None,
            perhaps_deleted: None,
            recreated: None,
            reduced: None,
            held: None,
            off_runs: Vec::new(),
            seen_off: None,
        };
        self.cases.by_user.entry(taro()).or_insert(nothing)
    }

    pub(super) fn announced(mut self, at: Timestamp) -> Self {
        let until = days_after(at, self.settings.parallel_days);
        self.case().announced = Some((at, until));
        self
    }

    /// Switched off then, as the inventory shows it.
    pub(super) fn switched_off(mut self, at: Timestamp) -> Self {
        let run = RunId::new("run-1").unwrap();
        let operations = switching_off(&taro(), &self.user, &[], "ready");
        for operation in &operations {
            let Change::IamUser { step, .. } = operation.change.clone() else { panic!("of a user") };
            if let IamStep::SetPolicy { name, to: Some(text), .. } = &step {
                self.user.inline_policies.insert(name.clone(), text.clone());
            }
            self.case().steps.push(StepMade { at, is_verified: true, run: run.clone(), step });
        }
        for key in self.user.access_keys.value_mut().unwrap() {
            key.status = AccessKeyStatus::Inactive;
        }
        for one in self.user.other_credentials.value_mut().unwrap() {
            one.active = false;
        }
        self
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&RetirementInput<'_>) -> T) -> T {
        let held = IamAccount {
            users: [("taro".to_owned(), self.user.clone())].into(),
            roles: self.roles.clone(),
            ..IamAccount::default()
        };
        let inventory = IamInventory { accounts: [(account(), Reading::known(held, self.as_of))].into() };
        let verdicts = vec![UserVerdict {
            user: taro(),
            arn: ARN.to_owned(),
            verdict: self.verdict,
            score: 90,
            reasons: Vec::new(),
            parts: vec![PartVerdict {
                credential: KEY.to_owned(),
                verdict: self.verdict,
                score: 90,
                reasons: Vec::new(),
            }],
        }];
        let ownership = match self.owner {
            Some(owner) => Ownership::Settled { owner: owner.to_owned() },
            None => Ownership::Nobody,
        };
        let finding = OwnerFinding { ownership, has_left: self.has_left, reasons: Vec::new(), named_for: None };
        look(&RetirementInput {
            inventory: &inventory,
            account_names: &[(account(), "minimo-dev".to_owned())].into(),
            used: &self.used,
            verdicts: &verdicts,
            owners: &[(taro(), finding)].into(),
            cases: &self.cases,
            ways: &self.ways,
            ties: &ties(&inventory, &self.files),
            settings: &self.settings,
            now: now(),
        })
    }

    pub(super) fn standing(&self) -> Standing {
        self.with(|input| standings(input).remove(0))
    }

    pub(super) fn next(&self) -> (Next, Vec<Reason>) {
        let standing = self.standing();
        (standing.next, standing.reasons)
    }

    /// Rules that refuse these operations.
    pub(super) fn refused(&self, operations: Vec<Operation>) -> Vec<String> {
        let instance = InstanceKey {
            partition: "aws".to_owned(),
            instance: InstanceArn::new("arn:aws:sso:::instance/ssoins-1").unwrap(),
            identity_store: IdentityStoreId::new("d-1").unwrap(),
            primary_region: "us-east-1".to_owned(),
        };
        let caller = Caller { account: account(), arn: String::new(), role: CallerRole::Unknown };
        let ground = Ground { instance: &instance, caller: &caller, now: now(), sekisho_version: "1" };
        let plan = retirement_plan(&ground, operations);
        let mut rules: Vec<String> =
            self.with(|input| check_retirement(&plan, input)).into_iter().map(|finding| finding.rule).collect();
        rules.dedup();
        rules
    }

    pub(super) fn deletion(&self) -> Vec<Operation> {
        deletion(&taro(), &self.user, self.cases.by_user.get(&taro()), &self.standing().rests_on, "quiet")
    }

    pub(super) fn switching_off(&self) -> Vec<Operation> {
        switching_off(&taro(), &self.user, &self.standing().rests_on, "ready")
    }
}
