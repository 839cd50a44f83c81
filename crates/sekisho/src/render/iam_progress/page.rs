//! The page: what was there, what is left, charts, and the figures.

use std::fmt::Write as _;

use engine::iam_users::Standing;
use model::retirement_history::RetirementProgress;

use super::chart::{Band, stacked};
use super::{FIGURES, row, stages};

/// Colours are told apart by lightness as well, and every chart's figures stand below it.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1b1f;--faint:#55555c;--ground:#fff;--line:#c9c9d0;--head:#f2f2f5;--a:#9b2c1f;--b:#e3a857;--c:#2f6f9f;--d:#b9b9c2;--e:#6b5b95;--f:#88b04b;--g:#d9d0a7;--h:#3f3f46}
@media(prefers-color-scheme:dark){:root{--ink:#e6e6ea;--faint:#a8a8b3;--ground:#17171a;--line:#44444d;--head:#232328;--a:#e5715f;--b:#f0c987;--c:#6fb1e0;--d:#6a6a75;--e:#a99bd0;--f:#a9cf74;--g:#8f8862;--h:#d4d4dc}}
body{font:1rem/1.6 system-ui,sans-serif;color:var(--ink);background:var(--ground);margin:2rem auto;padding:0 1rem;max-width:60rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}.lead{font-size:1.15rem}
.chart{width:100%;height:auto;max-width:48rem}.chart text{font-size:12px;fill:var(--faint)}.chart .end{text-anchor:end}.grid{stroke:var(--line);stroke-width:1}
.a{fill:var(--a)}.b{fill:var(--b)}.c{fill:var(--c)}.d{fill:var(--d)}.e{fill:var(--e)}.f{fill:var(--f)}.g{fill:var(--g)}.h{fill:var(--h)}
.key{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1.4rem}.key svg{width:.9em;height:.9em;margin-right:.4em}
.scroll{overflow-x:auto}table{border-collapse:collapse}th,td{border:1px solid var(--line);padding:.3rem .7rem;text-align:right;font-variant-numeric:tabular-nums}
th[scope=row],thead th:first-child{text-align:left;font-weight:400}thead th{background:var(--head)}caption{text-align:left;color:var(--faint)}";

/// What the page says.
pub(crate) struct PageWords {
    language: &'static str,
    title: &'static str,
    stages: [&'static str; 4],
    stage_title: &'static str,
    ages: [&'static str; 4],
    age_title: &'static str,
    table: &'static str,
    unknown: &'static str,
    figures: [&'static str; 19],
    stages_words: &'static stages::Words,
    lead: fn(first: &str, last: &str, total: usize, left: usize, off: usize, gone: usize, unknown: usize) -> String,
}

impl PageWords {
    /// English.
    pub(crate) fn english() -> Self {
        Self {
            language: "en",
            title: "Farewell to IAM users",
            stages: ["can sign in", "switched off", "deleted", "not known"],
            stage_title: "Users of the first day, by stage",
            ages: ["up to 90 days", "up to a year", "up to three years", "older"],
            age_title: "Active access keys, by age",
            table: "All figures",
            unknown: "unknown",
            figures: FIGURES.map(|(name, _)| name),
            stages_words: &stages::ENGLISH,
            lead: |first, last, total, left, off, gone, unknown| {
                let mut text = format!(
                    "Of {total} IAM users on {first}, {left} can still sign in on {last}; {off} are switched off, and {gone} are deleted."
                );
                if unknown > 0 {
                    let _ = write!(text, " {unknown} are not known, because it could not be read.");
                }
                text
            },
        }
    }

    /// Japanese.
    pub(crate) fn japanese() -> Self {
        Self {
            language: "ja",
            title: "IAM ユーザー廃止の進み具合",
            stages: ["サインイン可能", "無効化済み", "削除済み", "不明"],
            stage_title: "初日にいたユーザーの段階",
            ages: ["90日以内", "1年以内", "3年以内", "それより古い"],
            age_title: "有効なアクセスキーの古さ",
            table: "すべての数字",
            unknown: "不明",
            figures: [
                "初日にいたユーザーのうちサインイン可能",
                "… 無効化済み",
                "… 削除済み",
                "… 不明",
                "後から増えたユーザー",
                "… その可能性あり (初日にアカウントを読み取れず)",
                "本番に入れるユーザー",
                "ユーザー",
                "… パスワードあり",
                "… パスワードがあり MFA なし",
                "有効なアクセスキー",
                "… 90日以内",
                "… 1年以内",
                "… 3年以内",
                "… それより古い",
                "無効なアクセスキー",
                "その他の認証情報",
                "ルートユーザーに MFA のないアカウント",
                "読み取れなかったアカウント",
            ],
            stages_words: &stages::JAPANESE,
            lead: |first, last, total, left, off, gone, unknown| {
                let mut text = format!(
                    "{first} にいた IAM ユーザー {total} 人のうち、{last} 現在サインインできるのは {left} 人です。{off} 人は無効化済み、{gone} 人は削除済みです。"
                );
                if unknown > 0 {
                    let _ = write!(text, "{unknown} 人は読み取れず不明です。");
                }
                text
            },
        }
    }
}

/// One page that needs nothing else.
pub(crate) fn page(
    standings: &[Standing],
    retirement: Option<&RetirementProgress>,
    words: &PageWords,
    day: impl Fn(jiff::Timestamp) -> String,
) -> String {
    let days: Vec<String> = standings.iter().map(|one| day(one.as_of)).collect();
    let times: Vec<i64> = standings.iter().map(|one| one.as_of.as_second()).collect();
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n",
        words.language,
        title = words.title
    );
    if let (Some(first), Some(last)) = (standings.first(), standings.last()) {
        let begun = first.stages;
        let total = begun.usable + begun.switched_off + begun.deleted + begun.unknown;
        let (from, to) = (days.first().map_or("", String::as_str), days.last().map_or("", String::as_str));
        let stages = last.stages;
        let lead = (words.lead)(from, to, total, stages.usable, stages.switched_off, stages.deleted, stages.unknown);
        let _ = writeln!(out, "<p class=\"lead\">{lead}</p>");
    }
    if !standings.is_empty() || retirement.is_none() {
        of_inventories(standings, words, &times, &days, &mut out);
    }
    if let Some(retirement) = retirement {
        stages::section(retirement, words.stages_words, day, &mut out);
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// Charts and figures of the inventories.
fn of_inventories(standings: &[Standing], words: &PageWords, times: &[i64], days: &[String], out: &mut String) {
    type Value = fn(&Standing) -> usize;
    let stages: [Value; 4] =
        [|one| one.stages.usable, |one| one.stages.switched_off, |one| one.stages.deleted, |one| one.stages.unknown];
    let ages: [Value; 4] = [|one| one.key_ages[3], |one| one.key_ages[2], |one| one.key_ages[1], |one| one.key_ages[0]];
    let [young, year, years, old] = words.ages;
    for (title, names, values) in
        [(words.stage_title, words.stages, stages), (words.age_title, [old, years, year, young], ages)]
    {
        let bands: Vec<Band<'_>> = names
            .into_iter()
            .zip(values)
            .zip(["a", "b", "c", "d"])
            .map(|((name, value), class)| Band { name, class, values: standings.iter().map(value).collect() })
            .collect();
        chart(title, times, days, &bands, out);
    }
    figures(standings, words, days, out);
}

/// A chart with its title and the meaning of its colours.
pub(super) fn chart(title: &str, times: &[i64], days: &[String], bands: &[Band<'_>], out: &mut String) {
    let _ = writeln!(out, "<h2>{title}</h2>\n<ul class=\"key\">");
    for band in bands {
        let _ = writeln!(
            out,
            "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"{}\" width=\"10\" height=\"10\"/></svg>{}</li>",
            band.class, band.name
        );
    }
    out.push_str("</ul>\n");
    out.push_str(&stacked(title, times, days, bands));
}

fn figures(standings: &[Standing], words: &PageWords, days: &[String], out: &mut String) {
    let _ = writeln!(
        out,
        "<h2>{title}</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\">\n<table>\n<thead><tr><td></td>",
        title = words.table
    );
    for day in days {
        let _ = write!(out, "<th scope=\"col\">{day}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (name, (_, value)) in words.figures.iter().zip(FIGURES) {
        let Some(values) = row(standings, value) else { continue };
        let _ = write!(out, "<tr><th scope=\"row\">{name}</th>");
        for value in values {
            let _ = write!(out, "<td>{}</td>", value.shown(words.unknown));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
}
