//! Sentences in Japanese that other crates say in English: what the policy language's checker, evaluator and translator, merging and evidence have to say.
//!
//! Those sentences are made where no language is known. They are found here by their form, names in them are carried over; a test says that none of those that
//! are shown in Japanese is forgotten. What is not found stays as it is: answers of AWS, and what people wrote.

/// Forms of sentences, `{}` where a name stands, and the same in Japanese, `{0}` where the first name goes. The first that fits is taken.
const FORMS: &[(&str, &str)] = &[
    // Of the rehearsal: what decides, and what is said after it.
    (
        "{}; the user's own policies do not allow it either, so that a policy on the resource does, or a condition the log does not tell",
        "{0}。ユーザー自身のポリシーも許可していないため、リソース側のポリシー、またはログに現れない条件によって許可されている",
    ),
    (
        "{}, but it is allowed on other resources or under conditions",
        "{0}。ただし、ほかのリソースまたは条件付きでは許可されている",
    ),
    ("denied by {}", "{0} が拒否している"),
    ("allowed by {}", "{0} が許可している"),
    ("not allowed: no statement of the {} allows it", "許可されていない: {0}のどのステートメントも許可していない"),
    ("identity policies", "アイデンティティポリシー"),
    ("permissions boundary", "アクセス許可の境界"),
    ("session policies", "セッションポリシー"),
    ("service control policies of level {}", "レベル {0} のサービスコントロールポリシー"),
    ("statement {} of policy {}", "ポリシー {1} のステートメント {0}"),
    ("statement {}", "ステートメント {0}"),
    (
        "the log does not tell which of several actions it was, and the new set allows some of them",
        "複数の操作のどれだったかログからは分からず、新しいセットはその一部を許可している",
    ),
    (
        "it is allowed on the resources that are known, and there were more than are kept",
        "分かっているリソースでは許可されているが、記録しきれなかったリソースがある",
    ),
    (
        "the log names no resource, and the new set allows it on some only, or under conditions",
        "ログにリソースがなく、新しいセットは一部のリソースまたは条件付きでのみ許可している",
    ),
    // Of the translation from user to role.
    (
        "it is about the user's own password, access keys or MFA devices, which a role does not have",
        "ユーザー自身のパスワード、アクセスキー、MFA デバイスに関するもので、ロールにはそれらがない",
    ),
    (
        "it assumes other roles: their trust policies must admit the new role, and a chained session lasts at most one hour",
        "ほかのロールを引き受けている: 引き受け先の信頼ポリシーで新しいロールを認める必要があり、連鎖したセッションは最長 1 時間になる",
    ),
    ("the value of `{}` for this user is not known", "このユーザーの `{0}` の値が分からない"),
    (
        "`{}` is compared with a variable that differs from request to request",
        "`{0}` が、リクエストごとに異なる変数と比較されている",
    ),
    (
        "`{}`: Identity Center asks for MFA at sign-in, and sessions of its roles do not carry this key; {}",
        "`{0}`: Identity Center はサインイン時に MFA を求め、そのロールのセッションはこのキーを持たない。{1}",
    ),
    ("the condition is left out", "条件を除いた"),
    ("the statement is for sessions without MFA", "このステートメントは MFA なしのセッション用"),
    (
        "`{}` is always so for this user; the condition is left out",
        "このユーザーでは `{0}` の条件が常に成り立つため、条件を除いた",
    ),
    (
        "`{}` is never so for this user; the statement never matched",
        "このユーザーでは `{0}` の条件が成り立つことはなく、ステートメントは一度も該当しなかった",
    ),
    (
        "`{}` has no value for this user: `{}` never matched",
        "このユーザーには `{0}` の値がなく、`{1}` は一度も該当しなかった",
    ),
    (
        "`{}` is always `{}` for this user, and missing in a role's session; it is written out",
        "`{0}` はこのユーザーでは常に `{1}` で、ロールのセッションにはないため、値を直接書いた",
    ),
    // Of merging.
    ("there is no statement to merge", "まとめるステートメントがない"),
    (
        "the merged policy could not be proven equal to its sources: {}",
        "まとめたポリシーが元のポリシーと同じであることを証明できなかった: {0}",
    ),
    (
        "the smallest form has {} bytes without whitespace; {} are allowed",
        "最小にしても空白を除いて {0} バイトあり、上限は {1} バイト",
    ),
    // Of the checker of policies.
    ("the policy has no statement", "ポリシーにステートメントがない"),
    (
        "the policy has {} bytes without whitespace; {} are allowed",
        "ポリシーが空白を除いて {0} バイトあり、上限は {1} バイト",
    ),
    (
        "`{}` knows no resources: only `\"Resource\": \"*\"` allows it",
        "`{0}` はリソースを指定できない。許可できるのは `\"Resource\": \"*\"` のみ",
    ),
    ("none of the resources fits `{}`", "`{0}` に当てはまるリソースがない"),
    ("`{}` is covered by `{}`", "`{0}` は `{1}` に含まれている"),
    ("no global condition key `{}` is known", "グローバル条件キー `{0}` は知られていない"),
    ("no service has the prefix `{}` (catalogue of {})", "プレフィックス `{0}` のサービスがない（{1} 時点の一覧）"),
    ("no action `{}` is known (catalogue of {})", "操作 `{0}` は知られていない（{1} 時点の一覧）"),
    ("`{}` matches no action of {} (catalogue of {})", "`{0}` に当てはまる操作が {1} にない（{2} 時点の一覧）"),
    ("`{}` is no valid `Sid`", "`{0}` は `Sid` として使えない"),
    ("the `Sid` `{}` stands here twice", "`Sid` `{0}` が重複している"),
    ("`{}` is not allowed in a policy of this kind", "この種類のポリシーでは `{0}` を使えない"),
    ("{} has no `Principal`", "{0} に `Principal` がない"),
    ("{} has neither `Resource` nor `NotResource`", "{0} に `Resource` も `NotResource` もない"),
    ("a trust policy has no `Resource`", "信頼ポリシーに `Resource` は書けない"),
    ("`{}` is no resource", "`{0}` はリソースの書き方ではない"),
    ("`{}` is no action", "`{0}` は操作の書き方ではない"),
    (
        "`{}` is an empty list: the statement is about everything",
        "`{0}` が空のリスト: ステートメントの対象がすべてになる",
    ),
    ("`{}` is an empty list: the statement is about nothing", "`{0}` が空のリスト: ステートメントの対象がなくなる"),
    ("the condition on `{}` has no values", "`{0}` の条件に値がない"),
    (
        "version `{}` of the language does not know policy variables; `{}` matches only that very text",
        "バージョン `{0}` ではポリシー変数が使えない。`{1}` は文字どおりの値にだけ一致する",
    ),
    ("version `{}` of the language does not know policy variables", "バージョン `{0}` ではポリシー変数が使えない"),
    (
        "the policy has no `Version`, so AWS reads it as 2008-10-17; `{}` matches only that very text",
        "ポリシーに `Version` がなく、AWS は 2008-10-17 として読む。`{0}` は文字どおりの値にだけ一致する",
    ),
    (
        "the policy has no `Version`, so AWS reads it as 2008-10-17",
        "ポリシーに `Version` がなく、AWS は 2008-10-17 として読む",
    ),
    ("`{}` is not {}, which `{}` compares", "`{0}` は、`{2}` が比較する{1}ではない"),
    ("true or false", "真偽値"),
    ("a number", "数値"),
    ("a date", "日時"),
    ("an IP address or range", "IP アドレスまたはその範囲"),
    ("an ARN", " ARN "),
    ("base64", " base64 "),
    ("no condition operator `{}`", "条件演算子 `{0}` はない"),
    ("the operator `{}` is written `{}`", "演算子 `{0}` の正しい書き方は `{1}`"),
    // Of evidence.
    ("only {} were read", "読み取ったのは {0} のみ"),
    ("the account was left out of the scan", "このアカウントは読み取りの対象外"),
    ("{} objects could not be read", "{0} 個のオブジェクトを読み取れなかった"),
    ("the scan did not come to its end", "読み取りが最後まで終わっていない"),
    // Of what else names or owns a user.
    ("CloudFormation stack {}", "CloudFormation スタック {0}"),
    ("its name is one that CloudFormation makes: stack {}", "CloudFormation が付ける形の名前: スタック {0}"),
    ("Terraform state {}: {}", "Terraform ステート {0}: {1}"),
    ("trust policy of the role {} in {}", "{1} のロール {0} の信頼ポリシー"),
    ("tag {} = {}", "タグ {0} = {1}"),
    ("role {} in {}", "{1} のロール {0}"),
    ("policy in {}", "{0} のポリシー"),
    // Of what was not read.
    ("not read", "読み取っていない"),
    ("not asked", "問い合わせていない"),
];

/// A sentence of ours in Japanese; as it is where nobody has said it in Japanese.
#[must_use]
pub fn japanese(english: &str) -> String {
    known(english).unwrap_or_else(|| english.to_owned())
}

fn known(english: &str) -> Option<String> {
    FORMS.iter().find_map(|(form, japanese)| {
        let names = names(form, english)?;
        let mut said = String::new();
        let mut rest = *japanese;
        while let Some((before, after)) = rest.split_once('{') {
            let (number, after) = after.split_once('}')?;
            let name = names.get(number.parse::<usize>().ok()?)?;
            said.push_str(before);
            // A name may be a sentence by itself.
            said.push_str(&known(name).unwrap_or_else(|| (*name).to_owned()));
            rest = after;
        }
        said.push_str(rest);
        Some(said)
    })
}

/// What stands where the form has `{}`.
fn names<'a>(form: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = form.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut names = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let at = if parts.peek().is_none() && part.is_empty() {
            rest.len()
        } else if parts.peek().is_none() {
            rest.strip_suffix(part)?.len()
        } else {
            rest.find(part)?
        };
        let (name, after) = (rest.get(..at)?, rest.get(at + part.len()..)?);
        if name.is_empty() {
            return None;
        }
        names.push(name);
        rest = after;
    }
    rest.is_empty().then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_its_names_in_both_languages() {
        for (form, japanese_form) in FORMS {
            let count = form.matches("{}").count();
            let text =
                (0..count).fold((*form).to_owned(), |text, number| text.replacen("{}", &format!("N{number}"), 1));
            let said = japanese(&text);
            assert!((0..count).all(|number| said.contains(&format!("N{number}"))), "{text}: {said}");
            let is_word = [" ARN ", " base64 "].contains(japanese_form);
            assert!(is_word || japanese_form.chars().any(|letter| letter > '\u{3000}'), "{japanese_form}");
            let expected = (0..count).fold((*japanese_form).to_owned(), |text, number| {
                text.replace(&format!("{{{number}}}"), &format!("N{number}"))
            });
            assert_eq!(said, expected, "another form takes it: {text}");
        }
    }

    #[test]
    fn sentences_may_stand_in_sentences() {
        let lost = "not allowed: no statement of the identity policies allows it, but it is allowed on other resources or under conditions";
        assert_eq!(
            japanese(lost),
            "許可されていない: アイデンティティポリシーのどのステートメントも許可していない。ただし、ほかのリソースまたは条件付きでは許可されている"
        );
        assert_eq!(
            japanese("denied by statement `Limit` of policy 2"),
            "ポリシー 2 のステートメント `Limit` が拒否している"
        );
        assert_eq!(japanese("AWS refused: AccessDenied"), "AWS refused: AccessDenied");
    }

    /// What the checker finds in a policy that has as much wrong with it as one can have is all said.
    #[test]
    fn what_the_checker_of_policies_finds_is_said() {
        let texts = [
            r#"{"Version": "2012-10-17", "Statement": []}"#,
            r#"{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::${aws:username}/*"}]}"#,
            r#"{"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::${aws:username}/*"}]}"#,
            r#"{"Version": "2012-10-17", "Statement": [
                {"Sid": "a b", "Effect": "Allow", "Action": ["s3:Get", "nimbus:Fly", "s3:Nothing*", "fly", "s3:GetObject", "s3:GetObject*"], "Resource": "arn:aws:sqs:*:*:a"},
                {"Sid": "Twice", "Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "arn:aws:ec2:*:*:instance/*"},
                {"Sid": "Twice", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "bucket"},
                {"Effect": "Allow", "Action": [], "Resource": []},
                {"Effect": "Allow", "NotAction": [], "NotResource": [], "Condition": {"StringEqual": {"aws:Username": "a"}, "stringequals": {"aws:SourceIpp": "b"}, "Bool": {"aws:SecureTransport": []}}},
                {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:sqs:*:*:a"},
                {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceIpp": "a"}}},
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"NumericEquals": {"aws:MultiFactorAuthAge": "x"}}}
            ]}"#,
            r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}, {"Effect": "Allow", "Action": "sts:AssumeRole"}]}"#,
        ];
        let mut told = std::collections::BTreeSet::new();
        for text in texts {
            let Some(policy) = policy::parse(text).policy else { panic!("{text}") };
            for kind in [policy::Kind::Identity, policy::Kind::Trust] {
                let found = policy::lint(&policy::Subject { policy: &policy, kind, limit: Some(20) });
                told.extend(found.into_iter().map(|problem| format!("{}: {}", problem.rule, problem.message)));
            }
        }
        let unsaid: Vec<&String> =
            told.iter().filter(|text| text.split_once(": ").is_none_or(|(_, text)| known(text).is_none())).collect();
        assert!(unsaid.is_empty(), "{unsaid:#?}");
        let rules: std::collections::BTreeSet<&str> =
            told.iter().filter_map(|text| Some(text.split_once(": ")?.0)).collect();
        let all =
            policy::lint::RULES.iter().filter(|rule| rule.group != policy::lint::Group::Review).map(|rule| rule.name);
        assert_eq!(rules, all.collect(), "each rule that is run found something");
    }
}
