//! Why a node is waiting, in one line.

use std::time::Duration;

use crate::table::Moment;
use crate::table::Standing;
use crate::table::record::Record;
use crate::table::rows::whole_seconds;
use crate::table::text::framed;

/// One line of at most 200 characters, without control characters. `before` is how many are served earlier.
pub(super) fn why(record: &Record, before: usize, now: Moment) -> String {
    let since = span(now.saturating_sub(record.since));
    let next = again(record.next.saturating_sub(now));
    let then = format!("; asked again {next}");
    let note = record.note().unwrap_or_default();
    match record.standing {
        Standing::Queued => waiting(record, &format!("waits to be asked, {before} before it")),
        Standing::Probing => waiting(record, &format!("was asked for its inventory {since} ago")),
        Standing::Ready => waiting(record, &format!("waits for a worker, {before} before it")),
        Standing::Working => working(record, &since),
        Standing::Unrestarted => unrestarted(record, &then),
        Standing::Silent => {
            let tries = counted(record.misses, "try", "tries");
            format!("did not answer, {tries}{then}")
        }
        Standing::Failed => failed(record, &next),
        Standing::Quarantined => quarantined(record, now),
        Standing::Deferred => framed(
            "the helper says: ",
            record.deferred().unwrap_or_default(),
            &then,
        ),
        Standing::Locked => format!("another provisioner works on it{then}"),
        Standing::Approval => framed(
            "needs approval: ",
            note,
            &format!(" (approve {})", record.identity),
        ),
        Standing::Refused => framed("refused: ", note, &then),
        Standing::NotOurs => framed("not for this provisioner: ", note, &then),
        Standing::Provisioned => {
            let name = renamed(record);
            let line =
                format!("acknowledged its restart {since} ago, not yet seen in production{name}");
            framed("", &line, "")
        }
        Standing::Confirmed => confirmed(record, &since),
        Standing::Shutdown => framed("was shut down: ", note, ""),
    }
}

fn unrestarted(record: &Record, then: &str) -> String {
    let error = record
        .error()
        .unwrap_or("an earlier process did not hear of it");
    if record.busy {
        return framed(
            "is configured and is asked for its restart again: ",
            error,
            "",
        );
    }
    framed(
        "is configured and did not acknowledge its restart: ",
        error,
        then,
    )
}

fn failed(record: &Record, next: &str) -> String {
    let then = format!("; tried again {next}{}", restarted(record));
    let error = record.error().unwrap_or_default();
    if record.failures == 0 {
        return framed("failed as others do: ", error, &then);
    }
    let times = counted(record.failures, "time", "times");
    framed(&format!("failed {times}: "), error, &then)
}

fn quarantined(record: &Record, now: Moment) -> String {
    let left = span(record.next.saturating_sub(now));
    let failures = counted(record.failures, "failure", "failures");
    let error = record.error().unwrap_or_default();
    framed(
        &format!("quarantined for {left} after {failures}: "),
        error,
        restarted(record),
    )
}

fn confirmed(record: &Record, since: &str) -> String {
    let by = record
        .note()
        .map_or_else(String::new, |note| format!(", {note}"));
    framed(
        "",
        &format!("was seen in production {since} ago{}{by}", renamed(record)),
        "",
    )
}

/// Somebody in the queue, with what is known of the try before.
fn waiting(record: &Record, state: &str) -> String {
    let approved = if record.approved { ", approved" } else { "" };
    match (record.deferred(), record.error()) {
        (Some(message), _) => framed(
            &format!("{state}{approved}; the helper said: "),
            message,
            "",
        ),
        (None, Some(error)) => framed(&format!("{state}{approved}; last error: "), error, ""),
        (None, None) => format!("{state}{approved}"),
    }
}

fn working(record: &Record, since: &str) -> String {
    let step = record.step().unwrap_or("begin");
    format!(
        "is worked on for {since}, at {step}, try {}",
        record.attempts
    )
}

fn renamed(record: &Record) -> String {
    record
        .new_name()
        .map_or_else(String::new, |name| format!(" as {name}"))
}

const fn restarted(record: &Record) -> &'static str {
    if record.started {
        "; it started again meanwhile"
    } else {
        ""
    }
}

fn again(left: Duration) -> String {
    if left.is_zero() {
        "now".to_owned()
    } else {
        format!("in {}", span(left))
    }
}

fn counted(count: u32, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {many}")
    }
}

/// `40 s`, `52 min`, `3 h`, `2 d`: rounded up, in the unit that leaves at least two of them where one can.
fn span(span: Duration) -> String {
    let seconds = whole_seconds(span);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds.div_ceil(60)),
        7_200..=172_799 => format!("{} h", seconds.div_ceil(3_600)),
        172_800.. => format!("{} d", seconds.div_ceil(86_400)),
    }
}
