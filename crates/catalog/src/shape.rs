//! The keys of every mapping people write: one table that the parser refuses unknown keys by, that JSON Schema is made
//! of, and that the formatter orders keys by.

/// A key of a mapping.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    /// For people, shown by editors.
    pub(crate) about: &'static str,
    /// JSON Schema of the value. `#name` in `$ref` names another shape or a common definition.
    pub(crate) schema: &'static str,
}

/// A mapping.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Name of its definition in a schema.
    pub(crate) name: &'static str,
    /// For messages, with an article: "a permission set".
    pub(crate) what: &'static str,
    pub(crate) about: &'static str,
    pub(crate) keys: &'static [Key],
}

const fn key(name: &'static str, about: &'static str, schema: &'static str) -> Key {
    Key { name, required: false, about, schema }
}

const fn required(name: &'static str, about: &'static str, schema: &'static str) -> Key {
    Key { name, required: true, about, schema }
}

const TEXT: &str = r#"{"type": "string", "minLength": 1}"#;
const PATTERNS: &str = r##"{"type": "array", "items": {"$ref": "#pattern"}}"##;
const PATTERN: &str = r##"{"$ref": "#pattern"}"##;
const COUNT: &str = r#"{"type": "integer", "minimum": 0}"#;
const PRINCIPALS: &str = r##"{"type": "array", "items": {"$ref": "#principal"}, "minItems": 1}"##;

/// Words that people use for a key.
pub(crate) const OTHER_WORDS: [(&str, &str); 20] = [
    ("exclude", "except"),
    ("excludes", "except"),
    ("excluding", "except"),
    ("not", "except"),
    ("user", "principals"),
    ("users", "principals"),
    ("group", "principals"),
    ("groups", "principals"),
    ("who", "principals"),
    ("set", "permission_sets"),
    ("sets", "permission_sets"),
    ("role", "permission_sets"),
    ("roles", "permission_sets"),
    ("targets", "accounts"),
    ("where", "accounts"),
    ("policies", "managed_policies"),
    ("boundary", "permissions_boundary"),
    ("comment", "title"),
    ("state_url", "state"),
    ("instance_arn", "instance"),
];

/// `sekisho.yaml`.
pub(crate) static SETTINGS: Shape = Shape {
    name: "settings",
    what: "`sekisho.yaml`",
    about: "Settings of this deployment of Sekisho.",
    keys: &[
        required(
            "deployment",
            "Name of this deployment. Permission sets that it creates carry it as the tag `sekisho:deployment`.",
            r#"{"type": "string", "minLength": 1, "maxLength": 256}"#,
        ),
        key(
            "instance",
            "ARN of the Identity Center instance. Needed only where the credentials see several.",
            r#"{"type": "string", "pattern": "^arn:aws(-[a-z]{1,5}){0,3}:sso:::instance/(sso)?ins-[a-zA-Z0-9-.]{16}$"}"#,
        ),
        key(
            "region",
            "Primary Region of the instance, as in `ap-northeast-1`.",
            r#"{"type": "string", "pattern": "^[a-z]{2,}(-[a-z]+)+-[0-9]+$"}"#,
        ),
        key(
            "state",
            "Where the journal is kept: `sqlite://state.db` or `postgres://host/database`. No password belongs here.",
            r#"{"type": "string", "pattern": "^(sqlite|postgres|postgresql|memory):"}"#,
        ),
        key(
            "inspection_role",
            "Name (with its path) of a role that lies in every account and may `iam:ListPolicies`. With it a plan warns where a customer managed policy or boundary is missing.",
            r#"{"type": "string", "pattern": "^/?([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}$"}"#,
        ),
        key("retirement", "How IAM users are retired.", r##"{"$ref": "#retirement"}"##),
        key(
            "ownership",
            "What Sekisho may remove. The first rule that fits decides; what no rule fits is `additive`.",
            r##"{"type": "array", "items": {"$ref": "#ownership"}}"##,
        ),
        key("guards", "Most that one run may remove.", r##"{"$ref": "#guards"}"##),
        key("protected", "What no run removes.", r##"{"$ref": "#protected"}"##),
        key(
            "lockout",
            "The administrators' way in, which no run may close.",
            r##"{"type": "array", "items": {"$ref": "#lockout"}}"##,
        ),
        key("quotas", "Quotas of Identity Center, where AWS raised them for you.", r##"{"$ref": "#quotas"}"##),
    ],
};

/// One rule of `ownership`.
pub(crate) static OWNERSHIP: Shape = Shape {
    name: "ownership",
    what: "an ownership rule",
    about: "One rule on what Sekisho may remove.",
    keys: &[
        required(
            "mode",
            "`additive`: only what Sekisho created. `exclusive`: whatever is not declared. `observe`: nothing is changed.",
            r#"{"enum": ["additive", "exclusive", "observe"]}"#,
        ),
        key("permission_sets", "Names of permission sets; `*` stands for any text. All if left out.", PATTERN),
        key("accounts", "Names or ids of accounts. All if left out.", PATTERN),
        key("principals", "Principals as in `group:minimo-*`. All if left out.", PATTERN),
    ],
};

/// `retirement`.
pub(crate) static RETIREMENT: Shape = Shape {
    name: "retirement",
    what: "`retirement`",
    about: "How IAM users are retired.",
    keys: &[
        key(
            "protected",
            "IAM users that nobody retires (break-glass): names or `account/name`; `*` stands for any text.",
            PATTERNS,
        ),
        key(
            "parallel_days",
            "How long both ways are open after the owner was told (30 if left out).",
            r#"{"type": "integer", "minimum": 0, "maximum": 1000}"#,
        ),
        key(
            "quiet_days",
            "How long a user that is switched off is watched before it is deleted (14 if left out).",
            r#"{"type": "integer", "minimum": 0, "maximum": 1000}"#,
        ),
        key(
            "role",
            "Name (with its path) of the role in every account that may change IAM users; else `inspection_role`.",
            r#"{"type": "string", "pattern": "^/?([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}$"}"#,
        ),
    ],
};

/// `guards`.
pub(crate) static GUARDS: Shape = Shape {
    name: "guards",
    what: "`guards`",
    about: "Most that one run may remove; a run that would remove more stops before its first write.",
    keys: &[
        key("max_withdrawals", "Most assignments withdrawn in one run (50 if left out).", COUNT),
        key(
            "max_withdrawals_percent",
            "The same in percent of all assignments; counts from ten withdrawals on (10 if left out).",
            r#"{"type": "integer", "minimum": 0, "maximum": 100}"#,
        ),
        key("max_withdrawals_per_account", "Most assignments withdrawn in one account (20 if left out).", COUNT),
        key("max_withdrawals_per_principal", "Most assignments withdrawn from one principal (20 if left out).", COUNT),
        key("max_permission_set_deletions", "Most permission sets deleted in one run (3 if left out).", COUNT),
    ],
};

/// `protected`.
pub(crate) static PROTECTED: Shape = Shape {
    name: "protected",
    what: "`protected`",
    about: "What no run removes. Patterns: `*` stands for any text.",
    keys: &[
        key("accounts", "Names or ids of accounts in which nothing is withdrawn.", PATTERNS),
        key("principals", "Principals from whom nothing is withdrawn, as in `group:platform-admins`.", PATTERNS),
        key("permission_sets", "Permission sets that are neither changed nor deleted.", PATTERNS),
        key(
            "adopted_permission_sets",
            "Permission sets of AWS or Control Tower (`AWS…`) that Sekisho shall manage all the same.",
            PATTERNS,
        ),
    ],
};

/// One rule of `lockout`.
pub(crate) static LOCKOUT: Shape = Shape {
    name: "lockout",
    what: "a lockout rule",
    about: "At least one of these principals keeps one of these sets in each of these accounts where it has one now.",
    keys: &[
        required("principals", "Principals, as in `group:platform-admins`.", PATTERNS),
        required("permission_sets", "Permission sets that let administrators in.", PATTERNS),
        key("accounts", "Names or ids of accounts. All if left out.", PATTERNS),
    ],
};

/// `quotas`.
pub(crate) static QUOTAS: Shape = Shape {
    name: "quotas",
    what: "`quotas`",
    about: "Quotas of Identity Center; only what AWS raised for you needs to be written.",
    keys: &[
        key("permission_sets", "Permission sets in the instance (3,500 if left out).", COUNT),
        key("permission_sets_per_account", "Sets provisioned in one account (500 if left out).", COUNT),
        key("policies_per_permission_set", "Managed policies of one set (25 if left out).", COUNT),
        key("groups_per_pair", "Groups assigned with one set in one account (100 if left out).", COUNT),
    ],
};

/// An entry of `accounts.yaml`.
pub(crate) static ACCOUNT: Shape = Shape {
    name: "account_record",
    what: "an account",
    about: "What is to be known of an account beside what Organizations says.",
    keys: &[
        required("id", "Account id, twelve digits in quotes.", r##"{"$ref": "#account_id"}"##),
        key("name", "Name of the account.", TEXT),
        key("title", "What people call it, in any language.", TEXT),
        key("owners", "Responsible people.", PRINCIPALS),
        key("role", "ARN of the role that reaches the account, where there is no Organizations.", TEXT),
        key("profile", "Profile of the AWS configuration that reaches the account.", TEXT),
    ],
};

/// `people.yaml`.
pub(crate) static PEOPLE: Shape = Shape {
    name: "people_file",
    what: "`people.yaml`",
    about: "People and groups.",
    keys: &[
        key("people", "People.", r##"{"type": "array", "items": {"$ref": "#person"}}"##),
        key("groups", "Groups.", r##"{"type": "array", "items": {"$ref": "#group"}}"##),
    ],
};

/// One person.
pub(crate) static PERSON: Shape = Shape {
    name: "person",
    what: "a person",
    about: "One person.",
    keys: &[
        required(
            "user_name",
            "Sign-in name, mostly the e-mail address.",
            r#"{"type": "string", "minLength": 1, "maxLength": 128}"#,
        ),
        required("given_name", "Given name.", TEXT),
        required("family_name", "Family name.", TEXT),
        key("display_name", "Name as people read it; family and given name if left out.", TEXT),
        required("email", "E-mail address.", r#"{"type": "string", "pattern": "^[^@ ]+@[^@ ]+$"}"#),
        key(
            "groups",
            "Names of the groups the person belongs to.",
            r#"{"type": "array", "items": {"type": "string", "minLength": 1}}"#,
        ),
        key(
            "left",
            "The day the person left, as in `2026-03-31`. Who still has an IAM user is told first then; absence from the list means nothing.",
            r#"{"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}"#,
        ),
    ],
};

/// An entry of `iam-users.yaml`.
pub(crate) static IAM_USER_OWNER: Shape = Shape {
    name: "iam_user_owner",
    what: "an entry of `iam-users.yaml`",
    about: "Whose an IAM user is, settled by hand.",
    keys: &[
        required("user", "Name of the IAM user.", r#"{"type": "string", "minLength": 1, "maxLength": 64}"#),
        key(
            "account",
            "Account id, twelve digits in quotes; in all accounts if left out.",
            r##"{"$ref": "#account_id"}"##,
        ),
        required("owner", "User name or e-mail address of the owner, or `system` where it is nobody's.", TEXT),
        key("note", "Why, for people.", TEXT),
    ],
};

/// One group.
pub(crate) static GROUP: Shape = Shape {
    name: "group",
    what: "a group",
    about: "One group.",
    keys: &[
        required("name", "Name of the group.", r#"{"type": "string", "minLength": 1, "maxLength": 1024}"#),
        key("description", "What the group is for.", TEXT),
    ],
};

/// A file of `permission-sets/`.
pub(crate) static PERMISSION_SET: Shape = Shape {
    name: "permission_set",
    what: "a permission set",
    about: "One permission set. What is left out here is empty in AWS.",
    keys: &[
        required(
            "name",
            "Name: 1–32 letters, digits or `_+=,.@-`. AWS cannot rename a set.",
            r#"{"type": "string", "pattern": "^[A-Za-z0-9_+=,.@-]{1,32}$"}"#,
        ),
        key("title", "What people call it, in any language. Not sent to AWS.", TEXT),
        key(
            "description",
            "Description in AWS: Latin letters only, at most 700 characters. Other languages go into `title`.",
            r#"{"type": "string", "minLength": 1, "maxLength": 700, "pattern": "^[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*$"}"#,
        ),
        key(
            "session_duration",
            "How long a session from the portal lasts, PT1H to PT12H (PT1H if left out).",
            r#"{"type": "string", "pattern": "^PT([0-9]+H)?([0-9]+M)?([0-9]+S)?$", "examples": ["PT1H", "PT4H", "PT8H", "PT12H"]}"#,
        ),
        key(
            "relay_state",
            "Page of the console that a sign-in opens, at most 240 characters.",
            r#"{"type": "string", "minLength": 1, "maxLength": 240}"#,
        ),
        key(
            "managed_policies",
            "AWS managed policies, by name (`ReadOnlyAccess`) or ARN.",
            r##"{"type": "array", "items": {"$ref": "#managed_policy"}, "maxItems": 25, "uniqueItems": true}"##,
        ),
        key(
            "customer_managed_policies",
            "Your own managed policies, which must exist in every account of the set, by name and path.",
            r##"{"type": "array", "items": {"$ref": "#customer_managed_policy"}, "maxItems": 25}"##,
        ),
        key(
            "inline_policies",
            "Files of `policies/`, or policies written out. Several are put together into one.",
            r##"{"oneOf": [{"$ref": "#inline_policy"}, {"type": "array", "items": {"$ref": "#inline_policy"}}]}"##,
        ),
        key(
            "permissions_boundary",
            "Upper limit of the set: an AWS managed policy by name or ARN, or your own by name and path.",
            r##"{"oneOf": [{"$ref": "#managed_policy"}, {"$ref": "#customer_managed_policy"}]}"##,
        ),
        key(
            "tags",
            "Tags of the set.",
            r#"{"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}, "maxProperties": 50}"#,
        ),
        key("owners", "Responsible people.", PRINCIPALS),
    ],
};

/// An item of `customer_managed_policies`.
pub(crate) static CUSTOMER_MANAGED_POLICY: Shape = Shape {
    name: "customer_managed_policy",
    what: "a customer managed policy",
    about: "A managed policy of your own.",
    keys: &[
        required("name", "Name of the policy.", r#"{"type": "string", "pattern": "^[A-Za-z0-9_+=,.@-]{1,128}$"}"#),
        key(
            "path",
            "Path of the policy (`/` if left out).",
            r#"{"type": "string", "pattern": "^((/[A-Za-z0-9.,+@=_-]+)*)/$"}"#,
        ),
    ],
};

/// An entry of `assignments/*.yaml`.
pub(crate) static ASSIGNMENT: Shape = Shape {
    name: "assignment",
    what: "an assignment",
    about: "Every principal gets every permission set in every account, except in those under `except`.",
    keys: &[
        required("principals", "Who: `group:NAME`, `user:NAME or e-mail`, `group-id:ID`, `user-id:ID`.", PRINCIPALS),
        required(
            "permission_sets",
            "With which rights: names of permission sets.",
            r#"{"type": "array", "items": {"type": "string", "pattern": "^[A-Za-z0-9_+=,.@-]{1,32}$"}, "minItems": 1}"#,
        ),
        required(
            "accounts",
            "Where: account names or ids, `name:*-prod`, `ou:/service/minimo/**`, `ou-id:ou-…`, `tag:env=staging`.",
            r##"{"type": "array", "items": {"$ref": "#account"}, "minItems": 1}"##,
        ),
        key(
            "except",
            "Where not: accounts, as under `accounts`.",
            r##"{"type": "array", "items": {"$ref": "#account"}}"##,
        ),
    ],
};

/// A file of `switch-roles/`.
pub(crate) static SWITCH_ROLES: Shape = Shape {
    name: "switch_roles",
    what: "a file of `switch-roles/`",
    about: "Roles that people switch to, and which function may take which.",
    keys: &[
        key(
            "hubs",
            "Accounts in which people sign in, by name or id: the file is about these. All if left out.",
            r##"{"type": "array", "items": {"$ref": "#account_name"}, "minItems": 1}"##,
        ),
        required("roles", "The roles.", r##"{"type": "array", "items": {"$ref": "#switch_role"}}"##),
        required("matrix", "Who may take which.", r##"{"type": "array", "items": {"$ref": "#matrix_line"}}"##),
    ],
};

/// A role of `switch-roles/`.
pub(crate) static SWITCH_ROLE: Shape = Shape {
    name: "switch_role",
    what: "a role",
    about: "A role that people switch to: by name in some accounts, or by its ARN.",
    keys: &[
        required("name", "What the matrix calls it.", TEXT),
        key(
            "role",
            "Name (with its path) of the IAM role; `name` if left out.",
            r#"{"type": "string", "pattern": "^/?([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}$"}"#,
        ),
        key(
            "accounts",
            "Accounts in which it lies, by name or id.",
            r##"{"type": "array", "items": {"$ref": "#account_name"}, "minItems": 1}"##,
        ),
        key(
            "arn",
            "ARN of the role, in place of `role` and `accounts`.",
            r#"{"type": "string", "pattern": "^arn:[^:]+:iam::[0-9]{12}:role/.+$"}"#,
        ),
        key(
            "display_name",
            "What the console's menu calls it, unless people name it themselves.",
            r#"{"type": "string", "minLength": 1, "maxLength": 64}"#,
        ),
        key(
            "color",
            "Its colour in the console, unless people choose their own: six hexadecimal digits in quotes.",
            r#"{"type": ["string", "integer"], "pattern": "^[0-9A-Fa-f]{6}$", "examples": ["F2B0A9", "FBBF93", "FAD791", "B7CA9D", "99BCE3"]}"#,
        ),
        key("mfa", "Whether it is taken with a second factor only (true if left out).", r#"{"type": "boolean"}"#),
    ],
};

/// A line of the matrix.
pub(crate) static MATRIX_LINE: Shape = Shape {
    name: "matrix_line",
    what: "a line of the matrix",
    about: "Whoever has one of these functions may take each of these roles.",
    keys: &[
        required(
            "functions",
            "Functions: names of groups, as in people.yaml.",
            r#"{"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}"#,
        ),
        required(
            "roles",
            "Names of roles of this file.",
            r#"{"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}"#,
        ),
    ],
};
