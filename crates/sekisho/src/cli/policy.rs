//! The command line of `sekisho policy`, as types.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::FormatFlag;

/// `policy`
#[derive(Debug, Args)]
pub(crate) struct PolicyArguments {
    /// What.
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

/// Questions about IAM policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Look for mistakes in policies: what AWS refuses, what does nothing, what is dangerous.
    ///
    /// Exit code 1 when there are errors. The rules are described in docs/policy-lint.md.
    #[command(
        after_help = "Examples:\n  sekisho policy check policies/*.json\n  aws iam get-role-policy … --query PolicyDocument | sekisho policy check -\n  sekisho policy check --format sarif policies/*.json > policies.sarif"
    )]
    Check(CheckPolicyArguments),
    /// Say what B allows relative to A, with proof, or with a request that shows the difference.
    ///
    /// The answer is `equal`, `broader`, `narrower`, `incomparable`, `possibly_different` (it hangs on a variable, or on what
    /// AWS leaves open) or `unknown` (a bound was reached), over all texts, and over the dated catalogue of actions.
    #[command(
        after_help = "Examples:\n  sekisho policy compare old.json new.json\n  sekisho policy compare aws:AmazonS3ReadOnlyAccess aws:AmazonS3FullAccess\n  sekisho policy compare a.json,b.json merged.json --format json | jq .relation_all_strings"
    )]
    Compare(ComparePolicyArguments),
    /// Merge policies into one that allows and denies exactly the same, with proof, small enough to fit.
    ///
    /// The policy goes to standard output, the report to standard error. When nothing fits, the ways out are listed with their
    /// sizes, and the exit code is 1.
    #[command(
        after_help = "Examples:\n  sekisho policy merge s3.json dynamodb.json > one.json\n  sekisho policy merge --level l0 *.json          equal for every action AWS may ever add\n  sekisho policy merge --limit 6144 aws:ReadOnlyAccess mine.json"
    )]
    Merge(MergePolicyArguments),
    /// Decide over requests, and say which statement decides.
    #[command(
        after_help = "Examples:\n  sekisho policy simulate --action s3:GetObject --resource arn:aws:s3:::reports/a.csv s3.json\n  sekisho policy simulate --action ec2:StopInstances --resource '*' --context aws:RequestedRegion=ap-northeast-1 \\\n      --scp root.json --scp ou.json --boundary boundary.json developer.json\n  sekisho policy simulate --action iam:CreateUser --expect denied guard.json aws:AdministratorAccess      in CI"
    )]
    Simulate(SimulatePolicyArguments),
    /// Say in plain words what a policy does, in English or Japanese.
    #[command(
        after_help = "Examples:\n  sekisho policy explain developer.json\n  sekisho policy explain --language ja aws:ReadOnlyAccess"
    )]
    Explain(ExplainPolicyArguments),
    /// Find the AWS managed policies that say the same, contain it, or are near.
    #[command(
        after_help = "Examples:\n  sekisho policy match viewer.json\n  sekisho policy match --limit 10 --format json viewer.json"
    )]
    Match(MatchPolicyArguments),
    /// Carry an IAM user's policies over to a role: what keeps its meaning, what is rewritten, what goes.
    ///
    /// Several policies become one file each in the folder of `--out`; nothing there is overwritten. The report goes to standard output.
    #[command(
        after_help = "Examples:\n  sekisho policy translate --user arn:aws:iam::111122223333:user/taro taro/*.json\n  sekisho policy translate --user arn:aws:iam::111122223333:user/taro --tag team=web --out translated taro/*.json\n  sekisho policy translate --user arn:aws:iam::111122223333:user/taro --resource-policy trust.json taro/*.json"
    )]
    Translate(TranslatePolicyArguments),
    /// Propose a few permission sets for what many principals hold, with what each would gain.
    ///
    /// Each argument is one principal: a folder with its policies as *.json, or a file. The limits say how many actions beyond its own a
    /// principal may get by sharing a set.
    #[command(
        after_help = "Examples:\n  sekisho policy cluster users/*\n  sekisho policy cluster --extra-reading 200 --extra-writing 5 users/*"
    )]
    Cluster(ClusterPolicyArguments),
    /// Renew the catalogue of actions.
    #[command(after_help = "Examples:\n  sekisho policy catalogue update s3.json ec2.json > actions.tsv")]
    Catalogue(CatalogueArguments),
}

/// The catalogue of actions, where one is needed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct ActionCatalogueFlag {
    /// A catalogue of actions written by `sekisho policy catalogue update`, instead of the one inside the program.
    #[arg(long, value_name = "FILE", env = "SEKISHO_ACTION_CATALOGUE")]
    pub(crate) catalogue: Option<PathBuf>,
}

/// What a policy is used as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyKind {
    /// What it looks like: with principals it is a resource or trust policy, else an identity policy.
    Auto,
    /// Attached to a user, group, role or permission set.
    Identity,
    /// On a resource.
    Resource,
    /// Who may assume a role.
    Trust,
    /// An organization's service control policy.
    Scp,
}

/// Forms of a list of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people, on standard error.
    Text,
    /// For programs.
    Json,
    /// SARIF 2.1.0, which code hosts show beside the lines.
    Sarif,
}

/// `policy check`
#[derive(Debug, Args)]
pub(crate) struct CheckPolicyArguments {
    /// Policies: files, `-` for standard input, or `aws:NAME` for an AWS managed policy.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<String>,
    /// What the policies are used as.
    #[arg(long, value_enum, value_name = "KIND", default_value_t = PolicyKind::Auto)]
    pub(crate) kind: PolicyKind,
    /// Most bytes without whitespace that a policy may have: 10240 in a permission set, 6144 for a managed policy.
    #[arg(long, value_name = "BYTES")]
    pub(crate) limit: Option<usize>,
    /// Exit code 1 for warnings, too.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: CheckFormat,
    #[command(flatten)]
    pub(crate) catalogue: ActionCatalogueFlag,
}

/// `policy compare`
#[derive(Debug, Args)]
pub(crate) struct ComparePolicyArguments {
    /// What is compared with: a file, `-`, `aws:NAME`; several that count together with commas between.
    #[arg(value_name = "A")]
    pub(crate) first: String,
    /// What is described.
    #[arg(value_name = "B")]
    pub(crate) second: String,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
    #[command(flatten)]
    pub(crate) catalogue: ActionCatalogueFlag,
}

/// How far a merge may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MergeLevel {
    /// The first of the others that fits.
    Auto,
    /// Equal for every action, also those AWS will add.
    L0,
    /// Also folds reading actions (`s3:Get*`) where that adds no action of the catalogue.
    L1Read,
    /// Also folds any allowed action, at the limits of words.
    L1Word,
    /// Also folds anywhere in a name.
    L1Char,
}

/// `policy merge`
#[derive(Debug, Args)]
pub(crate) struct MergePolicyArguments {
    /// Policies: files, `-` for standard input, or `aws:NAME` for an AWS managed policy.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<String>,
    /// Most bytes without whitespace: the default is what a permission set's inline policy may have.
    #[arg(long, value_name = "BYTES", default_value_t = policy::PERMISSION_SET_INLINE_LIMIT)]
    pub(crate) limit: usize,
    /// How far to go.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = MergeLevel::Auto)]
    pub(crate) level: MergeLevel,
    /// Print the policy without whitespace.
    #[arg(long, help_heading = "Output")]
    pub(crate) compact: bool,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
    #[command(flatten)]
    pub(crate) catalogue: ActionCatalogueFlag,
}

/// How a request is to be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Expected {
    /// Allowed.
    Allowed,
    /// Denied, or not allowed by anything.
    Denied,
}

/// `policy simulate`
#[derive(Debug, Args)]
pub(crate) struct SimulatePolicyArguments {
    /// Identity policies: files, `-` for standard input, or `aws:NAME` for an AWS managed policy.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<String>,
    /// What is done: `s3:GetObject`. May be repeated.
    #[arg(long = "action", value_name = "ACTION", required = true)]
    pub(crate) actions: Vec<String>,
    /// On what: an ARN, or `*` for an action that has no resource. May be repeated.
    #[arg(long = "resource", value_name = "ARN", default_value = "*")]
    pub(crate) resources: Vec<String>,
    /// A condition key of the request: `aws:SourceIp=203.0.113.7`. The same key again adds a value.
    #[arg(long = "context", value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,
    /// Who: ARN of a user, role or session. Fills aws:PrincipalArn, aws:PrincipalAccount, aws:PrincipalType and aws:username.
    #[arg(long, value_name = "ARN")]
    pub(crate) principal: Option<String>,
    /// The permissions boundary.
    #[arg(long, value_name = "FILE", help_heading = "Limits")]
    pub(crate) boundary: Option<String>,
    /// Service control policies of one level (root, OU, account); several of one level with commas between. May be repeated: every
    /// level has to allow.
    #[arg(long = "scp", value_name = "FILE", help_heading = "Limits")]
    pub(crate) service_control: Vec<String>,
    /// A session policy. May be repeated.
    #[arg(long = "session", value_name = "FILE", help_heading = "Limits")]
    pub(crate) session: Vec<String>,
    /// Exit code 1 unless every request is decided like this.
    #[arg(long, value_enum, value_name = "DECISION")]
    pub(crate) expect: Option<Expected>,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
    #[command(flatten)]
    pub(crate) catalogue: ActionCatalogueFlag,
}

/// Languages of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainLanguage {
    /// English.
    En,
    /// 日本語
    Ja,
}

/// `policy explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainPolicyArguments {
    /// The policy: a file, `-` for standard input, or `aws:NAME` for an AWS managed policy.
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    /// In which language.
    #[arg(long, value_enum, value_name = "LANGUAGE", default_value_t = ExplainLanguage::En)]
    pub(crate) language: ExplainLanguage,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
    #[command(flatten)]
    pub(crate) catalogue: ActionCatalogueFlag,
}

/// `policy match`
#[derive(Debug, Args)]
pub(crate) struct MatchPolicyArguments {
    /// The policy: a file, `-` for standard input; several that count together with commas between.
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    /// At most so many of each kind.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
    #[command(flatten)]
    pub(crate) catalogue: ActionCatalogueFlag,
}

/// `policy translate`
#[derive(Debug, Args)]
pub(crate) struct TranslatePolicyArguments {
    /// The user's policies, attached, inline and through groups: files, `-`, or `aws:NAME`.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<String>,
    /// ARN of the user.
    #[arg(long, value_name = "ARN")]
    pub(crate) user: String,
    /// The user's unique id (`AIDA…`): decides conditions on aws:userid.
    #[arg(long, value_name = "ID")]
    pub(crate) user_id: Option<String>,
    /// A tag of the user: decides conditions on aws:PrincipalTag. May be repeated.
    #[arg(long = "tag", value_name = "KEY=VALUE", conflicts_with = "no_tags")]
    pub(crate) tags: Vec<String>,
    /// The user has no tags.
    #[arg(long)]
    pub(crate) no_tags: bool,
    /// A policy on a resource, or a role's trust policy: statements that name the user are listed, for they have to name the role
    /// afterwards. May be repeated.
    #[arg(long = "resource-policy", value_name = "FILE")]
    pub(crate) resource_policies: Vec<String>,
    /// Folder for the translated policies; must not exist, or be empty.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
}

/// `policy cluster`
#[derive(Debug, Args)]
pub(crate) struct ClusterPolicyArguments {
    /// Principals: folders with policies, or files.
    #[arg(value_name = "PRINCIPAL", required = true)]
    pub(crate) principals: Vec<String>,
    /// Reading and listing actions that a principal may gain.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) extra_reading: usize,
    /// Changing and tagging actions that a principal may gain.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) extra_writing: usize,
    /// Actions on permissions that a principal may gain.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) extra_permissions: usize,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
    #[command(flatten)]
    pub(crate) catalogue: ActionCatalogueFlag,
}

/// `policy catalogue`
#[derive(Debug, Args)]
pub(crate) struct CatalogueArguments {
    /// What.
    #[command(subcommand)]
    pub(crate) command: CatalogueCommand,
}

/// What to do with the catalogue of actions.
#[derive(Debug, Subcommand)]
pub(crate) enum CatalogueCommand {
    /// Make a catalogue of actions from AWS's service reference.
    ///
    /// FILE is what https://servicereference.us-east-1.amazonaws.com/ answers for a service (v1/s3/s3.json), or an array of such
    /// answers. Services in the files replace those of the catalogue in use; all others stay. Give the result to the other commands
    /// by `--catalogue` or SEKISHO_ACTION_CATALOGUE.
    #[command(
        after_help = "Examples:\n  sekisho policy catalogue update s3.json ec2.json > actions.tsv\n  sekisho policy check --catalogue actions.tsv policies/*.json\n  curl -s https://servicereference.us-east-1.amazonaws.com/ | jq -r '.[].url' | xargs curl -s | jq -s . > all.json"
    )]
    Update(CatalogueUpdateArguments),
    /// Say which catalogue is in use: its date, and how much it holds.
    #[command(
        after_help = "Examples:\n  sekisho policy catalogue show\n  sekisho policy catalogue show --catalogue actions.tsv"
    )]
    Show(CatalogueShowArguments),
}

/// `policy catalogue update`
#[derive(Debug, Args)]
pub(crate) struct CatalogueUpdateArguments {
    /// Files of the service reference; `-` for standard input.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<String>,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The day the files were fetched; else today.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) date: Option<jiff::civil::Date>,
    #[command(flatten)]
    pub(crate) catalogue: ActionCatalogueFlag,
}

/// `policy catalogue show`
#[derive(Debug, Args)]
pub(crate) struct CatalogueShowArguments {
    #[command(flatten)]
    pub(crate) format: FormatFlag,
    #[command(flatten)]
    pub(crate) catalogue: ActionCatalogueFlag,
}
