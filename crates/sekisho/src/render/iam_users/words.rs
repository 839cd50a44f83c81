//! What is said about users, in English and Japanese.

use engine::iam_users::{Remark, RootRemark, UserPart};
use model::iam_user::{AccessKeyStatus, OtherCredentialKind};

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words {
    japanese: bool,
}

impl Words {
    /// English.
    pub(crate) const fn english() -> Self {
        Self { japanese: false }
    }

    /// Japanese.
    pub(crate) const fn japanese() -> Self {
        Self { japanese: true }
    }

    /// As HTML names the language.
    pub(crate) const fn code(self) -> &'static str {
        self.of("en", "ja")
    }

    /// One of two texts.
    pub(crate) const fn of<'a>(self, english: &'a str, japanese: &'a str) -> &'a str {
        if self.japanese { japanese } else { english }
    }

    fn pick(self, english: String, japanese: String) -> String {
        if self.japanese { japanese } else { english }
    }

    /// `400 days`
    pub(crate) fn days(self, days: i64) -> String {
        self.pick(if days == 1 { "1 day".to_owned() } else { format!("{days} days") }, format!("{days} 日"))
    }

    /// `3 days ago`
    pub(crate) fn ago(self, days: i64) -> String {
        match days {
            0 => self.of("today", "今日").to_owned(),
            _ => self.pick(format!("{} ago", self.days(days)), format!("{days} 日前")),
        }
    }

    pub(crate) fn remark(self, remark: &Remark) -> String {
        match remark {
            Remark::PasswordWithoutMfa => self.of("password without MFA", "パスワードがあるのに MFA なし").to_owned(),
            Remark::Administrator => self.of("administrator", "管理者権限 (AdministratorAccess)").to_owned(),
            Remark::OldKey { key, days } => self.pick(
                format!("key {} is {} old", tail(key), self.days(*days)),
                format!("キー {} は作成から {days} 日", tail(key)),
            ),
            Remark::UnusedKey { key, days } => self.pick(
                format!("key {} not used for {}", tail(key), self.days(*days)),
                format!("キー {} は {days} 日間使われていない", tail(key)),
            ),
            Remark::NeverUsedKey { key, days } => self.pick(
                format!("key {} never used in {}", tail(key), self.days(*days)),
                format!("キー {} は作成から {days} 日、一度も使われていない", tail(key)),
            ),
            Remark::TwoActiveKeys => self.of("two active keys", "有効なキーが 2 つ").to_owned(),
            Remark::UnusedPassword { days } => self.pick(
                format!("password not used for {}", self.days(*days)),
                format!("パスワードは {days} 日間使われていない"),
            ),
            Remark::NeverUsedPassword => self.of("password never used", "パスワードは一度も使われていない").to_owned(),
            Remark::NoCredentials => self.of("nothing to sign in with", "サインインの手段なし").to_owned(),
            Remark::NotRead { part, reason } => {
                let part = self.part(*part);
                self.pick(format!("{part} not read: {reason}"), format!("{part}は読み取れず: {reason}"))
            }
        }
    }

    pub(crate) fn part(self, part: UserPart) -> &'static str {
        match part {
            UserPart::Password => self.of("password", "パスワード"),
            UserPart::AccessKeys => self.of("access keys", "アクセスキー"),
            UserPart::MfaDevices => self.of("MFA", "MFA"),
            UserPart::OtherCredentials => self.of("other credentials", "そのほかの認証情報"),
            UserPart::ServicesLastAccessed => self.of("services last called", "最後に呼び出したサービス"),
        }
    }

    pub(crate) fn root_remark(self, remark: &RootRemark) -> String {
        match remark {
            RootRemark::WithoutMfa => self.of("no MFA", "MFA なし").to_owned(),
            RootRemark::AccessKeys => self.of("has access keys", "アクセスキーあり").to_owned(),
            RootRemark::UsedLately { days: 0 } => self.of("used today", "今日使われた").to_owned(),
            RootRemark::UsedLately { days } => {
                self.pick(format!("used {} ago", self.days(*days)), format!("{days} 日前に使われた"))
            }
        }
    }

    pub(crate) fn status(self, status: AccessKeyStatus) -> &'static str {
        match status {
            AccessKeyStatus::Active => self.of("active", "有効"),
            AccessKeyStatus::Inactive => self.of("inactive", "無効"),
            AccessKeyStatus::Expired => self.of("expired", "期限切れ"),
        }
    }

    pub(crate) fn kind(self, kind: OtherCredentialKind) -> &'static str {
        match kind {
            OtherCredentialKind::SshPublicKey => self.of("SSH key", "SSH キー"),
            OtherCredentialKind::ServiceSpecificCredential => self.of("service credential", "サービス固有の認証情報"),
            OtherCredentialKind::SigningCertificate => self.of("signing certificate", "署名証明書"),
        }
    }
}

/// `…MPLE`: enough to tell two keys of one user apart.
fn tail(key: &str) -> String {
    let from = key.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    format!("…{}", key.get(from..).unwrap_or(key))
}
