//! The announcement in English.

use super::document::{Block, Cell, Document, Fact};
use super::{Announcement, Audience, Reader};
use crate::render::markup::without_ticks;

pub(super) fn document(told: &Announcement, audience: Audience) -> Document {
    let day = |date: jiff::civil::Date| date.strftime("%-d %B %Y").to_string();
    let mut blocks = Vec::new();
    let heading = |text: &str| Block::Heading(text.to_owned());
    let text = |text: String| Block::Paragraph(text);
    blocks.push(text(match &told.reader {
        Reader::Person { name, .. } => format!("Dear {},", without_ticks(name)),
        Reader::Team { name, .. } => format!("To everybody in {},", without_ticks(name)),
    }));
    let begins = told.begins.map_or_else(|| "From now on".to_owned(), |date| format!("From {}", day(date)));
    blocks.push(text(format!(
        "{begins} you enter our AWS accounts through one page, the access portal: one sign-in for all accounts, and a list of those you may enter. IAM users with a password and keys of their own in each account are going away."
    )));

    blocks.push(heading("Your sign-in"));
    let mut facts = vec![("Address of the portal".to_owned(), Fact::Link(told.portal_url.clone()))];
    if let Reader::Person { user_name, .. } = &told.reader {
        facts.push(("Your user name, exactly".to_owned(), Fact::Code(user_name.clone())));
    }
    blocks.push(Block::Facts(facts));
    if let Reader::Team { members, .. } = &told.reader {
        blocks.push(Block::Table(
            vec!["Name".to_owned(), "User name, exactly".to_owned()],
            members.iter().map(|(name, user)| vec![Cell::Text(name.clone()), Cell::Code(user.clone())]).collect(),
        ));
    }

    blocks.push(heading("The first time"));
    blocks.push(Block::Steps(vec![
        "Open the portal's address and type your user name as it stands above.".to_owned(),
        "If you are asked for a one-time password, it is in an e-mail that AWS sends you at that moment. Look into the folder for spam if it does not come. If your company's own sign-in page opens instead, sign in there as always.".to_owned(),
        "Choose a password of your own where you are asked to, and register a second factor: an app on your phone, or a security key.".to_owned(),
        "You see your accounts. Open one, and click what you want to be in it.".to_owned(),
        "Keep the portal's address as a bookmark.".to_owned(),
    ]));

    blocks.push(heading("What you may enter"));
    if told.entries.is_empty() {
        blocks.push(text("Nothing yet. Ask for what you need before the old way ends.".to_owned()));
    } else {
        blocks.push(text("The link in each row opens the account directly.".to_owned()));
        blocks.push(Block::Table(
            ["Account", "Number", "As"].map(str::to_owned).to_vec(),
            told.entries
                .iter()
                .map(|entry| {
                    let set = match &entry.title {
                        Some(title) => format!("{} ({title})", entry.set),
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
        blocks.push(heading("The AWS CLI, and programs on your computer"));
        blocks.push(text("Put this into `~/.aws/config` (AWS CLI version 2.22 or newer):".to_owned()));
        blocks.push(Block::Code(told.configuration()));
        blocks.push(text("Sign in once a day, and name the profile:".to_owned()));
        let profile = told.example_profile();
        blocks.push(Block::Code(format!(
            "aws sso login --sso-session company\naws sts get-caller-identity --profile {profile}"
        )));
        blocks.push(text(
            "On a machine without a browser, the sign-in shows an address and a code for the browser of another:"
                .to_owned(),
        ));
        blocks.push(Block::Code("aws sso login --sso-session company --use-device-code".to_owned()));
        blocks.push(text(
            "SDKs and Terraform take the same profiles (`AWS_PROFILE`). Remove the old keys from `~/.aws/credentials` once everything works. If a key of yours is used by a script on a server, by CI or by anybody but you, tell us now: it gets a role of its own, and nothing is switched off before that.".to_owned(),
        ));
    }

    blocks.push(heading("Why"));
    blocks.push(text(
        "Keys that never end get into wrong hands sooner or later, and nobody could say any more who may enter what. The portal hands out credentials that end after some hours, asks for a second factor, and can be closed in one place for whoever leaves.".to_owned(),
    ));

    blocks.push(heading("When the old way ends"));
    blocks.push(text(match told.ends {
        Some(date) => format!(
            "On {} passwords and keys of IAM users are switched off. They are not deleted that day: if something stops working, tell us, and it works again within minutes. Until then both ways work; please use the new one and tell us what is missing.",
            day(date)
        ),
        None => "The day is not set yet. Until then both ways work; please use the new one and tell us what is missing.".to_owned(),
    }));
    if let Some(contact) = &told.contact {
        blocks.push(heading("Questions"));
        blocks.push(text(contact.clone()));
    }
    Document { language: "en", title: "A new way into AWS".to_owned(), blocks }
}
