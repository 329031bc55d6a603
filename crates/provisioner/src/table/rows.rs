//! The table as `hosts` shows it.

use std::time::Duration;

use muster::protocol::names::Identity;

use crate::table::Moment;
use crate::table::Row;
use crate::table::Standing;
use crate::table::Table;
use crate::table::record::Record;
use crate::table::why::why;

impl Table {
    /// Every node, by name. Reads the whole table.
    #[must_use]
    pub fn rows(&self, now: Moment) -> Vec<Row> {
        let queue = self.book.views.queue.order();
        let ready = self.book.views.ready.order();
        let rows = self.book.iter().map(|(key, record)| {
            let before = queue.get(&key).or_else(|| ready.get(&key));
            row(record, before.copied().unwrap_or(0), now)
        });
        let mut rows: Vec<Row> = rows.collect();
        rows.sort_unstable_by(|a, b| a.identity.cmp(&b.identity));
        rows
    }

    /// One node, by its old or its new name.
    #[must_use]
    pub fn row(&self, id: &Identity, now: Moment) -> Option<Row> {
        let key = self.book.find_by_any_name(id)?;
        let record = self.book.get(key)?;
        let before = match record.standing {
            Standing::Queued => self.book.views.queue.before(key, record),
            Standing::Ready => self.book.views.ready.before(key, record),
            Standing::Probing
            | Standing::Working
            | Standing::Unrestarted
            | Standing::Silent
            | Standing::Failed
            | Standing::Quarantined
            | Standing::Deferred
            | Standing::Locked
            | Standing::Approval
            | Standing::Refused
            | Standing::NotOurs
            | Standing::Provisioned
            | Standing::Confirmed
            | Standing::Shutdown => 0,
        };
        Some(row(record, before, now))
    }
}

fn row(record: &Record, before: usize, now: Moment) -> Row {
    let next = record.wakes().or_else(|| record.restarts());
    Row {
        identity: record.identity.as_str().to_owned(),
        standing: record.standing,
        why: why(record, before, now),
        for_seconds: now.saturating_sub(record.since).as_secs(),
        known_seconds: now.saturating_sub(record.first_seen).as_secs(),
        next_try_seconds: next.map(|next| whole_seconds(next.saturating_sub(now))),
        attempts: record.attempts,
        failures: record.failures,
        last_error: record.error().map(str::to_owned),
        deferred: record.deferred().map(str::to_owned),
        source: record.source,
        step: record.step().map(str::to_owned),
        becomes: record.new_name().map(|name| name.as_str().to_owned()),
        took_ms: record.took_ms.map(u64::from),
    }
}

/// Rounded up: what is due in half a second is not due now.
pub(super) fn whole_seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}
