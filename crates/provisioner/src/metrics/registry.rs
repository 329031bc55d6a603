//! All metrics of a provisioner.

use std::sync::Arc;

use muster::build_info::BuildInfo;
use prometheus::TextEncoder;

use crate::metrics::calls::Calls;
use crate::metrics::error::MetricsError;
use crate::metrics::finding::Finding;
use crate::metrics::gauges::Now;
use crate::metrics::outcomes::Outcomes;
use crate::metrics::process::Process;
use crate::metrics::registration::SITE;
use crate::metrics::registration::Shelf;
use crate::metrics::table;

/// All metrics of a provisioner. Cloning makes another handle of the same ones.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) shelf: Shelf,
    pub(super) calls: Calls,
    pub(super) finding: Finding,
    pub(super) outcomes: Outcomes,
    pub(super) now: Now,
}

impl Metrics {
    /// The metrics of the provisioner of this site, all at nought. `started` is when the process started, seconds since
    /// 1970.
    ///
    /// # Errors
    ///
    /// [`MetricsError`] if a row of the table is no metric.
    pub fn new(site: &str, build: &BuildInfo, started: i64) -> Result<Self, MetricsError> {
        let shelf = Shelf::new(site).map_err(|err| MetricsError { name: SITE, err })?;
        let named = |name| move |err| MetricsError { name, err };
        shelf
            .gauges(&table::BUILD_INFO)?
            .get_metric_with_label_values(&[build.version, build.sha])
            .map_err(named(table::BUILD_INFO.name))?
            .set(1);
        shelf
            .registry
            .register(Box::new(Process::new(started)?))
            .map_err(named("process"))?;
        Ok(Self {
            inner: Arc::new(Inner {
                calls: Calls::new(&shelf)?,
                finding: Finding::new(&shelf)?,
                outcomes: Outcomes::new(&shelf)?,
                now: Now::new(&shelf)?,
                shelf,
            }),
        })
    }

    /// The page that is scraped: text exposition format 0.0.4.
    #[must_use]
    pub fn render(&self) -> String {
        let families = self.inner.shelf.registry.gather();
        // only a metric without a name cannot be written, and those are not registered
        TextEncoder::new()
            .encode_to_string(&families)
            .unwrap_or_default()
    }
}
