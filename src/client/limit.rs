//! Using some of the discovered nodes only.

use std::str::FromStr;

use crate::protocol::names::Identity;

/// How many of the nodes to use: `10` or `10%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// So many.
    Count(usize),
    /// So many of a hundred, rounded down.
    Percent(u8),
}

/// Which of the nodes to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LimitMethod {
    /// The first in the order of their names, the same each time.
    #[default]
    First,
    /// Any.
    Random,
}

/// A text that is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a limit is a number of nodes such as 10 or a share such as 10%")]
pub struct InvalidLimit;

impl FromStr for Limit {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_suffix('%') {
            Some(share) => match share.parse() {
                Ok(share @ 1..=100) => Ok(Self::Percent(share)),
                Ok(_) | Err(_) => Err(InvalidLimit),
            },
            None => match text.parse() {
                Ok(0) | Err(_) => Err(InvalidLimit),
                Ok(count) => Ok(Self::Count(count)),
            },
        }
    }
}

impl Limit {
    /// How many of that many nodes.
    #[must_use]
    pub fn of(self, nodes: usize) -> usize {
        match self {
            Self::Count(count) => count.min(nodes),
            Self::Percent(share) => nodes.saturating_mul(usize::from(share)) / 100,
        }
    }

    /// Picks the nodes. Their order does not matter, the result is sorted. `below` throws the dice: a whole number from 0
    /// to its argument less 1.
    #[must_use]
    pub fn apply(
        self,
        method: LimitMethod,
        mut nodes: Vec<Identity>,
        mut below: impl FnMut(u64) -> u64,
    ) -> Vec<Identity> {
        nodes.sort_unstable();
        nodes.dedup();
        let wanted = self.of(nodes.len());
        if method == LimitMethod::Random {
            while nodes.len() > wanted {
                let bound = u64::try_from(nodes.len()).unwrap_or(u64::MAX);
                let victim = usize::try_from(below(bound)).unwrap_or_default();
                nodes.remove(victim.min(nodes.len().saturating_sub(1)));
            }
        }
        nodes.truncate(wanted);
        nodes
    }
}
