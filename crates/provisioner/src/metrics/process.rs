//! What the process uses, read when somebody looks.

use muster::os::usage;
use prometheus::Counter;
use prometheus::IntGauge;
use prometheus::core::Collector;
use prometheus::core::Desc;
use prometheus::proto::MetricFamily;

use crate::metrics::error::MetricsError;
use crate::metrics::table;
use crate::metrics::table::Row;

/// Reads what the system counts. Processor time is a counter that others advance, so that each look makes it anew.
#[derive(Debug)]
pub(super) struct Process {
    /// Stays at nought: what describes the counter that each look makes.
    cpu: Counter,
    memory: IntGauge,
    started: IntGauge,
}

impl Process {
    /// `started` is when the process started, seconds since 1970.
    pub(super) fn new(started: i64) -> Result<Self, MetricsError> {
        let gauge = |row: &'static Row| {
            IntGauge::new(row.name, row.about).map_err(|err| MetricsError {
                name: row.name,
                err,
            })
        };
        let process = Self {
            cpu: cpu(0)?,
            memory: gauge(&table::PROCESS_MEMORY)?,
            started: gauge(&table::PROCESS_START)?,
        };
        process.started.set(started);
        Ok(process)
    }
}

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        let mut all = self.cpu.desc();
        all.extend(self.memory.desc());
        all.extend(self.started.desc());
        all
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let times = usage::process_times();
        let mut all = cpu(times.user.saturating_add(times.system))
            .map(|counter| counter.collect())
            .unwrap_or_default();
        let resident = usage::resident_memory().unwrap_or_default();
        self.memory.set(i64::try_from(resident).unwrap_or(i64::MAX));
        all.extend(self.memory.collect());
        all.extend(self.started.collect());
        all
    }
}

fn cpu(seconds: i64) -> Result<Counter, MetricsError> {
    let row = &table::PROCESS_CPU;
    let counter = Counter::new(row.name, row.about).map_err(|err| MetricsError {
        name: row.name,
        err,
    })?;
    // of whole seconds: a process would need centuries to lose one
    counter.inc_by(f64::from(u32::try_from(seconds).unwrap_or(u32::MAX)));
    Ok(counter)
}
