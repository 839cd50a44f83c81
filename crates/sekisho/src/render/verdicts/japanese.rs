//! The reasons in Japanese. Each is matched by itself: one that is added has to be said here as well before anything compiles.

use plan::iam_users::owner::{NameForm, OwnerReason, Told};
use plan::iam_users::{Reason, Tops, UnreadPart, Unseen, UserVerdict, Verdict};
use plan::japanese;

use crate::render::words::thousands;

/// The verdict in one word.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Person => "人",
        Verdict::Machine => "システム",
        Verdict::Mixed => "人とシステムの両方",
        Verdict::Unused => "未使用",
        Verdict::Unknown => "不明",
    }
}

fn tops(tops: &Tops) -> String {
    let names = tops.names.join("、");
    if tops.more > 0 { format!("{names} ほか {} 件", tops.more) } else { names }
}

/// A list that was cut.
fn list(name: &str) -> &str {
    match name {
        "actions" => "操作",
        "programs" => "プログラム",
        "addresses" => "接続元",
        "calling services" => "呼び出し元のサービス",
        other => other,
    }
}

fn number(number: u64) -> String {
    thousands(usize::try_from(number).unwrap_or(usize::MAX))
}

fn part(part: UnreadPart) -> &'static str {
    match part {
        UnreadPart::Password => "パスワード",
        UnreadPart::AccessKeys => "アクセスキー",
        UnreadPart::MfaDevices => "MFA デバイス",
        UnreadPart::OtherCredentials => "そのほかの認証情報",
    }
}

/// The sentence that decided, of which only the English is at hand; as it is where it is none of the verdict's.
pub(crate) fn decisive(english: &str, verdict: &UserVerdict) -> String {
    let reasons = verdict.parts.iter().flat_map(|part| &part.reasons).chain(&verdict.reasons);
    let found = reasons.into_iter().find(|reason| reason.to_string() == english);
    found.map_or_else(|| english.to_owned(), sentence)
}

/// Why a verdict is what it is.
#[expect(clippy::too_many_lines, reason = "a sentence for each, all of them in one match, so that none is forgotten")]
pub(super) fn sentence(reason: &Reason) -> String {
    match reason {
        Reason::Fact { key, calls, days, span, programs, networks } => format!(
            "{}: {span} 日のうち {days} 日に計 {} 回の呼び出し。プログラム: {}、接続元: {}",
            key.as_deref().unwrap_or("コンソール"),
            number(*calls),
            tops(programs),
            tops(networks)
        ),
        Reason::NotByDay => "証跡が日ごとに記録されておらず、定期実行かどうかを判定できない".to_owned(),
        Reason::TooMany { list: name } => format!("{}が多すぎて、すべては調べられなかった", list(name)),
        Reason::RoundTheClock { hours_of_day, hours_a_day } => {
            format!("昼夜を問わず使われている: 24 時間のうち {hours_of_day} 時間帯、1 日平均 {hours_a_day} 時間")
        }
        Reason::NeverRests => "休みがない: 使われない 8 時間が 1 日のどこにもない".to_owned(),
        Reason::EveryDay { days, span } => format!("{span} 日のうち {days} 日に使われ、週末も含む"),
        Reason::SameTime { from, to } => format!("毎回同じ時間帯: {from:02}:00 から {to:02}:00 (UTC) の間"),
        Reason::EvenDistances { days: 30 } => "間隔が一定: 毎月".to_owned(),
        Reason::EvenDistances { days } => format!("間隔が一定: {days} 日ごと"),
        Reason::WorkingDays => "平日に使われ、どの時間帯で見ても夜間の利用がない".to_owned(),
        Reason::AlwaysTheSame { actions, days } => {
            format!("いつも同じ: {} 種類の操作を {days} 日間ほぼ毎日", number(*actions))
        }
        Reason::SameEachDay { actions, days } => {
            format!("{days} 日とも同じ {} 種類の操作", number(*actions))
        }
        Reason::SameOnDays { actions, days } => format!("同じ {} 種類の操作を {days} 日", number(*actions)),
        Reason::CuriousEachDay { actions } => format!("操作が多様: {actions} 種類を、日ごとに少しずつ"),
        Reason::CuriousOnce { actions, once } => {
            format!("操作が多様: {actions} 種類のうち {once} 種類は 1 日だけ")
        }
        Reason::FewDays { days } => {
            format!("使われたのは {} 日だけ: まれに動くジョブと区別できない", number(*days))
        }
        Reason::LittleNew { actions } => {
            format!("{} 種類の操作で、新しいものがほとんどない: ジョブと区別できない", number(*actions))
        }
        Reason::ChangesEachTime { actions } => {
            format!("毎回、何かを変更または移動している (該当する操作 {} 種類)", number(*actions))
        }
        Reason::Timer { action } => format!("{action} が規則的に現れ、定期実行の可能性がある"),
        Reason::Together { actions } => {
            format!("{} が繰り返し一緒に現れる: スクリプトやデプロイと区別できない", actions.join("、"))
        }
        Reason::RunsOn { platform } => format!("{platform} で動いている"),
        Reason::ByHand { programs } => format!("人が操作するプログラムから: {}", programs.join("、")),
        Reason::ByThemselves { programs } => {
            format!("手動でも自動でも動くプログラムから: {}", programs.join("、"))
        }
        Reason::Pipelines { programs } => {
            format!("手動でも自動でも動くプログラムから: {}。パイプラインでも使われる", programs.join("、"))
        }
        Reason::RentedRunners { networks, days } => {
            format!("{days} 日間に {networks} のネットワークから: CI などの共用ランナーに見られる形")
        }
        Reason::Cloud { name } => format!("クラウドから ({name})"),
        Reason::SignInNetworks => "同じユーザーがコンソールにサインインするネットワークから".to_owned(),
        Reason::OtherNetworks { networks, sign_ins_known: true } => {
            format!("{} から。そこからコンソールへのサインインはない", networks.join("、"))
        }
        Reason::OtherNetworks { networks, sign_ins_known: false } => {
            format!("{} から。サインインの記録がなく、本人の場所が分からない", networks.join("、"))
        }
        Reason::PasswordNeverUsed => "パスワードは一度も使われていない".to_owned(),
        Reason::PasswordNotTold => "パスワードがいつ使われたか、AWS からは分からない".to_owned(),
        Reason::PasswordLongAgo { date, days } => format!("パスワードの最終使用は {date} ({days} 日前)"),
        Reason::PasswordWithMfa { date } => {
            format!("{date} にパスワードでのサインインがあり、MFA デバイスがある")
        }
        Reason::PasswordBySomebody { date } => {
            format!("{date} にパスワードが使われたが、誰によるものかログに出ていない")
        }
        Reason::SignIns { number: many, with_mfa: true } => format!("MFA ありのサインイン {} 回", number(*many)),
        Reason::SignIns { number: many, with_mfa: false } => format!("MFA なしのサインイン {} 回", number(*many)),
        Reason::SessionsWithFactor => "MFA を使って開かれたセッション".to_owned(),
        Reason::PasswordLastUsed { date } => format!("AWS によるパスワードの最終使用: {date}"),
        Reason::OpensSessions => "セッションを開くだけで、そのつど MFA が入力されている".to_owned(),
        Reason::UsedAfterLog { service, date, last } => {
            let service = service.as_deref().unwrap_or("何らかのサービス");
            format!("AWS によれば {date} に {service} で使われたが、ログは {last} より後を示していない")
        }
        Reason::NeverUsedButSeen => "AWS は一度も使われていないとするが、ログには利用がある".to_owned(),
        Reason::KeyInactive => "キーは現在無効".to_owned(),
        Reason::KeyNeverUsed { key, made } => format!("{key} は {made} の作成以来、一度も使われていない"),
        Reason::KeyNew { key, made } => format!("{key} は {made} に作成されたばかりで、まだ使われていない"),
        Reason::KeyNotTold { key } => {
            format!("{key} がいつ使われたか AWS からは分からず、ログにも利用がない")
        }
        Reason::KeyLongAgo { key, date, days, is_inactive: false } => {
            format!("{key} の最終使用は {date} ({days} 日前)")
        }
        Reason::KeyLongAgo { key, date, days, is_inactive: true } => {
            format!("{key} は無効で、最終使用は {date} ({days} 日前)")
        }
        Reason::KeyUnseen { key, service, region, date, why } => {
            let service = service.as_deref().unwrap_or("何らかのサービス");
            let region = region.as_ref().map(|region| format!(" ({region})")).unwrap_or_default();
            let told = format!("AWS によれば {key} は {date} に {service}{region} で使われた");
            match why {
                Unseen::NotRecorded => format!("{told}が、CloudTrail の証跡は {service} のすべてを記録してはいない"),
                Unseen::Missing => format!("{told}が、ログに出ていない"),
                Unseen::LongAgo { days } => format!("{told} ({days} 日前): 年に 1 回のジョブの可能性が残る"),
                Unseen::OutOfReach => format!("{told}が、ログはその時期に及ばない"),
            }
        }
        Reason::Unread { part: what, reason } => format!("{}を読み取れなかった: {}", part(*what), japanese(reason)),
        Reason::NoSignIn => "コンソールへのサインインがない".to_owned(),
        Reason::SomebodySignsIn => "人もこのユーザーでサインインしている".to_owned(),
        Reason::NamedForSomebody { has_mfa } => {
            let has = if *has_mfa { "MFA デバイス" } else { "パスワード" };
            format!("人の名前が付いていて、{has}がある: 人も使っている可能性がある")
        }
        Reason::ServicesUnread => "最後に使われたサービスを読み取れなかった".to_owned(),
        Reason::NoKeyInUse => "使われているキーはない".to_owned(),
        Reason::JobCouldHide => "人の利用に見えるが、ジョブが隠れている可能性がある".to_owned(),
        Reason::CredentialNotTold { id, service: Some(service) } => {
            format!("{id} は有効で、{service} に使われたかどうか誰にも分からない")
        }
        Reason::CredentialNotTold { id, service: None } => {
            format!("{id} は有効で、使われたかどうか AWS からは分からない")
        }
        Reason::VanishedKey { key } => {
            format!("{key} は最近使われ、今はない: 使っていたものが別のキーで戻る可能性がある")
        }
        Reason::NothingHeld => "パスワードもキーもない".to_owned(),
        Reason::MadeLately { date, days } => format!("{date} に作成されたばかり ({days} 日前)"),
        Reason::ServiceUsed { service, date } => format!("AWS によれば {service} が {date} に使われた"),
        Reason::UsedLately => "最近使われた".to_owned(),
        Reason::ForEmergencies => "緊急用と分かる名前: 使われていないのが正常。保護リストに入れること".to_owned(),
        Reason::LogUnread => "このアカウントのログは読み取られていない".to_owned(),
        Reason::LogNotWhole { flaw } => format!("ログが完全ではない: {}", japanese(flaw)),
        Reason::LogShort { days, wanted } => {
            format!("読み取ったログは {days} 日分: {wanted} 日に満たないと、月次のジョブを見落とす")
        }
        Reason::LogEnds { date, days } => format!("ログは {date} まで (棚卸しの {days} 日前)"),
        Reason::NotRecorded { class } => format!("CloudTrail の証跡は `{class}` のすべてを記録してはいない"),
        Reason::SelectorsMissing { class } => {
            format!("CloudTrail の証跡が `{class}` をすべて記録しているか不明: イベントセレクターがない")
        }
        Reason::Gaps { days, first } => {
            format!("ログの途中に何もない日が {} 日ある (最初は {first})", number(*days))
        }
        Reason::RegionGaps { region, days } => format!("{region} のログが {} 日分ない", number(*days)),
        Reason::KeysMissed { keys } => {
            format!("このアカウントのキー {} 個について、最終使用がログに出ていない", number(*keys))
        }
        Reason::RegionUnseen { region } => format!("{region} でキーが使われたが、ログに何もない"),
        Reason::ServiceNotRecorded { service, date } => {
            format!("{service} が {date} に使われたが、CloudTrail の証跡はそのすべてを記録してはいない")
        }
        Reason::ServiceUnexplained { service, date, last: Some(last) } => {
            format!("AWS によれば {service} が {date} に使われたが、ログは {last} より後を示していない")
        }
        Reason::ServiceUnexplained { service, date, last: None } => {
            format!("AWS によれば {service} が {date} に使われたが、ログには何もない")
        }
        Reason::ServiceWatched { service, inventories, since } => format!(
            "CloudTrail の証跡は {service} のすべてを記録してはいないが、{since} 以降の棚卸し {inventories} 回のどれにも、ログにない利用は現れていない"
        ),
        Reason::EarlierUnexplained { service, date } => {
            format!("以前の棚卸しによれば {service} が {date} に使われたが、ログに出ていない")
        }
    }
}

/// Why somebody is taken for the owner.
pub(crate) fn owner_sentence(reason: &OwnerReason) -> String {
    let told = |told: &Told| match told {
        Told::Name { name } => format!("`{name}`"),
        Told::Tag { key, value } => format!("タグ {key} = {value}"),
    };
    let all = |why: &[OwnerReason]| why.iter().map(owner_sentence).collect::<Vec<_>>().join("、");
    match reason {
        OwnerReason::CalledSo { told: what } => format!("{} はディレクトリでの呼び名と一致", told(what)),
        OwnerReason::Fits { told: what, is_exact, form } => {
            let form = match form {
                NameForm::DirectoryName => "ディレクトリでの名前",
                NameForm::FullName => "氏名",
                NameForm::FamilyNameWithInitial => "姓と名の頭文字",
                NameForm::GivenNameWithInitial => "名と姓の頭文字",
                NameForm::FamilyName => "姓",
                NameForm::GivenName => "名",
                NameForm::FamilyNameWithoutVowels => "母音を除いた姓",
            };
            format!("{} は{form}{}", told(what), if *is_exact { "と一致" } else { "と読みが同じ" })
        }
        OwnerReason::TooLittle { person, why } => format!("{person} とするには根拠が足りない: {}", all(why)),
        OwnerReason::Candidate { person, why } => format!("{person}: {}", all(why)),
        OwnerReason::NobodyFits => "名前、タグ、アドレスのどれもディレクトリの誰とも合わない".to_owned(),
        OwnerReason::Settled => "手動で確定済み".to_owned(),
    }
}
