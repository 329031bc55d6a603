//! From a row of the table to a metric that counts.

use std::collections::HashMap;

use prometheus::Histogram;
use prometheus::HistogramOpts;
use prometheus::HistogramVec;
use prometheus::IntCounter;
use prometheus::IntCounterVec;
use prometheus::IntGauge;
use prometheus::IntGaugeVec;
use prometheus::Opts;
use prometheus::Registry;
use prometheus::core::Collector;

use crate::metrics::error::MetricsError;
use crate::metrics::table::Row;

/// A registry whose metrics all carry the site.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    pub(super) registry: Registry,
}

impl Shelf {
    pub(super) fn new(site: &str) -> Result<Self, prometheus::Error> {
        let site = HashMap::from([(SITE.to_owned(), site.to_owned())]);
        let registry = Registry::new_custom(None, Some(site))?;
        Ok(Self { registry })
    }

    pub(super) fn counter(&self, row: &'static Row) -> Result<IntCounter, MetricsError> {
        self.add(row, IntCounter::new(row.name, row.about))
    }

    pub(super) fn counters(&self, row: &'static Row) -> Result<IntCounterVec, MetricsError> {
        let made = IntCounterVec::new(Opts::new(row.name, row.about), row.labels);
        self.add(row, made)
    }

    pub(super) fn gauge(&self, row: &'static Row) -> Result<IntGauge, MetricsError> {
        self.add(row, IntGauge::new(row.name, row.about))
    }

    pub(super) fn gauges(&self, row: &'static Row) -> Result<IntGaugeVec, MetricsError> {
        let made = IntGaugeVec::new(Opts::new(row.name, row.about), row.labels);
        self.add(row, made)
    }

    pub(super) fn histogram(&self, row: &'static Row) -> Result<Histogram, MetricsError> {
        self.add(row, Histogram::with_opts(buckets(row)))
    }

    pub(super) fn histograms(&self, row: &'static Row) -> Result<HistogramVec, MetricsError> {
        self.add(row, HistogramVec::new(buckets(row), row.labels))
    }

    fn add<M: Collector + Clone + 'static>(
        &self,
        row: &'static Row,
        made: Result<M, prometheus::Error>,
    ) -> Result<M, MetricsError> {
        let named = |err| MetricsError {
            name: row.name,
            err,
        };
        let metric = made.map_err(named)?;
        self.registry
            .register(Box::new(metric.clone()))
            .map_err(named)?;
        Ok(metric)
    }
}

fn buckets(row: &Row) -> HistogramOpts {
    HistogramOpts::new(row.name, row.about).buckets(row.buckets.to_vec())
}

/// The label that every metric has.
pub(super) const SITE: &str = "site";
