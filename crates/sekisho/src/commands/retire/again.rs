//! `sekisho iam-users recreate`: a deleted user, made again from the journal.

use model::claim::{Part, PartValue};
use model::iam_change::{IamPart, IamPartValue};
use model::iam_user::IamUserRef;
use model::retirement::RetirementCase;
use plan::retirement::recreation;
use ports::AwsRead as _;
use serde::Serialize;

use super::{Desk, agreed, back};
use crate::cli::Format;
use crate::cli::retire::RecreateArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::Line;
use crate::render::style::{Ink, Text, harmless};
use crate::wiring::aws_error;

/// The answer for programs: a secret is in it, if a key was asked for.
#[derive(Serialize)]
struct RecreatedV1<'a> {
    schema_version: u32,
    account_id: &'a str,
    name: &'a str,
    access_key: Option<KeyV1<'a>>,
}

#[derive(Serialize)]
struct KeyV1<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
}

pub(super) async fn run(arguments: &RecreateArguments, console: &Console) -> Result<Exit, CommandError> {
    let mut desk = back::open(&arguments.named, console).await?;
    desk.only_data = arguments.format.format == Format::Json;
    desk.settle().await?;
    let cases = desk.cases().await?;
    let is_gone = |case: &RetirementCase| case.definition().is_some();
    let (user, case) = desk.find(&arguments.named, &cases, is_gone, "that Sekisho deleted")?;
    let Some(definition) = case.definition() else { return Ok(Exit::Failed) };
    let plan = desk.plan(recreation(user, definition, "made again"));
    let lines = plan.operations.iter().map(|operation| Line::from(Text::plain(harmless(&operation.meaning.summary))));
    desk.tell(&lines.collect::<Vec<_>>())?;
    let question = format!("Make {} in {} again, with the rights it had?", harmless(&user.name), user.account);
    if !agreed(console, arguments.yes, &question)? {
        console.say(Text::plain("nothing was changed"));
        return Ok(Exit::Failed);
    }
    let summary = desk.apply(&plan).await?;
    if !summary.is_complete() {
        return Ok(Exit::Failed);
    }
    if definition.password.value().is_some_and(Option::is_some) {
        console.note(format!(
            "it had a console password: `aws iam create-login-profile --user-name {}` gives it a new one",
            harmless(&user.name)
        ));
    }
    if arguments.new_key {
        return new_key(&desk, user).await;
    }
    if desk.only_data {
        console.json(&answer(user, None))?;
    }
    Ok(Exit::Done)
}

fn answer<'a>(user: &'a IamUserRef, access_key: Option<KeyV1<'a>>) -> RecreatedV1<'a> {
    RecreatedV1 { schema_version: 1, account_id: user.account.as_str(), name: &user.name, access_key }
}

/// The secret is written to standard output once, and nowhere else. Whoever has a key already got it earlier.
async fn new_key(desk: &Desk<'_>, user: &IamUserRef) -> Result<Exit, CommandError> {
    let console = desk.console;
    let deletes = |id: &str| {
        format!("`aws iam delete-access-key --user-name {} --access-key-id {id}` deletes it", harmless(&user.name))
    };
    let unread = |error: &ports::AwsError| aws_error("the user is there, but its keys could not be read", error);
    if let Some(id) = keys(desk, user).await.map_err(|error| unread(&error))?.first() {
        return Err(CommandError::new(format!("the user is there, and has the key {id} already: no other was made"))
            .hint("its secret was shown when it was made, and is kept nowhere")
            .hint(deletes(id)));
    }
    let key = match desk.client.create_access_key(user).await {
        Ok(key) => key,
        Err(error) => {
            let told = aws_error("the user is there, but AWS gave no key for it", &error);
            // One that was made all the same has a secret that nobody knows.
            let made = keys(desk, user).await.unwrap_or_default();
            return Err(made.iter().fold(told, |told, id| told.hint(deletes(id))));
        }
    };
    let shown = KeyV1 { access_key_id: &key.id, secret_access_key: &key.secret };
    let written = if desk.only_data {
        console.json(&answer(user, Some(shown)))
    } else {
        let line = |name: &str, value: &str| Line::from(Text::new().with(Ink::Strong, name).and(format!("  {value}")));
        console.lines(&[line("access key id    ", &key.id), line("secret access key", &key.secret)])
    };
    if written.is_err() || console.is_closed() {
        return Err(CommandError::new(format!("the key {} was made, and nobody heard its secret", key.id))
            .hint(deletes(&key.id))
            .hint("then run the command again"));
    }
    console.warn("the secret is shown this once and kept nowhere");
    // An answer that was lost on its way may have left another.
    for id in keys(desk, user).await.unwrap_or_default().iter().filter(|id| **id != key.id) {
        console.warn(format!("there is another key {id}, whose secret nobody knows: {}", deletes(id)));
    }
    Ok(Exit::Done)
}

async fn keys(desk: &Desk<'_>, user: &IamUserRef) -> Result<Vec<String>, ports::AwsError> {
    match desk.client.read(&Part::Iam { user: user.clone(), of: IamPart::Keys }).await? {
        PartValue::Iam(IamPartValue::Keys(keys)) => Ok(keys.into_keys().collect()),
        _ => Ok(Vec::new()),
    }
}
