//! What changed between two looks, as lines of a log. Pure.

use std::collections::BTreeMap;

use crate::cli::words::moment;
use crate::cli::words::printable;
use crate::control::word;
use crate::table::Row;

/// A line for each node that is new, stands elsewhere, is at another step or is tried anew, and for each that is gone.
/// Times that merely went on are no change.
pub(super) fn lines(before: &[Row], now: &[Row], at: i64) -> Vec<String> {
    let at = moment(at);
    let old: BTreeMap<&str, &Row> = before
        .iter()
        .map(|row| (row.identity.as_str(), row))
        .collect();
    let new: BTreeMap<&str, &Row> = now.iter().map(|row| (row.identity.as_str(), row)).collect();
    let gone = old
        .keys()
        .filter(|identity| !new.contains_key(*identity))
        .map(|identity| format!("{at} {} gone", printable(identity)));
    now.iter()
        .filter(|row| {
            let old = old.get(row.identity.as_str());
            old.is_none_or(|old| differs(old, row))
        })
        .map(|row| {
            format!(
                "{at} {} {} {}",
                printable(&row.identity),
                word(row.standing),
                printable(&row.why)
            )
        })
        .chain(gone)
        .collect()
}

fn differs(old: &Row, new: &Row) -> bool {
    old.standing != new.standing
        || old.step != new.step
        || old.attempts != new.attempts
        || old.last_error != new.last_error
        || old.deferred != new.deferred
}

#[cfg(test)]
mod tests {
    use crate::table::Standing;

    use super::super::row;
    use super::*;

    #[test]
    fn only_what_changed_is_listed() {
        let mut older = row("stays", Standing::Deferred);
        older.for_seconds = 76;
        older.why = "asked again in 9 s".to_owned();
        let mut step = row("works", Standing::Working);
        step.step = Some("configure".to_owned());
        let before = [
            row("stays", Standing::Deferred),
            row("works", Standing::Working),
            row("goes", Standing::Confirmed),
        ];
        let now = [older, step, row("comes", Standing::Queued)];
        assert_eq!(
            lines(&before, &now, 0),
            [
                "1970-01-01T00:00:00Z works working because of works",
                "1970-01-01T00:00:00Z comes queued because of comes",
                "1970-01-01T00:00:00Z goes gone",
            ]
        );
        assert!(lines(&before, &before, 0).is_empty());
    }
}
