//! What is known of one node.

use std::time::Duration;

use muster::protocol::names::Identity;

use crate::table::Moment;
use crate::table::Source;
use crate::table::Standing;
use crate::table::text::LONGEST;
use crate::table::text::one_line;

/// Where a record lies in the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key(pub(super) usize);

/// One node.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) identity: Identity,
    pub(super) standing: Standing,
    pub(super) source: Source,
    /// It came out of the queue before, and not because the work on it was interrupted.
    pub(super) tried: bool,
    /// It answered at some time.
    pub(super) answered: bool,
    /// It started since it was last asked.
    pub(super) started: bool,
    /// A person approved this onboarding.
    pub(super) approved: bool,
    /// Its restart is being asked for.
    pub(super) busy: bool,
    /// It is said to have come back unprovisioned, and has not answered since: the event may be late, or forged.
    pub(super) in_doubt: bool,
    /// It was seen in production while it was worked on.
    pub(super) in_production: bool,
    /// It was seen in production and has not answered since: before it is worked on, it is asked whether it waits.
    pub(super) elsewhere: bool,
    /// Work begun on it.
    pub(super) attempts: u32,
    /// Failures in a row.
    pub(super) failures: u32,
    /// Questions in a row that it did not answer.
    pub(super) misses: u32,
    /// What the last work on it took.
    pub(super) took_ms: Option<u32>,
    /// Its place in the queue; kept until it has a new one.
    pub(super) turn: u64,
    /// When it came into its standing.
    pub(super) since: Moment,
    pub(super) first_seen: Moment,
    /// When it came into the queue.
    pub(super) queued_at: Moment,
    /// When it was last seen waiting.
    pub(super) sighted: Moment,
    /// When it is next tried, where its standing has such a time.
    pub(super) next: Moment,
    /// When it was last asked for its inventory.
    pub(super) asked: Option<Moment>,
    /// When an event of its start last made it due early.
    pub(super) hurried: Option<Moment>,
    /// When somebody last said of it that it was in production while it waited.
    pub(super) doubted: Option<Moment>,
    texts: Option<Box<Texts>>,
}

/// What most records do not have.
#[derive(Debug, Default)]
struct Texts {
    error: Option<Box<str>>,
    note: Option<Box<str>>,
    deferred: Option<Box<str>>,
    becomes: Option<Identity>,
    step: Option<&'static str>,
}

impl Record {
    pub(super) const fn new(identity: Identity, source: Source, now: Moment) -> Self {
        Self {
            identity,
            standing: Standing::Queued,
            source,
            tried: false,
            answered: false,
            started: false,
            approved: false,
            busy: false,
            in_doubt: false,
            in_production: false,
            elsewhere: false,
            attempts: 0,
            failures: 0,
            misses: 0,
            took_ms: None,
            turn: 0,
            since: now,
            first_seen: now,
            queued_at: now,
            sighted: now,
            next: now,
            asked: None,
            hurried: None,
            doubted: None,
            texts: None,
        }
    }

    /// Comes into a standing.
    pub(super) fn enter(&mut self, standing: Standing, now: Moment) {
        self.standing = standing;
        self.since = now;
        self.at_step(None);
        self.busy = false;
        self.in_production = false;
        let renamed = [
            Standing::Provisioned,
            Standing::Unrestarted,
            Standing::Confirmed,
        ];
        if !renamed.contains(&standing) && !self.in_doubt {
            self.becomes(None);
        }
    }

    /// Comes into the queue, behind everybody else.
    pub(super) fn enqueue(&mut self, turn: u64, since: Moment, now: Moment) {
        self.enter(Standing::Queued, now);
        self.turn = turn;
        self.queued_at = since;
    }

    /// Waits until a time; from then on it is one of those that were tried.
    pub(super) fn wait(&mut self, standing: Standing, until: Moment, now: Moment) {
        self.enter(standing, now);
        self.tried = true;
        self.next = until;
    }

    /// Starts over as if it had not been here before.
    pub(super) fn renew(&mut self) {
        self.tried = false;
        self.approved = false;
        self.in_doubt = false;
        self.elsewhere = false;
        self.attempts = 0;
        self.failures = 0;
        self.misses = 0;
        self.texts = None;
    }

    /// Whether it is to be seen in production next.
    pub(super) fn is_expected_in_production(&self) -> bool {
        let configured = [Standing::Provisioned, Standing::Unrestarted];
        self.in_doubt || configured.contains(&self.standing)
    }

    pub(super) fn error(&self) -> Option<&str> {
        self.texts.as_ref()?.error.as_deref()
    }

    pub(super) fn note(&self) -> Option<&str> {
        self.texts.as_ref()?.note.as_deref()
    }

    pub(super) fn deferred(&self) -> Option<&str> {
        self.texts.as_ref()?.deferred.as_deref()
    }

    pub(super) fn new_name(&self) -> Option<&Identity> {
        self.texts.as_ref()?.becomes.as_ref()
    }

    pub(super) fn step(&self) -> Option<&'static str> {
        self.texts.as_ref()?.step
    }

    /// Keeps which step it is at.
    pub(super) fn at_step(&mut self, step: Option<&'static str>) {
        if step.is_some() || self.step().is_some() {
            self.texts().step = step;
        }
    }

    /// Keeps what went wrong.
    pub(super) fn failed_with(&mut self, error: &str) {
        self.texts().error = Some(kept(error));
    }

    /// Keeps why it stands where it stands.
    pub(super) fn noted(&mut self, note: &str) {
        self.texts().note = Some(kept(note));
    }

    /// Keeps what the helper said, until something else became of the node.
    pub(super) fn deferred_with(&mut self, message: Option<&str>) {
        if message.is_some() || self.deferred().is_some() {
            self.texts().deferred = message.map(kept);
        }
    }

    /// Keeps the name it has in production, where that is another.
    pub(super) fn becomes(&mut self, becomes: Option<Identity>) {
        let other = becomes.filter(|name| *name != self.identity);
        if other.is_some() || self.new_name().is_some() {
            self.texts().becomes = other;
        }
    }

    /// Keeps how long the work on it took.
    pub(super) fn took(&mut self, took: Duration) {
        self.took_ms = Some(u32::try_from(took.as_millis()).unwrap_or(u32::MAX));
    }

    fn texts(&mut self) -> &mut Texts {
        self.texts.get_or_insert_default()
    }
}

fn kept(text: &str) -> Box<str> {
    one_line(text, LONGEST).into_boxed_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_small() {
        assert!(size_of::<Record>() <= 232, "{}", size_of::<Record>());
    }
}
