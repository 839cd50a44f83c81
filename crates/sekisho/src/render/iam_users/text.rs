//! For people at a terminal.

use engine::iam_users::{Remark, StockSummary, common_gaps};
use jiff::Timestamp;
use model::iam_user::{AccessKey, AccessKeyStatus, IamAccount, IamUser, LastUse, OtherCredential, RootUser};
use model::id::AccountId;
use model::reading::Reading;

use super::Stocktaking;
use super::words::Words;
use crate::render::layout::{Line, table, warning};
use crate::render::style::{Ink, Screen, Text};
use crate::render::words::{count, list as names};

const ENGLISH: Words = Words::english();
/// Groups named in the list.
const GROUPS_SHOWN: usize = 3;
/// Reasons of gaps told at the top.
const GAPS_SHOWN: usize = 8;
/// Services shown of a user.
const SERVICES_SHOWN: usize = 20;

/// All users, account by account, in the order of their names; accounts without any come last, in one line each.
pub(crate) fn list(taking: &Stocktaking<'_>, screen: &Screen) -> Vec<Line> {
    let mut lines = summary(taking, screen);
    let mut accounts: Vec<_> = taking.stock.inventory.accounts.iter().collect();
    accounts.sort_by_key(|(id, _)| taking.stock.label(id));
    let is_empty = |account: &Reading<IamAccount>| account.value().is_some_and(|account| account.users.is_empty());
    for (id, account) in accounts.iter().filter(|(_, account)| !is_empty(account)) {
        lines.push(Line::empty());
        match account {
            Reading::Known { value, .. } => lines.extend(one_account(taking, id, value)),
            Reading::Unknown { reason } => {
                let text = Text::new().with(Ink::Error, "✗ ").with(Ink::Strong, taking.stock.label(id));
                lines.push(Line::from(text.and(format!("   not read: {reason}"))).hanging(4));
            }
        }
    }
    let empty = accounts.iter().filter_map(|(id, account)| Some((id, account.value()?)));
    let rows = empty
        .filter(|(_, account)| account.users.is_empty())
        .map(|(id, account)| vec![Text::plain(taking.stock.label(id)), root(taking, Text::new(), &account.root)]);
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        lines.push(Line::empty());
        lines.push(Line::from(Text::new().with(Ink::Strong, "Without IAM users")));
        lines.extend(table(rows, 2));
    }
    lines
}

fn summary(taking: &Stocktaking<'_>, screen: &Screen) -> Vec<Line> {
    let sum = StockSummary::of(taking.stock, taking.limits);
    let of = match sum.unread_accounts {
        0 => count(sum.accounts, "account"),
        unread => format!("{} of {}", sum.accounts, count(sum.accounts + unread, "account")),
    };
    let first = format!("{} in {of}", count(sum.users, "IAM user"));
    let as_of = format!("   as of {}", screen.time(taking.stock.as_of));
    let mut lines = vec![Line::from(Text::new().with(Ink::Strong, first).with(Ink::Faint, as_of))];
    let mut facts = vec![
        format!("{} with a password ({} without MFA)", sum.with_password, sum.with_password_without_mfa),
        format!(
            "{} ({} older than {})",
            count(sum.active_keys, "active key"),
            sum.old_keys,
            ENGLISH.days(taking.limits.key_age_days)
        ),
    ];
    if sum.other_keys > 0 {
        facts.push(count(sum.other_keys, "inactive key"));
    }
    if sum.other_credentials > 0 {
        facts.push(count(sum.other_credentials, "other credential"));
    }
    lines.push(Line::from(Text::plain(facts.join(", "))));
    let root = format!(
        "root: no MFA in {}, access keys in {}",
        count(sum.root_without_mfa, "account"),
        count(sum.root_with_keys, "account")
    );
    let root = if sum.root_unknown > 0 { format!("{root}, unknown in {}", sum.root_unknown) } else { root };
    lines.push(Line::from(Text::plain(root)));
    if sum.left_out_accounts > 0 {
        let reasons = taking.stock.left_out.iter().map(|(id, why)| format!("{} {why}", taking.stock.label(id)));
        let reasons: Vec<String> = reasons.collect();
        let told = names(reasons.iter().map(String::as_str), 5);
        lines.push(Line::from(Text::new().with(Ink::Faint, format!("left out: {told}"))));
    }
    if let Some(reason) = &taking.stock.without_organization {
        let text = format!("the accounts of an organization are not listed: {reason}");
        lines.push(Line::from(Text::new().with(Ink::Faint, text)));
    }
    if sum.unread_accounts > 0 {
        lines.push(warning(0, &format!("{} could not be read", count(sum.unread_accounts, "account"))));
    }
    let gaps = common_gaps(taking.stock);
    lines.extend(gaps.iter().take(GAPS_SHOWN).map(|(part, reason, users)| {
        warning(0, &format!("{} of {} not read: {reason}", ENGLISH.part(*part), count(*users, "user")))
    }));
    if gaps.len() > GAPS_SHOWN {
        lines.push(warning(0, &format!("… and {} more reasons", gaps.len() - GAPS_SHOWN)));
    }
    lines
}

fn one_account(taking: &Stocktaking<'_>, id: &AccountId, account: &IamAccount) -> Vec<Line> {
    let title = Text::new().with(Ink::Strong, taking.stock.label(id));
    let title = title.and(format!("   {}   ", count(account.users.len(), "user")));
    let mut lines = vec![Line::from(root(taking, title, &account.root)).hanging(4)];
    let faint = |text: &str| Text::new().with(Ink::Faint, text);
    let mut rows = vec![["user", "password", "MFA", "groups", "keys and other credentials"].map(faint).to_vec()];
    let mut heights = vec![1];
    for user in account.users.values() {
        let cells = rows_of(taking, user);
        heights.push(cells.len());
        rows.extend(cells);
    }
    let mut table = table(rows, 2).into_iter();
    lines.extend(table.next());
    for (user, height) in account.users.values().zip(heights.into_iter().skip(1)) {
        lines.extend(table.by_ref().take(height));
        let remarks = taking.remarks(account, user);
        // What is unknown stands in its cell, and why at the top.
        let told = remarks.iter().filter(|remark| !matches!(remark, Remark::NotRead { .. }));
        let remarks: Vec<String> = told.map(|one| ENGLISH.remark(one)).collect();
        if !remarks.is_empty() {
            lines.push(warning(4, &remarks.join("; ")));
        }
    }
    lines
}

/// A row, and one more for each further key or other credential.
fn rows_of(taking: &Stocktaking<'_>, user: &IamUser) -> Vec<Vec<Text>> {
    let password = match &user.password {
        Reading::Unknown { .. } => Text::new().with(Ink::Warning, "unknown"),
        Reading::Known { value: None, .. } => Text::new().with(Ink::Faint, "–"),
        Reading::Known { value: Some(password), .. } => Text::plain(used(taking, password.last_use, "yes")),
    };
    let mfa = match user.mfa_devices.value() {
        None => Text::new().with(Ink::Warning, "unknown"),
        Some(devices) if devices.is_empty() => Text::plain("no"),
        Some(_) => Text::plain("yes"),
    };
    let mut keys: Vec<Text> = match &user.access_keys {
        Reading::Unknown { .. } => vec![Text::new().with(Ink::Warning, "unknown")],
        Reading::Known { value, .. } => value.iter().map(|one| key(taking, one)).collect(),
    };
    match &user.other_credentials {
        Reading::Unknown { .. } => keys.push(Text::new().with(Ink::Warning, "other credentials unknown")),
        Reading::Known { value, .. } => keys.extend(value.iter().map(|one| other(taking, one))),
    }
    if keys.is_empty() {
        keys.push(Text::new().with(Ink::Faint, "–"));
    }
    let groups = names(user.groups.iter().map(String::as_str), GROUPS_SHOWN);
    let mut rows = Vec::with_capacity(keys.len());
    for (number, key) in keys.into_iter().enumerate() {
        rows.push(match number {
            0 => vec![Text::plain(&user.name), password.clone(), mfa.clone(), Text::plain(&groups), key],
            _ => vec![Text::new(), Text::new(), Text::new(), Text::new(), key],
        });
    }
    rows
}

fn key(taking: &Stocktaking<'_>, key: &AccessKey) -> Text {
    let age = ENGLISH.days(taking.days_since(key.created));
    let service = key.last_service.as_ref().map(|service| format!(" for {service}")).unwrap_or_default();
    let text = format!("{}  {age} old, {}{service}", key.id, used(taking, key.last_use, "use not told"));
    match key.status {
        AccessKeyStatus::Active => Text::plain(text),
        status => Text::new().with(Ink::Faint, format!("{text}, {}", ENGLISH.status(status))),
    }
}

fn other(taking: &Stocktaking<'_>, one: &OtherCredential) -> Text {
    let service = one.service.as_ref().map(|service| format!(" for {service}")).unwrap_or_default();
    let age = ENGLISH.days(taking.days_since(one.created));
    let text = format!("{}  {}{service}, {age} old", one.id, ENGLISH.kind(one.kind));
    if one.active { Text::plain(text) } else { Text::new().with(Ink::Faint, format!("{text}, not active")) }
}

/// `used 3 days ago`, `never used`, or what is said where AWS says nothing.
fn used(taking: &Stocktaking<'_>, used: LastUse, not_told: &str) -> String {
    match used {
        LastUse::At { at } => format!("used {}", ENGLISH.ago(taking.days_since(at))),
        LastUse::Never => "never used".to_owned(),
        LastUse::NotTold => not_told.to_owned(),
    }
}

fn root(taking: &Stocktaking<'_>, line: Text, root: &Reading<RootUser>) -> Text {
    let known = match root {
        Reading::Unknown { reason } => return line.with(Ink::Warning, format!("root: not read: {reason}")),
        Reading::Known { value, .. } => value,
    };
    let sign_in = match (known.mfa, known.password) {
        (_, Some(false)) => "no password",
        (true, _) => "MFA",
        (false, _) => "no MFA",
    };
    let keys = if known.access_keys { "access keys" } else { "no keys" };
    let text = format!("root: {sign_in}, {keys}, {}", used(taking, known.last_use(), "last use not told"));
    let ink = if taking.root_remarks(root).is_empty() { Ink::Faint } else { Ink::Warning };
    line.with(ink, text)
}

/// Everything about one user.
pub(crate) fn page(
    taking: &Stocktaking<'_>,
    id: &AccountId,
    account: &IamAccount,
    user: &IamUser,
    screen: &Screen,
) -> Vec<Line> {
    let title = Text::new().with(Ink::Strong, &user.name).and(format!("   {}", taking.stock.label(id)));
    let mut lines = vec![Line::from(title.with(Ink::Faint, format!("   as of {}", screen.time(taking.stock.as_of))))];
    lines.extend(taking.remarks(account, user).iter().map(|remark| warning(2, &ENGLISH.remark(remark))));
    let dated = |at: Timestamp| format!("{} ({})", screen.time(at), ENGLISH.ago(taking.days_since(at)));
    let mut page = Page { lines };
    page.fact("arn", &user.arn);
    page.fact("id", &user.id);
    page.fact("created", dated(user.created));
    let tags: Vec<String> = user.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    page.all("tags", &tags);
    page.blank();
    match &user.password {
        Reading::Unknown { reason } => page.unknown("password", reason),
        Reading::Known { value: None, as_of } => page.fact("password", format!("none, as of {}", screen.time(*as_of))),
        Reading::Known { value: Some(password), as_of } => {
            let set = password.changed.map(|at| format!(", set {}", dated(at))).unwrap_or_default();
            let used = last(screen, taking, password.last_use);
            page.fact("password", format!("{used}{set}, as of {}", screen.time(*as_of)));
        }
    }
    match &user.mfa_devices {
        Reading::Unknown { reason } => page.unknown("MFA", reason),
        Reading::Known { value, .. } if value.is_empty() => page.fact("MFA", "none"),
        Reading::Known { value, .. } => page.all("MFA", value),
    }
    match &user.access_keys {
        Reading::Unknown { reason } => page.unknown("access keys", reason),
        Reading::Known { value, .. } if value.is_empty() => page.fact("access keys", "none"),
        Reading::Known { value, as_of } => {
            for one in value {
                let region = one.last_region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
                let service = one.last_service.as_ref().map(|service| format!(" for {service}")).unwrap_or_default();
                let status = ENGLISH.status(one.status);
                page.fact("access key", format!("{}  {status}, created {}", one.id, dated(one.created)));
                let used = last(screen, taking, one.last_use);
                page.fact("", format!("{used}{service}{region}, as of {}", screen.time(*as_of)));
            }
        }
    }
    match &user.other_credentials {
        Reading::Unknown { reason } => page.unknown("other", reason),
        Reading::Known { value, .. } => {
            let told = value.iter().map(|one| {
                let active = if one.active { "active" } else { "not active" };
                let service = one.service.as_ref().map(|service| format!(" for {service}")).unwrap_or_default();
                format!("{} {}{service}, {active}, created {}", ENGLISH.kind(one.kind), one.id, dated(one.created))
            });
            page.all("other", &told.collect::<Vec<_>>());
        }
    }
    page.blank();
    page.rights(account, user);
    page.services(taking, user, screen);
    page.lines
}

fn last(screen: &Screen, taking: &Stocktaking<'_>, used: LastUse) -> String {
    match used {
        LastUse::At { at } => format!("used {} ({})", screen.time(at), ENGLISH.ago(taking.days_since(at))),
        LastUse::Never => "never used".to_owned(),
        LastUse::NotTold => "AWS does not say when it was used".to_owned(),
    }
}

struct Page {
    lines: Vec<Line>,
}

impl Page {
    fn fact(&mut self, name: &str, text: impl AsRef<str>) {
        let line = Text::plain("  ").with(Ink::Faint, format!("{name:<13}")).and(text);
        self.lines.push(Line::from(line).hanging(15));
    }

    /// A line each; none where there is nothing.
    fn all(&mut self, name: &str, texts: &[String]) {
        for (number, text) in texts.iter().enumerate() {
            self.fact(if number == 0 { name } else { "" }, text);
        }
    }

    fn unknown(&mut self, name: &str, reason: &str) {
        self.fact(name, format!("not read: {reason}"));
    }

    fn blank(&mut self) {
        self.lines.push(Line::empty());
    }

    /// Policies, and through which group.
    fn rights(&mut self, account: &IamAccount, user: &IamUser) {
        if let Some(boundary) = &user.permissions_boundary {
            self.fact("boundary", boundary);
        }
        self.all("attached", &user.attached_policies);
        self.all("inline", &user.inline_policies.keys().cloned().collect::<Vec<_>>());
        for name in &user.groups {
            let Some(group) = account.groups.get(name) else {
                self.fact("group", format!("{name}, of which nothing was read"));
                continue;
            };
            self.fact("group", name);
            let inline = group.inline_policies.keys().map(|name| format!("{name} (inline)"));
            let held: Vec<String> = group.attached_policies.iter().cloned().chain(inline).collect();
            self.all("", &held.iter().map(|held| format!("  {held}")).collect::<Vec<_>>());
        }
        if user.attached_policies.is_empty() && user.inline_policies.is_empty() && user.groups.is_empty() {
            self.fact("rights", "no policy and no group");
        }
    }

    fn services(&mut self, taking: &Stocktaking<'_>, user: &IamUser, screen: &Screen) {
        if !taking.stock.services_asked {
            return;
        }
        self.blank();
        let services = match &user.services_last_accessed {
            Reading::Unknown { reason } => return self.unknown("services", reason),
            Reading::Known { value, .. } => value,
        };
        let mut called: Vec<_> = services.iter().filter_map(|(name, at)| Some((name, (*at)?))).collect();
        called.sort_by_key(|(name, at)| (std::cmp::Reverse(*at), *name));
        let never = services.len() - called.len();
        self.fact("services", format!("{} called, {never} allowed and not called in at least 400 days", called.len()));
        for (name, at) in called.iter().take(SERVICES_SHOWN) {
            self.fact("", format!("{name:<22} {} ({})", screen.time(*at), ENGLISH.ago(taking.days_since(*at))));
        }
        let hidden = called.len().saturating_sub(SERVICES_SHOWN);
        if hidden > 0 {
            self.fact("", format!("… and {hidden} more"));
        }
    }
}
