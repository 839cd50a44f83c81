//! Somebody who changes Identity Center by hand, through AWS's own API, with another key than Sekisho's.

use std::sync::Arc;
use std::time::Duration;

use model::change::{Change, PermissionSetRef};
use model::principal::PrincipalId;
use model::{Observed, SessionDuration};
use ports::{AwsRead, AwsWrite, Clock, PollResult, Started, TokioClock};
use sandbox::KeyPair;

use crate::error::CommandError;
use crate::wiring::aws_error;

/// A key of the sandbox as the SDK takes it.
pub(super) fn credentials(key: &KeyPair) -> aws::Credentials {
    aws::Credentials::new(&key.access_key_id, &key.secret_access_key, None, None, "sandbox")
}

/// Lets somebody into production, takes something away, lengthens a session. Answers what was done, in words.
pub(super) async fn meddle(endpoint_url: &str, key: &KeyPair, rate_factor: f64) -> Result<Vec<String>, CommandError> {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::system());
    let mut options = aws::Options::new(Arc::clone(&clock));
    options.region = Some("ap-northeast-1".to_owned());
    options.endpoint_url = Some(endpoint_url.to_owned());
    options.credentials = Some(credentials(key));
    options.rate_factor = rate_factor;
    let failed = |error: &ports::AwsError| aws_error("the sandbox refused", error);
    let client = aws::Client::connect(options).await.map_err(|error| failed(&error))?;
    let observed = client.observe(&()).await.map_err(|error| failed(&error))?;
    let (changes, told) =
        changes(&observed).ok_or_else(|| CommandError::new("the sample company is not as expected"))?;
    for change in &changes {
        let mut started = client
            .start(change, change.set().and_then(|set| set.arn.as_ref()))
            .await
            .map_err(|error| failed(&error))?;
        while let Started::Accepted(request) = &started {
            clock.sleep(Duration::from_millis(20)).await;
            match client.poll(request).await.map_err(|error| failed(&error))? {
                PollResult::InProgress => {}
                PollResult::Succeeded => started = Started::Done { created: None },
                PollResult::Failed(reason) => {
                    return Err(CommandError::new(format!("the sandbox refused: {reason}")));
                }
            }
        }
    }
    Ok(told)
}

/// What is changed, and how it is told.
fn changes(observed: &Observed) -> Option<(Vec<Change>, Vec<String>)> {
    let set = |name: &str| {
        let set = observed.permission_sets.values().find(|set| set.name.as_str() == name)?;
        Some(PermissionSetRef { name: set.name.clone(), arn: Some(set.arn.clone()) })
    };
    let account = |name: &str| {
        let accounts = &observed.organization.value()?.accounts;
        accounts.values().find(|account| account.name == name).map(|account| account.id.clone())
    };
    let user = observed.users.value()?.values().find(|user| user.user_name == "ryo.hasegawa@example.com")?;
    let group = observed.groups.value()?.values().find(|group| group.display_name == "support")?;
    let attributes = |name: &str| {
        observed.permission_sets.values().find(|set| set.name.as_str() == name).map(|set| set.attributes.clone())
    };
    let from = attributes("DataEngineer")?;
    let mut to = from.clone();
    to.session_duration = SessionDuration::from_minutes(12 * 60)?;
    let changes = vec![
        Change::Assign {
            set: set("PlatformAdmin")?,
            account: account("hinata-prod")?,
            principal: PrincipalId::User(user.id.clone()),
        },
        Change::Withdraw {
            set: set("LogViewer")?,
            account: account("minimo-prod")?,
            principal: PrincipalId::Group(group.id.clone()),
        },
        Change::UpdatePermissionSet { set: set("DataEngineer")?, from, to },
    ];
    let told = vec![
        format!("{} is let into hinata-prod as PlatformAdmin", user.label()),
        "group support loses LogViewer in minimo-prod".to_owned(),
        "sessions of DataEngineer now last 12 hours".to_owned(),
    ];
    Some((changes, told))
}
