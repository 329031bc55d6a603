//! How a probe, the work on a node or the request for its restart ended.

use std::time::Duration;

use muster::protocol::names::Identity;

use crate::table::Confirmation;
use crate::table::Consequence;
use crate::table::End;
use crate::table::Moment;
use crate::table::Probed;
use crate::table::Quarantine;
use crate::table::Source;
use crate::table::Standing;
use crate::table::Table;
use crate::table::record::Key;
use crate::table::record::Record;
use crate::table::wait::INTERVALS_OF_REFUSED;
use crate::table::wait::LOCK;
use crate::table::wait::backoff;
use crate::table::wait::deferral;
use crate::table::wait::spread;

impl Table {
    /// What came of a probe. Nothing happens unless the node was being probed.
    pub fn probed(&mut self, id: &Identity, outcome: Probed, now: Moment) -> Consequence {
        let Some(key) = self.find_at(id, Standing::Probing) else {
            return Consequence::default();
        };
        if outcome != Probed::Silent {
            self.book.change(key, |record| {
                record.in_doubt = false;
                record.elsewhere = false;
            });
        }
        match outcome {
            Probed::Answered => {
                self.book.change(key, |record| {
                    record.enter(Standing::Ready, now);
                    record.answered = true;
                    record.misses = 0;
                });
            }
            Probed::Silent if self.book.get(key).is_some_and(|record| record.elsewhere) => {
                self.taken(key, now);
            }
            Probed::Silent => self.silent(key, now),
            Probed::Junk { error } => return self.fail(key, &error, now),
            Probed::NotOurs { why } => self.refuse(key, Standing::NotOurs, &why, now),
        }
        Consequence::default()
    }

    /// The work on a node is at this step.
    pub fn step(&mut self, id: &Identity, step: &'static str, _now: Moment) {
        if let Some(key) = self.find_at(id, Standing::Working) {
            self.book.change(key, |record| record.at_step(Some(step)));
        }
    }

    /// How the work on a node ended. Nothing happens unless it was being worked on.
    pub fn ended(&mut self, id: &Identity, end: End, took: Duration, now: Moment) -> Consequence {
        let Some(key) = self.find_at(id, Standing::Working) else {
            return Consequence::default();
        };
        self.book.change(key, |record| {
            record.took(took);
            record.deferred_with(None);
        });
        match end {
            End::Provisioned { becomes } => return self.provisioned(key, becomes, now),
            End::Unrestarted { becomes, error } => {
                return self.unrestarted(key, becomes, &error, now);
            }
            End::Failed { error } => return self.fail(key, &error, now),
            End::Deferred {
                message,
                retry_after,
            } => {
                let until = now + deferral(&self.rules, retry_after);
                self.book.change(key, |record| {
                    record.wait(Standing::Deferred, until, now);
                    record.failures = 0;
                    record.deferred_with(Some(&message));
                });
            }
            End::Shutdown { message } => self.settle(key, Standing::Shutdown, &message, now),
            End::NeedsApproval { why } => self.settle(key, Standing::Approval, &why, now),
            End::Refused { why } => self.refuse(key, Standing::Refused, &why, now),
            End::Unhelped { error } => self.unhelped(key, &error, now),
            End::Locked => self.locked(key, now),
            End::Interrupted => {
                self.book.change(key, |record| {
                    record.enter(Standing::Queued, now);
                    record.attempts = record.attempts.saturating_sub(1);
                });
            }
        }
        Consequence::default()
    }

    /// What came of asking a configured node for its restart again.
    pub fn restarted(
        &mut self,
        id: &Identity,
        acknowledged: Result<(), String>,
        now: Moment,
    ) -> Consequence {
        let busy = |key: &Key| self.book.get(*key).is_some_and(|record| record.busy);
        let Some(key) = self.find_at(id, Standing::Unrestarted).filter(busy) else {
            return Consequence::default();
        };
        let error = match acknowledged {
            Ok(()) => {
                self.book
                    .change(key, |record| record.enter(Standing::Provisioned, now));
                return Consequence::default();
            }
            Err(error) => error,
        };
        if self.book.get(key).is_some_and(|record| record.started) {
            return self.returned(key, Standing::Unrestarted, now);
        }
        let (rules, salt) = (self.rules, self.salt);
        self.book.change(key, |record| {
            record.busy = false;
            record.misses = record.misses.saturating_add(1);
            record.next = now + backoff(&rules, salt, &record.identity, record.misses);
            record.failed_with(&error);
        });
        Consequence::default()
    }

    /// A failure of the node: it is left alone for a while, and for longer when it fails again and again.
    pub(super) fn fail(&mut self, key: Key, error: &str, now: Moment) -> Consequence {
        let (rules, salt) = (self.rules, self.salt);
        let quarantined = self.book.change(key, |record| {
            record.answered = true;
            record.misses = 0;
            record.failures = record.failures.saturating_add(1);
            record.failed_with(error);
            if record.failures < rules.quarantine_after.get() {
                let until = now + backoff(&rules, salt, &record.identity, record.failures);
                record.wait(Standing::Failed, until, now);
                return None;
            }
            record.wait(Standing::Quarantined, now + rules.quarantine_for, now);
            Some(Quarantine {
                identity: record.identity.clone(),
                error: record.error().unwrap_or_default().to_owned(),
                failures: record.failures,
                for_: rules.quarantine_for,
            })
        });
        Consequence {
            quarantined: quarantined.flatten(),
            failed: true,
            confirmed: None,
        }
    }

    fn silent(&mut self, key: Key, now: Moment) {
        let (rules, salt) = (self.rules, self.salt);
        let sign_of_life = self.book.change(key, |record| {
            record.misses = record.misses.saturating_add(1);
            let until = now + backoff(&rules, salt, &record.identity, record.misses);
            record.wait(Standing::Silent, until, now);
            record.deferred_with(None);
            let sighted = record.asked.is_some_and(|asked| record.sighted > asked);
            match (record.started, sighted) {
                (true, _) => Some(Source::Startup),
                (false, true) => Some(Source::Discovery),
                (false, false) => None,
            }
        });
        if let Some(source) = sign_of_life.flatten() {
            self.sooner(key, source, now);
        }
    }

    fn provisioned(&mut self, key: Key, becomes: Identity, now: Moment) -> Consequence {
        let in_production = self.book.change(key, |record| {
            let in_production = record.in_production;
            record.enter(Standing::Provisioned, now);
            record.becomes(Some(becomes));
            record.approved = false;
            in_production
        });
        let confirmed = if in_production == Some(true) {
            self.confirm(key, now)
        } else {
            None
        };
        Consequence {
            confirmed,
            ..Consequence::default()
        }
    }

    fn unrestarted(
        &mut self,
        key: Key,
        becomes: Identity,
        error: &str,
        now: Moment,
    ) -> Consequence {
        let (rules, salt) = (self.rules, self.salt);
        let confirmed: Option<Confirmation> = self
            .book
            .change(key, |record| {
                let in_production = record.in_production;
                record.misses = 1;
                let until = now + backoff(&rules, salt, &record.identity, record.misses);
                record.wait(Standing::Unrestarted, until, now);
                record.becomes(Some(becomes));
                record.failed_with(error);
                record.approved = false;
                in_production
            })
            .filter(|in_production| *in_production)
            .and_then(|_| self.confirm(key, now));
        Consequence {
            confirmed,
            ..Consequence::default()
        }
    }

    fn refuse(&mut self, key: Key, standing: Standing, why: &str, now: Moment) {
        let until = now + self.rules.interval.saturating_mul(INTERVALS_OF_REFUSED);
        self.book.change(key, |record| {
            record.wait(standing, until, now);
            record.answered = true;
            record.misses = 0;
            record.noted(why);
        });
    }

    /// It takes its turn again soon; it is no failure of the node, and does not bring it nearer to quarantine.
    fn unhelped(&mut self, key: Key, error: &str, now: Moment) {
        let (rules, salt) = (self.rules, self.salt);
        self.book.change(key, |record| {
            let until = now + backoff(&rules, salt, &record.identity, 1);
            record.wait(Standing::Failed, until, now);
            record.failed_with(error);
        });
    }

    fn locked(&mut self, key: Key, now: Moment) {
        let salt = self.salt;
        self.book.change(key, |record| {
            let wait = spread(LOCK, salt, &record.identity, record.attempts);
            record.wait(Standing::Locked, now + wait, now);
        });
    }

    /// Into a standing that time alone does not end in the queue.
    fn settle(&mut self, key: Key, standing: Standing, why: &str, now: Moment) {
        self.book.change(key, |record| {
            record.wait(standing, now, now);
            record.approved = false;
            record.noted(why);
        });
    }

    /// The record of that name, if it stands there.
    pub(super) fn find_at(&self, id: &Identity, standing: Standing) -> Option<Key> {
        let stands_there = |record: &Record| record.standing == standing;
        let key = self.book.find(id)?;
        self.book.get(key).is_some_and(stands_there).then_some(key)
    }
}
