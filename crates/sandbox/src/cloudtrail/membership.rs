//! What Organizations itself tells the management account: who joined and who departed.
//!
//! AWS's API reference of AcceptHandshake, LeaveOrganization and RemoveAccountFromOrganization names the events, `joinedMethod`, `joinedTime`,
//! `departureMethod` and `departureTime`. What the account and the organization are called in there is not documented.

use serde_json::json;

use super::event::{Event, VERSION};
use super::identity::seconds;
use crate::state::id::Uuid;
use crate::state::membership::{Membership, Way};

/// The record, with an id from these dice.
pub(super) fn event(told: &Membership, dice: &mut fastrand::Rng) -> Event {
    let source = "organizations.amazonaws.com";
    let id = Uuid::random(dice).to_string();
    let (management, at) = (told.management.to_string(), seconds(told.at));
    let (name, details) = match told.way {
        Way::Created => ("AccountJoinedOrganization", json!({"joinedMethod": "CREATED", "joinedTime": at})),
        Way::Invited => ("AccountJoinedOrganization", json!({"joinedMethod": "INVITED", "joinedTime": at})),
        Way::Left => ("AccountDepartedOrganization", json!({"departureMethod": "LEFT", "departureTime": at})),
        Way::Removed => ("AccountDepartedOrganization", json!({"departureMethod": "REMOVED", "departureTime": at})),
    };
    let mut text = json!({
        "eventVersion": VERSION,
        "userIdentity": {"accountId": management, "invokedBy": source},
        "eventTime": at, "eventSource": source, "eventName": name, "awsRegion": "us-east-1",
        "sourceIPAddress": source, "userAgent": source, "requestParameters": null, "responseElements": null,
        "eventID": id, "readOnly": false, "eventType": "AwsServiceEvent", "managementEvent": true,
        "recipientAccountId": management, "serviceEventDetails": details, "eventCategory": "Management",
    });
    if let Some(details) = text.get_mut("serviceEventDetails").and_then(serde_json::Value::as_object_mut) {
        details.insert("accountId".to_owned(), told.account.to_string().into());
        details.insert("organizationId".to_owned(), told.organization.as_str().into());
    }
    Event {
        at: told.at,
        account: told.management,
        region: "us-east-1".to_owned(),
        id,
        name: name.to_owned(),
        source: source.to_owned(),
        user_name: String::new(),
        key: None,
        reads: false,
        resources: Vec::new(),
        text: text.to_string(),
    }
}
