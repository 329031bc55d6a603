//! Which nodes are shown, and in which order. Pure.

use regex::Regex;

use crate::control::STANDINGS;
use crate::table::Row;
use crate::table::Standing;

/// Which nodes are shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    /// Those whose name matches; all where there is none.
    pub(super) pattern: Option<Regex>,
    /// Those that stand here; all where there is none.
    pub(super) states: Vec<Standing>,
}

impl Selection {
    /// The nodes that are shown: what happens now first, then what needs a person, what waits, what is done; by name.
    pub(super) fn of(&self, mut rows: Vec<Row>) -> Vec<Row> {
        rows.retain(|row| {
            let named = self.pattern.as_ref();
            named.is_none_or(|pattern| pattern.is_match(&row.identity))
                && (self.states.is_empty() || self.states.contains(&row.standing))
        });
        rows.sort_by(|a, b| (rank(a.standing), &a.identity).cmp(&(rank(b.standing), &b.identity)));
        rows
    }
}

fn rank(standing: Standing) -> Option<usize> {
    STANDINGS.iter().position(|it| *it == standing)
}

#[cfg(test)]
mod tests {
    use super::super::row;
    use super::*;

    fn names(selection: &Selection) -> Vec<String> {
        let rows = vec![
            row("d", Standing::Confirmed),
            row("c2", Standing::Deferred),
            row("c1", Standing::Deferred),
            row("b", Standing::Quarantined),
            row("a", Standing::Working),
        ];
        let rows = selection.of(rows);
        rows.into_iter().map(|row| row.identity).collect()
    }

    #[test]
    fn work_comes_first_then_trouble_then_waiting_then_what_is_done() {
        let all = names(&Selection::default());
        assert_eq!(all, ["a", "b", "c1", "c2", "d"]);
    }

    #[test]
    fn only_what_was_asked_for_is_shown() {
        let of = |pattern: Option<&str>, states: &[Standing]| {
            names(&Selection {
                pattern: pattern.map(|it| Regex::new(it).unwrap()),
                states: states.to_owned(),
            })
        };
        assert_eq!(of(Some("^c"), &[]), ["c1", "c2"]);
        assert_eq!(of(Some("2"), &[Standing::Deferred]), ["c2"]);
        let two = [Standing::Confirmed, Standing::Working];
        assert_eq!(of(None, &two), ["a", "d"]);
    }
}
