//! お知らせの日本語版。

use super::document::{Block, Cell, Document, Fact};
use super::{Announcement, Audience, Reader};
use crate::render::markup::without_ticks;

pub(super) fn document(told: &Announcement, audience: Audience) -> Document {
    let day = |date: jiff::civil::Date| {
        let weekday = match date.weekday() {
            jiff::civil::Weekday::Monday => "月",
            jiff::civil::Weekday::Tuesday => "火",
            jiff::civil::Weekday::Wednesday => "水",
            jiff::civil::Weekday::Thursday => "木",
            jiff::civil::Weekday::Friday => "金",
            jiff::civil::Weekday::Saturday => "土",
            jiff::civil::Weekday::Sunday => "日",
        };
        format!("{}年{}月{}日({weekday})", date.year(), date.month(), date.day())
    };
    let heading = |text: &str| Block::Heading(text.to_owned());
    let text = |text: &str| Block::Paragraph(text.to_owned());
    let mut blocks = vec![text(&match &told.reader {
        Reader::Person { name, .. } => format!("{} さん", without_ticks(name)),
        Reader::Team { name, .. } => format!("{} の皆さん", without_ticks(name)),
    })];
    let begins = told.begins.map_or_else(|| "本日".to_owned(), day);
    blocks.push(text(&format!(
        "{begins}から、社内の AWS アカウントには「アクセスポータル」というページから入るようになります。サインインは一度だけで、入れるアカウントが一覧で表示されます。アカウントごとにパスワードやアクセスキーを持つ IAM ユーザーは、順次廃止します。"
    )));

    blocks.push(heading("サインインに使うもの"));
    let mut facts = vec![("ポータルのアドレス".to_owned(), Fact::Link(told.portal_url.clone()))];
    if let Reader::Person { user_name, .. } = &told.reader {
        facts.push(("ユーザー名(このとおりに入力してください)".to_owned(), Fact::Code(user_name.clone())));
    }
    blocks.push(Block::Facts(facts));
    if let Reader::Team { members, .. } = &told.reader {
        blocks.push(Block::Table(
            vec!["名前".to_owned(), "ユーザー名(このとおりに入力)".to_owned()],
            members.iter().map(|(name, user)| vec![Cell::Text(name.clone()), Cell::Code(user.clone())]).collect(),
        ));
    }

    blocks.push(heading("初回の手順"));
    blocks.push(Block::Steps(
        [
            "ポータルのアドレスを開き、上のユーザー名をそのまま入力します。",
            "ワンタイムパスワードを求められたら、その時点で AWS から届くメールを確認してください。見当たらないときは迷惑メールのフォルダも見てください。会社のサインイン画面が開いた場合は、いつもどおりサインインします。",
            "求められたら自分のパスワードを決め、多要素認証(スマートフォンのアプリまたはセキュリティキー)を登録します。",
            "入れるアカウントの一覧が表示されます。アカウントを開き、使う権限をクリックします。",
            "ポータルのアドレスをブックマークしておくと便利です。",
        ]
        .map(str::to_owned)
        .to_vec(),
    ));

    blocks.push(heading("入れるアカウント"));
    if told.entries.is_empty() {
        blocks.push(text("まだありません。今までの方法が終わる前に、必要な権限を申し出てください。"));
    } else {
        blocks.push(text("各行のリンクから、そのアカウントを直接開けます。"));
        blocks.push(Block::Table(
            ["アカウント", "番号", "権限"].map(str::to_owned).to_vec(),
            told.entries
                .iter()
                .map(|entry| {
                    let set = match &entry.title {
                        Some(title) => format!("{title}({})", entry.set),
                        None => entry.set.clone(),
                    };
                    vec![
                        Cell::Text(entry.account.clone()),
                        Cell::Code(entry.account_id.clone()),
                        Cell::Link { text: set, address: entry.link(&told.portal_url) },
                    ]
                })
                .collect(),
        ));
    }

    if audience == Audience::Engineers {
        blocks.push(heading("AWS CLI と手元のプログラム"));
        blocks.push(text("`~/.aws/config` に次を書きます(AWS CLI 2.22 以降)。"));
        blocks.push(Block::Code(told.configuration()));
        blocks.push(text("一日一回サインインし、プロファイルを指定して使います。"));
        let profile = told.example_profile();
        blocks.push(Block::Code(format!(
            "aws sso login --sso-session company\naws sts get-caller-identity --profile {profile}"
        )));
        blocks.push(text("ブラウザのない環境では、表示されるアドレスとコードを別の端末のブラウザで開きます。"));
        blocks.push(Block::Code("aws sso login --sso-session company --use-device-code".to_owned()));
        blocks.push(text(
            "SDK や Terraform も同じプロファイル(`AWS_PROFILE`)で動きます。動作を確かめたら、`~/.aws/credentials` の古いキーを消してください。自分のキーをサーバー上のスクリプトや CI、自分以外の人が使っている場合は、今のうちに知らせてください。専用のロールを用意し、それが済むまでは止めません。",
        ));
    }

    blocks.push(heading("変更の理由"));
    blocks.push(text(
        "期限のないアクセスキーは、いつか他人の手に渡りかねません。また、誰がどこに入れるのかを誰も答えられなくなっていました。ポータルが発行する認証情報は数時間で切れ、多要素認証を伴い、退職した人の入口は一か所で閉じられます。",
    ));

    blocks.push(heading("今までの方法の終了"));
    blocks.push(text(&match told.ends {
        Some(date) => format!(
            "{}に、IAM ユーザーのパスワードとアクセスキーを無効化します。この日には削除しません。困ったことがあれば連絡をもらえば、数分で元に戻せます。それまでは両方使えますので、新しい方法を試し、足りないものを知らせてください。",
            day(date)
        ),
        None => "日程は未定です。それまでは両方使えますので、新しい方法を試し、足りないものを知らせてください。".to_owned(),
    }));
    if let Some(contact) = &told.contact {
        blocks.push(heading("問い合わせ先"));
        blocks.push(text(contact));
    }
    Document { language: "ja", title: "AWS への入り方が変わります".to_owned(), blocks }
}
