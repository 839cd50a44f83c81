//! The person's part of a sign-in: which user it is. There are no passwords here.

use jiff::{SignedDuration, Timestamp};

use super::AUTHORIZATION_CODE;
use super::redirect::RedirectUri;
use crate::machine::Sandbox;
use crate::state::id::{Uuid, secret};
use crate::state::sign_in::CodeGrant;
use crate::wire::query::{Form, encode};

/// How long an authorization code is good.
const CODE_S: i64 = 60;

/// Why a sign-in was not approved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// No device waits with this code, or it has waited too long.
    #[error("no device waits with the code `{0}`")]
    Code(String),
    /// There is no such user, or it is disabled.
    #[error("no user `{0}` in the identity store can sign in")]
    User(String),
    /// The request for an authorization code is not one.
    #[error("the request to authorize is not valid: {0}")]
    Request(&'static str),
}

impl Sandbox {
    /// Somebody has typed the code of a device and signed in as this user.
    ///
    /// # Errors
    /// No device waits with this code, or the user cannot sign in.
    pub fn approve_device(&mut self, user_code: &str, user_name: &str, now: Timestamp) -> Result<(), SignInError> {
        let user = self.who_signs_in(user_name)?;
        let code = user_code.trim().to_uppercase();
        let mut devices = self.world.sign_in.devices.values_mut();
        let device = devices.find(|device| device.user_code == code && device.expires_at > now);
        device.ok_or_else(|| SignInError::Code(user_code.to_owned()))?.user = Some(user);
        self.note_change();
        Ok(())
    }

    /// Somebody has opened `/authorize?…` and signed in as this user; hands back where the browser goes next.
    ///
    /// # Errors
    /// The query is not one, or the user cannot sign in.
    pub fn authorize(&mut self, query: &str, user_name: &str, now: Timestamp) -> Result<String, SignInError> {
        let form = Form::parse(query);
        let text = |name: &str| form.get(name).unwrap_or_default();
        let client = self.world.sign_in.clients.get(text("client_id"));
        let client = client.filter(|client| client.expires_at > now).ok_or(SignInError::Request("client_id"))?;
        let redirect_uri = text("redirect_uri");
        let asked = RedirectUri::parse(redirect_uri).ok_or(SignInError::Request("redirect_uri"))?;
        if !client.redirect_uris.iter().any(|own| RedirectUri::parse(own).as_ref() == Some(&asked)) {
            return Err(SignInError::Request("redirect_uri"));
        }
        // who did not say how it signs in does so over a device
        if !client.grant_types.iter().any(|kind| kind == AUTHORIZATION_CODE) {
            return Err(SignInError::Request("the client is not registered for authorization_code"));
        }
        if text("response_type") != "code" {
            return Err(SignInError::Request("response_type"));
        }
        if text("code_challenge").is_empty() || text("code_challenge_method") != "S256" {
            return Err(SignInError::Request("code_challenge"));
        }
        let user = self.who_signs_in(user_name)?;
        let code = secret(&mut self.world.rng).replace(['/', '+'], "-");
        let (separator, state) = (asked.separator(), encode(text("state"), false));
        let location = format!("{redirect_uri}{separator}code={}&state={state}", encode(&code, false));
        let grant = CodeGrant {
            client: text("client_id").to_owned(),
            user,
            redirect_uri: redirect_uri.to_owned(),
            challenge: text("code_challenge").to_owned(),
            expires_at: now.checked_add(SignedDuration::from_secs(CODE_S)).unwrap_or(now),
        };
        self.world.sign_in.codes.insert(code, grant);
        self.note_change();
        Ok(location)
    }

    /// Names of users who can sign in, in order, for a page to choose from.
    pub(crate) fn user_names(&self, most: usize) -> Vec<String> {
        let users = self.world.directory.users.values().filter(|user| user.enabled);
        let mut names: Vec<String> = users.map(|user| user.user_name().to_owned()).collect();
        names.sort();
        names.truncate(most);
        names
    }

    fn who_signs_in(&self, user_name: &str) -> Result<Uuid, SignInError> {
        let directory = &self.world.directory;
        let id = directory.user_named(user_name.trim());
        id.filter(|id| directory.users.get(id).is_some_and(|user| user.enabled))
            .ok_or_else(|| SignInError::User(user_name.to_owned()))
    }
}
