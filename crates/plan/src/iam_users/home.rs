//! Where a machine lives: what its key is used from.

use model::key_use::Activity;

use super::replacement::Language;

/// A place from which a role can be taken without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Home {
    /// GitHub Actions: a token of GitHub's.
    GithubActions,
    /// An EC2 instance: its instance profile.
    Ec2,
    /// A task of ECS: its task role.
    Ecs,
    /// A Lambda function: its execution role.
    Lambda,
    /// Elsewhere: a certificate, by IAM Roles Anywhere.
    OnPremises,
    /// A vendor's service: its own account, with an external id.
    Vendor,
}

impl Home {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::GithubActions, Self::Ec2, Self::Ecs, Self::Lambda, Self::OnPremises, Self::Vendor];

    /// `github-actions`
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::GithubActions => "github-actions",
            Self::Ec2 => "ec2",
            Self::Ecs => "ecs",
            Self::Lambda => "lambda",
            Self::OnPremises => "on-premises",
            Self::Vendor => "vendor",
        }
    }
}

/// A home, and why it is thought to be it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeGuess {
    /// Where.
    pub home: Home,
    /// Why.
    pub reason: HomeReason,
}

/// Why a place is thought to be the home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeReason {
    /// Somebody said so.
    Said,
    /// The program is one that runs there.
    Program(String),
    /// The program says that it runs there.
    ProgramSays(Home, String),
    /// The program is a vendor's.
    OfVendor(String, &'static str),
    /// The network has this name.
    From(String),
    /// So many networks on so many days.
    ManyNetworks(usize, usize),
    /// These networks alone.
    Alone(String),
}

impl HomeReason {
    /// It as a sentence.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::Japanese => self.japanese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Said => "somebody said so".to_owned(),
            Self::Program(agent) => format!("its program is {agent}"),
            Self::ProgramSays(home, agent) => {
                let place = if *home == Home::Lambda { "Lambda" } else { "ECS" };
                format!("its program says that it runs in {place} ({agent})")
            }
            Self::OfVendor(agent, vendor) => format!("its program is {agent}, of {vendor}"),
            Self::From(name) => format!("it comes from {name}"),
            Self::ManyNetworks(networks, days) => {
                format!("it comes from {networks} networks on {days} days, as rented runners do")
            }
            Self::Alone(names) => format!(
                "it comes from {names} alone: a server of one's own or in a cloud (`trail scan --ranges` names networks)"
            ),
        }
    }

    fn japanese(&self) -> String {
        match self {
            Self::Said => "指定による".to_owned(),
            Self::Program(agent) => format!("プログラムが {agent}"),
            Self::ProgramSays(home, agent) => {
                let place = if *home == Home::Lambda { "Lambda" } else { "ECS" };
                format!("プログラムが {place} で動いていると名乗っている（{agent}）")
            }
            Self::OfVendor(agent, vendor) => format!("プログラムが {vendor} の {agent}"),
            Self::From(name) => format!("{name} から使われている"),
            Self::ManyNetworks(networks, days) => {
                format!("{days} 日間に {networks} 個のネットワークから使われている。貸し出されるランナーの使われ方")
            }
            Self::Alone(names) => {
                format!(
                    "{names} だけから使われている。自社またはクラウドのサーバー（`trail scan --ranges` でネットワークに名前が付く）"
                )
            }
        }
    }
}

/// Vendors whose programs say their name.
const VENDORS: [&str; 9] =
    ["datadog", "newrelic", "mackerel", "dynatrace", "sumologic", "splunk", "wiz", "snyk", "grafana"];

/// Where the key is likely used, the likeliest first; empty where nothing tells.
#[must_use]
pub fn homes(activity: &Activity) -> Vec<HomeGuess> {
    let mut found = Vec::new();
    let mut guess = |home: Home, reason: HomeReason| {
        if !found.iter().any(|held: &HomeGuess| held.home == home) {
            found.push(HomeGuess { home, reason });
        }
    };
    for agent in activity.agents.keys() {
        let lower = agent.to_lowercase();
        if lower.starts_with("github-actions") {
            guess(Home::GithubActions, HomeReason::Program(agent.clone()));
        } else if lower.contains("aws_lambda") {
            guess(Home::Lambda, HomeReason::ProgramSays(Home::Lambda, agent.clone()));
        } else if lower.contains("aws_ecs") {
            guess(Home::Ecs, HomeReason::ProgramSays(Home::Ecs, agent.clone()));
        } else if let Some(vendor) = VENDORS.iter().find(|vendor| lower.contains(**vendor)) {
            guess(Home::Vendor, HomeReason::OfVendor(agent.clone(), vendor));
        }
    }
    let networks: Vec<&String> =
        activity.addresses.keys().filter(|place| !place.starts_with("service:") && *place != "aws-internal").collect();
    for place in &networks {
        let Some(name) = place.strip_prefix("range:") else { continue };
        let lower = name.to_lowercase();
        if lower.contains("github") {
            guess(Home::GithubActions, HomeReason::From(name.to_owned()));
        } else if lower.contains("aws") || lower.contains("ec2") || lower.contains("amazon") {
            guess(Home::Ec2, HomeReason::From(name.to_owned()));
        } else if lower.contains("office") || lower.contains("datacenter") || lower.contains("dc") {
            guess(Home::OnPremises, HomeReason::From(name.to_owned()));
        }
    }
    if networks.len() >= 8 && networks.len() * 10 >= activity.days.len() * 6 {
        guess(Home::GithubActions, HomeReason::ManyNetworks(networks.len(), activity.days.len()));
    }
    if found.is_empty() && !networks.is_empty() && networks.len() <= 3 {
        let names: Vec<&str> = networks.iter().map(|name| name.as_str()).collect();
        let reason = HomeReason::Alone(names.join(", "));
        found.push(HomeGuess { home: Home::Ec2, reason: reason.clone() });
        found.push(HomeGuess { home: Home::OnPremises, reason });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::key_use::{DayUse, Seen};

    fn from(agents: &[&str], places: &[String], days: i32) -> Vec<Home> {
        let seen = |name: &str| (name.to_owned(), Seen { events: 1, last_s: 1 });
        let activity = Activity {
            agents: agents.iter().map(|name| seen(name)).collect(),
            addresses: places.iter().map(|name| seen(name)).collect(),
            days: (0..days).map(|day| (day, DayUse { events: 1, hours: 1 })).collect(),
            ..Activity::default()
        };
        homes(&activity).into_iter().map(|guess| guess.home).collect()
    }

    #[test]
    fn programs_and_networks_tell_where_it_lives() {
        let one = ["198.51.100.0/24".to_owned()];
        assert_eq!(from(&["Boto3/1"], &["range:github-actions".to_owned()], 9), [Home::GithubActions]);
        assert_eq!(from(&["Datadog/1"], &one, 9), [Home::Vendor]);
        // as the log's user agents are folded
        assert_eq!(from(&["exec-env:AWS_Lambda"], &one, 9), [Home::Lambda]);
        assert_eq!(from(&["exec-env:AWS_ECS"], &["range:aws ap-northeast-1".to_owned()], 9), [Home::Ecs, Home::Ec2]);
        assert_eq!(from(&["Boto3/1"], &["range:aws ap-northeast-1".to_owned()], 9), [Home::Ec2]);
        assert_eq!(from(&["Boto3/1"], &one, 9), [Home::Ec2, Home::OnPremises]);
        let runners: Vec<String> = (0..20).map(|number| format!("20.1.{number}.0/24")).collect();
        assert_eq!(from(&["aws-cli/2"], &runners, 22), [Home::GithubActions]);
        assert_eq!(from(&[], &[], 0), []);
    }
}
