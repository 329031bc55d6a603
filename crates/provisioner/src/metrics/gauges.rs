//! What is now.

use std::collections::BTreeMap;

use prometheus::IntGauge;
use prometheus::IntGaugeVec;

use crate::control::STANDINGS;
use crate::control::word;
use crate::metrics::error::MetricsError;
use crate::metrics::registration::Shelf;
use crate::metrics::registry::Metrics;
use crate::metrics::table;
use crate::table::Standing;

/// What is now. All of it is set at once, so that no two figures contradict each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Nodes that are worked on.
    pub busy_workers: u64,
    /// Nodes that could be begun now.
    pub work_queue_entries: u64,
    /// Nodes that are known and not provisioned yet.
    pub waiting_nodes: u64,
    /// Whether nothing is begun until somebody says so.
    pub paused: bool,
    /// How long the oldest node that waits has been known; 0 when none waits.
    pub oldest_waiting_seconds: u64,
    /// Whether nobody is provisioned until a person repairs something.
    pub site_fault: bool,
    /// Whether a broker is connected.
    pub connected: bool,
    /// Whether `/readyz` says so.
    pub ready: bool,
    /// How many nodes stand where; what is left out is 0.
    pub nodes_by_standing: BTreeMap<Standing, u64>,
}

#[derive(Debug)]
pub(super) struct Now {
    busy_workers: IntGauge,
    work_queue: IntGauge,
    waiting_nodes: IntGauge,
    paused: IntGauge,
    oldest_waiting: IntGauge,
    site_fault: IntGauge,
    connected: IntGauge,
    ready: IntGauge,
    nodes: IntGaugeVec,
}

impl Now {
    pub(super) fn new(shelf: &Shelf) -> Result<Self, MetricsError> {
        let now = Self {
            busy_workers: shelf.gauge(&table::BUSY_WORKERS)?,
            work_queue: shelf.gauge(&table::WORK_QUEUE)?,
            waiting_nodes: shelf.gauge(&table::WAITING_NODES)?,
            paused: shelf.gauge(&table::PAUSED)?,
            oldest_waiting: shelf.gauge(&table::OLDEST_WAITING)?,
            site_fault: shelf.gauge(&table::SITE_FAULT)?,
            connected: shelf.gauge(&table::CONNECTED)?,
            ready: shelf.gauge(&table::READY)?,
            nodes: shelf.gauges(&table::NODES)?,
        };
        now.set(&Gauges::default());
        Ok(now)
    }

    fn set(&self, gauges: &Gauges) {
        self.busy_workers.set(number(gauges.busy_workers));
        self.work_queue.set(number(gauges.work_queue_entries));
        self.waiting_nodes.set(number(gauges.waiting_nodes));
        self.paused.set(gauges.paused.into());
        self.oldest_waiting
            .set(number(gauges.oldest_waiting_seconds));
        self.site_fault.set(gauges.site_fault.into());
        self.connected.set(gauges.connected.into());
        self.ready.set(gauges.ready.into());
        for standing in STANDINGS {
            let count = gauges.nodes_by_standing.get(&standing);
            if let Ok(nodes) = self.nodes.get_metric_with_label_values(&[word(standing)]) {
                nodes.set(number(count.copied().unwrap_or_default()));
            }
        }
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Metrics {
    /// What is now.
    pub fn set(&self, gauges: &Gauges) {
        self.inner.now.set(gauges);
    }
}
