//! What the work on nodes costs: requests, the helper, steps.

use std::time::Duration;

use prometheus::Histogram;
use prometheus::HistogramVec;
use prometheus::IntCounter;
use prometheus::IntCounterVec;

use crate::metrics::error::MetricsError;
use crate::metrics::registration::Shelf;
use crate::metrics::registry::Metrics;
use crate::metrics::table;

/// A request to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rpc {
    /// `rpcutil#inventory`
    Inventory,
    /// `choria_provision#gencsr`
    Gencsr,
    /// `choria_provision#configure`
    Configure,
    /// `choria_provision#restart`
    Restart,
    /// `choria_provision#shutdown`
    Shutdown,
}

/// A step of the work on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its inventory.
    Inventory,
    /// Its certificate request.
    Csr,
    /// The helper's decision.
    Helper,
    /// Its configuration.
    Configure,
    /// Its restart.
    Restart,
    /// Its shutdown.
    Shutdown,
    /// From the restart to the first sign of life in production.
    Confirm,
}

impl Rpc {
    pub(super) const ALL: [Self; 5] = [
        Self::Inventory,
        Self::Gencsr,
        Self::Configure,
        Self::Restart,
        Self::Shutdown,
    ];

    /// Agent and action, as the reference writes them.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Inventory => "rpcutil#inventory",
            Self::Gencsr => "choria_provision#gencsr",
            Self::Configure => "choria_provision#configure",
            Self::Restart => "choria_provision#restart",
            Self::Shutdown => "choria_provision#shutdown",
        }
    }
}

impl Step {
    pub(super) const ALL: [Self; 7] = [
        Self::Inventory,
        Self::Csr,
        Self::Helper,
        Self::Configure,
        Self::Restart,
        Self::Shutdown,
        Self::Confirm,
    ];

    /// Its word.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Csr => "csr",
            Self::Helper => "helper",
            Self::Configure => "configure",
            Self::Restart => "restart",
            Self::Shutdown => "shutdown",
            Self::Confirm => "confirm",
        }
    }
}

#[derive(Debug)]
pub(super) struct Calls {
    rpc_time: HistogramVec,
    rpc_errors: IntCounterVec,
    helper_time: Histogram,
    helper_errors: IntCounter,
    helper_shutdowns: IntCounter,
    steps: HistogramVec,
}

impl Calls {
    pub(super) fn new(shelf: &Shelf) -> Result<Self, MetricsError> {
        let calls = Self {
            rpc_time: shelf.histograms(&table::RPC_TIME)?,
            rpc_errors: shelf.counters(&table::RPC_ERRORS)?,
            helper_time: shelf.histogram(&table::HELPER_TIME)?,
            helper_errors: shelf.counter(&table::HELPER_ERRORS)?,
            helper_shutdowns: shelf.counter(&table::HELPER_SHUTDOWNS)?,
            steps: shelf.histograms(&table::STEP_SECONDS)?,
        };
        // a series that is there from the start can be compared with its past
        for label in Rpc::ALL.map(Rpc::label) {
            // a label of the table: there is exactly one
            drop(calls.rpc_time.get_metric_with_label_values(&[label]));
            drop(calls.rpc_errors.get_metric_with_label_values(&[label]));
        }
        for label in Step::ALL.map(Step::label) {
            drop(calls.steps.get_metric_with_label_values(&[label]));
        }
        Ok(calls)
    }
}

impl Metrics {
    /// A try of a request ended, well or not.
    pub fn rpc(&self, rpc: Rpc, took: Duration) {
        let times = &self.inner.calls.rpc_time;
        if let Ok(time) = times.get_metric_with_label_values(&[rpc.label()]) {
            time.observe(took.as_secs_f64());
        }
    }

    /// A request failed after all tries.
    pub fn rpc_failed(&self, rpc: Rpc) {
        let errors = &self.inner.calls.rpc_errors;
        if let Ok(errors) = errors.get_metric_with_label_values(&[rpc.label()]) {
            errors.inc();
        }
    }

    /// The helper ended, well or not.
    pub fn helper(&self, took: Duration) {
        self.inner.calls.helper_time.observe(took.as_secs_f64());
    }

    /// The helper decided nothing.
    pub fn helper_failed(&self) {
        self.inner.calls.helper_errors.inc();
    }

    /// A node confirmed the shutdown that the helper wanted.
    pub fn helper_shutdown(&self) {
        self.inner.calls.helper_shutdowns.inc();
    }

    /// A step of the work on a node ended, all its tries together.
    pub fn step(&self, step: Step, took: Duration) {
        let steps = &self.inner.calls.steps;
        if let Ok(time) = steps.get_metric_with_label_values(&[step.label()]) {
            time.observe(took.as_secs_f64());
        }
    }
}
