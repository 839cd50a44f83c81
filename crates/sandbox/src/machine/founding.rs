//! What a sandbox has besides its company: two administrators, roles to reach the accounts by, and a trail.

use crate::cloudtrail::TRAIL_NAME;
use crate::company::FOUNDED;
use crate::config::TrailSettings;
use crate::state::credential::{Credential, Credentials, IamPrincipal, Identity};
use crate::state::iam_user::{AccessKey, User};
use crate::state::id::AccountId;
use crate::state::trail::Trail;
use crate::state::world::World;

/// The user that each of the two configured keys belongs to.
const ADMINISTRATOR: &str = "sandbox-administrator";

/// The user behind a configured key, with the rights of an administrator of its account.
pub(super) fn add_administrator(
    world: &mut World,
    credentials: &mut Credentials,
    account: AccountId,
    id: String,
    pair: crate::config::KeyPair,
) {
    let users = &mut world.iam.entry(account).or_default().users;
    let user = users.entry(ADMINISTRATOR.to_owned()).or_insert_with(|| {
        let mut user = User::new(id, "/".to_owned(), FOUNDED);
        user.rights.attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
        user
    });
    let key = AccessKey { created_at: FOUNDED, active: true, last_used: None };
    user.keys.insert(pair.access_key_id.clone(), key);
    let identity = Identity {
        account,
        arn: user.arn(account, ADMINISTRATOR),
        user_id: user.id.clone(),
        principal: IamPrincipal::User(ADMINISTRATOR.to_owned()),
        session: None,
    };
    let secret = pair.secret_access_key;
    let credential = Credential { secret, token: None, expires_at: None, active: true, identity };
    credentials.keys.insert(pair.access_key_id, credential);
}

/// Makes the organization's trail and the bucket it writes to.
pub(super) fn add_trail(world: &mut World, settings: &TrailSettings) {
    let Some(bucket) = &settings.bucket else { return };
    let (account, home_region) = (world.organization.management, world.region.clone());
    world.storage.add_bucket(bucket, account, &home_region, FOUNDED);
    let (name, bucket) = (TRAIL_NAME.to_owned(), bucket.clone());
    world.trails.push(Trail {
        name,
        account,
        home_region,
        bucket,
        started_at: FOUNDED,
        delivered_at: None,
        data_types: Vec::new(),
        writes_only: false,
    });
}
