//! Versions and what is asked of them, in the dialect of `semver()`: a missing part is zero, a `v` may be in front, and a
//! constraint is made of `= != > >= < <= ~ ^`, wildcards, ranges (`1.2 - 1.4`), commas (and) and `||` (or).
//!
//! | written | means |
//! |---|---|
//! | `1.2`, `1.2.x`, `~1.2`, `~1.2.3` | from there, same major and minor number |
//! | `1`, `1.x`, `~1`, `^1.2.3` | from there, same major number |
//! | `<1.2`, `>1.2` | before or after all of 1.2 |
//! | `*` | any |
//!
//! A pre-release satisfies only a constraint that names a pre-release itself.

use std::cmp::Ordering;

use semver::Version;

use crate::facts::compound::CompoundError;

/// Whether the version satisfies the constraint.
pub(super) fn satisfies(version: &str, constraint: &str) -> Result<bool, CompoundError> {
    let wanted = parse(constraint).ok_or_else(|| invalid(constraint))?;
    let version = full(version.trim()).ok_or_else(|| invalid(version))?;
    Ok(wanted
        .iter()
        .any(|all| all.iter().all(|one| one.accepts(&version))))
}

struct Constraint {
    sign: Sign,
    from: Version,
    /// How many of the three numbers are given.
    given: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Tilde,
    Caret,
}

impl Constraint {
    fn accepts(&self, version: &Version) -> bool {
        if self.sign != Sign::NotEqual && !version.pre.is_empty() && self.from.pre.is_empty() {
            return false;
        }
        let order = version.cmp_precedence(&self.from);
        // 1.2 means all of 1.2: what shares the given numbers is equal to it
        let within = self.shares(version, self.given);
        match self.sign {
            Sign::Equal if self.given == FULL => order.is_eq(),
            Sign::Equal => within,
            Sign::NotEqual if self.given == FULL => order.is_ne(),
            Sign::NotEqual => !within,
            Sign::Greater => order.is_gt() && (self.given == FULL || !within),
            Sign::GreaterOrEqual => order.is_ge(),
            Sign::Less => order.is_lt(),
            Sign::LessOrEqual => order.is_le() || (self.given < FULL && within),
            Sign::Tilde => order.is_ge() && self.shares(version, self.given.min(2)),
            Sign::Caret => order.is_ge() && self.shares(version, self.given.min(1)),
        }
    }

    fn shares(&self, version: &Version, numbers: usize) -> bool {
        let left = [version.major, version.minor, version.patch];
        let right = [self.from.major, self.from.minor, self.from.patch];
        left.iter()
            .zip(&right)
            .take(numbers)
            .map(|(a, b)| a.cmp(b))
            .all(Ordering::is_eq)
    }
}

/// Alternatives, each of constraints that must all hold.
fn parse(text: &str) -> Option<Vec<Vec<Constraint>>> {
    if text.len() > MAX_TEXT {
        return None;
    }
    text.split("||")
        .map(|all| {
            let all: Option<Vec<Vec<Constraint>>> = all.split(',').map(part).collect();
            Some(all?.into_iter().flatten().collect())
        })
        .collect()
}

fn part(text: &str) -> Option<Vec<Constraint>> {
    match text.split_once(" - ") {
        Some((from, to)) => Some(vec![
            constraint(Sign::GreaterOrEqual, from.trim())?,
            constraint(Sign::LessOrEqual, to.trim())?,
        ]),
        None => {
            let text = text.trim();
            let (sign, rest) = SIGNS
                .iter()
                .find_map(|(sign, means)| Some((*means, text.strip_prefix(sign)?)))
                .unwrap_or((Sign::Equal, text));
            Some(vec![constraint(sign, rest.trim())?])
        }
    }
}

fn constraint(sign: Sign, text: &str) -> Option<Constraint> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, suffix) = text.split_at_checked(end)?;
    let mut parts = [0; FULL];
    let mut given = 0;
    let mut open = false;
    for (at, number) in numbers.split('.').enumerate() {
        let part = parts.get_mut(at)?;
        if matches!(number, "x" | "X" | "*") {
            open = true;
            continue;
        }
        *part = digits(number)?;
        if !open {
            given += 1;
        }
    }
    let [major, minor, patch] = parts;
    let from = Version::parse(&format!("{major}.{minor}.{patch}{suffix}")).ok()?;
    Some(Constraint { sign, from, given })
}

/// A version, with zero for the numbers that are missing.
fn full(text: &str) -> Option<Version> {
    let text = text.strip_prefix('v').unwrap_or(text);
    if text.len() > MAX_TEXT {
        return None;
    }
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, suffix) = text.split_at_checked(end)?;
    let mut parts = [0; FULL];
    for (at, number) in numbers.split('.').enumerate() {
        *parts.get_mut(at)? = digits(number)?;
    }
    let [major, minor, patch] = parts;
    Version::parse(&format!("{major}.{minor}.{patch}{suffix}")).ok()
}

fn digits(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

fn invalid(text: &str) -> CompoundError {
    CompoundError::Version {
        text: text.chars().take(SHOWN).collect(),
    }
}

const FULL: usize = 3;
const MAX_TEXT: usize = 256;
const SHOWN: usize = 40;

/// Longer signs first.
const SIGNS: [(&str, Sign); 11] = [
    ("!=", Sign::NotEqual),
    (">=", Sign::GreaterOrEqual),
    ("=>", Sign::GreaterOrEqual),
    ("<=", Sign::LessOrEqual),
    ("=<", Sign::LessOrEqual),
    ("~>", Sign::Tilde),
    ("=", Sign::Equal),
    (">", Sign::Greater),
    ("<", Sign::Less),
    ("~", Sign::Tilde),
    ("^", Sign::Caret),
];
