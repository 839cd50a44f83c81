//! What somebody has to look at before a machine's role is made, in both languages.

use policy::catalogue;

use super::FILL_IN;
use crate::japanese;

/// Language of the texts that go with the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Japanese.
    Japanese,
}

/// Something to be settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ToSettle {
    NoHome,
    NoPermission,
    /// A class of events, in words of the language already.
    Unseen(String),
    /// File, and what the checker of policies says of it, in English.
    Problem(String, String),
    RolesAnywhere,
    NoRepository,
    SecondSubject(String),
    Environments,
    Vendor,
    AlwaysRefused(String),
    UnknownAction(String),
    TooManyResources,
    TooManyActions,
    NoResource(usize),
}

impl ToSettle {
    pub(super) fn sentence(&self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::Japanese => self.japanese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NoHome => "nothing tells where it runs: say it with --home".to_owned(),
            Self::NoPermission => {
                "the log shows nothing that needs a permission: the policy is empty and no file was written".to_owned()
            }
            Self::Unseen(class) => {
                format!("the log could not show {class}: what it does there is missing from permissions.json")
            }
            Self::Problem(name, message) => format!("{name}: {message}"),
            Self::RolesAnywhere => format!(
                "trust policy for Roles Anywhere: write the trust anchor's ARN and the certificate's common name for {FILL_IN}"
            ),
            Self::NoRepository => {
                format!("trust policy for GitHub Actions: write the repository for {FILL_IN} (--repository OWNER/NAME)")
            }
            Self::SecondSubject(repository) => format!(
                "trust policy for GitHub Actions: the second subject has the ids of owner and repository, which no log tells: write them for {FILL_IN} \
                 (`gh api repos/{repository} --jq '.owner.id, .id'`), or delete it where the repository's tokens carry names"
            ),
            Self::Environments => {
                "jobs with an `environment` have another subject (`…:environment:NAME`): replace the ending then"
                    .to_owned()
            }
            Self::Vendor => format!(
                "trust policy for the vendor: its account and the external id it gave you for {FILL_IN} (--vendor-account, --external-id)"
            ),
            Self::AlwaysRefused(event) => format!("{event} was always refused: it is left out"),
            Self::UnknownAction(action) => format!(
                "{action}: the catalogue of {} does not know a permission of that name; look it up and add it",
                catalogue::date()
            ),
            Self::TooManyResources => {
                "there were too many resources to keep all: what they were of is allowed on `*`; narrow it".to_owned()
            }
            Self::TooManyActions => "there were too many actions to keep all: permissions.json lacks some".to_owned(),
            Self::NoResource(count) => {
                format!("the log names no resource for {count} of the actions: they are allowed on `*`; narrow them")
            }
        }
    }

    fn japanese(&self) -> String {
        match self {
            Self::NoHome => "どこで動いているかを示すものがない。--home で指定する".to_owned(),
            Self::NoPermission => {
                "権限を必要とする操作がログにない。ポリシーは空なので、ファイルは書いていない".to_owned()
            }
            Self::Unseen(class) => {
                format!("{class}はログに現れない。そこでの操作は permissions.json に含まれていない")
            }
            Self::Problem(name, message) => format!("{name}: {}", japanese(message)),
            Self::RolesAnywhere => {
                format!(
                    "Roles Anywhere の信頼ポリシー: {FILL_IN} にトラストアンカーの ARN と証明書のコモンネームを書く"
                )
            }
            Self::NoRepository => {
                format!("GitHub Actions の信頼ポリシー: {FILL_IN} にリポジトリを書く（--repository OWNER/NAME）")
            }
            Self::SecondSubject(repository) => format!(
                "GitHub Actions の信頼ポリシー: 二つ目の sub には所有者とリポジトリの ID が入るが、ログからは分からない。{FILL_IN} に書くか\
                 （`gh api repos/{repository} --jq '.owner.id, .id'`）、トークンが名前を使うリポジトリなら削除する"
            ),
            Self::Environments => {
                "`environment` のあるジョブは sub が異なる（`…:environment:NAME`）。その場合は末尾を書き換える"
                    .to_owned()
            }
            Self::Vendor => format!(
                "ベンダーの信頼ポリシー: {FILL_IN} にベンダーのアカウントと、渡された外部 ID を書く（--vendor-account、--external-id）"
            ),
            Self::AlwaysRefused(event) => format!("{event} は毎回拒否されていたので除いた"),
            Self::UnknownAction(action) => {
                format!("{action}: {} 時点の一覧にその名前の権限がない。調べて追加する", catalogue::date())
            }
            Self::TooManyResources => {
                "リソースが多すぎて記録しきれなかった。該当する操作は `*` に許可しているので絞り込む".to_owned()
            }
            Self::TooManyActions => {
                "操作が多すぎて記録しきれなかった。permissions.json に足りないものがある".to_owned()
            }
            Self::NoResource(count) => {
                format!("{count} 個の操作はログにリソースがない。`*` に許可しているので絞り込む")
            }
        }
    }
}
