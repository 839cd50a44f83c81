//! `translation.md`: from user to set, statement by statement where something does not stay as it is; for those who review it.

use std::fmt::Write as _;

use model::iam_user::IamUserRef;
use plan::conversion::{ConvertedMember, ConvertedSet, Left, Rehearsed, RehearsedOutcome, TranslationNote};
use plan::japanese;

use super::{Converted, Need};
use crate::cli::iam_users::PageLanguage;
use crate::render::markup;

/// Names shown of a list.
const SHOWN: usize = 20;

/// The whole file.
pub(super) fn translation(converted: &Converted<'_>) -> String {
    Translation { converted, is_japanese: converted.language == PageLanguage::Ja }.written()
}

struct Translation<'a> {
    converted: &'a Converted<'a>,
    is_japanese: bool,
}

impl Translation<'_> {
    fn pick(&self, english: impl FnOnce() -> String, japanese: impl FnOnce() -> String) -> String {
        if self.is_japanese { japanese() } else { english() }
    }

    fn word(&self, english: &'static str, japanese: &'static str) -> &'static str {
        if self.is_japanese { japanese } else { english }
    }

    /// A sentence that is made in English elsewhere.
    fn said(&self, english: &str) -> String {
        markup::prose(&self.pick(|| english.to_owned(), || japanese(english)))
    }

    fn written(&self) -> String {
        let mut out = format!("# {}\n", self.word("From IAM users to permission sets", "IAM ユーザーから許可セットへ"));
        for set in &self.converted.conversion.sets {
            self.set(set, &mut out);
        }
        self.groups(&mut out);
        let left = &self.converted.conversion.left;
        if !left.is_empty() {
            let _ = writeln!(out, "\n## {}\n", self.word("Not converted", "変換しなかったユーザー"));
            for (user, why) in left {
                let place = self.in_account(&name(user), user);
                let _ = writeln!(out, "- {place}: {}", markup::prose(&self.left(why)));
            }
        }
        out
    }

    fn in_account(&self, name: &str, user: &IamUserRef) -> String {
        self.pick(|| format!("{name} in {}", user.account), || format!("{name}（{}）", user.account))
    }

    fn set(&self, set: &ConvertedSet, out: &mut String) {
        let _ = writeln!(out, "\n## {}\n", set.name);
        for policy in &set.managed_policies {
            let line = self.pick(
                || format!("managed policy `{policy}`, as it is"),
                || format!("管理ポリシー `{policy}`（そのまま）"),
            );
            let _ = writeln!(out, "- {line}");
        }
        for source in &set.inline {
            let from: Vec<&str> = source.origins.iter().map(plan::conversion::Origin::name).collect();
            let from = self.code(&from);
            let line = self.pick(
                || format!("`policies/{}.json`, from {from}", source.file),
                || format!("`policies/{}.json`（元のポリシー: {from}）", source.file),
            );
            let _ = writeln!(out, "- {line}");
        }
        for wildcard in set.merged.iter().flat_map(|merged| &merged.wildcards) {
            let (pattern, number) = (&wildcard.pattern, wildcard.replaces.len());
            let line = self.pick(
                || format!("`{pattern}` stands for {number} actions"),
                || format!("`{pattern}` は {number} 個の操作を表す"),
            );
            let _ = writeln!(out, "- {line}");
        }
        for member in &set.members {
            self.member(member, out);
        }
    }

    fn member(&self, member: &ConvertedMember, out: &mut String) {
        let user = &member.user;
        let nobody = || self.word("nobody known", "所有者不明").to_owned();
        let owner = self.converted.owner(user).map_or_else(nobody, markup::code);
        let _ = writeln!(out, "\n### {} → {owner}\n", self.in_account(&name(user), user));
        if !member.gained.is_empty() {
            let gained = self.code(&member.gained);
            let line = self.pick(|| format!("gains {gained}"), || format!("新たにできるようになる操作: {gained}"));
            let _ = writeln!(out, "- {line}");
        }
        if let Some(example) = &member.example {
            let example = self.code(&[example]);
            let line = self.pick(
                || format!("may more than before, for example {example}"),
                || format!("以前より多くのことができる。例: {example}"),
            );
            let _ = writeln!(out, "- {line}");
        }
        for note in self.converted.conversion.notes.get(user).into_iter().flatten() {
            let _ = writeln!(out, "- {}", self.note(note));
        }
        for lost in self.converted.rehearsals.get(user).into_iter().flatten() {
            if let Some(line) = self.lost(lost) {
                let _ = writeln!(out, "- {line}");
            }
        }
    }

    fn note(&self, note: &TranslationNote) -> String {
        let policy = markup::code(note.origin.name());
        let statement = self.said(&note.statement);
        let reasons: Vec<String> = note.reasons.iter().map(|reason| self.said(reason)).collect();
        if self.is_japanese {
            let outcome = match note.outcome {
                "keep" => "そのまま",
                "rewrite" => "書き換え",
                "drop" => "除外",
                "review" => "要確認",
                other => other,
            };
            let changes = if note.changes_meaning { "**内容を確認すること。**" } else { "" };
            format!("{outcome}: {policy}、{statement}: {}。{changes}", reasons.join("。"))
        } else {
            let changes = if note.changes_meaning { " **Look at this.**" } else { "" };
            format!("{}: {policy}, {statement}: {}.{changes}", note.outcome, reasons.join("; "))
        }
    }

    fn lost(&self, lost: &Rehearsed) -> Option<String> {
        let events = lost.events;
        Some(match &lost.outcome {
            RehearsedOutcome::Denied { action, resources, because } => {
                let (on, because) = (self.code(resources), self.said(because));
                self.pick(
                    || format!("**would be denied**: `{action}` on {on}, done {events} times: {because}"),
                    || format!("**拒否されるようになる**: `{action}`（対象 {on}、実績 {events} 回）: {because}"),
                )
            }
            RehearsedOutcome::Open { action, because } => {
                let because = self.said(because);
                self.pick(
                    || format!("open: `{action}`, done {events} times: {because}"),
                    || format!("判断できない: `{action}`（実績 {events} 回）: {because}"),
                )
            }
            RehearsedOutcome::UnknownEvent | RehearsedOutcome::Allowed => return None,
        })
    }

    fn left(&self, left: &Left) -> String {
        if !self.is_japanese {
            return left.to_string();
        }
        match left {
            Left::UnknownPolicy { arn } => format!("`{arn}` の内容を読み取っていない"),
            Left::UnreadablePolicy { name, problem } => {
                format!("ポリシー `{name}` を解釈できない: {}", japanese(problem))
            }
            Left::UnknownGroup { group } => format!("グループ `{group}` を読み取っていない"),
            Left::BoundaryOfUser { arn } => format!(
                "アクセス許可の境界 `{arn}` がユーザー自身または MFA を条件にしていて、ロールでは同じ意味にならない"
            ),
            Left::Nothing => "ロールで意味を持つ権限がない".to_owned(),
            Left::DoesNotFit { reason } => japanese(reason),
        }
    }

    /// Which groups took the place of people, and which could.
    fn groups(&self, out: &mut String) {
        let _ = writeln!(out, "\n## {}\n", self.word("Groups", "グループ"));
        if self.converted.known.memberships.is_empty() {
            out.push_str(self.word(
                "The directory that was given names no groups, so that every assignment names a person. With `groups` of each person in `people.yaml` those of \
                 one function get their set through its group.\n",
                "渡されたディレクトリにグループがないため、すべて個人への割り当てになっている。`people.yaml` の各人に `groups` を書くと、同じ職務の人には\
                 そのグループを通じて許可セットが割り当てられる。\n",
            ));
            return;
        }
        let needs = self.converted.needs();
        let proposed: Vec<&Need<'_>> = needs.iter().filter(|need| !need.found.proposals.is_empty()).collect();
        for need in needs.iter().filter(|need| need.found.group.is_some()) {
            let _ = writeln!(out, "- {}", self.through_group(need));
        }
        for need in &proposed {
            self.proposals(need, out);
        }
        if proposed.is_empty() && needs.iter().all(|need| need.found.group.is_none()) {
            out.push_str(self.word(
                "No group of the directory holds all who need a set in an account.\n",
                "あるアカウントで同じ許可セットを必要とする全員を含むグループは、ディレクトリにない。\n",
            ));
        }
        out.push_str(self.word(
            "\nMembers are those of the directory that was given: see that Identity Center has the same.\n",
            "\nメンバーは渡されたディレクトリによる。Identity Center でも同じであることを確認すること。\n",
        ));
    }

    fn through_group(&self, need: &Need<'_>) -> String {
        let group = markup::code(&format!("group:{}", need.found.group.as_deref().unwrap_or_default()));
        let people = self.code(&need.people.keys().copied().collect::<Vec<_>>());
        let (set, account) = (markup::code(need.set), need.account);
        self.pick(
            || {
                format!(
                    "{set} in {account}: {group}, whose members are {people}. Who joins it later gets the set, and who leaves it loses the set."
                )
            },
            || {
                format!(
                    "{account} の {set}: {group}（メンバー: {people}）に割り当てる。後から加わった人にも割り当てられ、抜けた人からは外れる。"
                )
            },
        )
    }

    fn proposals(&self, need: &Need<'_>, out: &mut String) {
        for proposal in &need.found.proposals {
            let (set, account) = (markup::code(need.set), need.account);
            let people = self.code(&need.people.keys().copied().collect::<Vec<_>>());
            let group = markup::code(&format!("group:{}", proposal.group));
            let (number, gains) = (proposal.gains.len(), self.code(&proposal.gains));
            let line = self.pick(
                || {
                    format!(
                        "{set} in {account} stays with {people}: {group} holds them all, and **would give the set to {number} more**: {gains}."
                    )
                },
                || {
                    format!(
                        "{account} の {set} は {people} への割り当てのままにした。{group} は全員を含むが、**ほかの {number} 人にも割り当てることになる**: {gains}。"
                    )
                },
            );
            let _ = writeln!(out, "- {line}");
        }
    }

    fn code<T: AsRef<str>>(&self, names: &[T]) -> String {
        let shown: Vec<String> = names.iter().take(SHOWN).map(|name| markup::code(name.as_ref())).collect();
        let shown = shown.join(self.word(", ", "、"));
        match names.len().saturating_sub(SHOWN) {
            0 => shown,
            more => self.pick(|| format!("{shown} and {more} more"), || format!("{shown} ほか {more} 件")),
        }
    }
}

fn name(user: &IamUserRef) -> String {
    markup::prose(&markup::without_ticks(&user.name))
}
