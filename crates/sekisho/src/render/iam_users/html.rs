//! One page for people: nothing is loaded from elsewhere, no script runs, and every text from AWS is escaped.

use std::fmt::Write as _;

use engine::iam_users::{Remark, StockSummary};
use jiff::Timestamp;
use model::iam_user::{AccessKey, IamAccount, IamStock, IamUser, LastUse, RootUser};
use model::id::AccountId;
use model::reading::Reading;

use super::Stocktaking;
use super::words::Words;
use crate::render::markup::Html;

/// Colours are readable on their ground in both schemes (4.5:1), and nothing is told by colour alone.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1b1f;--faint:#55555c;--ground:#fff;--line:#c9c9d0;--head:#f2f2f5;--warn:#8a3b00;--bad:#a80000}
@media(prefers-color-scheme:dark){:root{--ink:#e6e6ea;--faint:#a8a8b3;--ground:#17171a;--line:#44444d;--head:#232328;--warn:#ffb56b;--bad:#ff8a8a}}
body{font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);margin:1.5rem;max-width:110rem}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem}
caption{text-align:left;color:var(--faint);padding:.25rem 0}
th,td{border:1px solid var(--line);padding:.3rem .6rem;text-align:left;vertical-align:top}
thead th{background:var(--head)}tbody th{font-weight:600}
code{font-family:ui-monospace,monospace}
ul{margin:0;padding-left:1.1rem}
.n{text-align:right;font-variant-numeric:tabular-nums}
.faint{color:var(--faint)}.warn{color:var(--warn);font-weight:600}.bad{color:var(--bad);font-weight:600}
@media print{body{margin:0}.scroll{overflow:visible}h2{break-after:avoid}tr{break-inside:avoid}}";

/// Services named of a user.
const SERVICES_SHOWN: usize = 3;

/// The page.
pub(crate) fn page(taking: &Stocktaking<'_>, words: &Words) -> String {
    let mut page = Page { out: String::new(), words: *words, taking: *taking };
    page.head();
    page.summary();
    page.roots();
    for (id, account) in by_name(taking.stock) {
        if let Reading::Known { value, .. } = account
            && !value.users.is_empty()
        {
            page.account(id, value);
        }
    }
    page.unread();
    page.put("</main>\n</body>\n</html>\n");
    page.out
}

/// Accounts in the order of their names.
fn by_name(stock: &IamStock) -> Vec<(&AccountId, &Reading<IamAccount>)> {
    let mut accounts: Vec<_> = stock.inventory.accounts.iter().collect();
    accounts.sort_by_key(|(id, _)| stock.label(id));
    accounts
}

struct Page<'a> {
    out: String,
    words: Words,
    taking: Stocktaking<'a>,
}

impl Page<'_> {
    fn put(&mut self, html: &str) {
        self.out.push_str(html);
    }

    /// An element with a text.
    fn element(&mut self, opened: &str, text: &str) {
        let name = opened.split(' ').next().unwrap_or(opened);
        // Writing into a string does not fail.
        let _ = write!(self.out, "<{opened}>{}</{name}>", Html(text));
    }

    fn head(&mut self) {
        let title = self.words.of("IAM users", "IAM ユーザーの棚卸し");
        let _ = write!(
            self.out,
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n",
            self.words.code()
        );
        self.put("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        self.put(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
        );
        self.put("<meta name=\"referrer\" content=\"no-referrer\">\n");
        self.element("title", title);
        let _ = write!(self.out, "\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n");
        self.element("h1", title);
        let taken = self.words.of("Taken", "取得日時");
        let time = self.time(self.taking.stock.as_of);
        let _ = writeln!(self.out, "\n<p class=\"faint\">{taken}: {time}</p>");
    }

    /// An instant in UTC, as everybody who gets the page reads it.
    fn time(&self, at: Timestamp) -> String {
        format!("<time datetime=\"{at}\">{}</time>", at.strftime("%Y-%m-%d %H:%M UTC"))
    }

    fn summary(&mut self) {
        let sum = StockSummary::of(self.taking.stock, self.taking.limits);
        let (words, days) = (self.words, self.words.days(self.taking.limits.key_age_days));
        let older = words.of("… older than {}", "… 作成から {}を超えるもの").replace("{}", &days);
        let rows = [
            (words.of("Accounts read", "読み取ったアカウント"), sum.accounts),
            (words.of("Accounts that could not be read", "読み取れなかったアカウント"), sum.unread_accounts),
            (words.of("Accounts left out", "対象外のアカウント"), sum.left_out_accounts),
            (words.of("IAM users", "IAM ユーザー"), sum.users),
            (words.of("Users with a password", "パスワードのあるユーザー"), sum.with_password),
            (words.of("… without MFA", "… MFA なし"), sum.with_password_without_mfa),
            (words.of("Active access keys", "有効なアクセスキー"), sum.active_keys),
            (older.as_str(), sum.old_keys),
            (words.of("Inactive access keys", "無効なアクセスキー"), sum.other_keys),
            (words.of("Other active credentials", "そのほかの有効な認証情報"), sum.other_credentials),
            (words.of("Users not read in full", "一部を読み取れなかったユーザー"), sum.users_not_read_in_full),
            (words.of("Root users without MFA", "MFA のないルートユーザー"), sum.root_without_mfa),
            (words.of("Root users with access keys", "アクセスキーのあるルートユーザー"), sum.root_with_keys),
            (words.of("Root users that could not be read", "読み取れなかったルートユーザー"), sum.root_unknown),
        ];
        self.element("h2", words.of("In numbers", "概要"));
        self.put("\n<table>\n<tbody>\n");
        for (name, number) in rows {
            self.put("<tr>");
            self.element("th scope=\"row\"", name);
            self.element("td class=\"n\"", &crate::render::words::thousands(number));
            self.put("</tr>\n");
        }
        self.put("</tbody>\n</table>\n");
    }

    fn roots(&mut self) {
        let words = self.words;
        self.element("h2", words.of("Root users", "ルートユーザー"));
        self.open_table(
            words.of("The root user of each account", "アカウントごとのルートユーザー"),
            &[
                words.of("Account", "アカウント"),
                words.of("Password", "パスワード"),
                "MFA",
                words.of("Access keys", "アクセスキー"),
                words.of("Remarks", "注意"),
            ],
        );
        let stock = self.taking.stock;
        for (id, account) in by_name(stock) {
            let Reading::Known { value, .. } = account else { continue };
            self.put("<tr>");
            self.element("th scope=\"row\"", &stock.label(id));
            self.root(&value.root);
            self.put("</tr>\n");
        }
        self.put("</tbody>\n</table>\n</div>\n");
    }

    fn root(&mut self, root: &Reading<RootUser>) {
        let words = self.words;
        match root {
            Reading::Unknown { reason } => {
                self.put("<td colspan=\"4\">");
                self.not_read(reason);
                self.put("</td>");
            }
            Reading::Known { value, .. } => {
                self.put("<td>");
                match value.password {
                    Some(false) => self.put(self.yes(false)),
                    _ => self.used(value.password_last_use),
                }
                self.put("</td>");
                self.element("td", self.yes(value.mfa));
                self.put("<td>");
                match value.access_keys {
                    false => self.put(self.yes(false)),
                    true => self.used(value.key_last_use),
                }
                self.put("</td>");
                let remarks = self.taking.root_remarks(root);
                let remarks = remarks.iter().map(|remark| words.root_remark(remark)).collect::<Vec<_>>();
                self.remarks(&remarks);
            }
        }
    }

    fn account(&mut self, id: &AccountId, account: &IamAccount) {
        let words = self.words;
        let label = self.taking.stock.label(id);
        self.element("h2", &label);
        let caption = words.of("IAM users of {}", "{} の IAM ユーザー").replace("{}", &label);
        self.open_table(
            &caption,
            &[
                words.of("User", "ユーザー"),
                words.of("Created", "作成日"),
                words.of("Password", "パスワード"),
                "MFA",
                words.of("Access keys", "アクセスキー"),
                words.of("Other credentials", "そのほかの認証情報"),
                words.of("Groups", "グループ"),
                words.of("Own policies", "個別のポリシー"),
                words.of("Services last called", "最後に呼び出したサービス"),
                words.of("Remarks", "注意"),
            ],
        );
        for user in account.users.values() {
            self.user(account, user);
        }
        self.put("</tbody>\n</table>\n</div>\n");
    }

    fn user(&mut self, account: &IamAccount, user: &IamUser) {
        let words = self.words;
        self.put("<tr>");
        self.element("th scope=\"row\"", &user.name);
        let created = self.time(user.created);
        let _ = write!(self.out, "<td>{created}</td><td>");
        match &user.password {
            Reading::Unknown { reason } => self.not_read(reason),
            Reading::Known { value: None, .. } => self.put(words.of("no", "なし")),
            Reading::Known { value: Some(password), .. } => self.used(password.last_use),
        }
        self.put("</td><td>");
        match &user.mfa_devices {
            Reading::Unknown { reason } => self.not_read(reason),
            Reading::Known { value, .. } => self.put(self.yes(!value.is_empty())),
        }
        self.put("</td><td>");
        match &user.access_keys {
            Reading::Unknown { reason } => self.not_read(reason),
            Reading::Known { value, .. } => self.items(value, Self::key),
        }
        self.put("</td><td>");
        match &user.other_credentials {
            Reading::Unknown { reason } => self.not_read(reason),
            Reading::Known { value, .. } => self.items(value, |page, one| {
                let service = one.service.as_ref().map(|service| format!(" ({service})")).unwrap_or_default();
                let state = if one.active { "" } else { words.of(", not active", "、無効") };
                let _ = write!(
                    page.out,
                    "{} <code>{}</code>{}{state}",
                    words.kind(one.kind),
                    Html(&one.id),
                    Html(&service)
                );
            }),
        }
        self.put("</td><td>");
        self.items(&user.groups, |page, name| {
            let _ = write!(page.out, "{}", Html(name));
        });
        self.put("</td><td>");
        let inline = user.inline_policies.keys().map(|name| format!("{name} {}", words.of("(inline)", "(インライン)")));
        let boundary = user.permissions_boundary.iter();
        let boundary = boundary.map(|arn| format!("{} {}", policy_name(arn), words.of("(boundary)", "(境界)")));
        let attached = user.attached_policies.iter().map(|arn| policy_name(arn).to_owned());
        let policies: Vec<String> = attached.chain(inline).chain(boundary).collect();
        self.items(&policies, |page, name| {
            let _ = write!(page.out, "{}", Html(name));
        });
        self.put("</td><td>");
        self.services(user);
        self.put("</td>");
        // What is unknown stands in its cell.
        let remarks = self.taking.remarks(account, user);
        let told = remarks.iter().filter(|remark| !matches!(remark, Remark::NotRead { .. }));
        let remarks: Vec<String> = told.map(|remark| words.remark(remark)).collect();
        self.remarks(&remarks);
        self.put("</tr>\n");
    }

    fn services(&mut self, user: &IamUser) {
        let words = self.words;
        match &user.services_last_accessed {
            _ if !self.taking.stock.services_asked => self.put(words.of("not asked", "未調査")),
            Reading::Unknown { reason } => self.not_read(reason),
            Reading::Known { value, .. } => {
                let mut called: Vec<_> = value.iter().filter_map(|(name, at)| Some((name, (*at)?))).collect();
                called.sort_by_key(|(name, at)| (std::cmp::Reverse(*at), *name));
                let hidden = called.len().saturating_sub(SERVICES_SHOWN);
                called.truncate(SERVICES_SHOWN);
                self.items(&called, |page, (name, at)| {
                    let time = page.time(*at);
                    let _ = write!(page.out, "<code>{}</code> {time}", Html(name));
                });
                if hidden > 0 {
                    let more = words.of("… and {} more", "… ほか {}").replace("{}", &hidden.to_string());
                    self.put(&more);
                }
            }
        }
    }

    fn key(&mut self, key: &AccessKey) {
        let age = self.words.days(self.taking.days_since(key.created));
        let age = match self.words.code() {
            "ja" => format!("作成から {age}"),
            _ => format!("{age} old"),
        };
        let _ = write!(self.out, "<code>{}</code> {}, {age}, ", Html(&key.id), self.words.status(key.status));
        self.used(key.last_use);
        if let Some(service) = &key.last_service {
            let _ = write!(self.out, " (<code>{}</code>)", Html(service));
        }
    }

    fn unread(&mut self) {
        let stock = self.taking.stock;
        let unread: Vec<_> = stock.inventory.unread().collect();
        if unread.is_empty() && stock.left_out.is_empty() && stock.without_organization.is_none() {
            return;
        }
        let words = self.words;
        self.element("h2", words.of("Not in this list", "この一覧にないもの"));
        self.put("\n<ul>\n");
        for (id, reason) in unread {
            let why = words.of("could not be read", "読み取れませんでした");
            self.element("li class=\"bad\"", &format!("{}: {why}: {reason}", stock.label(id)));
            self.put("\n");
        }
        for (id, reason) in &stock.left_out {
            let why = words.of("left out", "対象外");
            self.element("li", &format!("{}: {why}: {reason}", stock.label(id)));
            self.put("\n");
        }
        if let Some(reason) = &stock.without_organization {
            let why =
                words.of("Other accounts of an organization, not listed", "組織のほかのアカウント (一覧を取得できず)");
            self.element("li", &format!("{why}: {reason}"));
            self.put("\n");
        }
        self.put("</ul>\n");
    }

    /// A table that scrolls by itself where the screen is narrow, also with the keyboard.
    fn open_table(&mut self, caption: &str, columns: &[&str]) {
        let _ = write!(
            self.out,
            "\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n<table>\n",
            Html(caption)
        );
        self.element("caption", caption);
        self.put("\n<thead><tr>");
        for column in columns {
            self.element("th scope=\"col\"", column);
        }
        self.put("</tr></thead>\n<tbody>\n");
    }

    fn items<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        match items {
            [] => self.put("–"),
            [one] => write(self, one),
            several => {
                self.put("<ul>");
                for one in several {
                    self.put("<li>");
                    write(self, one);
                    self.put("</li>");
                }
                self.put("</ul>");
            }
        }
    }

    fn remarks(&mut self, remarks: &[String]) {
        self.put(if remarks.is_empty() { "<td>" } else { "<td class=\"warn\">" });
        self.items(remarks, |page, remark| {
            let _ = write!(page.out, "{}", Html(remark));
        });
        self.put("</td>");
    }

    fn not_read(&mut self, reason: &str) {
        let unknown = self.words.of("unknown", "不明");
        let _ = write!(self.out, "<span class=\"bad\">{unknown}</span>: {}", Html(reason));
    }

    fn used(&mut self, used: LastUse) {
        let words = self.words;
        match used {
            LastUse::Never => self.put(words.of("never used", "未使用")),
            LastUse::NotTold => {
                self.put(words.of("AWS does not say when it was used", "最終使用日は AWS から得られない"))
            }
            LastUse::At { at } => {
                let (time, ago) = (self.time(at), words.ago(self.taking.days_since(at)));
                let _ = write!(self.out, "{} {time} ({ago})", words.of("used", "最終使用"));
            }
        }
    }

    fn yes(&self, is: bool) -> &'static str {
        if is { self.words.of("yes", "あり") } else { self.words.of("no", "なし") }
    }
}

/// What follows the last `/` of an ARN; AWS's own policies are told apart by their account.
fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
