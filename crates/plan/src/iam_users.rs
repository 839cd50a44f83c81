//! Decisions about IAM users: whose they are, whether people or machines use them, what could take a machine's place.
//!
//! Decisions rest on the inventory, on what the log shows, and on what the log could show. Where these leave a doubt, the answer is "unknown".

pub mod directory;
pub mod earlier;
pub mod event_action;
pub mod home;
mod name_form;
pub mod owner;
pub mod replacement;
pub mod verdict;

pub use directory::{Directory, DirectoryPerson, Standing};
pub use earlier::EarlierUse;
pub use home::{Home, HomeGuess, HomeReason, homes};
pub use owner::{OwnerFinding, Ownership, find_owners};
pub use replacement::{Language, Replacement, ReplacementInput, replacement};
pub use verdict::{PartVerdict, Reason, Settings, Tops, UnreadPart, Unseen, UserVerdict, Verdict, VerdictInput, judge};
