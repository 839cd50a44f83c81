//! `sekisho iam-users note`, `restore`: what needs the journal and nothing else.

use std::time::Duration;

use model::iam_user::IamUserRef;
use model::retirement::{RetirementCase, RetirementNote};
use plan::retirement::restoration;

use super::{Desk, agreed};
use crate::cli::retire::{NamedUser, NoteArguments, RestoreArguments};
use crate::commands::engine_error;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::Line;
use crate::render::style::{Ink, Text, harmless};

/// How long `restore` looks for what an interrupted run had sent.
const SETTLING: Duration = Duration::from_secs(5);

pub(super) async fn open<'a>(named: &NamedUser, console: &'a Console) -> Result<Desk<'a>, CommandError> {
    Desk::open(&named.catalog.catalog, &named.aws, &named.door, &named.state, console).await
}

pub(super) async fn note(arguments: &NoteArguments, console: &Console) -> Result<Exit, CommandError> {
    let desk = open(&arguments.named, console).await?;
    let cases = desk.cases().await?;
    // Whom the journal knows only for what holds them back is not meant.
    let is_under_way = |case: &RetirementCase| {
        let has_begun = case.announced.is_some() || case.complaint.is_some() || case.settled.is_some();
        case.user_id.is_some() && case.definition().is_none() && (has_begun || !case.steps.is_empty())
    };
    let (user, case) = desk.find(&arguments.named, &cases, is_under_way, "that is being retired")?;
    let what = &arguments.what;
    let note = match (&what.confirmed_by, &what.complaint) {
        (Some(by), _) => RetirementNote::Confirmed { by: by.clone() },
        (None, Some(text)) => RetirementNote::Complaint { text: text.clone() },
        (None, None) => RetirementNote::Settled,
    };
    let is_complaint = matches!(note, RetirementNote::Complaint { .. });
    write(&desk, user, case, note).await?;
    console.say(Text::new().with(Ink::Good, "✓ ").and(format!("noted of {}", harmless(&user.name))));
    if is_complaint && case.switched_off().is_some() {
        let text =
            format!("  it is switched off; `sekisho iam-users restore {}` takes that back", harmless(&user.name));
        console.say(Text::plain(text));
    }
    Ok(Exit::Done)
}

async fn write(
    desk: &Desk<'_>,
    user: &IamUserRef,
    case: &RetirementCase,
    note: RetirementNote,
) -> Result<(), CommandError> {
    let Some(id) = case.user_id.clone() else { return Ok(()) };
    let notes = vec![(user.clone(), id, note)];
    let noted = desk.engine.note_retirement(&desk.instance, &desk.options(), notes, &()).await;
    noted.map_err(|error| engine_error(&error))
}

pub(super) async fn restore(arguments: &RestoreArguments, console: &Console) -> Result<Exit, CommandError> {
    let mut desk = open(&arguments.named, console).await?;
    // What is open is taken back whatever became of it: it is not waited for.
    let patience = std::mem::replace(&mut desk.engine.limits.verify_patience, SETTLING);
    desk.settle().await?;
    desk.engine.limits.verify_patience = patience;
    let cases = desk.cases().await?;
    let touched = |case: &RetirementCase| !case.steps.is_empty();
    let (user, case) = desk.find(&arguments.named, &cases, touched, "that Sekisho changed and has not restored")?;
    if let Some((at, _, _)) = case.deleted.as_ref().filter(|_| case.recreated.is_none()) {
        let name = harmless(&user.name);
        return Err(CommandError::new(format!("{name} was deleted on {}", console.messages.time(*at)))
            .hint(format!("`sekisho iam-users recreate {name}` makes it again, with new keys")));
    }
    let plan = desk.plan(restoration(user, case, "restored"));
    let lines = plan.operations.iter().map(|operation| Line::from(Text::plain(harmless(&operation.meaning.summary))));
    console.lines(&lines.collect::<Vec<_>>())?;
    if !agreed(console, arguments.yes, &format!("Restore {} in {}?", harmless(&user.name), user.account))? {
        console.say(Text::plain("nothing was changed"));
        return Ok(Exit::Failed);
    }
    // Should not all of it come back now, nothing more happens to the user until somebody has looked.
    write(&desk, user, case, RetirementNote::Complaint { text: "it was to be restored".to_owned() }).await?;
    let summary = desk.apply(&plan).await?;
    if !summary.is_complete() {
        console
            .note("nothing more is done to the user until `iam-users note --settled`, or until it is restored in full");
        return Ok(Exit::Failed);
    }
    // What was announced and confirmed was so of a retirement that is over.
    write(&desk, user, case, RetirementNote::CalledOff).await?;
    Ok(Exit::Done)
}
