//! Why a verdict is what it is, as data: each reason has one place where it is said in English, here, and can be said in other languages by whoever
//! shows it.

use std::fmt::{Display, Formatter, Result};

use serde::{Serialize, Serializer};

use super::{count, thousands};

/// Something that cannot be said of a user for want of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadPart {
    /// The console password.
    Password,
    /// Access keys.
    AccessKeys,
    /// MFA devices.
    MfaDevices,
    /// SSH keys, service-specific credentials, certificates.
    OtherCredentials,
}

/// Why the log does not show a use that AWS tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unseen {
    /// Trails do not record all of the service.
    NotRecorded,
    /// It should.
    Missing,
    /// It lies before the log, and so long ago.
    LongAgo {
        /// Days since then.
        days: i64,
    },
    /// The log does not reach so far.
    OutOfReach,
}

/// One reason. Dates are written as `2026-03-02`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the sentence below says what each is")]
pub enum Reason {
    // Of what is seen of a credential.
    /// What was done with a key (none: in the console).
    Fact {
        key: Option<String>,
        calls: u64,
        days: usize,
        span: i32,
        programs: Tops,
        networks: Tops,
    },
    NotByDay,
    TooMany {
        list: String,
    },
    RoundTheClock {
        hours_of_day: usize,
        hours_a_day: String,
    },
    NeverRests,
    EveryDay {
        days: usize,
        span: usize,
    },
    SameTime {
        from: u32,
        to: u32,
    },
    EvenDistances {
        days: i32,
    },
    WorkingDays,
    AlwaysTheSame {
        actions: u64,
        days: usize,
    },
    SameEachDay {
        actions: u64,
        days: usize,
    },
    SameOnDays {
        actions: u64,
        days: usize,
    },
    CuriousEachDay {
        actions: usize,
    },
    CuriousOnce {
        actions: usize,
        once: usize,
    },
    FewDays {
        days: u64,
    },
    LittleNew {
        actions: u64,
    },
    ChangesEachTime {
        actions: u64,
    },
    Timer {
        action: String,
    },
    Together {
        actions: Vec<String>,
    },
    RunsOn {
        platform: &'static str,
    },
    ByHand {
        programs: Vec<String>,
    },
    ByThemselves {
        programs: Vec<String>,
    },
    Pipelines {
        programs: Vec<String>,
    },
    RentedRunners {
        networks: usize,
        days: usize,
    },
    Cloud {
        name: String,
    },
    SignInNetworks,
    OtherNetworks {
        networks: Vec<String>,
        sign_ins_known: bool,
    },
    // Of a credential.
    PasswordNeverUsed,
    PasswordNotTold,
    PasswordLongAgo {
        date: String,
        days: i64,
    },
    PasswordWithMfa {
        date: String,
    },
    PasswordBySomebody {
        date: String,
    },
    SignIns {
        number: u64,
        with_mfa: bool,
    },
    SessionsWithFactor,
    PasswordLastUsed {
        date: String,
    },
    OpensSessions,
    UsedAfterLog {
        service: Option<String>,
        date: String,
        last: String,
    },
    NeverUsedButSeen,
    KeyInactive,
    KeyNeverUsed {
        key: String,
        made: String,
    },
    KeyNew {
        key: String,
        made: String,
    },
    KeyNotTold {
        key: String,
    },
    KeyLongAgo {
        key: String,
        date: String,
        days: i64,
        is_inactive: bool,
    },
    KeyUnseen {
        key: String,
        service: Option<String>,
        region: Option<String>,
        date: String,
        why: Unseen,
    },
    // Of a user.
    Unread {
        part: UnreadPart,
        reason: String,
    },
    NoSignIn,
    SomebodySignsIn,
    NamedForSomebody {
        has_mfa: bool,
    },
    ServicesUnread,
    NoKeyInUse,
    JobCouldHide,
    CredentialNotTold {
        id: String,
        service: Option<String>,
    },
    VanishedKey {
        key: String,
    },
    NothingHeld,
    MadeLately {
        date: String,
        days: i64,
    },
    ServiceUsed {
        service: String,
        date: String,
    },
    UsedLately,
    ForEmergencies,
    // Of the log.
    LogUnread,
    LogNotWhole {
        flaw: String,
    },
    LogShort {
        days: i32,
        wanted: i32,
    },
    LogEnds {
        date: String,
        days: i64,
    },
    NotRecorded {
        class: &'static str,
    },
    SelectorsMissing {
        class: &'static str,
    },
    Gaps {
        days: u64,
        first: String,
    },
    RegionGaps {
        region: String,
        days: u64,
    },
    KeysMissed {
        keys: u64,
    },
    RegionUnseen {
        region: String,
    },
    ServiceNotRecorded {
        service: String,
        date: String,
    },
    ServiceUnexplained {
        service: String,
        date: String,
        last: Option<String>,
    },
    // Of earlier inventories.
    ServiceWatched {
        service: String,
        inventories: usize,
        since: String,
    },
    EarlierUnexplained {
        service: String,
        date: String,
    },
}

/// The names seen most, and how many there are besides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tops {
    /// Names.
    pub names: Vec<String>,
    /// Others.
    pub more: usize,
}

impl Display for Tops {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.write_str(&self.names.join(", "))?;
        if self.more > 0 { write!(out, " and {} more", self.more) } else { Ok(()) }
    }
}

impl Serialize for Reason {
    /// As the sentence in English.
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Display for Reason {
    /// The sentence in English.
    #[expect(
        clippy::too_many_lines,
        reason = "a sentence for each, all of them in one match, so that none is forgotten"
    )]
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Fact { key, calls, days, span, programs, networks } => {
                let (who, s) = (key.as_deref().unwrap_or("console"), if *calls == 1 { "" } else { "s" });
                write!(out, "{who}: {} call{s} on {days} of {span} days, {programs} from {networks}", thousands(*calls))
            }
            Self::NotByDay => out.write_str("the evidence is not kept by day, so that timers cannot be told"),
            Self::TooMany { list } => write!(out, "there were too many {list} to look at all"),
            Self::RoundTheClock { hours_of_day, hours_a_day } => {
                write!(out, "round the clock: at {hours_of_day} of 24 hours, {hours_a_day} hours a day")
            }
            Self::NeverRests => out.write_str("never rests: there are no eight hours of the day without it"),
            Self::EveryDay { days, span } => write!(out, "on {days} of {span} days, weekends as well"),
            Self::SameTime { from, to } => {
                write!(out, "at the same time of day: between {from:02}:00 and {to:02}:00 UTC")
            }
            Self::EvenDistances { days: 30 } => out.write_str("at even distances: every month"),
            Self::EvenDistances { days } => write!(out, "at even distances: every {days} days"),
            Self::WorkingDays => out.write_str("on working days and not at night, whichever the time zone"),
            Self::AlwaysTheSame { actions, days } => {
                write!(out, "always the same: {} on almost each of {days} days", count(*actions, "action"))
            }
            Self::SameEachDay { actions, days } => {
                write!(out, "the same {} on each of {days} days", count(*actions, "action"))
            }
            Self::SameOnDays { actions, days } => write!(out, "the same {} on {days} days", count(*actions, "action")),
            Self::CuriousEachDay { actions } => {
                write!(out, "curious: {actions} different actions, and a few of them each day")
            }
            Self::CuriousOnce { actions, once } => {
                write!(out, "curious: {actions} different actions, {once} of them on one day only")
            }
            Self::FewDays { days } => {
                write!(out, "used on {} only: a job that runs rarely looks the same", count(*days, "day"))
            }
            Self::LittleNew { actions } => {
                write!(out, "{}, with little that is new: a job looks the same", count(*actions, "different action"))
            }
            Self::ChangesEachTime { actions } => {
                write!(out, "each time something is changed or moved ({})", count(*actions, "such action"))
            }
            Self::Timer { action } => write!(out, "{action} comes so regularly that a timer may do it"),
            Self::Together { actions } => {
                let names = actions.join(", ");
                write!(out, "{names} come together again and again: a script or a deployment looks the same")
            }
            Self::RunsOn { platform } => write!(out, "runs on {platform}"),
            Self::ByHand { programs } => {
                write!(out, "with programs that people sit in front of: {}", programs.join(", "))
            }
            Self::ByThemselves { programs } => {
                write!(out, "with programs that run by themselves as well as by hand: {}", programs.join(", "))
            }
            Self::Pipelines { programs } => write!(
                out,
                "with programs that run by themselves as well as by hand: {}; pipelines use them, too",
                programs.join(", ")
            ),
            Self::RentedRunners { networks, days } => {
                write!(out, "from {networks} networks on {days} days, as rented runners do")
            }
            Self::Cloud { name } => write!(out, "from a cloud ({name})"),
            Self::SignInNetworks => out.write_str("from the networks from which the same user signs in to the console"),
            Self::OtherNetworks { networks, sign_ins_known: true } => {
                write!(out, "from {}, where no sign-in to the console came from", networks.join(", "))
            }
            Self::OtherNetworks { networks, sign_ins_known: false } => {
                write!(out, "from {}, and no sign-in tells where the person sits", networks.join(", "))
            }
            // Of a credential.
            Self::PasswordNeverUsed => out.write_str("the password was never used"),
            Self::PasswordNotTold => out.write_str("AWS does not say when the password was used"),
            Self::PasswordLongAgo { date, days } => {
                write!(out, "the password was last used on {date}, {days} days ago")
            }
            Self::PasswordWithMfa { date } => {
                write!(out, "somebody signed in with a password on {date}, and there is an MFA device")
            }
            Self::PasswordBySomebody { date } => {
                write!(out, "the password was used on {date}, and the log does not show by whom")
            }
            Self::SignIns { number, with_mfa } => {
                write!(out, "{} {} MFA", count(*number, "sign-in"), if *with_mfa { "with" } else { "without" })
            }
            Self::SessionsWithFactor => out.write_str("sessions that were opened with a second factor"),
            Self::PasswordLastUsed { date } => write!(out, "AWS: password last used on {date}"),
            Self::OpensSessions => out.write_str("only opens sessions, and a second factor is typed for each"),
            Self::UsedAfterLog { service, date, last } => {
                let service = service.as_deref().unwrap_or("something");
                write!(out, "AWS says that it was used for {service} on {date}, and the log shows nothing after {last}")
            }
            Self::NeverUsedButSeen => out.write_str("AWS says that it was never used, and the log shows use"),
            Self::KeyInactive => out.write_str("the key is inactive now"),
            Self::KeyNeverUsed { key, made } => write!(out, "{key} was never used since it was made on {made}"),
            Self::KeyNew { key, made } => write!(out, "{key} was made on {made} only, and not used yet"),
            Self::KeyNotTold { key } => {
                write!(out, "AWS does not say when {key} was used, and the log shows nothing")
            }
            Self::KeyLongAgo { key, date, days, is_inactive: false } => {
                write!(out, "{key} was last used on {date}, {days} days ago")
            }
            Self::KeyLongAgo { key, date, days, is_inactive: true } => {
                write!(out, "{key} is inactive, and was last used on {date}, {days} days ago")
            }
            Self::KeyUnseen { key, service, region, date, why } => {
                let service = service.as_deref().unwrap_or("something");
                write!(out, "AWS says that {key} was used for {service}")?;
                if let Some(region) = region {
                    write!(out, " in {region}")?;
                }
                write!(out, " on {date}")?;
                match why {
                    Unseen::NotRecorded => write!(out, ", and trails do not record all of {service}"),
                    Unseen::Missing => out.write_str(", and the log does not show it"),
                    Unseen::LongAgo { days } => {
                        write!(out, ", {days} days ago: a job that runs once a year cannot be ruled out")
                    }
                    Unseen::OutOfReach => out.write_str(", which the log does not reach"),
                }
            }
            // Of a user.
            Self::Unread { part, reason } => {
                let part = match part {
                    UnreadPart::Password => "the password",
                    UnreadPart::AccessKeys => "access keys",
                    UnreadPart::MfaDevices => "MFA devices",
                    UnreadPart::OtherCredentials => "other credentials",
                };
                write!(out, "{part} could not be read: {reason}")
            }
            Self::NoSignIn => out.write_str("no sign-in to the console"),
            Self::SomebodySignsIn => out.write_str("somebody signs in with it as well"),
            Self::NamedForSomebody { has_mfa } => {
                let has = if *has_mfa { "an MFA device" } else { "a password" };
                write!(out, "it carries a person's name and has {has}: somebody may hold it, too")
            }
            Self::ServicesUnread => out.write_str("which services were used last could not be read"),
            Self::NoKeyInUse => out.write_str("no key of it is in use"),
            Self::JobCouldHide => out.write_str("looks like a person's, but a job could hide"),
            Self::CredentialNotTold { id, service: Some(service) } => {
                write!(out, "{id} is active, and whether {service} was used with it nobody can tell")
            }
            Self::CredentialNotTold { id, service: None } => {
                write!(out, "{id} is active, and AWS does not tell whether it was used")
            }
            Self::VanishedKey { key } => {
                write!(out, "{key} was used not long ago and is no more: whatever used it may come back with another")
            }
            Self::NothingHeld => out.write_str("it has neither password nor key"),
            Self::MadeLately { date, days } => write!(out, "it was made on {date}, {days} days ago only"),
            Self::ServiceUsed { service, date } => write!(out, "AWS tells of {service} on {date}"),
            Self::UsedLately => out.write_str("it was used not long ago"),
            Self::ForEmergencies => out.write_str(
                "it is named for emergencies: never used is what it should be; put it on the protected list",
            ),
            // Of the log.
            Self::LogUnread => out.write_str("the log of this account was not read"),
            Self::LogNotWhole { flaw } => write!(out, "the log is not whole: {flaw}"),
            Self::LogShort { days, wanted } => {
                write!(out, "{days} days of log were read: a job that runs each month hides from less than {wanted}")
            }
            Self::LogEnds { date, days } => write!(out, "the log ends on {date}, {days} days before the inventory"),
            Self::NotRecorded { class } => write!(out, "trails do not record all of `{class}`"),
            Self::SelectorsMissing { class } => {
                write!(out, "nobody knows whether trails record all of `{class}`: their event selectors are missing")
            }
            Self::Gaps { days, first } => {
                write!(out, "the log has nothing for {} in between, the first {first}", count(*days, "day"))
            }
            Self::RegionGaps { region, days } => write!(out, "{region} is missing on {}", count(*days, "day")),
            Self::KeysMissed { keys } => {
                write!(out, "the log misses the last use of {} of this account", count(*keys, "key"))
            }
            Self::RegionUnseen { region } => {
                write!(out, "a key was used in {region}, of which the log has nothing")
            }
            Self::ServiceNotRecorded { service, date } => {
                write!(out, "{service} was used on {date}, and trails do not record all of it")
            }
            Self::ServiceUnexplained { service, date, last } => {
                write!(out, "AWS tells of {service} on {date}, and the log shows nothing")?;
                last.as_ref().map_or(Ok(()), |last| write!(out, " after {last}"))
            }
            Self::ServiceWatched { service, inventories, since } => write!(
                out,
                "trails do not record all of {service}, but none of {inventories} inventories since {since} tells of a use that the log lacks"
            ),
            Self::EarlierUnexplained { service, date } => {
                write!(out, "an earlier inventory tells of {service} on {date}, and the log does not show it")
            }
        }
    }
}
