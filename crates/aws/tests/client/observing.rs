//! Whole observations of a canned AWS: what is known, and what a failing part does.

use aws::{Client, Options, ReadingMode};
use model::observed::{CallerRole, Observed};
use ports::{AwsErrorKind, AwsRead};
use serde_json::json;

use crate::canned::{ADMIN, Answer, Canned, READER};

async fn observe(canned: &Canned) -> Observed {
    canned.client().await.observe(&()).await.unwrap()
}

/// Calls of a run by operation, readable in a snapshot.
fn calls(client: &Client) -> Vec<String> {
    client
        .calls()
        .into_iter()
        .map(|((service, operation), count)| format!("{count:>3} {service}:{operation}"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn everything_is_read_with_few_calls() {
    let canned = Canned::new();
    let client = canned.client().await;
    let observed = client.observe(&()).await.unwrap();
    assert_eq!(observed.unknown_parts(), Vec::<String>::new());
    assert_eq!(observed.cost.calls, client.call_totals().0);
    assert_eq!(observed.cost.throttled, 0);
    insta::assert_json_snapshot!("happy_observation", observed);
    insta::assert_snapshot!("happy_calls", calls(&client).join("\n"));
}

#[tokio::test(start_paused = true)]
async fn each_failing_part_is_unknown_and_nothing_else() {
    let mut text = String::new();
    for (operation, code) in [
        ("DescribeOrganization", "AWSOrganizationsNotInUseException"),
        ("ListRoots", "AccessDeniedException"),
        ("ListOrganizationalUnitsForParent", "ServiceException"),
        ("ListAccountsForParent", "AccessDeniedException"),
        ("ListDelegatedAdministrators", "AccessDeniedException"),
        ("ListTagsForResource", "AccessDeniedException"),
        ("ListUsers", "AccessDeniedException"),
        ("ListGroups", "ValidationException"),
        ("ListGroupMemberships", "ResourceNotFoundException"),
        ("ListPermissionSets", "AccessDeniedException"),
        ("DescribePermissionSet", "AccessDeniedException"),
        ("DescribePermissionSet", "ResourceNotFoundException"),
        ("ListManagedPoliciesInPermissionSet", "AccessDeniedException"),
        ("ListCustomerManagedPolicyReferencesInPermissionSet", "UnknownOperationException"),
        ("GetInlinePolicyForPermissionSet", "AccessDeniedException"),
        ("GetPermissionsBoundaryForPermissionSet", "AccessDeniedException"),
        ("ListAccountsForProvisionedPermissionSet", "UnknownOperationException"),
        ("ListAccountAssignments", "AccessDeniedException"),
    ] {
        let canned = Canned::new();
        canned.fails(operation, code);
        let observed = observe(&canned).await;
        text.push_str(&format!("# {operation} answers {code}; caller: {:?}\n", observed.caller.role));
        for part in observed.unknown_parts() {
            text.push_str(&format!("  {part}\n"));
        }
    }
    insta::assert_snapshot!("failing_parts", text);
}

#[tokio::test(start_paused = true)]
async fn answers_that_lack_a_field_are_unknown() {
    let mut text = String::new();
    let odd: [(&str, serde_json::Value); 13] = [
        ("ListRoots", json!({"Roots": [{"Name": "Root"}]})),
        ("ListAccountsForParent", json!({"Accounts": [{"Id": "111111111111", "Name": "a"}]})),
        ("ListAccountsForParent", json!({"Accounts": [{"Id": "12", "Name": "a", "State": "ACTIVE"}]})),
        ("ListAccountsForParent", json!({"Accounts": [{"Id": "111111111111", "State": "FROZEN"}]})),
        ("ListUsers", json!({"Users": [{"UserName": "no id"}]})),
        ("ListGroupMemberships", json!({"GroupMemberships": [{"GroupId": "g-1", "MemberId": {"Robot": "r-1"}}]})),
        ("ListPermissionSets", json!({"PermissionSets": ["not an arn"]})),
        ("DescribePermissionSet", json!({})),
        ("DescribePermissionSet", json!({"PermissionSet": {"Name": "Admin", "SessionDuration": "forever"}})),
        ("ListManagedPoliciesInPermissionSet", json!({"AttachedManagedPolicies": [{"Name": "x"}]})),
        ("ListAccountsForProvisionedPermissionSet", json!({"AccountIds": ["x"]})),
        ("ListAccountAssignments", json!({"AccountAssignments": [{"PrincipalType": "ROBOT", "PrincipalId": "r"}]})),
        ("ListAccountAssignments", json!({"AccountAssignments": [{"PrincipalType": "USER"}]})),
    ];
    for (operation, body) in odd {
        let canned = Canned::new();
        let answer = body.clone();
        canned.on(operation, move |_, _| Answer::Json(answer.clone()));
        text.push_str(&format!("# {operation}: {body}\n"));
        for part in observe(&canned).await.unknown_parts() {
            text.push_str(&format!("  {part}\n"));
        }
    }
    insta::assert_snapshot!("odd_answers", text);
}

#[tokio::test(start_paused = true)]
async fn rows_seen_before_a_listing_broke_are_kept() {
    let canned = Canned::new();
    canned.on("ListAccountAssignments", |body, _| match body["NextToken"].as_str() {
        None => Answer::Json(json!({"NextToken": "more", "AccountAssignments": [
            {"PrincipalType": "USER", "PrincipalId": "u-1"}]})),
        Some(_) => Answer::Error("AccessDeniedException", "no more"),
    });
    let observed = observe(&canned).await;
    assert_eq!(observed.assignments.rows().len(), 3);
    assert_eq!(observed.incomplete_pairs.len(), 3);
    // without the request's id, which would make every reason another one
    assert!(observed.incomplete_pairs[0].reason.ends_with("no more"), "{:?}", observed.incomplete_pairs);
}

#[tokio::test(start_paused = true)]
async fn a_token_given_twice_makes_the_pair_incomplete() {
    let canned = Canned::new();
    canned.on("ListAccountAssignments", |body, _| {
        let principal = if body["NextToken"].is_null() { "u-1" } else { "u-2" };
        Answer::Json(json!({"NextToken": "again", "AccountAssignments": [
            {"PrincipalType": "USER", "PrincipalId": principal}]}))
    });
    let observed = observe(&canned).await;
    assert_eq!(observed.assignments.rows().len(), 6);
    assert!(observed.incomplete_pairs.iter().all(|pair| pair.reason.contains("NextToken")));
}

#[tokio::test(start_paused = true)]
async fn an_account_that_moves_while_the_tree_is_read_is_read_again() {
    let canned = Canned::new();
    canned.on("ListAccountsForParent", |body, before| {
        let moved = json!({"Accounts": [{"Id": "222222222222", "Name": "admin", "State": "ACTIVE"}]});
        // first both parents have it, then one
        Answer::Json(if before < 2 || body["ParentId"] == "ou-1" { moved } else { json!({}) })
    });
    let observed = observe(&canned).await;
    let account = observed.account(&"222222222222".parse().unwrap()).unwrap();
    assert_eq!(account.parent.as_str(), "ou-1");
}

#[tokio::test(start_paused = true)]
async fn empty_pages_of_organizations_do_not_end_the_list() {
    let canned = Canned::new();
    canned.on("ListAccountsForParent", |body, _| {
        Answer::Json(match (body["ParentId"].as_str(), body["NextToken"].as_str()) {
            (Some("r-1"), None) => json!({"Accounts": [], "NextToken": "t"}),
            (Some("r-1"), Some(_)) => json!({"Accounts": [{"Id": "111111111111", "Name": "m", "State": "SUSPENDED"}]}),
            _ => json!({"Accounts": []}),
        })
    });
    let observed = observe(&canned).await;
    assert_eq!(observed.organization.value().unwrap().accounts.len(), 1);
}

async fn management(canned: &Canned, reading: ReadingMode) -> (Observed, Client) {
    canned.on("DescribeOrganization", |_, _| {
        Answer::Json(json!({"Organization": {"Id": "o-1", "MasterAccountId": "222222222222"}}))
    });
    canned.on("ListAccountAssignmentsForPrincipal", |body, _| {
        let row = |set: &str, principal: &str| {
            json!({"AccountId": "222222222222", "PermissionSetArn": set, "PrincipalId": principal,
                   "PrincipalType": "USER"})
        };
        Answer::Json(match body["PrincipalId"].as_str().unwrap() {
            // the group's row, seen through its member, is not the member's
            "u-1" => json!({"AccountAssignments": [row(ADMIN, "u-1"), row(READER, "g-1")]}),
            "g-1" => json!({"AccountAssignments": [row(READER, "g-1")]}),
            _ => json!({}),
        })
    });
    let client = Client::connect(Options { reading, ..canned.options() }).await.unwrap();
    (client.observe(&()).await.unwrap(), client)
}

#[tokio::test(start_paused = true)]
async fn reading_per_principal_never_completes_a_pair() {
    let canned = Canned::new();
    let (observed, client) = management(&canned, ReadingMode::PerPrincipal).await;
    assert_eq!(observed.caller.role, CallerRole::Management);
    let rows: Vec<String> =
        observed.assignments.iter().map(|(set, account, principal)| format!("{set} {account} {principal}")).collect();
    assert_eq!(rows, ["Admin 222222222222 user u-1", "Reader 222222222222 group g-1"]);
    assert_eq!(observed.incomplete_pairs.len(), 3);
    assert!(observed.pair_complete(&"Admin".parse().unwrap(), &"222222222222".parse().unwrap()).is_err());
    assert_eq!(client.calls().get(&("sso", "ListAccountAssignments")), None);
    assert_eq!(client.calls()[&("sso", "ListAccountAssignmentsForPrincipal")], 3);
    assert!(!client.calls().contains_key(&("organizations", "ListDelegatedAdministrators")));
}

#[tokio::test(start_paused = true)]
async fn per_principal_is_chosen_only_where_it_is_cheaper() {
    let canned = Canned::new();
    let (observed, client) = management(&canned, ReadingMode::Auto).await;
    // three principals, three pairs
    assert!(observed.incomplete_pairs.is_empty());
    assert_eq!(client.calls()[&("sso", "ListAccountAssignments")], 3);
}

#[tokio::test(start_paused = true)]
async fn an_assignment_outside_the_provisioned_accounts_makes_its_pair_incomplete() {
    let canned = Canned::new();
    canned.on("ListAccountsForProvisionedPermissionSet", |_, _| Answer::Json(json!({"AccountIds": []})));
    let (observed, _) = management(&canned, ReadingMode::PerPrincipal).await;
    assert_eq!(observed.assignments.rows().len(), 2);
    assert_eq!(observed.incomplete_pairs.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn tags_that_may_not_be_read_cost_one_call() {
    let canned = Canned::new();
    canned.on("ListTagsForResource", |body, _| match body["ResourceId"].is_string() {
        true => Answer::Error("AccessDeniedException", "no tags for you"),
        false => Answer::Json(json!({"Tags": []})),
    });
    let client = canned.client().await;
    let observed = client.observe(&()).await.unwrap();
    let accounts = &observed.organization.value().unwrap().accounts;
    assert!(accounts.values().all(|account| !account.tags.is_known()));
    assert_eq!(client.calls()[&("organizations", "ListTagsForResource")], 1);
}

#[tokio::test(start_paused = true)]
async fn without_credentials_nothing_can_be_said() {
    let canned = Canned::new();
    canned.on("GetCallerIdentity", |_, _| {
        Answer::Raw(
            403,
            "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token included \
             in the request is expired</Message></Error><RequestId>r</RequestId></ErrorResponse>"
                .into(),
        )
    });
    let error = canned.client().await.observe(&()).await.unwrap_err();
    assert_eq!(error.kind, AwsErrorKind::Credentials);
    assert_eq!(error.code.as_deref(), Some("ExpiredToken"));
}
