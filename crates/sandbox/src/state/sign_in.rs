//! Sign-ins to Identity Center by programs: registered clients, what waits for a person, and what was given out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::Uuid;

/// Clients and grants each; the first to expire goes when there are more.
const MOST: usize = 10_000;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct SignIn {
    /// By client id.
    pub(crate) clients: BTreeMap<String, OidcClient>,
    /// By device code.
    pub(crate) devices: BTreeMap<String, DeviceGrant>,
    /// By authorization code.
    pub(crate) codes: BTreeMap<String, CodeGrant>,
    /// By access token.
    pub(crate) sessions: BTreeMap<String, PortalSession>,
    /// By refresh token.
    pub(crate) refreshes: BTreeMap<String, Refresh>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct OidcClient {
    pub(crate) secret: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) scopes: Vec<String>,
    /// None where the client did not say.
    pub(crate) grant_types: Vec<String>,
    pub(crate) redirect_uris: Vec<String>,
}

impl std::fmt::Debug for OidcClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "OidcClient({:?})", self.scopes)
    }
}

/// A device that waits until a person has typed its code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeviceGrant {
    pub(crate) client: String,
    pub(crate) user_code: String,
    pub(crate) expires_at: Timestamp,
    /// Polls since when, and how many.
    pub(crate) polls: (Timestamp, u32),
    pub(crate) user: Option<Uuid>,
}

/// A person has signed in; the client has to show that it is the one who asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CodeGrant {
    pub(crate) client: String,
    pub(crate) user: Uuid,
    pub(crate) redirect_uri: String,
    /// SHA-256 of the verifier, base64 for URLs.
    pub(crate) challenge: String,
    pub(crate) expires_at: Timestamp,
}

/// A session of the access portal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PortalSession {
    pub(crate) user: Uuid,
    pub(crate) expires_at: Timestamp,
    pub(crate) refresh: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refresh {
    pub(crate) client: String,
    pub(crate) user: Uuid,
    pub(crate) expires_at: Timestamp,
}

impl SignIn {
    /// Forgets what has expired, and what is too much.
    pub(crate) fn tidy(&mut self, now: Timestamp) {
        tidy(&mut self.clients, now, |client| client.expires_at);
        // a device that asks too late is told so for a while
        let late = now.checked_sub(jiff::SignedDuration::from_hours(1)).unwrap_or(Timestamp::MIN);
        tidy(&mut self.devices, late, |device| device.expires_at);
        tidy(&mut self.codes, now, |code| code.expires_at);
        tidy(&mut self.sessions, now, |session| session.expires_at);
        tidy(&mut self.refreshes, now, |refresh| refresh.expires_at);
    }
}

fn tidy<T>(map: &mut BTreeMap<String, T>, now: Timestamp, expires_at: impl Fn(&T) -> Timestamp) {
    if map.len() > MOST {
        let first = map.iter().min_by_key(|(_, one)| expires_at(one)).map(|(key, _)| key.clone());
        first.map(|key| map.remove(&key));
    }
    map.retain(|_, one| expires_at(one) > now);
}
