//! Who it was: temporary keys and sessions folded into what they come from.

use serde::{Deserialize, Serialize};

use crate::scan::{Record, Spelling, Text};

/// What the log says that a principal is (`userIdentity.type`). The order decides where two records of one principal differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    /// No type, or one that is not known.
    #[default]
    Unknown,
    /// An AWS service on its own behalf.
    Service,
    /// Somebody of another account.
    OtherAccount,
    /// Signed in to the access portal, in no account yet.
    IdentityCenterUser,
    /// Came with a token of a web identity provider.
    WebIdentity,
    /// Came with an assertion.
    Saml,
    /// A session of `GetFederationToken`.
    FederatedUser,
    /// A role's session.
    Role,
    /// An IAM user.
    IamUser,
    /// The root user of the account.
    Root,
}

/// The parts of [`PrincipalKey`](super::PrincipalKey), as bytes.
pub(crate) struct Folded<'a> {
    pub(crate) kind: PrincipalKind,
    pub(crate) principal: Text<'a>,
    pub(crate) access_key: Option<Text<'a>>,
    pub(crate) opened_by: Option<Text<'a>>,
    /// The name of the role session.
    pub(crate) session: Option<Text<'a>>,
}

const NOTHING: Text<'static> = Text { raw: b"", spelling: Spelling::Plain };

/// Who it was.
#[inline]
pub(crate) fn fold<'a>(record: &Record<'a>) -> Folded<'a> {
    let identity = &record.more.identity;
    let arn = record.core.arn;
    let kind = kind_of(identity.kind.map_or(&b""[..], |kind| kind.raw), arn);
    let (mut principal, mut opened_by, mut session) = (arn, identity.source_identity, None);
    match kind {
        PrincipalKind::Role => {
            session = arn.and_then(session_of);
            principal = identity.issuer.or_else(|| arn.map(without_session));
            if opened_by.is_none() && principal.is_some_and(is_reserved) {
                opened_by = session;
            }
        }
        PrincipalKind::FederatedUser => {
            session = arn.and_then(|arn| after_last(arn, b'/'));
            principal = identity.issuer.or(arn);
            opened_by = opened_by.or(session);
        }
        PrincipalKind::Service => principal = identity.invoked_by.or(arn),
        PrincipalKind::OtherAccount => {
            // `AROA…:session`: sessions are many, principals few.
            session = identity.principal_id.and_then(|id| after_last(id, b':'));
            principal = arn.or(identity.principal_id.map(before_colon)).or(identity.account);
        }
        PrincipalKind::IdentityCenterUser => principal = identity.on_behalf_of.or(arn),
        PrincipalKind::WebIdentity | PrincipalKind::Saml => {
            principal = identity.user_name.or(identity.principal_id).or(arn);
        }
        PrincipalKind::IamUser | PrincipalKind::Root | PrincipalKind::Unknown => {}
    }
    let principal = principal
        .or(identity.invoked_by)
        .or(identity.principal_id)
        .or(identity.user_name)
        .or(identity.account)
        .unwrap_or(NOTHING);
    let lasting = |key: &Text<'_>| !key.raw.is_empty() && !key.raw.starts_with(b"ASIA");
    let is_session = matches!(kind, PrincipalKind::Role | PrincipalKind::FederatedUser);
    let access_key = record.core.access_key.filter(|key| lasting(key) && !is_session);
    Folded { kind, principal, access_key, opened_by, session }
}

/// Whether the role is IAM Identity Center's for a permission set: `…/AWSReservedSSO_Name_0123456789abcdef`.
fn is_reserved(role: Text<'_>) -> bool {
    let begins = |part: &[u8]| part.starts_with(b"AWSReservedSSO_");
    let Some((before, name)) =
        role.raw.iter().rposition(|byte| *byte == b'/').and_then(|at| role.raw.split_at_checked(at))
    else {
        return false;
    };
    // The name is the last part; whatever a path may be called, it is looked at as well.
    name.get(1..).is_some_and(begins)
        || (before.contains(&b'/') && before.split(|byte| *byte == b'/').skip(1).any(begins))
}

fn kind_of(name: &[u8], arn: Option<Text<'_>>) -> PrincipalKind {
    match name {
        b"AssumedRole" | b"Role" => PrincipalKind::Role,
        b"IAMUser" => PrincipalKind::IamUser,
        b"AWSService" => PrincipalKind::Service,
        b"Root" => PrincipalKind::Root,
        b"AWSAccount" => PrincipalKind::OtherAccount,
        b"IdentityCenterUser" => PrincipalKind::IdentityCenterUser,
        b"WebIdentityUser" => PrincipalKind::WebIdentity,
        b"SAMLUser" => PrincipalKind::Saml,
        b"FederatedUser" => PrincipalKind::FederatedUser,
        // Some real records name no type.
        _ => match arn {
            Some(arn) if is_session_arn(arn.raw) => PrincipalKind::Role,
            Some(arn) if has(arn.raw, b":federated-user/") => PrincipalKind::FederatedUser,
            Some(arn) if has(arn.raw, b":user/") => PrincipalKind::IamUser,
            _ => PrincipalKind::Unknown,
        },
    }
}

/// Whether the part stands in the text; of known length, so that comparing takes no call.
pub(super) fn has<const LENGTH: usize>(text: &[u8], part: &[u8; LENGTH]) -> bool {
    text.windows(LENGTH).any(|window| <&[u8; LENGTH]>::try_from(window).is_ok_and(|window| window == part))
}

/// `arn:aws:sts::111122223333:assumed-role/name/session`, and what looks like it.
#[inline(always)]
fn is_session_arn(arn: &[u8]) -> bool {
    const PART: &[u8; 14] = b":assumed-role/";
    // Where it stands in the partition `aws`; everywhere else it is looked for.
    arn.get(25..39).is_some_and(|usual| usual == PART) || has(arn, PART)
}

/// `arn:aws:sts::111122223333:assumed-role/name/session`: the session.
fn session_of(arn: Text<'_>) -> Option<Text<'_>> {
    is_session_arn(arn.raw).then(|| after_last(arn, b'/')).flatten()
}

/// The ARN of a session without the session: the role's, but for its path, which is not in it.
fn without_session(arn: Text<'_>) -> Text<'_> {
    match arn.raw.iter().rposition(|byte| *byte == b'/') {
        Some(at) if is_session_arn(arn.raw) => Text { raw: arn.raw.get(..at).unwrap_or(arn.raw), ..arn },
        _ => arn,
    }
}

/// What follows the last of these bytes. No escape sequence holds one of them, but for `\/`.
fn after_last(text: Text<'_>, byte: u8) -> Option<Text<'_>> {
    let at = text.raw.iter().rposition(|found| *found == byte)?;
    let raw = text.raw.get(at + 1..)?;
    Some(Text { raw, spelling: text.spelling })
}

fn before_colon(text: Text<'_>) -> Text<'_> {
    let at = text.raw.iter().position(|byte| *byte == b':').unwrap_or(text.raw.len());
    Text { raw: text.raw.get(..at).unwrap_or(text.raw), spelling: text.spelling }
}
