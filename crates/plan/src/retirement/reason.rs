//! Why nothing happens to a user, or not yet.

use jiff::Timestamp;
use serde::Serialize;

use crate::iam_users::Verdict;

/// Something that has to be known of a user before it is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Its console password.
    Password,
    /// Its access keys.
    AccessKeys,
    /// Its MFA devices.
    MfaDevices,
    /// SSH keys, service-specific credentials, signing certificates.
    OtherCredentials,
}

impl Reason {
    /// Whether it stays as things are, until somebody changes something elsewhere.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        matches!(
            self,
            Self::Protected { .. }
                | Self::Reduced { .. }
                | Self::NotAPersons { .. }
                | Self::OwnedByTool { .. }
                | Self::NamedInPolicy { .. }
                | Self::DoesNotFit
        )
    }

    /// Its kind in snake case: `still_used`.
    #[must_use]
    pub fn kind(&self) -> String {
        let told = serde_json::to_value(self).ok();
        told.as_ref().and_then(|told| told.get("reason")?.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// Why nothing happens to a user, or not yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// It is on the list of protected users.
    Protected {
        /// The entry.
        pattern: String,
    },
    /// It was reduced because it stays.
    Reduced {
        /// Since when.
        since: Timestamp,
        /// Why it stays.
        why: Option<String>,
    },
    /// It is not known to be a person's alone, nor unused.
    NotAPersons {
        /// What it is.
        verdict: Verdict,
        /// The first sentence that says why.
        because: Option<String>,
    },
    /// The inventory of the account is too old.
    InventoryOld {
        /// When it was taken.
        taken: Timestamp,
        /// How old it may be, in hours.
        most_hours: u32,
    },
    /// A part of the user could not be read.
    NotRead {
        /// Which.
        part: Missing,
        /// Why.
        why: String,
    },
    /// The log holds nothing of the account.
    NoEvidence,
    /// The log ends too long ago.
    EvidenceOld {
        /// Its last event.
        last: Timestamp,
        /// How long ago it may be, in hours.
        most_hours: u32,
    },
    /// The log is not whole.
    EvidenceFlawed {
        /// What is wrong.
        flaw: String,
    },
    /// The log of a region in which it was used has stopped, while that of others went on.
    RegionStopped {
        /// The region.
        region: String,
        /// Its last event.
        last: Timestamp,
    },
    /// The log lacks days on which the user was switched off.
    EvidenceGap {
        /// How many.
        days: u32,
    },
    /// CloudFormation, Terraform or another tool would bring it back.
    OwnedByTool {
        /// Tool and place.
        place: String,
    },
    /// A policy names it.
    NamedInPolicy {
        /// Which policy.
        place: String,
    },
    /// Nobody knows whose it is.
    NoOwner,
    /// Whoever it seems to belong to has left, but that it is theirs is not sure enough.
    OwnerUnsure {
        /// Who.
        owner: String,
        /// Of 100.
        confidence: u8,
    },
    /// The owner cannot enter the account in any other way.
    NoOtherWay {
        /// Who.
        owner: String,
    },
    /// It could not be read who can enter the account.
    WaysUnknown {
        /// Why.
        why: String,
    },
    /// What switches it off does not fit: its inline policies are full, and ten policies are attached.
    DoesNotFit,
    /// Somebody misses something.
    Complaint {
        /// What.
        text: String,
        /// Since when.
        since: Timestamp,
    },
    /// The owner did not sign in through the portal yet.
    NotSignedIn {
        /// Who.
        owner: String,
    },
    /// Something still runs through it.
    StillUsed {
        /// `console`, `sessions`, or the id of a key.
        credential: String,
        /// When last.
        last: Timestamp,
        /// What, the most frequent actions first.
        actions: Vec<String>,
    },
    /// It was used, or somebody tried to, after it was switched off.
    UsedSince {
        /// `console`, `sessions`, or the id of a key.
        credential: String,
        /// When last.
        last: Timestamp,
        /// What, the most frequent actions first.
        actions: Vec<String>,
    },
    /// Somebody switched it on again.
    SwitchedOnAgain {
        /// What works again: a key, or `everything`, when the policy that denies is gone.
        what: String,
    },
    /// Switching it off broke off half-way.
    BrokenOff {
        /// What works still: keys, other credentials, or `everything`, where nothing denies it yet.
        left: Vec<String>,
    },
    /// The inventory is from before Sekisho's last change of it.
    InventoryBefore {
        /// When it was taken.
        taken: Timestamp,
        /// When Sekisho changed the user.
        changed: Timestamp,
    },
    /// It was switched off in part as the user of somebody who had left, and who has not, as is known now.
    NotAnnounced,
    /// Both ways are open until then.
    Parallel {
        /// When that ends.
        until: Timestamp,
    },
    /// It is watched until then.
    Quiet {
        /// When that ends.
        until: Timestamp,
    },
}
