//! "Did you mean": the known key that an unknown one was probably meant to be.

/// The nearest known name: one of which `unknown` is the last part, or one that a slip of the finger leads to.
pub(super) fn suggestion<'a>(
    unknown: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let known: Vec<&str> = known.collect();
    let last = |name: &str| plain(name.rsplit('.').next().unwrap_or_default());
    let (wanted, own) = (plain(unknown), last(unknown));
    let first = |fits: &dyn Fn(&str) -> bool| known.iter().copied().find(|name| fits(name));
    first(&|name| plain(name) == wanted)
        .or_else(|| first(&|name| last(name) == own))
        .or_else(|| first(&|name| is_slip(&wanted, &plain(name))))
        .or_else(|| first(&|name| is_slip(&own, &last(name))))
}

/// Without what people leave out or put in: the case and the signs between words.
fn plain(name: &str) -> Vec<char> {
    name.chars()
        .filter(|c| *c != '_' && *c != '-')
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether two names differ at one place only, by at most two characters: one forgotten, doubled, wrong or swapped.
fn is_slip(left: &[char], right: &[char]) -> bool {
    let same = |(a, b): &(&char, &char)| a == b;
    let head = left.iter().zip(right).take_while(same).count();
    let (left, right) = (left.get(head..), right.get(head..));
    let (left, right) = (left.unwrap_or_default(), right.unwrap_or_default());
    let tail = left
        .iter()
        .rev()
        .zip(right.iter().rev())
        .take_while(same)
        .count();
    let apart = left.len().max(right.len()).saturating_sub(tail);
    let kept = head + tail;
    apart <= 1 && kept >= 2 || apart == 2 && kept >= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 6] = [
        "workers",
        "cert_deny_list",
        "interval",
        "features.pki",
        "loglevel",
        "builtin.ca_directory",
    ];

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        for (typed, meant) in [
            ("worker", "workers"),
            ("wrokers", "workers"),
            ("certdenylist", "cert_deny_list"),
            ("Log-Level", "loglevel"),
            ("intervall", "interval"),
            ("pki", "features.pki"),
            ("features.pky", "features.pki"),
            ("ca_directroy", "builtin.ca_directory"),
        ] {
            assert_eq!(suggestion(typed, KNOWN.into_iter()), Some(meant), "{typed}");
        }
    }

    #[test]
    fn a_name_of_something_else_has_no_neighbour() {
        for typed in ["", "x", "zebra", "work", "cert", "interfaces"] {
            assert_eq!(suggestion(typed, KNOWN.into_iter()), None, "{typed}");
        }
    }
}
