//! Calls that keep each other company: what a script does, it does together.

use model::key_use::ActionUse;

use super::signs::{is_on_data, is_read};

/// Most actions that are looked at for each credential.
const MOST: usize = 48;

/// Two or three actions, one of which changes or moves something, that come together on far more days than chance would have it.
pub(super) fn together<'a>(actions: &[(&'a str, &ActionUse)], days: usize) -> Option<Vec<&'a str>> {
    let mut frequent: Vec<(&str, Vec<i32>)> = actions
        .iter()
        .filter(|(_, used)| used.days.len() >= 4)
        .map(|(name, used)| (*name, used.days.iter().collect()))
        .collect();
    // Rare ones tell more.
    frequent.sort_by_key(|(name, days)| (days.len(), *name));
    frequent.truncate(MOST);
    let matters = |name: &str| !is_read(name) || is_on_data(name);
    for (at, (one, ones)) in frequent.iter().enumerate() {
        for (next, (two, twos)) in frequent.iter().enumerate().skip(at + 1) {
            let both = common(ones, twos);
            if both.len() < 4 {
                continue;
            }
            if (matters(one) || matters(two)) && is_no_chance(both.len(), &[ones.len(), twos.len()], days) {
                return Some(vec![one, two]);
            }
            for (three, threes) in frequent.iter().skip(next + 1) {
                let all = common(&both, threes);
                let counts = [ones.len(), twos.len(), threes.len()];
                if (matters(one) || matters(two) || matters(three))
                    && all.len() >= 4
                    && is_no_chance(all.len(), &counts, days)
                {
                    return Some(vec![one, two, three]);
                }
            }
        }
    }
    None
}

/// Both lists are sorted.
fn common(one: &[i32], two: &[i32]) -> Vec<i32> {
    one.iter().copied().filter(|day| two.binary_search(day).is_ok()).collect()
}

/// Whether so many common days are far more than the frequency of each alone explains.
#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn is_no_chance(common: usize, counts: &[usize], days: usize) -> bool {
    let days = days.max(1) as f64;
    let expected = counts.iter().fold(days, |expected, count| expected * *count as f64 / days);
    let least = *counts.iter().min().unwrap_or(&0) as f64;
    let common = common as f64;
    // Four standard deviations of a Poisson count, or nearly always together.
    common > expected + 4.0 * expected.sqrt() + 1.0 || (least >= 4.0 && common >= least * 0.9 && expected < least * 0.6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(days: &[i32]) -> ActionUse {
        ActionUse { days: days.to_vec().into(), ..ActionUse::default() }
    }

    #[test]
    fn a_script_is_seen_among_what_is_done_by_hand() {
        let look = used(&[1, 2, 3, 5, 8, 9, 12, 20, 21, 33]);
        let (register, update) = (used(&[2, 9, 20, 33, 40]), used(&[2, 9, 20, 33, 40]));
        let script = [
            ("ec2.amazonaws.com:DescribeInstances", &look),
            ("ecs.amazonaws.com:RegisterTaskDefinition", &register),
            ("ecs.amazonaws.com:UpdateService", &update),
        ];
        assert_eq!(together(&script, 60).unwrap().len(), 2);
        let (other, third) = (used(&[1, 17, 25, 50]), used(&[4, 12, 30, 41, 51]));
        let by_hand = [
            ("ec2.amazonaws.com:DescribeInstances", &look),
            ("ecs.amazonaws.com:RegisterTaskDefinition", &other),
            ("ecs.amazonaws.com:UpdateService", &third),
        ];
        assert_eq!(together(&by_hand, 60), None);
        let reads = [("ec2.amazonaws.com:DescribeInstances", &register), ("ec2.amazonaws.com:DescribeVpcs", &update)];
        assert_eq!(together(&reads, 60), None, "only looking");
    }
}
