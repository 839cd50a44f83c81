//! `sekisho.yaml`.

use model::rules::{Guards, Lockout, OwnershipMode, OwnershipRule, Protected, Quotas};
use model::{InstanceArn, Pattern, Rules};

use super::{Parser, suggestion};
use crate::catalog::{Retirement, Settings};
use crate::diagnostic::{Diagnostic, Place, Severity, SourceFile};
use crate::reader::{Fields, Reader, Text};
use crate::shape;
use crate::yaml::Node;

impl Parser {
    pub(super) fn settings_file(&mut self, file: &SourceFile<'_>) {
        let tree = self.tree(file);
        let mut reader = self.reader(file);
        let before = reader.errors();
        let mut rules = Rules::default();
        let mut settings = Settings::default();
        match &tree.root {
            Some(root) => {
                if let Some(fields) = reader.mapping(root, &shape::SETTINGS) {
                    settings = read_settings(&mut reader, &fields);
                    rules = read_rules(&mut reader, &fields);
                }
            }
            None if !tree.broken => {
                let problem =
                    Diagnostic::new(Severity::Error, "empty-file", &Place::file(&file.path), "the file says nothing");
                reader.report(problem.help("write at least `deployment: NAME`, or delete the file"));
            }
            None => {}
        }
        let broken = tree.broken || reader.errors() > before;
        rules.deployment.clone_from(&settings.deployment);
        if broken {
            // Rules that could not be read must not let through what they were written to stop.
            let everything = || Pattern::new("*");
            rules.ownership = vec![OwnershipRule {
                mode: OwnershipMode::Observe,
                permission_sets: everything(),
                accounts: everything(),
                principals: everything(),
            }];
        }
        self.catalog.settings = settings;
        self.catalog.rules = rules;
    }
}

fn read_settings(reader: &mut Reader<'_, '_>, fields: &Fields<'_>) -> Settings {
    let mut settings = Settings::default();
    if let Some(text) = reader.text_of(fields, "deployment") {
        let bad = text
            .text
            .chars()
            .find(|character| !(character.is_ascii_alphanumeric() || "_.:/=+-@ ".contains(*character)));
        if text.text.len() > 256 || bad.is_some() {
            let problem = reader.file.error(
                "deployment-name",
                text.span,
                format!("`{}` cannot be the value of a tag", text.text),
            );
            reader
                .report(problem.label("not a tag value").help("use up to 256 letters A-Z, a-z, digits and `_.:/=+-@`"));
        } else {
            settings.deployment = text.text.to_owned();
        }
    }
    if let Some(text) = reader.text_of(fields, "instance") {
        match InstanceArn::new(text.text) {
            Ok(arn) => settings.instance_arn = Some(arn),
            Err(problem) => {
                let problem = reader.file.error("instance-arn", text.span, problem.to_string());
                let help = "it looks like arn:aws:sso:::instance/ssoins-0123456789abcdef; leave the key out where there is only one";
                reader.report(problem.label("not an instance").help(help));
            }
        }
    }
    if let Some(text) = reader.text_of(fields, "region") {
        if is_region(text.text) {
            settings.region = Some(text.text.to_owned());
        } else {
            let problem = reader.file.error("region", text.span, format!("`{}` is no Region", text.text));
            reader.report(problem.label("not a Region").help("write it as AWS does: ap-northeast-1"));
        }
    }
    if let Some(text) = reader.text_of(fields, "state") {
        settings.state_url = state_url(reader, text);
    }
    settings.inspection_role = reader.text_of(fields, "inspection_role").and_then(|text| role_name(reader, text));
    if let Some(node) = fields.get("retirement") {
        read_retirement(reader, node, &mut settings.retirement);
    }
    settings
}

/// How IAM users are retired.
fn read_retirement(reader: &mut Reader<'_, '_>, node: &Node, retirement: &mut Retirement) {
    let Some(fields) = reader.mapping(node, &shape::RETIREMENT) else { return };
    let days = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
    retirement.parallel_days = days(reader.number_of(&fields, "parallel_days", MOST_DAYS));
    retirement.quiet_days = days(reader.number_of(&fields, "quiet_days", MOST_DAYS));
    let protected = reader.texts_of(&fields, "protected").unwrap_or_default();
    retirement.protected = protected.into_iter().flatten().map(|text| Pattern::new(text.text)).collect();
    retirement.role = reader.text_of(&fields, "role").and_then(|text| role_name(reader, text));
}

/// Most days of a period.
const MOST_DAYS: u64 = 1_000;

/// A role's name without the slash in front; a mistake is told.
fn role_name(reader: &mut Reader<'_, '_>, text: Text<'_>) -> Option<String> {
    if is_role_name(text.text) {
        return Some(text.text.trim_start_matches('/').to_owned());
    }
    let problem = reader.file.error("inspection-role", text.span, format!("`{}` is no name of a role", text.text));
    let help = "write the name alone, or with its path: `SekishoInspection`, `audit/SekishoInspection`";
    reader.report(problem.label("not a role name").help(help));
    None
}

/// A role's name, perhaps with its path: `audit/SekishoInspection`.
fn is_role_name(text: &str) -> bool {
    let path = text.strip_prefix('/').unwrap_or(text);
    let character = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    let name = path.rsplit('/').next().unwrap_or_default();
    path.split('/').all(|part| !part.is_empty() && part.chars().all(character)) && name.len() <= 64 && text.len() <= 576
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = parts.last().is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let words = parts.iter().take(parts.len().saturating_sub(1));
    number
        && parts.len() >= 3
        && words.clone().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// Never echoes the text: it may hold a password.
fn state_url(reader: &mut Reader<'_, '_>, text: Text<'_>) -> Option<String> {
    const SCHEMES: [&str; 4] = ["sqlite", "postgres", "postgresql", "memory"];
    let scheme = text.text.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
    if !SCHEMES.contains(&scheme) {
        let problem = reader.file.error("state-url", text.span, "`state` is no URL of a store");
        let help = suggestion(scheme, SCHEMES);
        let help = help.unwrap_or_else(|| "write `sqlite://state.db` or `postgres://host/database`".to_owned());
        reader.report(problem.label("unknown kind of store").help(help));
        return None;
    }
    let authority = text.text.split_once("://").map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
    let user = authority.and_then(|authority| authority.rsplit_once('@')).map(|(user, _)| user).unwrap_or_default();
    if user.contains(':') || text.text.contains("password=") {
        let problem = reader.file.error("password-in-catalog", text.span, "`state` holds a password");
        let help = "a catalog is read by many: leave the password out, hand it over in PGPASSWORD, and change it now";
        reader.report(problem.label("a password in a file").help(help));
        return None;
    }
    Some(text.text.to_owned())
}

fn read_rules(reader: &mut Reader<'_, '_>, fields: &Fields<'_>) -> Rules {
    let mut rules = Rules::default();
    if let Some(node) = fields.get("ownership") {
        let items = reader.list(node, "`ownership`").unwrap_or_default();
        rules.ownership = items.iter().filter_map(|item| ownership(reader, item)).collect();
    }
    if let Some(node) = fields.get("guards")
        && let Some(fields) = reader.mapping(node, &shape::GUARDS)
    {
        let default = Guards::default();
        let mut number = |name, max, default| reader.number_of(&fields, name, max).unwrap_or(default);
        rules.guards = Guards {
            max_withdrawals: number("max_withdrawals", u64::from(u32::MAX), default.max_withdrawals),
            max_withdrawals_percent: u8::try_from(number(
                "max_withdrawals_percent",
                100,
                default.max_withdrawals_percent.into(),
            ))
            .unwrap_or(default.max_withdrawals_percent),
            max_withdrawals_per_account: number(
                "max_withdrawals_per_account",
                u64::from(u32::MAX),
                default.max_withdrawals_per_account,
            ),
            max_withdrawals_per_principal: number(
                "max_withdrawals_per_principal",
                u64::from(u32::MAX),
                default.max_withdrawals_per_principal,
            ),
            max_permission_set_deletions: number(
                "max_permission_set_deletions",
                u64::from(u32::MAX),
                default.max_permission_set_deletions,
            ),
        };
    }
    if let Some(node) = fields.get("protected")
        && let Some(fields) = reader.mapping(node, &shape::PROTECTED)
    {
        rules.protected = Protected {
            accounts: patterns(reader, &fields, "accounts"),
            principals: principal_patterns(reader, &fields, "principals"),
            permission_sets: patterns(reader, &fields, "permission_sets"),
            adopted_permission_sets: patterns(reader, &fields, "adopted_permission_sets"),
        };
    }
    if let Some(node) = fields.get("lockout") {
        let items = reader.list(node, "`lockout`").unwrap_or_default();
        rules.lockout = items.iter().filter_map(|item| lockout(reader, item)).collect();
    }
    if let Some(node) = fields.get("quotas")
        && let Some(fields) = reader.mapping(node, &shape::QUOTAS)
    {
        let default = Quotas::default();
        let mut number = |name, default| reader.number_of(&fields, name, u64::from(u32::MAX)).unwrap_or(default);
        rules.quotas = Quotas {
            permission_sets: number("permission_sets", default.permission_sets),
            permission_sets_per_account: number("permission_sets_per_account", default.permission_sets_per_account),
            policies_per_permission_set: number("policies_per_permission_set", default.policies_per_permission_set),
            groups_per_pair: number("groups_per_pair", default.groups_per_pair),
        };
    }
    rules
}

fn ownership(reader: &mut Reader<'_, '_>, node: &Node) -> Option<OwnershipRule> {
    const MODES: [&str; 3] = ["additive", "exclusive", "observe"];
    let fields = reader.mapping(node, &shape::OWNERSHIP)?;
    let mode = reader.text_of(&fields, "mode")?;
    let mode = match mode.text {
        "additive" => OwnershipMode::Additive,
        "exclusive" => OwnershipMode::Exclusive,
        "observe" => OwnershipMode::Observe,
        other => {
            let problem = reader.file.error("ownership-mode", mode.span, format!("no ownership mode `{other}`"));
            let help = suggestion(other, MODES).unwrap_or_else(|| format!("known are {}", MODES.join(", ")));
            reader.report(problem.label("unknown mode").help(help));
            return None;
        }
    };
    let mut pattern = |name: &str| match reader.text_of(&fields, name) {
        Some(text) => Pattern::new(text.text),
        None => Pattern::new("*"),
    };
    let (permission_sets, accounts) = (pattern("permission_sets"), pattern("accounts"));
    let principals = match reader.text_of(&fields, "principals") {
        Some(text) => principal_pattern(reader, text)?,
        None => Pattern::new("*"),
    };
    Some(OwnershipRule { mode, permission_sets, accounts, principals })
}

fn lockout(reader: &mut Reader<'_, '_>, node: &Node) -> Option<Lockout> {
    let fields = reader.mapping(node, &shape::LOCKOUT)?;
    let accounts = patterns(reader, &fields, "accounts");
    let lockout = Lockout {
        principals: principal_patterns(reader, &fields, "principals"),
        permission_sets: patterns(reader, &fields, "permission_sets"),
        accounts: if fields.get("accounts").is_none() { vec![Pattern::new("*")] } else { accounts },
    };
    for (name, list) in [
        ("principals", &lockout.principals),
        ("permission_sets", &lockout.permission_sets),
        ("accounts", &lockout.accounts),
    ] {
        if let Some(node) = fields.get(name)
            && list.is_empty()
        {
            let problem = reader.file.error("empty-list", node.span, format!("`{name}` of a lockout rule is empty"));
            reader.report(problem.label("protects nothing").help("name what must stay, or delete the rule"));
        }
    }
    Some(lockout)
}

fn patterns(reader: &mut Reader<'_, '_>, fields: &Fields<'_>, name: &str) -> Vec<Pattern> {
    let texts = reader.texts_of(fields, name).unwrap_or_default();
    texts.into_iter().flatten().map(|text| Pattern::new(text.text)).collect()
}

fn principal_patterns(reader: &mut Reader<'_, '_>, fields: &Fields<'_>, name: &str) -> Vec<Pattern> {
    let texts = reader.texts_of(fields, name).unwrap_or_default();
    texts.into_iter().flatten().filter_map(|text| principal_pattern(reader, text)).collect()
}

/// A pattern without `group:` or `user:` in front would protect nobody, silently.
fn principal_pattern(reader: &mut Reader<'_, '_>, text: Text<'_>) -> Option<Pattern> {
    let known = ["group:", "user:", "group-id:", "user-id:", "*"].iter().any(|prefix| text.text.starts_with(prefix));
    if known {
        return Some(Pattern::new(text.text));
    }
    let problem = reader.file.error("principal-kind", text.span, format!("`{}` fits no principal", text.text));
    let help = format!("write `group:{0}` or `user:{0}`", text.text);
    reader.report(problem.label("neither `group:` nor `user:`").help(help));
    None
}
