//! What people are told before they sign in through the access portal: one text for a person or a team, in English or Japanese, for
//! engineers or for everybody, as Markdown or as a page.

mod document;
mod english;
mod japanese;

use document::Document;

/// For whom it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everybody: browser only.
    Everyone,
    /// Those who use the AWS CLI as well.
    Engineers,
}

/// In which language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Japanese,
}

/// To whom it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reader {
    /// One person.
    Person {
        /// Name as people read it.
        name: String,
        /// What to type at the first sign-in.
        user_name: String,
    },
    /// A group and its members: names and user names.
    Team {
        /// Name of the group.
        name: String,
        /// Its members.
        members: Vec<(String, String)>,
    },
}

/// A way into an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Name of the account.
    pub(crate) account: String,
    /// Its id.
    pub(crate) account_id: String,
    /// The permission set.
    pub(crate) set: String,
    /// What the set is called in the catalog, in any language.
    pub(crate) title: Option<String>,
}

/// What is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announcement {
    pub(crate) reader: Reader,
    /// Address of the access portal.
    pub(crate) portal_url: String,
    /// Region of Identity Center.
    pub(crate) region: String,
    pub(crate) entries: Vec<Entry>,
    /// From when it works, as the reader writes days; none: now.
    pub(crate) begins: Option<jiff::civil::Date>,
    /// When IAM users and their keys end.
    pub(crate) ends: Option<jiff::civil::Date>,
    /// Whom to ask.
    pub(crate) contact: Option<String>,
}

impl Entry {
    /// The portal's link that opens this account with this set.
    ///
    /// Form: <https://docs.aws.amazon.com/singlesignon/latest/userguide/createshortcutlink.html>
    fn link(&self, portal_url: &str) -> String {
        let (account, set) = (encoded(&self.account_id), encoded(&self.set));
        format!("{}/#/console?account_id={account}&role_name={set}", portal_url.trim_end_matches('/'))
    }

    /// Name for the AWS CLI, which another account of the same name may have as well.
    fn plain_profile(&self) -> String {
        let name = format!("{}-{}", self.account, self.set);
        name.chars()
            .map(|letter| if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '-' })
            .collect()
    }
}

/// For a part of an address after `?`: all but unreserved letters (RFC 3986) in percent.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

impl Announcement {
    fn document(&self, language: Language, audience: Audience) -> Document {
        match language {
            Language::English => english::document(self, audience),
            Language::Japanese => japanese::document(self, audience),
        }
    }

    /// What it is about, in one line.
    pub(crate) fn subject(&self, language: Language, audience: Audience) -> String {
        self.document(language, audience).title
    }

    /// As Markdown.
    pub(crate) fn markdown(&self, language: Language, audience: Audience) -> String {
        self.document(language, audience).markdown()
    }

    /// As a page that needs nothing else.
    pub(crate) fn html(&self, language: Language, audience: Audience) -> String {
        self.document(language, audience).html()
    }

    /// What goes into `~/.aws/config`: one session, a profile for each way.
    fn configuration(&self) -> String {
        let mut text = format!(
            "[sso-session company]\nsso_start_url = {}\nsso_region = {}\nsso_registration_scopes = sso:account:access\n",
            self.portal_url, self.region
        );
        for entry in &self.entries {
            text.push_str(&format!(
                "\n[profile {}]\nsso_session = company\nsso_account_id = {}\nsso_role_name = {}\nregion = {}\n",
                self.profile(entry),
                entry.account_id,
                entry.set,
                self.region
            ));
        }
        text
    }

    /// A profile to show commands with.
    fn example_profile(&self) -> String {
        self.entries.first().map_or_else(|| "PROFILE".to_owned(), |entry| self.profile(entry))
    }

    /// Name of a profile: two of one name make a configuration that the CLI refuses as a whole.
    fn profile(&self, entry: &Entry) -> String {
        let name = entry.plain_profile();
        let alike = self.entries.iter().filter(|other| other.plain_profile() == name).count();
        if alike > 1 { format!("{name}-{}", entry.account_id) } else { name }
    }
}

#[cfg(test)]
mod tests;
