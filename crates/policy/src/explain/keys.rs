//! Condition keys that have a name in plain words.

/// A condition key.
pub(super) struct Key<'a> {
    /// As written.
    pub(super) text: &'a str,
    /// Which one, if it is a common one.
    pub(super) known: Option<Known>,
    /// What stands behind the slash: a tag's name.
    pub(super) tag: Option<&'a str>,
}

/// A common key: what it is in English and in Japanese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// In lower case; ends with `/` where a tag's name follows.
    pub(super) key: &'static str,
    pub(super) english: &'static str,
    pub(super) japanese: &'static str,
}

const fn known(key: &'static str, english: &'static str, japanese: &'static str) -> Known {
    Known { key, english, japanese }
}

/// Sources: the IAM user guide's page on global condition keys, and the services' own.
const KNOWN: [Known; 34] = [
    known("aws:sourceip", "the caller's IP address", "呼び出し元の IP アドレス"),
    known("aws:vpcsourceip", "the caller's IP address inside the VPC", "VPC 内での呼び出し元 IP アドレス"),
    known("aws:sourcevpc", "the VPC the request comes from", "呼び出し元の VPC"),
    known("aws:sourcevpce", "the VPC endpoint the request comes through", "経由する VPC エンドポイント"),
    known("aws:multifactorauthpresent", "MFA at sign-in", "サインイン時の MFA"),
    known("aws:multifactorauthage", "the seconds since MFA was used", "MFA 認証からの経過秒数"),
    known("aws:requestedregion", "the Region the request goes to", "リクエスト先のリージョン"),
    known("aws:currenttime", "the time of the request", "リクエストの時刻"),
    known("aws:epochtime", "the time of the request", "リクエストの時刻"),
    known("aws:tokenissuetime", "the time the session's credentials were issued", "一時認証情報の発行時刻"),
    known("aws:securetransport", "encryption in transit (TLS)", "通信の暗号化（TLS）"),
    known("aws:username", "the name of the calling IAM user", "呼び出した IAM ユーザーの名前"),
    known("aws:userid", "the unique id of the caller", "呼び出し元の一意の ID"),
    known("aws:principalarn", "the ARN of the caller", "呼び出し元の ARN"),
    known("aws:principalaccount", "the account of the caller", "呼び出し元のアカウント"),
    known("aws:principalorgid", "the organization of the caller", "呼び出し元の組織"),
    known(
        "aws:principalorgpaths",
        "the place of the caller's account in the organization",
        "呼び出し元アカウントの組織内の位置",
    ),
    known("aws:principaltype", "the kind of caller", "呼び出し元の種類"),
    known("aws:principaltag/", "the caller's tag", "呼び出し元のタグ"),
    known("aws:resourcetag/", "the resource's tag", "リソースのタグ"),
    known("aws:requesttag/", "the request's tag", "リクエストで付けるタグ"),
    known("aws:tagkeys", "the names of the tags in the request", "リクエストに含まれるタグの名前"),
    known("aws:resourceaccount", "the account that owns the resource", "リソースを所有するアカウント"),
    known("aws:resourceorgid", "the organization that owns the resource", "リソースを所有する組織"),
    known("aws:sourcearn", "the resource on whose behalf a service calls", "サービスの呼び出しの元になったリソース"),
    known(
        "aws:sourceaccount",
        "the account on whose behalf a service calls",
        "サービスの呼び出しの元になったアカウント",
    ),
    known("aws:calledvia", "the services that pass the request on", "リクエストを中継するサービス"),
    known("aws:viaawsservice", "a service acting for the caller", "サービスによる代理の呼び出し"),
    known("aws:sourceidentity", "the source identity of the session", "セッションのソース ID"),
    known("iam:passedtoservice", "the service the role is passed to", "ロールを渡す先のサービス"),
    known("iam:awsservicename", "the service the role is for", "ロールを使うサービス"),
    known("iam:permissionsboundary", "the permissions boundary that is set", "設定するアクセス許可の境界"),
    known("s3:prefix", "the prefix that is listed", "一覧の対象にするプレフィックス"),
    known("kms:viaservice", "the service through which the key is used", "キーを利用するサービス"),
];

impl<'a> Key<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let lower = text.to_lowercase();
        let found = KNOWN.iter().find(|known| match known.key.strip_suffix('/') {
            Some(before) => lower.strip_prefix(before).is_some_and(|rest| rest.starts_with('/')),
            None => known.key == lower,
        });
        let tag = found.filter(|known| known.key.ends_with('/')).and_then(|_| text.split_once('/')).map(|(_, tag)| tag);
        Self { text, known: found.copied(), tag }
    }

    /// Whether it is this one (in lower case).
    pub(super) fn is(&self, key: &str) -> bool {
        self.known.is_some_and(|known| known.key == key)
    }
}
