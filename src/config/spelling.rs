//! Which known key an unknown one was probably meant to be.

use crate::config::keys;

/// The nearest known key, if it is near enough to be a slip of the finger.
pub(crate) fn suggestion(unknown: &str) -> Option<&'static str> {
    if unknown.len() > LONGEST {
        return None;
    }
    let lower = unknown.to_lowercase();
    let prefixed = format!("plugin.{lower}");
    let allowed = if unknown.len() < 8 { 1 } else { 2 };
    keys::all()
        .map(|key| key.spec().name)
        .filter_map(|known| {
            let distance = if known == lower || known == prefixed {
                0
            } else {
                distance(&lower, known)
            };
            (distance <= allowed).then_some((distance, known))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Insertions, deletions and replacements between two texts, and exchanges of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (row, left) in a.chars().enumerate() {
        let mut current = vec![row.saturating_add(1)];
        for (column, right) in b.iter().enumerate() {
            let cell = |line: &[usize], at: usize| line.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut best = (cell(&above, column) + usize::from(left != *right))
                .min(cell(&above, column + 1) + 1)
                .min(cell(&current, column) + 1);
            let exchanged = column
                .checked_sub(1)
                .filter(|before| b.get(*before) == Some(&left) && previous == Some(*right));
            if let Some(earlier) = exchanged {
                best = best.min(cell(&before, earlier) + 1);
            }
            current.push(best);
        }
        previous = Some(left);
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or_default()
}

/// No known key comes near this length; longer ones are not worth the time.
const LONGEST: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        for (typed, meant) in [
            ("colectives", "collectives"),
            ("LogLevel", "loglevel"),
            ("logleve1", "loglevel"),
            (
                "plugin.choria.midleware_hosts",
                "plugin.choria.middleware_hosts",
            ),
            ("choria.middleware_hosts", "plugin.choria.middleware_hosts"),
            ("plugin.secuirty.provider", "plugin.security.provider"),
            ("tll", "ttl"),
        ] {
            assert_eq!(suggestion(typed), Some(meant), "{typed}");
        }
        for other in ["a", "foo", "plugin.package.setting", &"x".repeat(5000)] {
            assert_eq!(suggestion(other), None, "{other}");
        }
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("same", "same"), 0);
    }
}
