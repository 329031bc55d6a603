//! Figures: how many nodes got how far, how fast, and what that took.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::ledger::Notes;
use crate::ledger::Stage;
use crate::machine::Usage;

/// The figures of a fleet. Times are milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// All nodes.
    pub nodes: usize,
    /// What the fleet was made from.
    pub seed: u64,
    /// Groups of nodes that share a connection.
    pub connections: usize,
    /// From the first announcement until now.
    pub elapsed_ms: u64,
    /// How many nodes of each behaviour got how far.
    pub outcomes: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
    /// Nodes that got into production, per minute: from the first announcement to the last of them.
    pub nodes_per_minute: f64,
    /// Time of a node from its announcement to each stage.
    pub stages: BTreeMap<&'static str, Spread>,
    /// Starts of nodes, restarts included.
    pub starts: u64,
    /// Why nodes did not start: each reason once, and how often it was.
    pub failures: BTreeMap<String, usize>,
    /// What it took of the machine.
    pub used: Used,
}

/// How times are spread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// Half took no longer.
    pub p50_ms: u64,
    /// Of a hundred, ninety-five took no longer.
    pub p95_ms: u64,
    /// Of a hundred, ninety-nine took no longer.
    pub p99_ms: u64,
    /// The longest.
    pub max_ms: u64,
}

/// What the process used since the fleet began to be made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Used {
    /// Processor time in its own code.
    pub cpu_user_ms: u64,
    /// Processor time in the kernel for it.
    pub cpu_system_ms: u64,
    /// Processor time by node, the making of it included.
    pub cpu_per_node_ms: f64,
    /// Memory at this moment.
    pub resident_bytes: u64,
    /// Most memory so far.
    pub peak_bytes: u64,
    /// Memory that was not there before the fleet, by node; files in memory are not part of it.
    pub resident_per_node_bytes: u64,
}

impl Report {
    /// The figures of these notes; `before` is what the process had used before the fleet was made.
    #[must_use]
    pub fn of(notes: &Notes, seed: u64, connections: usize, before: Usage) -> Self {
        let entries = &notes.entries;
        let mut outcomes: BTreeMap<_, BTreeMap<_, usize>> = BTreeMap::new();
        let mut failures: BTreeMap<String, usize> = BTreeMap::new();
        for entry in entries {
            let of_behaviour = outcomes.entry(entry.behaviour.name()).or_default();
            *of_behaviour.entry(entry.outcome()).or_default() += 1;
            if let Some(why) = &entry.failure {
                *failures.entry(why.clone()).or_default() += 1;
            }
        }
        let times = |stage| {
            let reached = entries.iter().filter_map(|entry| entry.marks.at(stage));
            Spread::of(reached.map(millis).collect())
        };
        let stages: BTreeMap<_, _> = Stage::ALL
            .into_iter()
            .map(|stage| (stage.name(), times(stage)))
            .collect();
        let arrived = stages.get(Stage::Production.name());
        let arrived = arrived.map_or(0, |spread| spread.count);
        let took = notes.last_production.map(|last| last - notes.opened);
        Self {
            nodes: entries.len(),
            seed,
            connections,
            elapsed_ms: millis(Instant::now() - notes.opened),
            outcomes,
            nodes_per_minute: took.map_or(0.0, |took| per_minute(arrived, took)),
            stages,
            starts: entries.iter().map(|entry| u64::from(entry.starts)).sum(),
            failures,
            used: Used::of(entries.len(), before, Usage::now()),
        }
    }
}

impl Spread {
    /// Of these times.
    #[must_use]
    pub fn of(mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        // the nearest rank: the smallest time that so many of a hundred did not exceed
        let rank = |percent: usize| {
            let rank = times.len().saturating_mul(percent).div_ceil(100).max(1);
            times
                .get(rank.saturating_sub(1))
                .copied()
                .unwrap_or_default()
        };
        Self {
            count: times.len(),
            p50_ms: rank(50),
            p95_ms: rank(95),
            p99_ms: rank(99),
            max_ms: rank(100),
        }
    }
}

impl Used {
    fn of(nodes: usize, before: Usage, now: Usage) -> Self {
        let user = now.user.saturating_sub(before.user);
        let system = now.system.saturating_sub(before.system);
        let count = u64::try_from(nodes.max(1)).unwrap_or(u64::MAX);
        let each = (user + system).as_secs_f64() * 1000.0 / float(nodes.max(1));
        Self {
            cpu_user_ms: millis(user),
            cpu_system_ms: millis(system),
            cpu_per_node_ms: rounded(each),
            resident_bytes: now.resident,
            peak_bytes: now.peak,
            resident_per_node_bytes: now
                .resident
                .saturating_sub(before.resident)
                .checked_div(count)
                .unwrap_or_default(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} nodes on {} connections, seed {}, {} since the first announcement",
            self.nodes,
            self.connections,
            self.seed,
            Seconds(self.elapsed_ms)
        )?;
        for (behaviour, outcomes) in &self.outcomes {
            let parts = outcomes
                .iter()
                .map(|(name, count)| format!("{count} {name}"));
            let parts: Vec<_> = parts.collect();
            writeln!(f, "  {behaviour:<10} {}", parts.join(", "))?;
        }
        for (why, count) in &self.failures {
            writeln!(f, "  did not start ({count}): {why}")?;
        }
        writeln!(
            f,
            "{:.0} nodes per minute into production",
            self.nodes_per_minute
        )?;
        writeln!(
            f,
            "  {:<14} {:>8} {:>9} {:>9} {:>9} {:>9}",
            "from announced", "nodes", "p50", "p95", "p99", "max"
        )?;
        for stage in Stage::ALL {
            let spread = self.stages.get(stage.name()).copied().unwrap_or_default();
            let times = [spread.p50_ms, spread.p95_ms, spread.p99_ms, spread.max_ms];
            write!(f, "  {:<14} {:>8}", stage.name(), spread.count)?;
            for time in times {
                write!(f, " {:>9}", Seconds(time).to_string())?;
            }
            writeln!(f)?;
        }
        let used = &self.used;
        writeln!(
            f,
            "processor {} user, {} system, {:.2} ms per node; memory {} MiB, at most {} MiB, {} KiB per node",
            Seconds(used.cpu_user_ms),
            Seconds(used.cpu_system_ms),
            used.cpu_per_node_ms,
            used.resident_bytes >> 20,
            used.peak_bytes >> 20,
            used.resident_per_node_bytes >> 10
        )
    }
}

/// Milliseconds, shown as seconds.
struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} s", self.0 / 1000, self.0 % 1000)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn per_minute(count: usize, took: Duration) -> f64 {
    rounded(float(count) * 60.0 / took.as_secs_f64().max(0.001))
}

/// A fleet has no more nodes than this holds exactly.
fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;
    use crate::options::Options;
    use crate::roster::roster;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let spread = Spread::of((1..=200).rev().collect());
        let expected = [100, 190, 198, 200];
        let found = [spread.p50_ms, spread.p95_ms, spread.p99_ms, spread.max_ms];
        assert_eq!((spread.count, found), (200, expected));
        assert_eq!(Spread::of(vec![7]).p99_ms, 7);
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_counts_from_the_first_announcement_to_the_last_arrival() {
        let options = Options::new(3, "nats://127.0.0.1:4222".parse().unwrap());
        let ledger = Ledger::new(&roster(&options).unwrap());
        ledger.opened();
        for node in 0..2 {
            ledger.announced(node, false);
            tokio::time::advance(Duration::from_secs(3)).await;
            ledger.mark(node, Stage::Production);
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        let report = Report::of(&ledger.notes(), 1, 3, Usage::default());
        assert!((report.nodes_per_minute - 20.0).abs() < 0.01, "{report}");
        assert_eq!(report.outcomes["ordinary"]["in_production"], 2);
        assert_eq!(report.outcomes["ordinary"]["not_announced"], 1);
        assert_eq!(report.stages["production"].max_ms, 3000);
    }

    #[tokio::test]
    async fn a_report_is_json_and_text_with_the_same_figures() {
        let options = Options::new(2, "nats://127.0.0.1:4222".parse().unwrap());
        let ledger = Ledger::new(&roster(&options).unwrap());
        ledger.failed(0, "no brokers".to_owned());
        let report = Report::of(&ledger.notes(), 9, 1, Usage::default());
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["failures"]["no brokers"], 1);
        assert_eq!(json["seed"], 9);
        let text = report.to_string();
        assert!(text.contains("did not start (1): no brokers") && text.contains("seed 9"));
    }
}
