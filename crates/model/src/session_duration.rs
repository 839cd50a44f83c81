//! How long a portal session of a permission set lasts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::ParseIdError;

/// A session duration in whole minutes, PT1H to PT12H (quota of IAM Identity Center), one hour if nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionDuration {
    minutes: u16,
}

impl Default for SessionDuration {
    fn default() -> Self {
        Self { minutes: 60 }
    }
}

impl SessionDuration {
    /// A duration of whole minutes, 60 to 720.
    #[must_use]
    pub fn from_minutes(minutes: u16) -> Option<Self> {
        (60..=720).contains(&minutes).then_some(Self { minutes })
    }

    /// Length in minutes.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.minutes
    }
}

impl FromStr for SessionDuration {
    type Err = ParseIdError;

    /// Reads an ISO 8601 duration of hours, minutes and seconds (`PT8H`, `PT1H30M`, `PT3600S`).
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let error = || ParseIdError {
            text: text.to_owned(),
            wanted: "a session duration from PT1H to PT12H (ISO 8601, as in `PT8H` or `PT1H30M`)",
        };
        let mut rest = text.strip_prefix("PT").ok_or_else(error)?;
        let mut seconds = 0_u32;
        let mut units = "HMS";
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at(digits);
            let number: u32 = number.parse().map_err(|_| error())?;
            let unit = tail.chars().next().ok_or_else(error)?;
            let place = units.find(unit).ok_or_else(error)?;
            let factor = match unit {
                'H' => 3600,
                'M' => 60,
                _ => 1,
            };
            seconds = number.checked_mul(factor).and_then(|part| part.checked_add(seconds)).ok_or_else(error)?;
            units = units.get(place + 1..).unwrap_or_default();
            rest = tail.get(1..).unwrap_or_default();
        }
        if !seconds.is_multiple_of(60) {
            return Err(error());
        }
        u16::try_from(seconds / 60).ok().and_then(Self::from_minutes).ok_or_else(error)
    }
}

impl fmt::Display for SessionDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.minutes / 60, self.minutes % 60) {
            (hours, 0) => write!(formatter, "PT{hours}H"),
            (hours, minutes) => write!(formatter, "PT{hours}H{minutes}M"),
        }
    }
}

impl TryFrom<String> for SessionDuration {
    type Error = ParseIdError;
    fn try_from(text: String) -> Result<Self, ParseIdError> {
        text.parse()
    }
}

impl From<SessionDuration> for String {
    fn from(value: SessionDuration) -> Self {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_aws_writes() {
        for (text, minutes) in
            [("PT1H", 60), ("PT8H", 480), ("PT1H30M", 90), ("PT3600S", 60), ("PT90M", 90), ("PT12H", 720)]
        {
            assert_eq!(text.parse::<SessionDuration>().unwrap().minutes(), minutes, "{text}");
        }
        for bad in
            ["", "PT", "8h", "PT0H", "PT13H", "PT59M", "PT8", "PTH", "PT1M1H", "PT3601S", "PT99999999999H", "PT1H1H"]
        {
            assert!(bad.parse::<SessionDuration>().is_err(), "{bad}");
        }
    }
}
