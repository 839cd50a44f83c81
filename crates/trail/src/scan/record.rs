//! The members of one CloudTrail record that evidence is made of, still as they stand in the file.
//!
//! Members by name and place: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
//! and `…-user-identity.html`. Of a member that stands twice the last one counts, as for the readers that build maps (Python's
//! `json`, `serde_json::Value`); a `userIdentity` that stands again replaces the former as a whole. A value of another kind than
//! expected counts as missing.

use super::cursor::{Cursor, Damage, is};
use super::known::Known;
use super::simd::Simd;
use super::text::Text;

/// Members of a record.
mod top {
    pub(super) const VERSION: u8 = 1;
    pub(super) const TIME: u8 = 2;
    pub(super) const NAME: u8 = 3;
    pub(super) const REGION: u8 = 4;
    pub(super) const ERROR: u8 = 5;
    pub(super) const TIMESTAMP: u8 = 6;
    pub(super) const SOURCE: u8 = 7;
    pub(super) const IDENTITY: u8 = 8;
    pub(super) const ADDRESS: u8 = 9;
    pub(super) const ACCOUNT: u8 = 10;
    pub(super) const ID: u8 = 11;
    pub(super) const READ_ONLY: u8 = 13;
    pub(super) const AGENT: u8 = 14;
    pub(super) const KIND: u8 = 15;
    pub(super) const RESOURCES: u8 = 16;
    pub(super) const CATEGORY: u8 = 17;
    pub(super) const ENDPOINT: u8 = 18;
    pub(super) const MANAGEMENT: u8 = 19;
    pub(super) const RESPONSE: u8 = 20;
    pub(super) const REQUEST: u8 = 21;
    pub(super) const ADDITIONAL: u8 = 22;
    pub(super) const FROM_CONSOLE: u8 = 23;
    pub(super) const MESSAGE: u8 = 24;
    pub(super) const REQUEST_ID: u8 = 25;
    pub(super) const API_VERSION: u8 = 26;
    pub(super) const TLS: u8 = 27;
}

const TOP_NAMES: &[(&str, u8)] = &TOP_LIST;
const TOP_LIST: [(&str, u8); 26] = [
    ("eventVersion", top::VERSION),
    ("userIdentity", top::IDENTITY),
    ("eventTime", top::TIME),
    ("eventSource", top::SOURCE),
    ("eventName", top::NAME),
    ("awsRegion", top::REGION),
    ("sourceIPAddress", top::ADDRESS),
    ("userAgent", top::AGENT),
    ("errorCode", top::ERROR),
    ("errorMessage", top::MESSAGE),
    ("requestParameters", top::REQUEST),
    ("responseElements", top::RESPONSE),
    ("additionalEventData", top::ADDITIONAL),
    ("requestID", top::REQUEST_ID),
    ("eventID", top::ID),
    ("readOnly", top::READ_ONLY),
    ("resources", top::RESOURCES),
    ("eventType", top::KIND),
    ("apiVersion", top::API_VERSION),
    ("managementEvent", top::MANAGEMENT),
    ("recipientAccountId", top::ACCOUNT),
    ("vpcEndpointId", top::ENDPOINT),
    ("eventCategory", top::CATEGORY),
    ("tlsDetails", top::TLS),
    ("sessionCredentialFromConsole", top::FROM_CONSOLE),
    ("@timestamp", top::TIMESTAMP),
];
static TOP: Known = Known::new(TOP_LIST, 8);

/// Members of `userIdentity`, and of the issuer of a session.
mod who {
    pub(super) const ARN: u8 = 2;
    pub(super) const ACCESS_KEY: u8 = 3;
    pub(super) const KIND: u8 = 4;
    pub(super) const USER_NAME: u8 = 5;
    pub(super) const ACCOUNT: u8 = 6;
    pub(super) const INVOKED_BY: u8 = 7;
    pub(super) const ON_BEHALF_OF: u8 = 8;
    pub(super) const PRINCIPAL_ID: u8 = 9;
    pub(super) const SESSION: u8 = 10;
    pub(super) const PROVIDER: u8 = 11;
}

const IDENTITY_NAMES: &[(&str, u8)] = &IDENTITY_LIST;
const IDENTITY_LIST: [(&str, u8); 10] = [
    ("type", who::KIND),
    ("principalId", who::PRINCIPAL_ID),
    ("arn", who::ARN),
    ("accountId", who::ACCOUNT),
    ("accessKeyId", who::ACCESS_KEY),
    ("userName", who::USER_NAME),
    ("sessionContext", who::SESSION),
    ("invokedBy", who::INVOKED_BY),
    ("onBehalfOf", who::ON_BEHALF_OF),
    ("identityProvider", who::PROVIDER),
];
static IDENTITY: Known = Known::new(IDENTITY_LIST, 4);

/// Members of `sessionContext`.
mod session {
    pub(super) const ATTRIBUTES: u8 = 2;
    pub(super) const ISSUER: u8 = 3;
    pub(super) const SOURCE_IDENTITY: u8 = 4;
    pub(super) const WEB: u8 = 5;
}

const SESSION_NAMES: &[(&str, u8)] = &SESSION_LIST;
const SESSION_LIST: [(&str, u8); 4] = [
    ("sessionIssuer", session::ISSUER),
    ("attributes", session::ATTRIBUTES),
    ("webIdFederationData", session::WEB),
    ("sourceIdentity", session::SOURCE_IDENTITY),
];
static SESSION: Known = Known::new(SESSION_LIST, 5);

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
    /// Whether any of its texts holds escapes; some that are not kept may, too.
    pub(crate) escapes: bool,
}

/// The texts that decide what a record counts for, by name.
macro_rules! texts {
    ($record:ident, $each:ident) => {{
        let (core, more) = ($each!($record.core), $each!($record.more));
        let identity = $each!(more.identity);
        [
            $each!(core.account),
            $each!(core.arn),
            $each!(core.access_key),
            $each!(core.source),
            $each!(core.name),
            $each!(core.error),
            $each!(core.region),
            $each!(more.category),
            $each!(identity.kind),
            $each!(identity.principal_id),
            $each!(identity.account),
            $each!(identity.user_name),
            $each!(identity.invoked_by),
            $each!(identity.provider),
            $each!(identity.on_behalf_of),
            $each!(identity.issuer),
            $each!(identity.source_identity),
            $each!(identity.federated_provider),
        ]
    }};
}

impl<'a> Record<'a> {
    /// The texts that are looked into.
    #[inline(always)]
    pub(crate) fn texts(&self) -> [Option<Text<'a>>; 18] {
        macro_rules! copied {
            ($($place:tt)+) => { $($place)+ };
        }
        texts!(self, copied)
    }

    /// [`Self::texts`], to be changed.
    pub(crate) fn texts_mut(&mut self) -> [&mut Option<Text<'a>>; 18] {
        macro_rules! changed {
            ($($place:tt)+) => { &mut $($place)+ };
        }
        texts!(self, changed)
    }

    /// Whether one of these texts holds escapes.
    #[inline(always)]
    pub(crate) fn is_escaped(&self) -> bool {
        self.escapes && self.texts().iter().flatten().any(Text::is_escaped)
    }

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
        cursor.escapes = false;
        let mut envelope = false;
        let mut another = cursor.enter()?;
        while another {
            let (core, more) = (&mut self.core, &mut self.more);
            match cursor.member(&TOP, TOP_NAMES) {
                top::VERSION => cursor.behind("eventVersion").skip_of::<4>()?,
                top::TIME => core.time = cursor.behind("eventTime").text_of_length::<20>()?,
                top::NAME => core.name = cursor.behind("eventName").text()?,
                top::REGION => core.region = cursor.behind("awsRegion").text()?,
                top::ERROR => core.error = cursor.behind("errorCode").text()?,
                top::TIMESTAMP => core.timestamp = cursor.behind("@timestamp").text()?,
                top::SOURCE => core.source = cursor.behind("eventSource").text()?,
                top::IDENTITY => self.read_identity::<S, WHOLE>(cursor.behind("userIdentity"))?,
                top::ADDRESS => core.address = cursor.behind("sourceIPAddress").text()?,
                top::ACCOUNT => core.account = cursor.behind("recipientAccountId").text_of_length::<12>()?,
                top::ID => core.id = cursor.behind("eventID").text_of_length::<36>()?,
                top::MESSAGE => cursor.behind("errorMessage").skip()?,
                top::REQUEST_ID => cursor.behind("requestID").skip_of::<36>()?,
                top::API_VERSION => cursor.behind("apiVersion").skip_of::<10>()?,
                top::TLS => cursor.behind("tlsDetails").skip()?,
                top::READ_ONLY => more.read_only = flag(cursor.behind("readOnly"))?,
                top::AGENT => more.agent = cursor.behind("userAgent").text()?,
                top::KIND => more.kind = cursor.behind("eventType").text_of_length::<10>()?,
                top::RESOURCES => {
                    cursor.behind("resources");
                    if WHOLE {
                        self.read_resources(cursor)?;
                    } else {
                        cursor.skip()?;
                    }
                }
                top::CATEGORY => more.category = cursor.behind("eventCategory").text_of_length::<10>()?,
                top::ENDPOINT => more.endpoint = cursor.behind("vpcEndpointId").text()?,
                top::MANAGEMENT => more.management = flag(cursor.behind("managementEvent"))?,
                top::RESPONSE => more.response = cursor.behind("responseElements").raw()?,
                top::REQUEST => more.request = cursor.behind("requestParameters").raw()?,
                top::ADDITIONAL => more.additional = cursor.behind("additionalEventData").raw()?,
                top::FROM_CONSOLE => more.from_console = flag(cursor.behind("sessionCredentialFromConsole"))?,
                _ => {
                    envelope |= names_envelope(&cursor.key()?);
                    cursor.skip()?;
                }
            }
            another = cursor.another(b'}')?;
        }
        self.escapes = cursor.escapes;
        Ok(envelope)
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
            match cursor.member(&IDENTITY, IDENTITY_NAMES) {
                who::ARN => self.core.arn = cursor.behind("arn").text()?,
                who::ACCESS_KEY => self.core.access_key = cursor.behind("accessKeyId").text_of_length::<20>()?,
                who::KIND => identity.kind = cursor.behind("type").text()?,
                who::USER_NAME => identity.user_name = cursor.behind("userName").text()?,
                who::ACCOUNT => identity.account = cursor.behind("accountId").text_of_length::<12>()?,
                who::INVOKED_BY => identity.invoked_by = cursor.behind("invokedBy").text()?,
                who::ON_BEHALF_OF => identity.on_behalf_of = cursor.behind("onBehalfOf").text_of(b"userId")?,
                who::PRINCIPAL_ID => identity.principal_id = cursor.behind("principalId").text()?,
                who::SESSION => {
                    cursor.behind("sessionContext");
                    if WHOLE {
                        read_session(cursor, identity)?;
                    } else {
                        cursor.skip()?;
                    }
                }
                who::PROVIDER => identity.provider = cursor.behind("identityProvider").text()?,
                _ => cursor.pass()?,
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
        match cursor.member(&SESSION, SESSION_NAMES) {
            session::ATTRIBUTES => {
                let mfa = cursor.behind("attributes").text_of(b"mfaAuthenticated")?;
                identity.mfa = mfa.and_then(|text| match text.raw {
                    b"true" => Some(true),
                    b"false" => Some(false),
                    _ => None,
                });
            }
            session::ISSUER => identity.issuer = read_issuer(cursor.behind("sessionIssuer"))?,
            session::SOURCE_IDENTITY => identity.source_identity = cursor.behind("sourceIdentity").text()?,
            session::WEB => {
                identity.federated_provider = cursor.behind("webIdFederationData").text_of(b"federatedProvider")?;
            }
            _ => cursor.pass()?,
        }
        more = cursor.another(b'}')?;
    }
    Ok(())
}

/// The ARN of a `sessionIssuer`.
#[inline(always)]
fn read_issuer<'a, S: Simd>(cursor: &mut Cursor<'a, S>) -> Result<Option<Text<'a>>, Damage> {
    let mut arn = None;
    if cursor.peek() != b'{' {
        cursor.skip()?;
        return Ok(arn);
    }
    let mut more = cursor.enter()?;
    while more {
        match cursor.member(&IDENTITY, IDENTITY_NAMES) {
            who::ARN => arn = cursor.behind("arn").text()?,
            who::KIND => cursor.behind("type").skip_of::<4>()?,
            who::PRINCIPAL_ID => cursor.behind("principalId").skip_of::<21>()?,
            who::ACCOUNT => cursor.behind("accountId").skip_of::<12>()?,
            _ => cursor.pass()?,
        }
        more = cursor.another(b'}')?;
    }
    Ok(arn)
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
