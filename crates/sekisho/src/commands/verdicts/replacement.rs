//! `sekisho iam-users replacement`

use plan::iam_users::{Language, ReplacementInput, UserVerdict, Verdict, replacement};

use super::input;
use crate::cli::iam_users::PageLanguage;
use crate::cli::verdicts::ReplacementArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::style::{Ink, Text, harmless};
use crate::render::words::count;

pub(super) fn run(arguments: &ReplacementArguments, console: &Console) -> Result<Exit, CommandError> {
    let known = input::read(&arguments.inputs, console)?;
    let verdicts = known.judged();
    let found: Vec<&UserVerdict> = verdicts.iter().filter(|one| input::is_called(one, &arguments.who)).collect();
    let verdict = match found.as_slice() {
        [one] => *one,
        [] => return Err(input::unknown_user(&arguments.who, &known.inventory)),
        several => {
            let arns: Vec<&str> = several.iter().map(|one| one.arn.as_str()).take(5).collect();
            return Err(CommandError::new(format!("`{}` is in {} accounts", arguments.who, several.len()))
                .hint(format!("name one by its ARN: {}", arns.join(", "))));
        }
    };
    let Some(used) = known.used.users.get(&verdict.arn).filter(|used| !used.keys.is_empty()) else {
        return Err(CommandError::new(format!(
            "the log shows no use of a key of `{}`; nothing was written",
            verdict.user.name
        ))
        .hint("without evidence nobody knows what a role would need: scan more of the log, with data events"));
    };
    let language = match arguments.language {
        PageLanguage::En => Language::English,
        PageLanguage::Ja => Language::Japanese,
    };
    let is_key = verdict.parts.iter().any(|part| part.credential == arguments.who);
    let coverage = known.used.coverage.get(&verdict.user.account);
    let unseen = coverage.map_or_else(Vec::new, |coverage| {
        let missing = coverage.classes.iter().filter(|(_, class)| class.is_recorded != Some(true));
        let said = |class: &String| match language {
            Language::English => format!("all of `{class}`"),
            Language::Japanese => format!("`{class}` のすべて"),
        };
        missing.map(|(class, _)| said(class)).collect()
    });
    let no_data = coverage.is_none_or(|coverage| !coverage.classes.keys().any(|class| class.starts_with("data ")));
    let unseen = if no_data {
        let said = match language {
            Language::English => "data events (objects, items, invocations), of which trails record none",
            Language::Japanese => "証跡に記録されないデータイベント（オブジェクト、項目、呼び出し）",
        };
        vec![said.to_owned()]
    } else {
        unseen
    };
    let input = ReplacementInput {
        user: &verdict.user.name,
        account: verdict.user.account.as_str(),
        key: is_key.then_some(arguments.who.as_str()),
        home: arguments.home,
        repository: arguments.repository.as_deref(),
        branch: &arguments.branch,
        vendor_account: arguments.vendor_account.as_deref(),
        external_id: arguments.external_id.as_deref(),
        unseen,
        language,
    };
    let made = replacement(&input, used);
    folder::write_new(&arguments.out, &made.files)?;
    if !matches!(verdict.verdict, Verdict::Machine | Verdict::Mixed) {
        console.warn(format!(
            "the verdict on `{}` is {}: make sure that it is a machine's",
            harmless(&verdict.user.name),
            verdict.verdict.word()
        ));
    }
    let shown = arguments.out.display();
    console.say(
        Text::new()
            .with(Ink::Good, "✓ ")
            .and(format!("wrote {} to be reviewed into {shown}", count(made.files.len(), "file"))),
    );
    for guess in &made.homes {
        console.say(Text::plain(format!(
            "  {}: {}",
            guess.home.word(),
            harmless(&guess.reason.sentence(Language::English))
        )));
    }
    if !made.open.is_empty() {
        console.say(Text::plain(format!("  {} to be settled, in {shown}/README.md", count(made.open.len(), "thing"))));
    }
    Ok(Exit::Done)
}
