//! A small company to resolve catalogs against.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::observed::{Caller, CallerRole, InstanceKey, ReadingCost};
use model::permission_set::Attributes;
use model::{
    Account, AccountId, AccountState, AssignmentTable, Group, GroupId, Observed, ObservedPermissionSet, Organization,
    OrganizationalUnit, PermissionSetArn, PermissionSetName, PrincipalId, Reading, User, UserId,
};

pub(crate) fn known<T>(value: T) -> Reading<T> {
    Reading::known(value, Timestamp::UNIX_EPOCH)
}

pub(crate) fn account(id: &str) -> AccountId {
    AccountId::new(id).unwrap()
}

pub(crate) fn set(name: &str) -> PermissionSetName {
    PermissionSetName::new(name).unwrap()
}

pub(crate) fn group(id: &str) -> PrincipalId {
    PrincipalId::Group(GroupId::new(id).unwrap())
}

pub(crate) fn user(id: &str) -> PrincipalId {
    PrincipalId::User(UserId::new(id).unwrap())
}

pub(crate) const MANAGEMENT: &str = "000000000001";
pub(crate) const MINIMO_PROD: &str = "111122223333";
pub(crate) const MINIMO_STG: &str = "111122224444";
pub(crate) const MINIMO_DEV: &str = "111122225555";

pub(crate) fn organization() -> Organization {
    let unit = |id: &str, name: &str, parent: Option<&str>| {
        let parent = parent.map(|text| text.parse().unwrap());
        let unit = OrganizationalUnit { id: id.parse().unwrap(), name: name.into(), parent };
        (unit.id.clone(), unit)
    };
    let account = |id: &str, name: &str, parent: &str, env: &str, state: AccountState| {
        let tags: BTreeMap<String, String> =
            if env.is_empty() { BTreeMap::new() } else { [("env".to_owned(), env.to_owned())].into() };
        let account = Account {
            id: account(id),
            name: name.into(),
            email: format!("{id}@example.com"),
            state,
            parent: parent.parse().unwrap(),
            tags: known(tags),
        };
        (account.id.clone(), account)
    };
    let active = AccountState::Active;
    Organization {
        management_account: Some(MANAGEMENT.parse().unwrap()),
        units: [
            unit("r-ab12", "Root", None),
            unit("ou-ab12-admin", "admin", Some("r-ab12")),
            unit("ou-ab12-service", "service", Some("r-ab12")),
            unit("ou-ab12-minimo", "minimo", Some("ou-ab12-service")),
            unit("ou-ab12-business", "business", Some("r-ab12")),
        ]
        .into(),
        accounts: [
            account(MANAGEMENT, "management", "r-ab12", "", active),
            account("222233334444", "log-archive", "ou-ab12-admin", "production", active),
            account(MINIMO_PROD, "minimo-prod", "ou-ab12-minimo", "production", active),
            account(MINIMO_STG, "minimo-stg", "ou-ab12-minimo", "staging", active),
            account(MINIMO_DEV, "minimo-dev", "ou-ab12-minimo", "development", active),
            account("333344445555", "shared", "ou-ab12-business", "production", active),
            account("333344446666", "shared", "ou-ab12-business", "staging", active),
            account("444455556666", "old-site", "ou-ab12-business", "", AccountState::Suspended),
        ]
        .into(),
    }
}

pub(crate) fn users() -> BTreeMap<UserId, User> {
    let user = |id: &str, name: &str, display: &str, email: &str| {
        let id = UserId::new(id).unwrap();
        let user = User {
            id: id.clone(),
            user_name: name.into(),
            display_name: Some(display.into()),
            email: Some(email.into()),
        };
        (id, user)
    };
    [
        user("u-hanako", "hanako@example.com", "山田 花子", "hanako@example.com"),
        user("u-taro", "taro", "佐藤 太郎", "taro@example.com"),
        user("u-jiro", "jiro", "鈴木 次郎", "info@example.com"),
        user("u-saburo", "saburo", "高橋 三郎", "info@example.com"),
    ]
    .into()
}

pub(crate) fn groups() -> BTreeMap<GroupId, Group> {
    ["minimo-dev", "minimo-all", "platform-admins"]
        .into_iter()
        .map(|name| {
            let id = GroupId::new(format!("g-{name}")).unwrap();
            (id.clone(), Group { id, display_name: name.into() })
        })
        .collect()
}

pub(crate) fn observed_set(name: &str) -> (PermissionSetName, ObservedPermissionSet) {
    let arn = PermissionSetArn::new(format!("arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-{name}")).unwrap();
    let observed = ObservedPermissionSet {
        arn,
        name: set(name),
        created: None,
        attributes: Attributes::default(),
        managed_policies: known([].into()),
        customer_managed_policies: known([].into()),
        inline_policy: known(None),
        permissions_boundary: known(None),
        tags: known([].into()),
        provisioned: known(Vec::new()),
    };
    (set(name), observed)
}

pub(crate) fn observed() -> Observed {
    Observed {
        instance: InstanceKey {
            partition: "aws".into(),
            instance: "arn:aws:sso:::instance/ssoins-0123456789abcdef".parse().unwrap(),
            identity_store: "d-0123456789".parse().unwrap(),
            primary_region: "ap-northeast-1".into(),
        },
        caller: Caller {
            account: account("222233334444"),
            arn: "arn:aws:sts::222233334444:assumed-role/sekisho/ci".into(),
            role: CallerRole::DelegatedAdministrator,
        },
        as_of: Timestamp::UNIX_EPOCH,
        organization: known(organization()),
        users: known(users()),
        groups: known(groups()),
        memberships: BTreeMap::new(),
        permission_set_listing: known(()),
        permission_sets: [observed_set("ReadOnly"), observed_set("Admin")].into(),
        unreadable_sets: BTreeMap::new(),
        assignments: AssignmentTable::default(),
        incomplete_pairs: Vec::new(),
        cost: ReadingCost::default(),
    }
}
