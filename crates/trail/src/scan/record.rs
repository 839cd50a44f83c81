//! The members of one CloudTrail record that evidence is made of, still as they stand in the file.
//!
//! Members by name and place: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
//! and `…-user-identity.html`. Of a member that stands twice the last one counts, as for the readers that build maps (Python's
//! `json`, `serde_json::Value`); a `userIdentity` that stands again replaces the former as a whole. A value of another kind than
//! expected counts as missing.

use super::cursor::{Cursor, Damage, is};
use super::simd::Simd;
use super::text::Text;

/// What is read of every record, and all that the common core needs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Core<'a> {
    /// `recipientAccountId`
    pub account: Option<Text<'a>>,
    /// `userIdentity.arn`
    pub arn: Option<Text<'a>>,
    /// `userIdentity.accessKeyId`; empty and missing are different things
    pub access_key: Option<Text<'a>>,
    /// `eventTime`
    pub time: Option<Text<'a>>,
    /// `@timestamp`, which Logstash writes instead of `eventTime`
    pub timestamp: Option<Text<'a>>,
    /// `eventSource`
    pub source: Option<Text<'a>>,
    /// `eventName`
    pub name: Option<Text<'a>>,
    /// `sourceIPAddress`: an address, or the name of a service
    pub address: Option<Text<'a>>,
    /// `errorCode`
    pub error: Option<Text<'a>>,
    /// `awsRegion`
    pub region: Option<Text<'a>>,
    /// `eventID`
    pub id: Option<Text<'a>>,
}

/// Who it was, in more detail: members of `userIdentity`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Identity<'a> {
    /// `type`
    pub kind: Option<Text<'a>>,
    /// `principalId`
    pub principal_id: Option<Text<'a>>,
    /// `accountId`
    pub account: Option<Text<'a>>,
    /// `userName`
    pub user_name: Option<Text<'a>>,
    /// `invokedBy`: the service that made the call for somebody
    pub invoked_by: Option<Text<'a>>,
    /// `identityProvider`
    pub provider: Option<Text<'a>>,
    /// `onBehalfOf.userId`: the user of the identity store
    pub on_behalf_of: Option<Text<'a>>,
    /// `sessionContext.sessionIssuer.arn`: the role, or the user, that the session comes from
    pub issuer: Option<Text<'a>>,
    /// `sessionContext.attributes.mfaAuthenticated`
    pub mfa: Option<bool>,
    /// `sessionContext.sourceIdentity`
    pub source_identity: Option<Text<'a>>,
    /// `sessionContext.webIdFederationData.federatedProvider`
    pub federated_provider: Option<Text<'a>>,
}

/// What else whole evidence is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct More<'a> {
    /// Who it was, in more detail.
    pub identity: Identity<'a>,
    /// `userAgent`
    pub agent: Option<Text<'a>>,
    /// `eventType`
    pub kind: Option<Text<'a>>,
    /// `eventCategory`
    pub category: Option<Text<'a>>,
    /// `readOnly`
    pub read_only: Option<bool>,
    /// `managementEvent`
    pub management: Option<bool>,
    /// `sessionCredentialFromConsole`
    pub from_console: Option<bool>,
    /// `vpcEndpointId`
    pub endpoint: Option<Text<'a>>,
    /// `requestParameters`, as it stands
    pub request: &'a [u8],
    /// `responseElements`, as it stands
    pub response: &'a [u8],
    /// `additionalEventData`, as it stands
    pub additional: &'a [u8],
}

/// An element of `resources`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resource<'a> {
    /// `ARN`
    pub arn: Option<Text<'a>>,
    /// `type`
    pub kind: Option<Text<'a>>,
}

/// One record.
#[derive(Debug, Clone, Default)]
pub struct Record<'a> {
    /// What is always read.
    pub core: Core<'a>,
    /// What is read where whole evidence is wanted.
    pub more: More<'a>,
    /// `resources`, where whole evidence is wanted.
    pub resources: Vec<Resource<'a>>,
}

impl<'a> Record<'a> {
    #[inline(always)]
    fn clear<const WHOLE: bool>(&mut self) {
        self.core = Core::default();
        if WHOLE {
            self.more = More::default();
            self.resources.clear();
        }
    }

    /// Reads the record that begins here. True where it has members that envelopes have.
    #[inline(always)]
    pub(crate) fn read<S: Simd, const WHOLE: bool>(&mut self, cursor: &mut Cursor<'a, S>) -> Result<bool, Damage> {
        self.clear::<WHOLE>();
        let mut envelope = false;
        let mut more = cursor.enter()?;
        while more {
            let key = cursor.key()?;
            match key.len() {
                9 if is(&key, b"eventTime") => self.core.time = cursor.text()?,
                9 if is(&key, b"eventName") => self.core.name = cursor.text()?,
                9 if is(&key, b"awsRegion") => self.core.region = cursor.text()?,
                9 if is(&key, b"errorCode") => self.core.error = cursor.text()?,
                10 if is(&key, b"@timestamp") => self.core.timestamp = cursor.text()?,
                11 if is(&key, b"eventSource") => self.core.source = cursor.text()?,
                12 if is(&key, b"userIdentity") => self.read_identity::<S, WHOLE>(cursor)?,
                15 if is(&key, b"sourceIPAddress") => self.core.address = cursor.text()?,
                18 if is(&key, b"recipientAccountId") => self.core.account = cursor.text()?,
                7 if is(&key, b"eventID") => self.core.id = cursor.text()?,
                6 | 7 | 15 if names_envelope(&key) => {
                    envelope = true;
                    cursor.skip()?;
                }
                _ if WHOLE => self.read_more(cursor, &key)?,
                _ => cursor.skip()?,
            }
            more = cursor.another(b'}')?;
        }
        Ok(envelope)
    }

    #[inline(always)]
    fn read_more<S: Simd>(&mut self, cursor: &mut Cursor<'a, S>, key: &[u8]) -> Result<(), Damage> {
        let more = &mut self.more;
        match key.len() {
            8 if is(key, b"readOnly") => more.read_only = flag(cursor)?,
            9 if is(key, b"userAgent") => more.agent = cursor.text()?,
            9 if is(key, b"eventType") => more.kind = cursor.text()?,
            9 if is(key, b"resources") => self.read_resources(cursor)?,
            13 if is(key, b"eventCategory") => more.category = cursor.text()?,
            13 if is(key, b"vpcEndpointId") => more.endpoint = cursor.text()?,
            15 if is(key, b"managementEvent") => more.management = flag(cursor)?,
            16 if is(key, b"responseElements") => more.response = cursor.raw()?,
            17 if is(key, b"requestParameters") => more.request = cursor.raw()?,
            19 if is(key, b"additionalEventData") => more.additional = cursor.raw()?,
            28 if is(key, b"sessionCredentialFromConsole") => more.from_console = flag(cursor)?,
            _ => cursor.skip()?,
        }
        Ok(())
    }

    #[inline(always)]
    fn read_identity<S: Simd, const WHOLE: bool>(&mut self, cursor: &mut Cursor<'a, S>) -> Result<(), Damage> {
        self.core.arn = None;
        self.core.access_key = None;
        let identity = &mut self.more.identity;
        if WHOLE {
            *identity = Identity::default();
        }
        if cursor.peek() != b'{' {
            return cursor.skip();
        }
        let mut more = cursor.enter()?;
        while more {
            let key = cursor.key()?;
            match key.len() {
                3 if is(&key, b"arn") => self.core.arn = cursor.text()?,
                11 if is(&key, b"accessKeyId") => self.core.access_key = cursor.text()?,
                4 if WHOLE && is(&key, b"type") => identity.kind = cursor.text()?,
                8 if WHOLE && is(&key, b"userName") => identity.user_name = cursor.text()?,
                9 if WHOLE && is(&key, b"accountId") => identity.account = cursor.text()?,
                9 if WHOLE && is(&key, b"invokedBy") => identity.invoked_by = cursor.text()?,
                10 if WHOLE && is(&key, b"onBehalfOf") => identity.on_behalf_of = cursor.text_of(b"userId")?,
                11 if WHOLE && is(&key, b"principalId") => identity.principal_id = cursor.text()?,
                14 if WHOLE && is(&key, b"sessionContext") => read_session(cursor, identity)?,
                16 if WHOLE && is(&key, b"identityProvider") => identity.provider = cursor.text()?,
                _ => cursor.skip()?,
            }
            more = cursor.another(b'}')?;
        }
        Ok(())
    }

    #[inline(always)]
    fn read_resources<S: Simd>(&mut self, cursor: &mut Cursor<'a, S>) -> Result<(), Damage> {
        self.resources.clear();
        if cursor.peek() != b'[' {
            return cursor.skip();
        }
        let mut more = cursor.enter()?;
        while more {
            if cursor.peek() == b'{' {
                let mut resource = Resource::default();
                let mut another = cursor.enter()?;
                while another {
                    let key = cursor.key()?;
                    if is(&key, b"ARN") || is(&key, b"arn") {
                        resource.arn = cursor.text()?;
                    } else if is(&key, b"type") {
                        resource.kind = cursor.text()?;
                    } else {
                        cursor.skip()?;
                    }
                    another = cursor.another(b'}')?;
                }
                self.resources.push(resource);
            } else {
                cursor.skip()?;
            }
            more = cursor.another(b']')?;
        }
        Ok(())
    }
}

#[inline(always)]
fn read_session<'a, S: Simd>(cursor: &mut Cursor<'a, S>, identity: &mut Identity<'a>) -> Result<(), Damage> {
    (identity.issuer, identity.mfa, identity.source_identity, identity.federated_provider) = (None, None, None, None);
    if cursor.peek() != b'{' {
        return cursor.skip();
    }
    let mut more = cursor.enter()?;
    while more {
        let key = cursor.key()?;
        match key.len() {
            10 if is(&key, b"attributes") => {
                identity.mfa = cursor.text_of(b"mfaAuthenticated")?.and_then(|text| match text.raw {
                    b"true" => Some(true),
                    b"false" => Some(false),
                    _ => None,
                });
            }
            13 if is(&key, b"sessionIssuer") => identity.issuer = cursor.text_of(b"arn")?,
            14 if is(&key, b"sourceIdentity") => identity.source_identity = cursor.text()?,
            19 if is(&key, b"webIdFederationData") => {
                identity.federated_provider = cursor.text_of(b"federatedProvider")?;
            }
            _ => cursor.skip()?,
        }
        more = cursor.another(b'}')?;
    }
    Ok(())
}

/// `true`, `"true"`, and the opposites.
#[inline(always)]
fn flag<S: Simd>(cursor: &mut Cursor<'_, S>) -> Result<Option<bool>, Damage> {
    let raw = cursor.raw()?;
    Ok(match raw {
        b"true" | b"\"true\"" => Some(true),
        b"false" | b"\"false\"" => Some(false),
        _ => None,
    })
}

/// Whether an object with this member can be an envelope of records.
#[inline(always)]
pub(crate) fn names_envelope(key: &[u8]) -> bool {
    is(key, b"Records") || is(key, b"Events") || is(key, b"detail") || is(key, b"CloudTrailEvent")
}
