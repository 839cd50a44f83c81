use std::collections::BTreeMap;

use super::keys::Key;
use super::{Breadth, Reach, ReadCondition, SERVICES_NAMED, Who, Words, first_names, thousands};
use crate::catalogue::AccessLevel;
use crate::operator::{Comparison as C, Quantifier};

pub(super) struct Japanese;

fn level(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::List => "一覧",
        AccessLevel::Read => "読み取り",
        AccessLevel::Tagging => "タグ付け",
        AccessLevel::Write => "変更",
        AccessLevel::PermissionsManagement => "権限の管理",
    }
}

fn key(key: &Key<'_>) -> String {
    match (key.known, key.tag) {
        (Some(known), Some(tag)) => format!("{} `{tag}` ", known.japanese),
        // a space between Latin and Japanese letters, none within Japanese ones
        (Some(known), None) if known.japanese.ends_with(|last: char| last.is_ascii_alphanumeric()) => {
            format!("{} ", known.japanese)
        }
        (Some(known), None) => known.japanese.to_owned(),
        (None, _) => format!("`{}` ", key.text),
    }
}

/// What stands before and behind the values.
fn phrase(comparison: C, several: bool) -> (&'static str, &'static str) {
    match (comparison, several) {
        (C::StringEquals | C::NumericEquals | C::DateEquals | C::BinaryEquals | C::Bool, false) => ("が ", " である"),
        (C::StringEquals | C::NumericEquals | C::DateEquals | C::BinaryEquals | C::Bool, true) => {
            ("が ", " のいずれかである")
        }
        (C::StringEqualsIgnoreCase, false) => ("が ", " である（大文字と小文字は区別しない）"),
        (C::StringEqualsIgnoreCase, true) => ("が ", " のいずれかである（大文字と小文字は区別しない）"),
        (C::StringNotEquals | C::NumericNotEquals | C::DateNotEquals, false) => ("が ", " ではない"),
        (C::StringNotEquals | C::NumericNotEquals | C::DateNotEquals, true) => ("が ", " のいずれでもない"),
        (C::StringNotEqualsIgnoreCase, false) => ("が ", " ではない（大文字と小文字は区別しない）"),
        (C::StringNotEqualsIgnoreCase, true) => ("が ", " のいずれでもない（大文字と小文字は区別しない）"),
        (C::StringLike | C::ArnEquals | C::ArnLike, false) => ("が ", " に一致する"),
        (C::StringLike | C::ArnEquals | C::ArnLike, true) => ("が ", " のいずれかに一致する"),
        (C::StringNotLike | C::ArnNotEquals | C::ArnNotLike, false) => ("が ", " に一致しない"),
        (C::StringNotLike | C::ArnNotEquals | C::ArnNotLike, true) => ("が ", " のいずれにも一致しない"),
        (C::NumericLessThan, _) => ("が ", " より小さい"),
        (C::NumericLessThanEquals, _) => ("が ", " 以下である"),
        (C::NumericGreaterThan, _) => ("が ", " より大きい"),
        (C::NumericGreaterThanEquals, _) => ("が ", " 以上である"),
        (C::DateLessThan, _) => ("が ", " より前である"),
        (C::DateLessThanEquals, _) => ("が ", " 以前である"),
        (C::DateGreaterThan, _) => ("が ", " より後である"),
        (C::DateGreaterThanEquals, _) => ("が ", " 以降である"),
        (C::IpAddress, false) => ("が ", " の範囲にある"),
        (C::IpAddress, true) => ("が ", " のいずれかの範囲にある"),
        (C::NotIpAddress, false) => ("が ", " の範囲にない"),
        (C::NotIpAddress, true) => ("が ", " のいずれの範囲にもない"),
        (C::Null, _) => ("の有無が ", " である"),
    }
}

fn yes_or_no(condition: &ReadCondition<'_>) -> Option<String> {
    let truth = condition.truth()?;
    let said = match condition.comparison()? {
        C::Null => {
            let name = key(&condition.key);
            return Some(if truth {
                format!("{name}が指定されていない")
            } else {
                format!("{name}が指定されている")
            });
        }
        C::Bool if condition.key.is("aws:multifactorauthpresent") => {
            if truth {
                "MFA を使ってサインインしている"
            } else {
                "MFA を使わずにサインインしている"
            }
        }
        C::Bool if condition.key.is("aws:securetransport") => {
            if truth {
                "通信が暗号化（TLS）されている"
            } else {
                "通信が暗号化（TLS）されていない"
            }
        }
        C::Bool if condition.key.is("aws:viaawsservice") => {
            if truth {
                "AWS のサービスが代わりに呼び出している"
            } else {
                "AWS のサービスを介さず、本人が直接呼び出している"
            }
        }
        _ => return None,
    };
    let absent = if condition.holds_when_absent() { "（その情報がない場合も含む）" } else { "" };
    Some(format!("{said}{absent}"))
}

impl Words for Japanese {
    fn label(&self, sid: Option<&str>, number: usize) -> String {
        sid.map_or_else(|| format!("ステートメント {number}"), |sid| format!("ステートメント {number} `{sid}`"))
    }

    fn everything(&self) -> String {
        "すべての操作（`*`）".to_owned()
    }

    fn everything_but(&self, list: &str) -> String {
        format!("{list} 以外のすべて")
    }

    fn any_resource(&self) -> String {
        "すべてのリソース（`*`）".to_owned()
    }

    fn list(&self, names: &[String]) -> String {
        let (shown, hidden) = first_names(names);
        let listed = shown.join("、");
        if hidden == 0 { listed } else { format!("{listed} ほか {hidden} 件") }
    }

    fn extent(&self, all: usize, services: usize, levels: &BTreeMap<AccessLevel, usize>) -> String {
        let kinds: Vec<String> =
            levels.iter().map(|(kind, number)| format!("{} {}", level(*kind), thousands(*number))).collect();
        let of = if services == 1 { String::new() } else { format!("{services} サービスの ") };
        format!("{of}{} 種類の操作: {}", thousands(all), kinds.join("、"))
    }

    fn principals(&self, negated: bool, who: &[Who<'_>]) -> String {
        let named: Vec<String> = who
            .iter()
            .map(|one| match one {
                Who::Everyone => "すべての人（AWS アカウントを持たない人も含む）".to_owned(),
                Who::Account(account) => format!("アカウント {account} が許可した人やロール"),
                Who::Service(service) => format!("サービス `{service}`"),
                Who::Federated(provider) => format!("`{provider}` を通してサインインした人"),
                Who::Other(text) => format!("`{text}`"),
            })
            .collect();
        let listed = self.list(&named);
        if negated { format!("{listed} 以外の全員") } else { listed }
    }

    fn condition(&self, condition: &ReadCondition<'_>) -> String {
        if let Some(said) = yes_or_no(condition) {
            return said;
        }
        let quoted: Vec<String> = condition.values.iter().map(|value| format!("`{value}`")).collect();
        let values = self.list(&quoted);
        let name = key(&condition.key);
        let Some(operator) = condition.operator else {
            return format!("{name}: 演算子 `{}` は AWS にありません（値は {values}）", condition.operator_text);
        };
        let (before, behind) = phrase(operator.comparison, condition.values.len() > 1);
        let subject = match operator.quantifier {
            Quantifier::Single => name,
            Quantifier::ForAllValues => format!("{name}の値のすべて"),
            Quantifier::ForAnyValue => format!("{name}の値の少なくとも 1 つ"),
        };
        let absent = match (condition.holds_when_absent(), operator.quantifier) {
            (false, _) => "",
            (true, Quantifier::ForAllValues) => "（値がない場合も含む）",
            (true, _) => "（その情報がない場合も含む）",
        };
        format!("{}{before}{values}{behind}{absent}", subject.trim_end_matches(' ')).replace("`が ", "` が ")
    }

    fn summary(&self, allows: &Reach, denies: &Reach) -> String {
        let under = |reach: &Reach| if reach.conditional { "条件つきで、" } else { "" };
        let allowed = format!("{}{}を許可します。", under(allows), reach(allows));
        let denied = format!("{}{}を拒否します", under(denies), reach(denies));
        let wins = "（ほかのポリシーで許可されていても、拒否が優先されます）。";
        match (allows.statements, denies.statements) {
            (0, _) => format!("このポリシーだけでは何も許可されません。{denied}{wins}"),
            (_, 0) => format!("{allowed}拒否するものはありません。"),
            _ => format!("{allowed}また、{denied}{wins}"),
        }
    }

    fn variable(&self, name: &str, variable: &Key<'_>) -> String {
        match variable.known {
            Some(_) => format!("`{name}` は{}に置き換わります", spaced(key(variable).trim_end())),
            None => format!("`{name}` は、リクエストに含まれるその値に置き換わります"),
        }
    }

    fn variables_are_text(&self) -> String {
        "`\"Version\": \"2012-10-17\"` の指定がないため、`${…}` は変数ではなくただの文字列として扱われます".to_owned()
    }

    fn unknown_actions(&self, names: &[String]) -> String {
        format!("操作の一覧にないため、種類がわからないもの: {}", self.list(names))
    }
}

/// With a space before what begins with Latin letters and behind what ends with them.
fn spaced(text: &str) -> String {
    let latin = |character: Option<char>| character.is_some_and(|character| character.is_ascii_graphic());
    let before = if latin(text.chars().next()) { " " } else { "" };
    let behind = if latin(text.chars().next_back()) { " " } else { "" };
    format!("{before}{text}{behind}")
}

/// `s3、sqs の読み取り・変更`
fn reach(reach: &Reach) -> String {
    let what = match reach.breadth {
        Breadth::All => "全サービスのすべての操作".to_owned(),
        Breadth::AllBut => "ここで除外した操作以外のすべて".to_owned(),
        Breadth::Named if reach.services.is_empty() => "一覧にない操作".to_owned(),
        Breadth::Named if reach.services.len() > SERVICES_NAMED => counted(reach),
        Breadth::Named => named(reach),
    };
    // the limit stands before what it limits
    if reach.limited { format!("指定したリソースに限り、{what}") } else { what }
}

fn counted(reach: &Reach) -> String {
    let part = |(kind, services): (AccessLevel, Vec<String>)| match services.len() {
        0..=2 => format!("{} の{}", services.join("、"), level(kind)),
        many => format!("{} サービスの{}", thousands(many), level(kind)),
    };
    reach.by_level().into_iter().map(part).collect::<Vec<_>>().join("、")
}

fn named(reach: &Reach) -> String {
    let mut together: Vec<(String, Vec<String>)> = Vec::new();
    for (service, kinds) in &reach.services {
        let doing = kinds.keys().map(|kind| level(*kind)).collect::<Vec<_>>().join("・");
        match together.iter_mut().find(|(known, _)| *known == doing) {
            Some((_, services)) => services.push(format!("`{service}`")),
            None => together.push((doing, vec![format!("`{service}`")])),
        }
    }
    let parts: Vec<String> =
        together.iter().map(|(doing, services)| format!("{} の{doing}", services.join("、"))).collect();
    parts.join("、")
}
