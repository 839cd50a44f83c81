//! For spreadsheets: RFC 4180, with cells that no spreadsheet takes for a formula. A row for each user, one for each account's root, and one for
//! each account that was not read or left out.

use jiff::Timestamp;
use model::iam_user::{AccessKey, IamAccount, IamUser, LastUse, RootUser};
use model::id::AccountId;
use model::reading::Reading;

use super::Stocktaking;
use super::words::Words;

const ENGLISH: Words = Words::english();
/// AWS lets a user have two keys; a third would not be hidden.
const KEYS: usize = 2;

const BEFORE_KEYS: [&str; 13] = [
    "as_of_utc",
    "account_id",
    "account_name",
    "user",
    "user_id",
    "arn",
    "created_utc",
    "password",
    "password_changed_utc",
    "password_last_used_utc",
    "mfa",
    "remarks",
    "groups",
];
const OF_A_KEY: [&str; 7] = ["id", "status", "created_utc", "age_days", "last_used_utc", "last_service", "last_region"];
const BEHIND_KEYS: [&str; 7] = [
    "further_keys",
    "other_credentials",
    "attached_policies",
    "inline_policies",
    "permissions_boundary",
    "tags",
    "services_last_called_utc",
];

/// The table.
pub(crate) fn table(taking: &Stocktaking<'_>, bom: bool) -> String {
    let mut out = String::from(if bom { "\u{feff}" } else { "" });
    let keys = (1..=KEYS).flat_map(|slot| OF_A_KEY.map(|part| format!("key_{slot}_{part}")));
    let header = BEFORE_KEYS.map(str::to_owned).into_iter().chain(keys).chain(BEHIND_KEYS.map(str::to_owned));
    let header: Vec<String> = header.collect();
    write(&mut out, &header);
    for (id, account) in &taking.stock.inventory.accounts {
        match account {
            Reading::Unknown { reason } => {
                let mut row = Row::of(taking, id, header.len());
                row.set("remarks", format!("account not read: {reason}"));
                write(&mut out, &row.in_order(&header));
            }
            Reading::Known { value, .. } => {
                write(&mut out, &root(taking, id, &value.root, header.len()).in_order(&header));
                for user in value.users.values() {
                    write(&mut out, &of_user(taking, id, value, user, header.len()).in_order(&header));
                }
            }
        }
    }
    for (id, reason) in &taking.stock.left_out {
        let mut row = Row::of(taking, id, header.len());
        row.set("remarks", format!("account left out: {reason}"));
        write(&mut out, &row.in_order(&header));
    }
    if let Some(reason) = &taking.stock.without_organization {
        let mut row = Row::dated(taking, header.len());
        row.set("remarks", format!("the accounts of an organization are not listed: {reason}"));
        write(&mut out, &row.in_order(&header));
    }
    out
}

/// Cells by column.
struct Row {
    cells: Vec<(String, String)>,
}

impl Row {
    fn dated(taking: &Stocktaking<'_>, columns: usize) -> Self {
        let mut row = Self { cells: Vec::with_capacity(columns) };
        row.set("as_of_utc", time(taking.stock.as_of));
        row
    }

    fn of(taking: &Stocktaking<'_>, id: &AccountId, columns: usize) -> Self {
        let mut row = Self::dated(taking, columns);
        row.set("account_id", id.as_str());
        row.set("account_name", taking.stock.account_names.get(id).cloned().unwrap_or_default());
        row
    }

    fn set(&mut self, column: &str, text: impl Into<String>) {
        self.cells.push((column.to_owned(), text.into()));
    }

    fn in_order(mut self, header: &[String]) -> Vec<String> {
        let mut take = |column: &String| {
            let at = self.cells.iter().position(|(name, _)| name == column);
            at.map(|at| self.cells.swap_remove(at).1).unwrap_or_default()
        };
        header.iter().map(&mut take).collect()
    }
}

fn root(taking: &Stocktaking<'_>, id: &AccountId, root: &Reading<RootUser>, columns: usize) -> Row {
    let mut row = Row::of(taking, id, columns);
    row.set("user", "<root>");
    match root {
        Reading::Unknown { reason } => {
            row.set("mfa", UNKNOWN);
            row.set("remarks", format!("root not read: {reason}"));
        }
        Reading::Known { value, .. } => {
            row.set("password", value.password.map_or(UNKNOWN, yes));
            row.set("mfa", yes(value.mfa));
            let has_none = value.password == Some(false);
            row.set("password_last_used_utc", if has_none { String::new() } else { used(value.password_last_use) });
            row.set("key_1_status", if value.access_keys { "present" } else { "" });
            row.set("key_1_last_used_utc", if value.access_keys { used(value.key_last_use) } else { String::new() });
            let remarks: Vec<String> = taking.root_remarks(root).iter().map(|one| ENGLISH.root_remark(one)).collect();
            row.set("remarks", remarks.join("; "));
        }
    }
    row
}

fn of_user(taking: &Stocktaking<'_>, id: &AccountId, account: &IamAccount, user: &IamUser, columns: usize) -> Row {
    let mut row = Row::of(taking, id, columns);
    row.set("user", &user.name);
    row.set("user_id", &user.id);
    row.set("arn", &user.arn);
    row.set("created_utc", time(user.created));
    match &user.password {
        Reading::Unknown { .. } => row.set("password", UNKNOWN),
        Reading::Known { value: None, .. } => row.set("password", yes(false)),
        Reading::Known { value: Some(password), .. } => {
            row.set("password", yes(true));
            row.set("password_changed_utc", password.changed.map(time).unwrap_or_default());
            row.set("password_last_used_utc", used(password.last_use));
        }
    }
    row.set("mfa", known(&user.mfa_devices, |devices| yes(!devices.is_empty()).to_owned()));
    let remarks: Vec<String> = taking.remarks(account, user).iter().map(|one| ENGLISH.remark(one)).collect();
    row.set("remarks", remarks.join("; "));
    row.set("groups", user.groups.join("; "));
    match &user.access_keys {
        Reading::Unknown { .. } => row.set("key_1_status", UNKNOWN),
        Reading::Known { value, .. } => {
            for (slot, key) in (1..=KEYS).zip(value) {
                set_key(taking, &mut row, slot, key);
            }
            let further: Vec<&str> = value.iter().skip(KEYS).map(|key| key.id.as_str()).collect();
            row.set("further_keys", further.join("; "));
        }
    }
    let others = known(&user.other_credentials, |others| {
        let told = others.iter().map(|one| {
            let active = if one.active { "" } else { " (not active)" };
            format!("{} {}{active}", ENGLISH.kind(one.kind), one.id)
        });
        told.collect::<Vec<_>>().join("; ")
    });
    row.set("other_credentials", others);
    row.set("attached_policies", user.attached_policies.join("; "));
    row.set("inline_policies", user.inline_policies.keys().cloned().collect::<Vec<_>>().join("; "));
    row.set("permissions_boundary", user.permissions_boundary.clone().unwrap_or_default());
    let tags = user.tags.iter().map(|(name, value)| format!("{name}={value}"));
    row.set("tags", tags.collect::<Vec<_>>().join("; "));
    if taking.stock.services_asked {
        let services = known(&user.services_last_accessed, |services| {
            let called = services.iter().filter_map(|(name, at)| Some(format!("{name} {}", time((*at)?))));
            called.collect::<Vec<_>>().join("; ")
        });
        row.set("services_last_called_utc", services);
    }
    row
}

fn set_key(taking: &Stocktaking<'_>, row: &mut Row, slot: usize, key: &AccessKey) {
    let column = |part: &str| format!("key_{slot}_{part}");
    row.set(&column("id"), &key.id);
    row.set(&column("status"), ENGLISH.status(key.status));
    row.set(&column("created_utc"), time(key.created));
    row.set(&column("age_days"), taking.days_since(key.created).to_string());
    row.set(&column("last_used_utc"), used(key.last_use));
    row.set(&column("last_service"), key.last_service.clone().unwrap_or_default());
    row.set(&column("last_region"), key.last_region.clone().unwrap_or_default());
}

const UNKNOWN: &str = "unknown";

fn known<T>(reading: &Reading<T>, told: impl Fn(&T) -> String) -> String {
    reading.value().map_or_else(|| UNKNOWN.to_owned(), told)
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn used(used: LastUse) -> String {
    match used {
        LastUse::At { at } => time(at),
        LastUse::Never => "never".to_owned(),
        LastUse::NotTold => "not told".to_owned(),
    }
}

/// As spreadsheets read it.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn write(out: &mut String, cells: &[String]) {
    for (number, cell) in cells.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        out.push_str(&quoted(&without_formula(cell)));
    }
    out.push_str("\r\n");
}

/// Names of users may begin with `=`, `+`, `-` or `@`, and tags with anything. Full-width signs count where the spreadsheet is Japanese.
fn without_formula(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if risky { format!("'{text}") } else { text.to_owned() }
}

fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+81", "-x", "@SUM(A1)", "\tx", "＝1", "=\"a\",b"] {
            let mut out = String::new();
            write(&mut out, &[text.to_owned()]);
            assert!(out.trim_start_matches('"').starts_with('\''), "{out}");
        }
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let mut out = String::new();
        write(&mut out, &["a".into(), "b,c".into(), "d \"e\"".into(), "f\ng".into(), " h".into(), String::new()]);
        assert_eq!(out, "a,\"b,c\",\"d \"\"e\"\"\",\"f\ng\",\" h\",\r\n");
    }
}
