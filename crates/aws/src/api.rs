//! Every API operation this crate calls, in one table: rates, retries, counters and the IAM policies all follow it.

/// A service, by the prefix IAM gives its actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Service {
    /// IAM Identity Center (`sso-admin`).
    SsoAdmin,
    /// Users and groups.
    IdentityStore,
    /// Accounts and OUs.
    Organizations,
    /// Who calls; roles for inspection.
    Sts,
    /// IAM of an account.
    Iam,
    /// Objects of the log.
    S3,
    /// What the log says of itself.
    CloudTrail,
    /// Queries over the log.
    Athena,
}

impl Service {
    /// Prefix of the service's IAM actions.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::SsoAdmin => "sso",
            Self::IdentityStore => "identitystore",
            Self::Organizations => "organizations",
            Self::Sts => "sts",
            Self::Iam => "iam",
            Self::S3 => "s3",
            Self::CloudTrail => "cloudtrail",
            Self::Athena => "athena",
        }
    }
}

/// What a `ConflictException` means for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnConflict {
    /// It will not go away: the name is taken.
    Final,
    /// An earlier write has not propagated: try again.
    Retry,
    /// It may also mean that something is still in the way: a few tries, then it is an error.
    RetryBriefly,
}

/// Who has to be allowed to call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Both executors, to look.
    Reading,
    /// Both executors, to change.
    Writing,
    /// The management account's executor alone: AWS refuses everybody else.
    Management,
    /// Whoever inspects accounts through a role in them.
    Inspection,
    /// Whoever reads the log; no executor needs it.
    Evidence,
    /// Whoever takes stock of IAM users, in each account; no executor needs it.
    Inventory,
    /// Whoever retires IAM users, in each account, and looks before and after.
    Retirement,
}

/// An API operation. IAM's action is `prefix:operation` for all of these
/// (service authorization reference of November 2026).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Api {
    pub(crate) service: Service,
    pub(crate) operation: &'static str,
    pub(crate) need: Need,
    pub(crate) on_conflict: OnConflict,
}

impl Api {
    /// `sso:CreateAccountAssignment`.
    pub(crate) fn action(&self) -> String {
        format!("{}:{}", self.service.prefix(), self.operation)
    }
}

macro_rules! apis {
    ($($name:ident = $service:ident $operation:literal $need:ident $on_conflict:ident;)*) => {
        $(pub(crate) static $name: Api = Api {
            service: Service::$service,
            operation: $operation,
            need: Need::$need,
            on_conflict: OnConflict::$on_conflict,
        };)*

        /// The whole table.
        pub(crate) static ALL: &[&Api] = &[$(&$name),*];
    };
}

apis! {
    GET_CALLER_IDENTITY = Sts "GetCallerIdentity" Reading Final;
    ASSUME_ROLE = Sts "AssumeRole" Inspection Final;
    LIST_POLICIES = Iam "ListPolicies" Inspection Final;

    // IAM's names: the operations are ListObjectsV2 and GetObject.
    LIST_BUCKET = S3 "ListBucket" Evidence Final;
    GET_OBJECT = S3 "GetObject" Evidence Final;
    LIST_PUBLIC_KEYS = CloudTrail "ListPublicKeys" Evidence Final;
    DESCRIBE_TRAILS = CloudTrail "DescribeTrails" Evidence Final;
    GET_EVENT_SELECTORS = CloudTrail "GetEventSelectors" Evidence Final;
    START_QUERY = Athena "StartQueryExecution" Evidence Final;
    GET_QUERY = Athena "GetQueryExecution" Evidence Final;
    STOP_QUERY = Athena "StopQueryExecution" Evidence Final;
    GET_QUERY_RESULTS = Athena "GetQueryResults" Evidence Final;

    ALL_ACCOUNTS = Organizations "ListAccounts" Inventory Retry;
    AUTHORIZATION_DETAILS = Iam "GetAccountAuthorizationDetails" Inventory Final;
    ACCOUNT_SUMMARY = Iam "GetAccountSummary" Inventory Final;
    GENERATE_CREDENTIAL_REPORT = Iam "GenerateCredentialReport" Inventory Final;
    GET_CREDENTIAL_REPORT = Iam "GetCredentialReport" Inventory Final;
    LIST_IAM_USERS = Iam "ListUsers" Inventory Final;
    GET_LOGIN_PROFILE = Iam "GetLoginProfile" Inventory Final;
    LIST_ACCESS_KEYS = Iam "ListAccessKeys" Inventory Final;
    ACCESS_KEY_LAST_USED = Iam "GetAccessKeyLastUsed" Inventory Final;
    LIST_MFA_DEVICES = Iam "ListMFADevices" Inventory Final;
    LIST_SSH_PUBLIC_KEYS = Iam "ListSSHPublicKeys" Inventory Final;
    LIST_SERVICE_CREDENTIALS = Iam "ListServiceSpecificCredentials" Inventory Final;
    LIST_SIGNING_CERTIFICATES = Iam "ListSigningCertificates" Inventory Final;
    GENERATE_LAST_ACCESSED = Iam "GenerateServiceLastAccessedDetails" Inventory Final;
    GET_LAST_ACCESSED = Iam "GetServiceLastAccessedDetails" Inventory Final;

    GET_IAM_USER = Iam "GetUser" Retirement Final;
    GET_USER_POLICY = Iam "GetUserPolicy" Retirement Final;
    LIST_USER_POLICIES = Iam "ListUserPolicies" Retirement Final;
    LIST_ATTACHED_USER_POLICIES = Iam "ListAttachedUserPolicies" Retirement Final;
    LIST_GROUPS_FOR_USER = Iam "ListGroupsForUser" Retirement Final;
    UPDATE_ACCESS_KEY = Iam "UpdateAccessKey" Retirement RetryBriefly;
    DELETE_ACCESS_KEY = Iam "DeleteAccessKey" Retirement RetryBriefly;
    UPDATE_SSH_PUBLIC_KEY = Iam "UpdateSSHPublicKey" Retirement RetryBriefly;
    DELETE_SSH_PUBLIC_KEY = Iam "DeleteSSHPublicKey" Retirement RetryBriefly;
    UPDATE_SERVICE_CREDENTIAL = Iam "UpdateServiceSpecificCredential" Retirement RetryBriefly;
    DELETE_SERVICE_CREDENTIAL = Iam "DeleteServiceSpecificCredential" Retirement RetryBriefly;
    UPDATE_SIGNING_CERTIFICATE = Iam "UpdateSigningCertificate" Retirement RetryBriefly;
    DELETE_SIGNING_CERTIFICATE = Iam "DeleteSigningCertificate" Retirement RetryBriefly;
    PUT_USER_POLICY = Iam "PutUserPolicy" Retirement RetryBriefly;
    DELETE_USER_POLICY = Iam "DeleteUserPolicy" Retirement RetryBriefly;
    ATTACH_USER_POLICY = Iam "AttachUserPolicy" Retirement RetryBriefly;
    DETACH_USER_POLICY = Iam "DetachUserPolicy" Retirement RetryBriefly;
    ADD_USER_TO_GROUP = Iam "AddUserToGroup" Retirement RetryBriefly;
    REMOVE_USER_FROM_GROUP = Iam "RemoveUserFromGroup" Retirement RetryBriefly;
    DELETE_LOGIN_PROFILE = Iam "DeleteLoginProfile" Retirement RetryBriefly;
    DEACTIVATE_MFA_DEVICE = Iam "DeactivateMFADevice" Retirement RetryBriefly;
    DELETE_VIRTUAL_MFA_DEVICE = Iam "DeleteVirtualMFADevice" Retirement RetryBriefly;
    CREATE_USER = Iam "CreateUser" Retirement RetryBriefly;
    // What IAM asks for besides where a user is created with tags; never called.
    TAG_USER = Iam "TagUser" Retirement Final;
    DELETE_USER = Iam "DeleteUser" Retirement RetryBriefly;
    CREATE_ACCESS_KEY = Iam "CreateAccessKey" Retirement Final;

    DESCRIBE_ORGANIZATION = Organizations "DescribeOrganization" Reading Retry;
    LIST_DELEGATED_ADMINISTRATORS = Organizations "ListDelegatedAdministrators" Reading Retry;
    LIST_ROOTS = Organizations "ListRoots" Reading Retry;
    LIST_UNITS = Organizations "ListOrganizationalUnitsForParent" Reading Retry;
    LIST_ACCOUNTS = Organizations "ListAccountsForParent" Reading Retry;
    LIST_ACCOUNT_TAGS = Organizations "ListTagsForResource" Reading Retry;

    LIST_USERS = IdentityStore "ListUsers" Reading Final;
    LIST_GROUPS = IdentityStore "ListGroups" Reading Final;
    LIST_GROUP_MEMBERSHIPS = IdentityStore "ListGroupMemberships" Reading Final;

    LIST_INSTANCES = SsoAdmin "ListInstances" Reading Final;
    LIST_PERMISSION_SETS = SsoAdmin "ListPermissionSets" Reading Final;
    DESCRIBE_PERMISSION_SET = SsoAdmin "DescribePermissionSet" Reading Final;
    LIST_MANAGED_POLICIES = SsoAdmin "ListManagedPoliciesInPermissionSet" Reading Final;
    LIST_CUSTOMER_MANAGED_POLICIES = SsoAdmin "ListCustomerManagedPolicyReferencesInPermissionSet" Reading Final;
    GET_INLINE_POLICY = SsoAdmin "GetInlinePolicyForPermissionSet" Reading Final;
    GET_PERMISSIONS_BOUNDARY = SsoAdmin "GetPermissionsBoundaryForPermissionSet" Reading Final;
    LIST_TAGS = SsoAdmin "ListTagsForResource" Reading Final;
    LIST_PROVISIONED_ACCOUNTS = SsoAdmin "ListAccountsForProvisionedPermissionSet" Reading Final;
    LIST_ASSIGNMENTS = SsoAdmin "ListAccountAssignments" Reading Final;
    LIST_ASSIGNMENTS_FOR_PRINCIPAL = SsoAdmin "ListAccountAssignmentsForPrincipal" Management Final;
    LIST_CREATION_STATUS = SsoAdmin "ListAccountAssignmentCreationStatus" Reading Final;
    LIST_DELETION_STATUS = SsoAdmin "ListAccountAssignmentDeletionStatus" Reading Final;
    LIST_PROVISIONING_STATUS = SsoAdmin "ListPermissionSetProvisioningStatus" Reading Final;
    DESCRIBE_CREATION_STATUS = SsoAdmin "DescribeAccountAssignmentCreationStatus" Reading Final;
    DESCRIBE_DELETION_STATUS = SsoAdmin "DescribeAccountAssignmentDeletionStatus" Reading Final;
    DESCRIBE_PROVISIONING_STATUS = SsoAdmin "DescribePermissionSetProvisioningStatus" Reading Final;

    CREATE_PERMISSION_SET = SsoAdmin "CreatePermissionSet" Writing Final;
    UPDATE_PERMISSION_SET = SsoAdmin "UpdatePermissionSet" Writing Retry;
    DELETE_PERMISSION_SET = SsoAdmin "DeletePermissionSet" Writing RetryBriefly;
    ATTACH_MANAGED_POLICY = SsoAdmin "AttachManagedPolicyToPermissionSet" Writing Retry;
    DETACH_MANAGED_POLICY = SsoAdmin "DetachManagedPolicyFromPermissionSet" Writing Retry;
    ATTACH_CUSTOMER_MANAGED_POLICY =
        SsoAdmin "AttachCustomerManagedPolicyReferenceToPermissionSet" Writing Retry;
    DETACH_CUSTOMER_MANAGED_POLICY =
        SsoAdmin "DetachCustomerManagedPolicyReferenceFromPermissionSet" Writing Retry;
    PUT_INLINE_POLICY = SsoAdmin "PutInlinePolicyToPermissionSet" Writing Retry;
    DELETE_INLINE_POLICY = SsoAdmin "DeleteInlinePolicyFromPermissionSet" Writing Retry;
    PUT_PERMISSIONS_BOUNDARY = SsoAdmin "PutPermissionsBoundaryToPermissionSet" Writing Retry;
    DELETE_PERMISSIONS_BOUNDARY = SsoAdmin "DeletePermissionsBoundaryFromPermissionSet" Writing Retry;
    TAG_RESOURCE = SsoAdmin "TagResource" Writing Retry;
    UNTAG_RESOURCE = SsoAdmin "UntagResource" Writing Retry;
    PROVISION_PERMISSION_SET = SsoAdmin "ProvisionPermissionSet" Writing Retry;
    CREATE_ACCOUNT_ASSIGNMENT = SsoAdmin "CreateAccountAssignment" Writing Retry;
    DELETE_ACCOUNT_ASSIGNMENT = SsoAdmin "DeleteAccountAssignment" Writing Retry;
}
