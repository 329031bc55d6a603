//! How nodes became known, and what was not believed.

use prometheus::IntCounter;
use prometheus::IntCounterVec;

use crate::metrics::error::MetricsError;
use crate::metrics::registration::Shelf;
use crate::metrics::registry::Metrics;
use crate::metrics::table;

#[derive(Debug)]
pub(super) struct Finding {
    discovered: IntCounter,
    event_discovered: IntCounter,
    registration_discovered: IntCounter,
    cycles: IntCounter,
    errors: IntCounter,
    refused: IntCounterVec,
}

impl Finding {
    pub(super) fn new(shelf: &Shelf) -> Result<Self, MetricsError> {
        Ok(Self {
            discovered: shelf.counter(&table::DISCOVERED)?,
            event_discovered: shelf.counter(&table::EVENT_DISCOVERED)?,
            registration_discovered: shelf.counter(&table::REGISTRATION_DISCOVERED)?,
            cycles: shelf.counter(&table::DISCOVER_CYCLES)?,
            errors: shelf.counter(&table::DISCOVERY_ERRORS)?,
            refused: shelf.counters(&table::MESSAGES_REFUSED)?,
        })
    }
}

impl Metrics {
    /// A node became known because it answered a discovery.
    pub fn discovered(&self) {
        self.inner.finding.discovered.inc();
    }

    /// A node became known by its startup event.
    pub fn event_discovered(&self) {
        self.inner.finding.event_discovered.inc();
    }

    /// A node became known by its registration.
    pub fn registration_discovered(&self) {
        self.inner.finding.registration_discovered.inc();
    }

    /// A discovery begins.
    pub fn discover_cycle(&self) {
        self.inner.finding.cycles.inc();
    }

    /// A discovery failed.
    pub fn discovery_error(&self) {
        self.inner.finding.errors.inc();
    }

    /// A message was not believed. The reason is a word of the program, never one of the message.
    pub fn message_refused(&self, reason: &'static str) {
        let refused = &self.inner.finding.refused;
        if let Ok(refused) = refused.get_metric_with_label_values(&[reason]) {
            refused.inc();
        }
    }
}
