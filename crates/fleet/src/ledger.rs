//! When what happened to which node, and how far the fleet is.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::roster::Behaviour;
use crate::roster::Place;

/// A step on the way of a node into production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A request for this node alone came.
    FirstRequest,
    /// Its certificate request left.
    Csr,
    /// It confirmed its configuration.
    Configured,
    /// It confirmed that it will restart.
    Restarted,
    /// It has announced itself as a provisioned node.
    Production,
}

/// What can be waited for, of all nodes that a provisioner can be expected to provision: those that are as they should
/// be, the slow and the flapping ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The provisioner is done with them: they confirmed that they will restart.
    Provisioned,
    /// They have announced themselves as provisioned nodes.
    Confirmed,
}

/// When a node got where, since it announced itself for the first time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// [`Stage::FirstRequest`]
    pub first_request: Option<Duration>,
    /// [`Stage::Csr`]
    pub csr: Option<Duration>,
    /// [`Stage::Configured`]
    pub configured: Option<Duration>,
    /// [`Stage::Restarted`]
    pub restarted: Option<Duration>,
    /// [`Stage::Production`]
    pub production: Option<Duration>,
}

/// What is known of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// How it behaves.
    pub behaviour: Behaviour,
    /// When it announced itself for the first time.
    pub announced: Option<Instant>,
    /// When it got where for the first time.
    pub marks: Marks,
    /// Whether it is a provisioned node at this moment.
    pub in_production: bool,
    /// How often it started.
    pub starts: u32,
    /// Why it did not start, if so.
    pub failure: Option<String>,
}

/// How many nodes are how far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// All nodes.
    pub nodes: usize,
    /// Made, and waiting for their moment.
    pub ready: usize,
    /// Announced.
    pub announced: usize,
    /// Announced of the dead ones.
    pub dead_announced: usize,
    /// Asked for something.
    pub asked: usize,
    /// Confirmed their configuration.
    pub configured: usize,
    /// Announced themselves as provisioned nodes.
    pub production: usize,
    /// Could not start.
    pub failed: usize,
    /// Those that can be expected to be provisioned.
    pub expected: usize,
    /// Of the expected: the provisioner is done with them.
    pub provisioned: usize,
    /// Of the expected: in production.
    pub confirmed: usize,
}

/// The notes about all nodes.
#[derive(Debug)]
pub struct Ledger {
    book: Mutex<Book>,
    progress: watch::Sender<Progress>,
}

#[derive(Debug)]
struct Book {
    entries: Vec<Entry>,
    opened: Instant,
    last_production: Option<Instant>,
}

/// Everything that was noted so far.
#[derive(Debug, Clone)]
pub struct Notes {
    /// Each node, in the order of the roster.
    pub entries: Vec<Entry>,
    /// When the first node was let announce itself.
    pub opened: Instant,
    /// When the last node got into production.
    pub last_production: Option<Instant>,
}

impl Marks {
    /// When it got to a stage.
    #[must_use]
    pub const fn at(&self, stage: Stage) -> Option<Duration> {
        match stage {
            Stage::FirstRequest => self.first_request,
            Stage::Csr => self.csr,
            Stage::Configured => self.configured,
            Stage::Restarted => self.restarted,
            Stage::Production => self.production,
        }
    }

    const fn slot(&mut self, stage: Stage) -> &mut Option<Duration> {
        match stage {
            Stage::FirstRequest => &mut self.first_request,
            Stage::Csr => &mut self.csr,
            Stage::Configured => &mut self.configured,
            Stage::Restarted => &mut self.restarted,
            Stage::Production => &mut self.production,
        }
    }
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [
        Self::FirstRequest,
        Self::Csr,
        Self::Configured,
        Self::Restarted,
        Self::Production,
    ];

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirstRequest => "first_request",
            Self::Csr => "csr",
            Self::Configured => "configured",
            Self::Restarted => "restarted",
            Self::Production => "production",
        }
    }
}

impl Entry {
    const fn of(place: &Place) -> Self {
        Self {
            behaviour: place.behaviour,
            announced: None,
            marks: Marks {
                first_request: None,
                csr: None,
                configured: None,
                restarted: None,
                production: None,
            },
            in_production: false,
            starts: 0,
            failure: None,
        }
    }

    /// How far it got, in a word.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        let marks = &self.marks;
        if self.failure.is_some() {
            "failed"
        } else if marks.production.is_some() {
            "in_production"
        } else if marks.restarted.is_some() {
            "restarting"
        } else if marks.configured.is_some() {
            "configured"
        } else if marks.csr.is_some() {
            "csr"
        } else if marks.first_request.is_some() {
            "asked"
        } else if self.announced.is_some() {
            "announced"
        } else {
            "not_announced"
        }
    }
}

impl Progress {
    /// Whether what is waited for has come.
    #[must_use]
    pub const fn reached(&self, until: Until) -> bool {
        match until {
            Until::Provisioned => self.provisioned >= self.expected,
            Until::Confirmed => self.confirmed >= self.expected,
        }
    }
}

impl Ledger {
    /// Notes about nobody so far.
    #[must_use]
    pub fn new(roster: &[Place]) -> Self {
        let expected = roster.iter().filter(|it| it.behaviour.is_expected());
        let (progress, _) = watch::channel(Progress {
            nodes: roster.len(),
            expected: expected.count(),
            ..Progress::default()
        });
        Self {
            book: Mutex::new(Book {
                entries: roster.iter().map(Entry::of).collect(),
                opened: Instant::now(),
                last_production: None,
            }),
            progress,
        }
    }

    /// How far the fleet is, now and from now on.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// What is known of a node.
    #[must_use]
    pub fn entry(&self, index: usize) -> Option<Entry> {
        self.book().entries.get(index).cloned()
    }

    /// Everything that was noted so far.
    #[must_use]
    pub fn notes(&self) -> Notes {
        let book = self.book();
        Notes {
            entries: book.entries.clone(),
            opened: book.opened,
            last_production: book.last_production,
        }
    }

    /// From now on nodes announce themselves.
    pub fn opened(&self) {
        self.book().opened = Instant::now();
    }

    /// A node is made.
    pub fn ready(&self) {
        self.progress.send_modify(|progress| progress.ready += 1);
    }

    /// A node started and announced itself, waiting for a provisioner or not.
    pub fn announced(&self, index: usize, in_production: bool) {
        let mut book = self.book();
        let Some(entry) = book.entries.get_mut(index) else {
            return;
        };
        entry.starts = entry.starts.saturating_add(1);
        entry.in_production = in_production;
        let (first, dead) = (
            entry.announced.is_none(),
            entry.behaviour == Behaviour::Dead,
        );
        entry.announced.get_or_insert_with(Instant::now);
        drop(book);
        if first {
            self.progress.send_modify(|progress| {
                progress.announced += 1;
                progress.dead_announced += usize::from(dead);
            });
        }
        if in_production {
            self.mark(index, Stage::Production);
        }
    }

    /// A node got to a stage; only the first time counts.
    pub fn mark(&self, index: usize, stage: Stage) {
        let now = Instant::now();
        let mut book = self.book();
        let Some(entry) = book.entries.get_mut(index) else {
            return;
        };
        let after = entry.announced.map_or(Duration::ZERO, |at| now - at);
        let was_done = entry.marks.restarted.is_some() || entry.marks.production.is_some();
        let slot = entry.marks.slot(stage);
        if slot.is_some() {
            return;
        }
        *slot = Some(after);
        let done = entry.marks.restarted.is_some() || entry.marks.production.is_some();
        let expected = entry.behaviour.is_expected();
        if stage == Stage::Production {
            book.last_production = Some(now);
        }
        drop(book);
        self.progress.send_modify(|progress| {
            match stage {
                Stage::FirstRequest => progress.asked += 1,
                Stage::Configured => progress.configured += 1,
                Stage::Production => progress.production += 1,
                Stage::Csr | Stage::Restarted => {}
            }
            if expected {
                progress.provisioned += usize::from(done && !was_done);
                progress.confirmed += usize::from(stage == Stage::Production);
            }
        });
    }

    /// A node did not start.
    pub fn failed(&self, index: usize, why: String) {
        let mut book = self.book();
        let Some(entry) = book.entries.get_mut(index) else {
            return;
        };
        let first = entry.failure.replace(why).is_none();
        drop(book);
        if first {
            self.progress.send_modify(|progress| progress.failed += 1);
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use crate::options::Share;
    use crate::roster::roster;

    fn ledger(dead: usize) -> (Ledger, usize) {
        let mut options = Options::new(3, "nats://127.0.0.1:4222".parse().unwrap());
        options.shares.dead = Share::Count(dead);
        let places = roster(&options).unwrap();
        let alive = places.iter().find(|it| it.behaviour != Behaviour::Dead);
        (Ledger::new(&places), alive.unwrap().index)
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_first_time_counts() {
        let (ledger, node) = ledger(0);
        ledger.announced(node, false);
        tokio::time::advance(Duration::from_secs(1)).await;
        ledger.mark(node, Stage::Csr);
        tokio::time::advance(Duration::from_secs(1)).await;
        ledger.mark(node, Stage::Csr);
        ledger.announced(node, false);
        let entry = ledger.entry(node).unwrap();
        assert_eq!(entry.marks.csr, Some(Duration::from_secs(1)));
        assert_eq!((entry.starts, entry.outcome()), (2, "csr"));
        assert_eq!(ledger.progress().borrow().announced, 1);
    }

    #[tokio::test]
    async fn a_node_that_is_back_in_production_needs_no_restart_to_be_provisioned() {
        let (ledger, node) = ledger(2);
        ledger.announced(node, true);
        let progress = *ledger.progress().borrow();
        assert!(progress.reached(Until::Provisioned) && progress.reached(Until::Confirmed));
        ledger.mark(node, Stage::Restarted);
        assert_eq!(ledger.progress().borrow().provisioned, 1);
    }

    #[tokio::test]
    async fn dead_nodes_are_not_waited_for_and_others_are() {
        let (ledger, node) = ledger(2);
        assert!(!ledger.progress().borrow().reached(Until::Provisioned));
        ledger.mark(node, Stage::Restarted);
        let progress = *ledger.progress().borrow();
        assert!(progress.reached(Until::Provisioned) && !progress.reached(Until::Confirmed));
    }

    #[tokio::test]
    async fn a_node_that_did_not_start_says_why() {
        let (ledger, node) = ledger(0);
        ledger.failed(node, "no brokers".to_owned());
        assert_eq!(ledger.entry(node).unwrap().outcome(), "failed");
        assert_eq!(ledger.progress().borrow().failed, 1);
    }
}
