//! Stages of the retirement over time, as the journal tells them: text, and a section of the page.

use std::fmt::Write as _;

use jiff::Timestamp;
use model::retirement_history::{HeldUser, HistoryStage, RetirementProgress, StageDay};

use super::chart::Band;
use super::page::chart;
use crate::cli::iam_users::PageLanguage;
use crate::render::layout::{Line, table};
use crate::render::style::{Ink, Text, harmless};

/// Most days beside each other in text.
const MOST_DAYS: usize = 8;
/// Colours of the stages: what works still is dark, what is gone is light.
const CLASSES: [&str; 8] = ["a", "h", "e", "b", "g", "c", "f", "d"];

/// What is said.
pub(crate) struct Words {
    title: &'static str,
    chart: &'static str,
    nothing: &'static str,
    stages: [&'static str; 8],
    held_back: &'static str,
    held_title: &'static str,
    stays_title: &'static str,
    columns: [&'static str; 4],
    since: fn(&str) -> String,
    reasons: &'static [(&'static str, &'static str)],
}

pub(crate) static ENGLISH: Words = Words {
    title: "Retirement, as the journal tells it",
    chart: "Users the journal knows, by stage",
    nothing: "the journal tells of no retirement yet",
    stages: [
        "in use",
        "kept as things are",
        "reduced",
        "announced, both ways open",
        "announced, time is over",
        "switched off, watched",
        "switched off, watched for long enough",
        "deleted",
    ],
    held_back: "of these held back",
    held_title: "Held back",
    stays_title: "Stay",
    columns: ["user", "account", "stage", "reason"],
    since: |day| format!("since {day}"),
    reasons: &[
        ("protected", "on the protected list"),
        ("reduced", "reduced because it stays"),
        ("not_a_persons", "not known to be a person's alone"),
        ("inventory_old", "the inventory was too old"),
        ("not_read", "a part of it could not be read"),
        ("no_evidence", "no log of the account"),
        ("evidence_old", "the log ended too long ago"),
        ("evidence_flawed", "the log was not whole"),
        ("region_stopped", "the log of a Region has stopped"),
        ("evidence_gap", "the log lacked days"),
        ("owned_by_tool", "a tool owns it"),
        ("named_in_policy", "a policy names it"),
        ("no_owner", "nobody knows whose it is"),
        ("owner_unsure", "not sure whose it is"),
        ("no_other_way", "its owner has no other way in"),
        ("ways_unknown", "other ways in are not known"),
        ("does_not_fit", "what switches it off does not fit"),
        ("complaint", "somebody misses something"),
        ("not_signed_in", "its owner was not seen in the portal"),
        ("still_used", "still in use"),
        ("used_since", "used or tried after it was switched off"),
        ("switched_on_again", "somebody switched it on again"),
        ("broken_off", "switched off in part only"),
        ("inventory_before", "the inventory was from before it was changed"),
        ("not_announced", "its owner, who had left, is here"),
    ],
};

pub(crate) static JAPANESE: Words = Words {
    title: "廃止の経過（記録から）",
    chart: "廃止の段階ごとのユーザー数",
    nothing: "廃止の記録はまだない",
    stages: [
        "利用中",
        "対象外として残す",
        "権限を減らして残す",
        "告知済み・並行期間",
        "告知済み・期間終了",
        "無効化済み・様子見",
        "無効化済み・様子見終了",
        "削除済み",
    ],
    held_back: "うち保留",
    held_title: "保留",
    stays_title: "残すユーザー",
    columns: ["ユーザー", "アカウント", "段階", "理由"],
    since: |day| format!("{day}から"),
    reasons: &[
        ("protected", "保護対象"),
        ("reduced", "権限を減らして残す"),
        ("not_a_persons", "人だけが使っているとは言えない"),
        ("inventory_old", "棚卸しが古い"),
        ("not_read", "読み取れない部分がある"),
        ("no_evidence", "アカウントのログがない"),
        ("evidence_old", "ログが古い"),
        ("evidence_flawed", "ログに欠けがある"),
        ("region_stopped", "リージョンのログが途絶えている"),
        ("evidence_gap", "ログに欠けた日がある"),
        ("owned_by_tool", "ツールが管理している"),
        ("named_in_policy", "ポリシーに名前がある"),
        ("no_owner", "持ち主が不明"),
        ("owner_unsure", "持ち主が確かでない"),
        ("no_other_way", "持ち主に別の入り方がない"),
        ("ways_unknown", "別の入り方が分からない"),
        ("does_not_fit", "無効化用のポリシーが入らない"),
        ("complaint", "申し出あり"),
        ("not_signed_in", "持ち主のポータルの利用がまだない"),
        ("still_used", "まだ使われている"),
        ("used_since", "無効化後に利用または試行あり"),
        ("switched_on_again", "誰かが再び有効にした"),
        ("broken_off", "無効化が途中まで"),
        ("inventory_before", "棚卸しが変更より前"),
        ("not_announced", "退職者とされた持ち主が在籍している"),
    ],
};

impl Words {
    pub(crate) fn of(language: PageLanguage) -> &'static Self {
        match language {
            PageLanguage::En => &ENGLISH,
            PageLanguage::Ja => &JAPANESE,
        }
    }

    /// A kind of reason in words; what nobody here knows stays as it is.
    pub(crate) fn reason<'k>(&self, kind: &'k str) -> &'k str {
        self.reasons.iter().find(|(known, _)| *known == kind).map_or(kind, |(_, words)| *words)
    }

    fn stage(&self, stage: HistoryStage) -> &'static str {
        let place = HistoryStage::ALL.iter().position(|one| *one == stage);
        place.and_then(|place| self.stages.get(place)).copied().unwrap_or_default()
    }

    fn because(&self, one: &HeldUser, day: &str) -> String {
        let mut said: Vec<String> = one.because.iter().map(|kind| self.reason(kind).to_owned()).collect();
        said.extend(one.text.iter().map(|text| format!("“{}”", harmless(text))));
        format!("{}, {}", said.join("; "), (self.since)(day))
    }
}

fn of_stage(day: &StageDay, stage: HistoryStage) -> usize {
    day.stages.get(&stage).copied().unwrap_or_default()
}

/// The first and the last, and some between.
fn some_days(days: &[StageDay]) -> Vec<&StageDay> {
    let last = days.len().saturating_sub(1);
    let count = days.len().min(MOST_DAYS);
    let place = |at: usize| if count > 1 { at * last / (count - 1) } else { last };
    (0..count).filter_map(|at| days.get(place(at))).collect()
}

/// A table of days, then who is held back and who stays.
pub(crate) fn lines(told: &RetirementProgress, words: &Words, day: impl Fn(Timestamp) -> String) -> Vec<Line> {
    let mut lines = vec![Line::from(Text::new().with(Ink::Strong, words.title))];
    let days = some_days(&told.days);
    if days.iter().all(|day| day.stages.values().all(|count| *count == 0)) {
        lines.push(Line::from(Text::plain(words.nothing)));
        return lines;
    }
    let head = std::iter::once(String::new()).chain(days.iter().map(|one| day(one.at)));
    let mut rows: Vec<Vec<Text>> = vec![head.map(|text| Text::new().with(Ink::Faint, text)).collect()];
    for (stage, name) in HistoryStage::ALL.into_iter().zip(words.stages) {
        let cells = days.iter().map(|day| Text::plain(of_stage(day, stage).to_string()));
        rows.push(std::iter::once(Text::plain(name)).chain(cells).collect());
    }
    let held = days.iter().map(|day| Text::plain(day.held_back.to_string()));
    rows.push(std::iter::once(Text::plain(words.held_back)).chain(held).collect());
    lines.extend(table(rows, 0));
    for (title, users) in [(words.held_title, &told.held_back), (words.stays_title, &told.stays)] {
        if users.is_empty() {
            continue;
        }
        lines.push(Line::empty());
        lines.push(Line::from(Text::new().with(Ink::Strong, title).and(format!(": {}", users.len()))));
        let rows = users.iter().map(|one| {
            vec![
                Text::new().with(Ink::Strong, harmless(&one.user.name)),
                Text::plain(one.user.account.as_str()),
                Text::plain(words.stage(one.stage)),
                Text::plain(words.because(one, &day(one.since))),
            ]
        });
        lines.extend(table(rows.collect(), 2));
    }
    lines
}

/// The same as a section of the page: a chart of all days, the figures, and the lists.
pub(super) fn section(told: &RetirementProgress, words: &Words, day: impl Fn(Timestamp) -> String, out: &mut String) {
    let days: Vec<String> = told.days.iter().map(|one| day(one.at)).collect();
    let times: Vec<i64> = told.days.iter().map(|one| one.at.as_second()).collect();
    let of = |stage| -> Vec<usize> { told.days.iter().map(|day| of_stage(day, stage)).collect() };
    let bands: Vec<Band<'_>> = HistoryStage::ALL
        .into_iter()
        .zip(words.stages)
        .zip(CLASSES)
        .map(|((stage, name), class)| Band { name, class, values: of(stage) })
        .collect();
    chart(words.chart, &times, &days, &bands, out);
    let _ = writeln!(
        out,
        "<h2>{title}</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\">\n<table>\n<thead><tr><td></td>",
        title = words.title
    );
    for day in &days {
        let _ = write!(out, "<th scope=\"col\">{day}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    let held = (words.held_back, told.days.iter().map(|day| day.held_back).collect());
    for (name, values) in bands.into_iter().map(|band| (band.name, band.values)).chain([held]) {
        let _ = write!(out, "<tr><th scope=\"row\">{name}</th>");
        for value in values {
            let _ = write!(out, "<td>{value}</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    for (title, users) in [(words.held_title, &told.held_back), (words.stays_title, &told.stays)] {
        list(title, users, words, &day, out);
    }
}

fn list(title: &str, users: &[HeldUser], words: &Words, day: &impl Fn(Timestamp) -> String, out: &mut String) {
    if users.is_empty() {
        return;
    }
    let _ = writeln!(out, "<h2>{title}: {}</h2>\n<div class=\"scroll\">\n<table>\n<thead><tr>", users.len());
    for column in words.columns {
        let _ = write!(out, "<th scope=\"col\">{column}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for one in users {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&one.user.name),
            one.user.account,
            words.stage(one.stage),
            escaped(&words.because(one, &day(one.since)))
        );
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Kinds of reasons that keep a user where it is.
#[cfg(test)]
pub(crate) const KINDS: [&str; 25] = [
    "protected",
    "reduced",
    "not_a_persons",
    "inventory_old",
    "not_read",
    "no_evidence",
    "evidence_old",
    "evidence_flawed",
    "region_stopped",
    "evidence_gap",
    "owned_by_tool",
    "named_in_policy",
    "no_owner",
    "owner_unsure",
    "no_other_way",
    "ways_unknown",
    "does_not_fit",
    "complaint",
    "not_signed_in",
    "still_used",
    "used_since",
    "switched_on_again",
    "broken_off",
    "inventory_before",
    "not_announced",
];
