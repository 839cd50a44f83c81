//! The words, English and Japanese side by side.

use jiff::Timestamp;
use model::iam_user::AccessKeyStatus;
use model::operation::Operation;
use model::retirement::DENIAL_POLICY;
use model::{Change, IamStep};
use plan::iam_users::Verdict;
use plan::retirement::{Missing, Next, Reason, Risk};

use crate::cli::iam_users::PageLanguage;

/// One language.
pub(super) struct Vocabulary {
    pub(super) title: fn(Next) -> &'static str,
    pub(super) risk: fn(Risk) -> &'static str,
    pub(super) owner: fn(&str, bool) -> String,
    pub(super) more: fn(usize) -> String,
    pub(super) reason: fn(&Reason) -> String,
    pub(super) nobody: &'static str,
}

static ENGLISH: Vocabulary = Vocabulary {
    title: english_title,
    risk: |risk| match risk {
        Risk::Low => "low risk: not used for 90 days",
        Risk::Medium => "medium risk: console only",
        Risk::High => "high risk: keys in use",
    },
    owner: |owner, has_left| match has_left {
        true => format!("{owner}, who left"),
        false => owner.to_owned(),
    },
    more: |more| format!("… and {more} more (--format json)"),
    reason: english,
    nobody: "no IAM user fits",
};

static JAPANESE: Vocabulary = Vocabulary {
    title: japanese_title,
    risk: |risk| match risk {
        Risk::Low => "リスク低: 90日間利用なし",
        Risk::Medium => "リスク中: コンソールのみ",
        Risk::High => "リスク高: アクセスキー利用あり",
    },
    owner: |owner, has_left| match has_left {
        true => format!("{owner}（退職済み）"),
        false => owner.to_owned(),
    },
    more: |more| format!("… ほか{more}件（--format json）"),
    reason: japanese,
    nobody: "該当するIAMユーザーはありません",
};

pub(super) fn vocabulary(language: PageLanguage) -> &'static Vocabulary {
    match language {
        PageLanguage::En => &ENGLISH,
        PageLanguage::Ja => &JAPANESE,
    }
}

fn english_title(next: Next) -> &'static str {
    match next {
        Next::Delete => "to delete",
        Next::SwitchOff => "to switch off",
        Next::Announce => "to announce",
        Next::Wait => "waiting",
        Next::Hold => "held back",
        Next::Refuse => "not touched",
    }
}

fn japanese_title(next: Next) -> &'static str {
    match next {
        Next::Delete => "削除する",
        Next::SwitchOff => "無効化する",
        Next::Announce => "告知する",
        Next::Wait => "待機中",
        Next::Hold => "保留",
        Next::Refuse => "対象外",
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn named(actions: &[String], open: &str, close: &str) -> String {
    if actions.is_empty() { String::new() } else { format!("{open}{}{close}", actions.join(", ")) }
}

fn english(reason: &Reason) -> String {
    match reason {
        Reason::Protected { pattern } => format!("protected: `{pattern}` in sekisho.yaml"),
        Reason::Reduced { since, why } => {
            format!("it stays, reduced on {}{} (`--also-reduced` takes it up)", day(*since), after(why))
        }
        Reason::NotAPersons { verdict: Verdict::Unknown, because } => {
            format!("it is unknown who or what uses it{}", after(because))
        }
        Reason::NotAPersons { verdict: Verdict::Mixed, because } => {
            format!(
                "a machine uses it, too: give that part a replacement first (`iam-users replacement`){}",
                after(because)
            )
        }
        Reason::NotAPersons { because, .. } => {
            format!("a machine uses it: give it a replacement first (`iam-users replacement`){}", after(because))
        }
        Reason::InventoryOld { taken, most_hours } => format!(
            "the inventory is of {}, older than {most_hours} h: take it again (`iam-users list --save`)",
            minute(*taken)
        ),
        Reason::NotRead { part, why } => format!("{} could not be read: {why}", english_part(*part)),
        Reason::NoEvidence => "the evidence holds nothing of this account: scan its log (`trail scan`)".to_owned(),
        Reason::EvidenceOld { last, most_hours } => {
            format!("the evidence ends on {}, more than {most_hours} h ago: scan the log again", minute(*last))
        }
        Reason::EvidenceFlawed { flaw } => format!("the evidence is not whole: {flaw}"),
        Reason::RegionStopped { region, last } => format!(
            "the log of {region} is silent since {}: any call there (`aws sts get-caller-identity --region {region}`) that the next scan shows proves that it is still written",
            minute(*last)
        ),
        Reason::EvidenceGap { days: 1 } => "the evidence lacks a day since it was switched off".to_owned(),
        Reason::EvidenceGap { days } => format!("the evidence lacks {days} days since it was switched off"),
        Reason::OwnedByTool { place } => format!("remove it there first: {place}"),
        Reason::NamedInPolicy { place } => format!("named in the {place}"),
        Reason::NoOwner => "nobody knows whose it is: settle it (`iam-users assign-owner`)".to_owned(),
        Reason::OwnerUnsure { owner, confidence } => {
            format!(
                "{owner} has left, but that it is theirs is only {confidence} % sure: settle it (`iam-users assign-owner`)"
            )
        }
        Reason::NoOtherWay { owner } => {
            format!("{owner} has no other way into the account yet: assign a permission set first")
        }
        Reason::WaysUnknown { why } => format!("who can enter the account is not known in full: {why}"),
        Reason::DoesNotFit => {
            "what switches it off does not fit: its inline policies are full and ten policies are attached".to_owned()
        }
        Reason::Complaint { text, since } => format!("complaint of {}: {text}", day(*since)),
        Reason::NotSignedIn { owner } => format!("{owner} was not seen in the portal since it was announced"),
        Reason::StillUsed { credential, last, actions } => {
            format!(
                "still in use: {} on {}{}",
                english_credential(credential),
                minute(*last),
                named(actions, " (", ")")
            )
        }
        Reason::UsedSince { credential, last, actions } => format!(
            "used or tried after it was switched off: {} on {}{}",
            english_credential(credential),
            minute(*last),
            named(actions, " (", ")")
        ),
        Reason::SwitchedOnAgain { what } if what == "everything" => {
            "somebody took away the policy that denies everything".to_owned()
        }
        Reason::SwitchedOnAgain { what } => format!("somebody made {what} active again"),
        Reason::BrokenOff { left } => {
            format!("switching it off broke off half-way: {} still work{}", left.join(", "), singular(left.len()))
        }
        Reason::InventoryBefore { taken, changed } => format!(
            "the inventory is of {}, from before Sekisho changed it on {}: take it again (`iam-users list --save`)",
            minute(*taken),
            minute(*changed)
        ),
        Reason::NotAnnounced => {
            "it was switched off in part because its owner had left, who is here as is known now: `iam-users restore` takes it back"
                .to_owned()
        }
        Reason::Parallel { until } => format!("both ways are open until {}", minute(*until)),
        Reason::Quiet { until } => format!("watched until {}", minute(*until)),
    }
}

fn singular(count: usize) -> &'static str {
    if count == 1 { "s" } else { "" }
}

fn after(because: &Option<String>) -> String {
    because.as_ref().map(|because| format!(": {because}")).unwrap_or_default()
}

fn english_part(part: Missing) -> &'static str {
    match part {
        Missing::Password => "its password",
        Missing::AccessKeys => "its access keys",
        Missing::MfaDevices => "its MFA devices",
        Missing::OtherCredentials => "its other credentials",
    }
}

fn english_credential(credential: &str) -> String {
    match credential {
        "console" => "the console".to_owned(),
        "sessions" => "console or sessions".to_owned(),
        key => format!("key {key}"),
    }
}

fn japanese(reason: &Reason) -> String {
    match reason {
        Reason::Protected { pattern } => format!("保護対象（sekisho.yaml の `{pattern}`）"),
        Reason::Reduced { since, why } => {
            format!("権限を減らして残すユーザー（{}）{}。対象に含めるには `--also-reduced`", day(*since), after(why))
        }
        Reason::NotAPersons { verdict: Verdict::Unknown, because } => {
            format!("誰が、何が使っているか不明{}", after(because))
        }
        Reason::NotAPersons { verdict: Verdict::Mixed, because } => {
            format!("システムも使っている。先にその部分の置き換えが必要（`iam-users replacement`）{}", after(because))
        }
        Reason::NotAPersons { because, .. } => {
            format!("システムが使っている。先に置き換えが必要（`iam-users replacement`）{}", after(because))
        }
        Reason::InventoryOld { taken, most_hours } => {
            format!("棚卸しが{}のもので{most_hours}時間より古い。取り直す（`iam-users list --save`）", minute(*taken))
        }
        Reason::NotRead { part, why } => format!("{}を読み取れない: {}", japanese_part(*part), plan::japanese(why)),
        Reason::NoEvidence => "このアカウントの証跡がない。ログを読み込む（`trail scan`）".to_owned(),
        Reason::EvidenceOld { last, most_hours } => {
            format!("証跡が{}で終わっており{most_hours}時間より古い。読み込み直す", minute(*last))
        }
        Reason::EvidenceFlawed { flaw } => format!("証跡に欠けがある: {}", plan::japanese(flaw)),
        Reason::RegionStopped { region, last } => format!(
            "{region} のログが{}から途絶えている。そこで何か一回呼び出し（`aws sts get-caller-identity --region {region}`）、次の読み込みで現れれば記録は続いている",
            minute(*last)
        ),
        Reason::EvidenceGap { days } => format!("無効化以降の証跡が{days}日分欠けている"),
        Reason::OwnedByTool { place } => format!("先にそちらから削除する: {}", plan::japanese(place)),
        Reason::NamedInPolicy { place } => format!("ポリシーに名前がある: {}", plan::japanese(place)),
        Reason::NoOwner => "持ち主が不明。決める（`iam-users assign-owner`）".to_owned(),
        Reason::OwnerUnsure { owner, confidence } => {
            format!("{owner} は退職済みだが、持ち主である確度は{confidence}%。決める（`iam-users assign-owner`）")
        }
        Reason::NoOtherWay { owner } => {
            format!("{owner} はまだ別の方法でこのアカウントに入れない。先に許可セットを割り当てる")
        }
        Reason::WaysUnknown { why } => format!("誰がこのアカウントに入れるか全部は分からない: {}", plan::japanese(why)),
        Reason::DoesNotFit => {
            "無効化用のポリシーが入らない（インラインポリシーが満杯、アタッチ済みポリシーが10個）".to_owned()
        }
        Reason::Complaint { text, since } => format!("{}の申し出: {text}", day(*since)),
        Reason::NotSignedIn { owner } => format!("告知後、{owner} のポータルの利用がまだない"),
        Reason::StillUsed { credential, last, actions } => {
            format!(
                "まだ使われている: {}（{}）{}",
                japanese_credential(credential),
                minute(*last),
                named(actions, " ", "")
            )
        }
        Reason::UsedSince { credential, last, actions } => format!(
            "無効化後に利用または試行あり: {}（{}）{}",
            japanese_credential(credential),
            minute(*last),
            named(actions, " ", "")
        ),
        Reason::SwitchedOnAgain { what } if what == "everything" => "すべてを拒否するポリシーを誰かが外した".to_owned(),
        Reason::SwitchedOnAgain { what } => format!("誰かが {what} を再び有効にした"),
        Reason::BrokenOff { left } => format!("無効化が途中で止まっている: {} がまだ使える", left.join(", ")),
        Reason::InventoryBefore { taken, changed } => format!(
            "棚卸しが{}のもので、Sekisho が変更した{}より前。取り直す（`iam-users list --save`）",
            minute(*taken),
            minute(*changed)
        ),
        Reason::NotAnnounced => {
            "退職者のものとして途中まで無効化したが、持ち主は在籍している。`iam-users restore` で元に戻す".to_owned()
        }
        Reason::Parallel { until } => format!("{}まで並行期間", minute(*until)),
        Reason::Quiet { until } => format!("{}まで観察期間", minute(*until)),
    }
}

fn japanese_part(part: Missing) -> &'static str {
    match part {
        Missing::Password => "パスワード",
        Missing::AccessKeys => "アクセスキー",
        Missing::MfaDevices => "MFAデバイス",
        Missing::OtherCredentials => "その他の認証情報",
    }
}

fn japanese_credential(credential: &str) -> String {
    match credential {
        "console" => "コンソール".to_owned(),
        "sessions" => "コンソールまたはセッション".to_owned(),
        key => format!("キー {key}"),
    }
}

/// What a change means for the user; none for what is no change of an IAM user.
pub(super) fn japanese_summary(operation: &Operation) -> Option<String> {
    let Change::IamUser { user, step, .. } = &operation.change else { return None };
    let user = &user.name;
    Some(match step {
        IamStep::SetKeyStatus { key, to: AccessKeyStatus::Active, .. } => {
            format!("{user} のキー {key} を再び有効にする")
        }
        IamStep::SetKeyStatus { key, .. } => format!("{user} のキー {key} を無効にする（再び有効にできる）"),
        IamStep::DeleteKey { key } => format!("{user} のキー {key} を削除する（元に戻せない）"),
        IamStep::SetCredentialStatus { id, active: true, .. } => format!("{user} の認証情報 {id} を再び有効にする"),
        IamStep::SetCredentialStatus { id, .. } => format!("{user} の認証情報 {id} を無効にする"),
        IamStep::DeleteCredential { id, .. } => format!("{user} の認証情報 {id} を削除する（元に戻せない）"),
        IamStep::SetPolicy { name, to: Some(_), .. } if name == DENIAL_POLICY => {
            format!("{user} のすべての操作を拒否する（コンソールを含む）")
        }
        IamStep::SetPolicy { name, to: None, .. } if name == DENIAL_POLICY => {
            format!("{user} に対するすべての拒否を解く")
        }
        IamStep::SetPolicy { name, from: Some(_), to: Some(_) } => {
            format!("{user} のインラインポリシー {name} を変更する")
        }
        IamStep::SetPolicy { name, to: Some(_), .. } => format!("{user} にインラインポリシー {name} を付ける"),
        IamStep::SetPolicy { name, .. } => format!("{user} からインラインポリシー {name} を外す"),
        IamStep::AttachPolicy { policy } => format!("{user} に {} を付ける", last(policy)),
        IamStep::DetachPolicy { policy } => format!("{user} から {} を外す", last(policy)),
        IamStep::JoinGroup { group } => format!("{user} をグループ {group} に加える"),
        IamStep::LeaveGroup { group } => format!("{user} をグループ {group} から外す"),
        IamStep::DeletePassword => format!("{user} のコンソールパスワードを削除する（元に戻せない）"),
        IamStep::RemoveMfaDevice { serial } => format!("{user} の MFA デバイス {} を外す", last(serial)),
        IamStep::CreateUser { .. } => format!("{user} を別の ID で作り直す"),
        IamStep::DeleteUser { .. } => format!("{user} を削除する（元の内容はジャーナルに残る）"),
    })
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
