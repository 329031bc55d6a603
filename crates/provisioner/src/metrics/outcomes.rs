//! How the work on nodes ended.

use std::time::Duration;

use prometheus::Histogram;
use prometheus::IntCounter;

use crate::metrics::error::MetricsError;
use crate::metrics::registration::Shelf;
use crate::metrics::registry::Metrics;
use crate::metrics::table;

#[derive(Debug)]
pub(super) struct Outcomes {
    errors: IntCounter,
    provisioned: IntCounter,
    provision_seconds: Histogram,
    confirmed: IntCounter,
    confirm_seconds: Histogram,
    failed: IntCounter,
    deferred: IntCounter,
    locked: IntCounter,
    refused: IntCounter,
    quarantined: IntCounter,
}

impl Outcomes {
    pub(super) fn new(shelf: &Shelf) -> Result<Self, MetricsError> {
        Ok(Self {
            errors: shelf.counter(&table::PROVISION_ERRORS)?,
            provisioned: shelf.counter(&table::PROVISIONED)?,
            provision_seconds: shelf.histogram(&table::PROVISION_SECONDS)?,
            confirmed: shelf.counter(&table::CONFIRMED)?,
            confirm_seconds: shelf.histogram(&table::CONFIRM_SECONDS)?,
            failed: shelf.counter(&table::FAILED)?,
            deferred: shelf.counter(&table::DEFERRED)?,
            locked: shelf.counter(&table::LOCKED)?,
            refused: shelf.counter(&table::REFUSED)?,
            quarantined: shelf.counter(&table::QUARANTINED)?,
        })
    }
}

impl Metrics {
    /// The work on a node ended otherwise than with its restart or shutdown. Counted beside [`Self::failed`],
    /// [`Self::deferred`], [`Self::locked`] and [`Self::refused`], which tell these ends apart.
    pub fn provision_error(&self) {
        self.inner.outcomes.errors.inc();
    }

    /// A node acknowledged its restart, so long after it was first seen.
    pub fn provisioned(&self, since_seen: Duration) {
        let outcomes = &self.inner.outcomes;
        outcomes.provisioned.inc();
        outcomes.provision_seconds.observe(since_seen.as_secs_f64());
    }

    /// A node acknowledged its shutdown: the reference counts it as provisioned.
    pub fn shut_down(&self) {
        self.inner.outcomes.provisioned.inc();
    }

    /// A provisioned node was seen in production, so long after it was first seen.
    pub fn confirmed(&self, since_seen: Duration) {
        let outcomes = &self.inner.outcomes;
        outcomes.confirmed.inc();
        outcomes.confirm_seconds.observe(since_seen.as_secs_f64());
    }

    /// The work on a node failed.
    pub fn failed(&self) {
        self.inner.outcomes.failed.inc();
    }

    /// The helper said `defer`.
    pub fn deferred(&self) {
        self.inner.outcomes.deferred.inc();
    }

    /// Another provisioner holds the node's lock.
    pub fn locked(&self) {
        self.inner.outcomes.locked.inc();
    }

    /// The node may not be provisioned as things are.
    pub fn refused(&self) {
        self.inner.outcomes.refused.inc();
    }

    /// The node failed too often in a row.
    pub fn quarantined(&self) {
        self.inner.outcomes.quarantined.inc();
    }
}
