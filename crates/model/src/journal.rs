//! What is written down while a plan is applied. Append-only; each entry carries the hash of the one before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::declared::Bindings;
use crate::iam_user::IamUserRef;
use crate::id::{OperationId, PermissionSetArn, RunId, short_hash};
use crate::letter::Letter;
use crate::observed::InstanceKey;
use crate::plan::Plan;
use crate::retirement::RetirementNote;

/// An asynchronous request AWS accepted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "request", content = "id", rename_all = "snake_case")]
pub enum PendingRequest {
    /// `CreateAccountAssignment`.
    AssignmentCreation(String),
    /// `DeleteAccountAssignment`.
    AssignmentDeletion(String),
    /// `ProvisionPermissionSet`.
    Provisioning(String),
}

/// How far an operation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StepState {
    /// About to be sent; from here on it may or may not have taken effect.
    Started {
        /// From 1.
        attempt: u32,
    },
    /// AWS took it and works on it.
    Accepted {
        /// What to poll.
        request: PendingRequest,
    },
    /// AWS says it is done.
    Succeeded {
        /// ARN of a set that was created.
        created: Option<PermissionSetArn>,
    },
    /// Read again: it is so. The change is repeated here because ownership follows from it.
    Verified {
        /// The change.
        change: Box<Change>,
        /// ARN of the set, known by now.
        set_arn: Option<PermissionSetArn>,
    },
    /// AWS refused, or ended it as FAILED.
    Failed {
        /// AWS's reason, and what to do.
        reason: String,
        /// AWS answered each time it was sent, and refused: nothing was changed. Otherwise it may have taken effect.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        refused: bool,
    },
    /// AWS said done, and reading again shows otherwise.
    Contradicted {
        /// What was found.
        found: String,
    },
    /// Not started, or not needed.
    Skipped {
        /// Why.
        reason: String,
    },
}

impl StepState {
    /// The reason of a step that was skipped because somebody else had done it.
    pub const ALREADY_SO: &str = "it was so already";

    /// Whether nothing more will happen to the operation in this run.
    #[must_use]
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Started { .. } | Self::Accepted { .. } | Self::Succeeded { .. })
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum JournalEvent {
    /// A run began to apply a plan.
    RunStarted {
        /// The run.
        run: RunId,
        /// Who started it: ARN of the credentials, or another name.
        who: String,
        /// What it applies.
        plan: Box<Plan>,
    },
    /// An operation went a step further.
    Step {
        /// The run.
        run: RunId,
        /// The operation.
        operation: OperationId,
        /// How far.
        state: StepState,
    },
    /// A run ended.
    RunFinished {
        /// The run.
        run: RunId,
        /// How, in one line.
        outcome: String,
        /// Operations verified.
        verified: u64,
        /// Operations failed or contradicted.
        failed: u64,
        /// Operations skipped.
        skipped: u64,
    },
    /// Something about the retirement of an IAM user that is no change of AWS.
    Retirement {
        /// The user.
        user: IamUserRef,
        /// Its id: another user of the same name is not meant.
        user_id: String,
        /// Who noted it: ARN of the credentials, or another name.
        who: String,
        /// What.
        note: RetirementNote,
    },
    /// A program that sends letters said that it sent this one.
    LetterSent {
        /// Which letter.
        letter: Letter,
        /// Who had it sent: ARN of the credentials, or another name.
        who: String,
    },
    /// What the catalog's names meant in a run that went through.
    BindingsRecorded {
        /// Names and ids.
        bindings: Bindings,
    },
}

/// An entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// From 1, without gaps.
    pub sequence: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The instance it is about.
    pub instance: InstanceKey,
    /// What happened.
    pub event: JournalEvent,
    /// Hash of the entry before; empty for the first.
    pub previous: String,
    /// Hash of this entry: of `previous` and of all the rest.
    pub hash: String,
}

impl JournalEntry {
    /// The hash an entry with this content has.
    ///
    /// # Errors
    /// When the event cannot be written as JSON, which its types rule out.
    pub fn compute_hash(
        previous: &str,
        sequence: u64,
        at: Timestamp,
        instance: &InstanceKey,
        event: &JournalEvent,
    ) -> Result<String, serde_json::Error> {
        let instance = serde_json::to_string(instance)?;
        let event = serde_json::to_string(event)?;
        Ok(short_hash([previous, &sequence.to_string(), &at.to_string(), &instance, &event]))
    }
}
