//! placeholder
use crate::history::Pair;
use bench::goal::Goal;
pub(crate) fn run(_pairs: &[Pair], _quick: bool) -> Vec<Goal> {
    Vec::new()
}
