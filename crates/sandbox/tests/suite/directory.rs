//! Users, groups, memberships.

use serde_json::{Value, json};

use crate::support::Desk;

fn person(name: &str) -> Value {
    json!({
        "UserName": name,
        "DisplayName": "新 人",
        "Name": {"FamilyName": "新", "GivenName": "人"},
        "Emails": [{"Value": name, "Primary": true}]
    })
}

#[test]
fn users_are_created_found_changed_and_deleted() {
    let mut desk = Desk::calm();
    let made = desk.ids("CreateUser", person("new@example.com")).unwrap();
    let id = made["UserId"].as_str().unwrap().to_owned();
    assert_eq!(made["Revision"], "1");
    let told = desk.ids("CreateUser", person("NEW@example.com"));
    assert_eq!(told.unwrap_err(), "ConflictException", "user names are one whatever their case");
    for path in ["userName", "emails.value"] {
        let key = json!({"UniqueAttribute": {"AttributePath": path, "AttributeValue": "new@example.com"}});
        assert_eq!(desk.ids("GetUserId", json!({"AlternateIdentifier": key})).unwrap()["UserId"], id.as_str());
    }
    let operations = json!([
        {"AttributePath": "name.givenName", "AttributeValue": "花"},
        {"AttributePath": "title", "AttributeValue": "lead"},
        {"AttributePath": "emails", "AttributeValue": [{"value": "other@example.com", "primary": true}]}
    ]);
    let changed = desk.ids("UpdateUser", json!({"UserId": id, "Operations": operations, "Revision": "1"})).unwrap();
    assert_eq!(changed["Revision"], "2");
    let read = desk.ids("DescribeUser", json!({"UserId": format!("arn:aws:identitystore:::user/{id}")})).unwrap();
    assert_eq!(read["Name"], json!({"FamilyName": "新", "GivenName": "花"}));
    assert_eq!(read["Emails"], json!([{"Value": "other@example.com", "Primary": true}]));
    assert_eq!((&read["Title"], &read["UserStatus"]), (&json!("lead"), &json!("ENABLED")));
    let removal = json!({"UserId": id, "Operations": [{"AttributePath": "title"}]});
    desk.ids("UpdateUser", removal).unwrap();
    assert!(desk.ids("DescribeUser", json!({"UserId": id})).unwrap().get("Title").is_none());
    desk.ids("DeleteUser", json!({"UserId": id})).unwrap();
    assert_eq!(desk.ids("DescribeUser", json!({"UserId": id})).unwrap_err(), "ResourceNotFoundException");
    desk.ids("CreateUser", person("new@example.com")).unwrap();
}

#[test]
fn an_old_revision_is_a_conflict_with_its_reason() {
    let mut desk = Desk::calm();
    let id = desk.principal("group:sre");
    let rename = |name: &str| json!({"GroupId": id, "Operations": [{"AttributePath": "displayName", "AttributeValue": name}], "Revision": "1", "IdentityStoreId": desk.sandbox.identity_store_id()});
    let (first, second) = (rename("sre-2"), rename("sre-3"));
    let client = desk.management.clone();
    desk.ask(&client, "AWSIdentityStore.UpdateGroup", first).unwrap();
    let response = client.json(&mut desk.sandbox, desk.now, "AWSIdentityStore.UpdateGroup", second);
    assert_eq!(response.json()["__type"], "ConflictException");
    assert_eq!(response.json()["Reason"], "CONCURRENT_MODIFICATION");
    assert!(desk.sandbox.principal("group:sre-2").is_some() && desk.sandbox.principal("group:sre").is_none());
}

#[test]
fn a_user_needs_names() {
    let mut desk = Desk::calm();
    for missing in ["UserName", "DisplayName", "Name"] {
        let mut body = person("new@example.com");
        body.as_object_mut().unwrap().shift_remove(missing);
        assert_eq!(desk.ids("CreateUser", body).unwrap_err(), "ValidationException", "{missing}");
    }
    assert_eq!(desk.ids("CreateUser", person("AWSAdministrators")).unwrap_err(), "ValidationException");
    let id = desk.principal("user:hanako.yamada@example.com");
    let unnamed = json!({"UserId": id, "Operations": [{"AttributePath": "displayName"}]});
    assert_eq!(desk.ids("UpdateUser", unnamed).unwrap_err(), "ValidationException");
}

#[test]
fn listings_are_whole_and_filtered_by_one_name() {
    let mut desk = Desk::calm();
    let body = json!({"IdentityStoreId": desk.sandbox.identity_store_id(), "MaxResults": 50});
    assert_eq!(desk.all("AWSIdentityStore.ListUsers", &body, "Users").len(), 120);
    assert_eq!(desk.all("AWSIdentityStore.ListGroups", &body, "Groups").len(), 25);
    let filter = |path: &str, value: &str| json!({"Filters": [{"AttributePath": path, "AttributeValue": value}]});
    let one = desk.ids("ListGroups", filter("DisplayName", "sre")).unwrap();
    assert_eq!(one["Groups"].as_array().unwrap().len(), 1);
    let none = desk.ids("ListUsers", filter("UserName", "nobody")).unwrap();
    assert_eq!(none["Users"], json!([]));
    assert_eq!(desk.ids("ListUsers", filter("Title", "x")).unwrap_err(), "ValidationException");
}

#[test]
fn memberships_come_and_go() {
    let mut desk = Desk::calm();
    let user = json!({"UserId": desk.principal("user:hanako.yamada@example.com")});
    let (team, finance) = (desk.principal("group:minimo-dev"), desk.principal("group:finance"));
    let check = json!({"MemberId": user, "GroupIds": [team, finance]});
    let told = desk.ids("IsMemberInGroups", check).unwrap();
    let exists: Vec<&Value> = told["Results"].as_array().unwrap().iter().map(|row| &row["MembershipExists"]).collect();
    assert_eq!(exists, [&json!(true), &json!(false)]);
    let pair = json!({"GroupId": finance, "MemberId": user});
    let made = desk.ids("CreateGroupMembership", pair.clone()).unwrap();
    assert_eq!(desk.ids("CreateGroupMembership", pair.clone()).unwrap_err(), "ConflictException");
    let found = desk.ids("GetGroupMembershipId", pair.clone()).unwrap();
    assert_eq!(found["MembershipId"], made["MembershipId"]);
    let read = desk.ids("DescribeGroupMembership", json!({"MembershipId": made["MembershipId"]})).unwrap();
    assert_eq!(read["GroupId"], finance.as_str());
    let groups = desk.ids("ListGroupMembershipsForMember", json!({"MemberId": user})).unwrap();
    assert_eq!(groups["GroupMemberships"].as_array().unwrap().len(), 4);
    desk.ids("DeleteGroupMembership", json!({"MembershipId": made["MembershipId"]})).unwrap();
    assert_eq!(desk.ids("GetGroupMembershipId", pair).unwrap_err(), "ResourceNotFoundException");
    let body = json!({"IdentityStoreId": desk.sandbox.identity_store_id(), "GroupId": desk.principal("group:everyone"), "MaxResults": 30});
    assert_eq!(desk.all("AWSIdentityStore.ListGroupMemberships", &body, "GroupMemberships").len(), 115);
}

#[test]
fn a_deleted_user_leaves_groups_but_not_assignments() {
    let mut desk = Desk::calm();
    let user = desk.principal("user:hanako.yamada@example.com");
    desk.ids("DeleteUser", json!({"UserId": user})).unwrap();
    let members = json!({"GroupId": desk.principal("group:minimo-dev")});
    let listed = desk.ids("ListGroupMemberships", members).unwrap();
    assert!(!listed.to_string().contains(&user));
    let orphans = desk.sandbox.assigned().into_iter().filter(|row| row.principal == format!("user-id:{user}"));
    assert_eq!(orphans.count(), 3);
}

#[test]
fn another_store_is_not_found() {
    let mut desk = Desk::calm();
    let client = desk.management.clone();
    let response = client.json(
        &mut desk.sandbox,
        desk.now,
        "AWSIdentityStore.ListUsers",
        json!({"IdentityStoreId": "d-0000000000"}),
    );
    assert_eq!(response.json()["ResourceType"], "IDENTITY_STORE");
}
