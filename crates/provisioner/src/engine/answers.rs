//! Answers to whoever asks at the control socket.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster::protocol::names::Identity;
use muster::transport::State;

use super::Engine;
use crate::config::Config;
use crate::control::Answer;
use crate::control::Command;
use crate::control::Course;
use crate::control::LastDiscovery;
use crate::control::PlanDocument;
use crate::control::Question;
use crate::control::StatusDocument;
use crate::drive::Context;
use crate::drive::Decider;
use crate::drive::Gate;
use crate::inventory::Inventory;
use crate::metrics::Gauges;
use crate::pace::Hold;
use crate::session::Approval;
use crate::session::Brief;
use crate::table::Probed;
use crate::table::Row;
use crate::table::Standing;

impl Engine {
    pub(super) fn answer(&mut self, question: Question) {
        let Question { command, answer } = question;
        let said = match command {
            Command::Hosts => Answer::Hosts { rows: self.rows() },
            Command::Status => Answer::Status(Box::new(self.status())),
            Command::Pause { reason } => self.pause(reason.map(String::from)),
            Command::Resume => self.resume(),
            Command::Drain => self.drain(),
            Command::Retry { identity } => self.retry(&identity),
            Command::Approve { identity } => self.approve(&identity),
            Command::Plan { identity } => return self.plan(identity, answer),
        };
        // whoever asked may be gone
        drop(answer.send(said));
    }

    /// A node that could begin also waits for what holds all of them.
    fn rows(&self) -> Vec<Row> {
        let now = self.now();
        let mut rows = self.table.rows(now);
        let Some(hold) = self.pace.hold(now) else {
            return rows;
        };
        for row in &mut rows {
            if matches!(row.standing, Standing::Queued | Standing::Ready) {
                row.why = format!("{}; {hold}", row.why);
            }
        }
        rows
    }

    fn pause(&mut self, reason: Option<String>) -> Answer {
        let why = reason.unwrap_or_else(|| "somebody said so".to_owned());
        tracing::warn!(reason = why, "paused");
        self.pace.pause(&why);
        self.gate.send_replace(Gate::Closed);
        done("paused; configured nodes are still restarted, and nodes that come are remembered")
    }

    fn resume(&mut self) -> Answer {
        tracing::info!("resumed");
        self.pace.resume();
        self.gate.send_replace(Gate::Open);
        done("resumed")
    }

    fn drain(&mut self) -> Answer {
        tracing::info!("draining: begun work ends, nothing else begins, then the provisioner ends");
        self.pace.drain();
        done("draining; the provisioner ends when begun work has ended")
    }

    fn retry(&mut self, identity: &Identity) -> Answer {
        if let Err(err) = self.table.retry(identity, self.now()) {
            return refused(err.to_string());
        }
        let (context, node) = (Arc::clone(&self.context), identity.clone());
        self.record(async move { context.journal.released(&node).await });
        done(&format!("{identity} is tried next"))
    }

    fn approve(&mut self, identity: &Identity) -> Answer {
        match self.table.approve(identity, self.now()) {
            Ok(()) => {
                tracing::info!(%identity, "approved");
                done(&format!("{identity} is approved, once"))
            }
            Err(err) => refused(err.to_string()),
        }
    }

    /// Asks the node and the helper in a task of its own.
    fn plan(&self, identity: Identity, answer: tokio::sync::oneshot::Sender<Answer>) {
        if !self.connected {
            drop(answer.send(refused("there is no connection to a broker")));
            return;
        }
        let (context, config) = (Arc::clone(&self.context), Arc::clone(&self.config));
        let decider = Arc::clone(&self.decider);
        self.tasks.spawn(async move {
            let said = match context.probe(&identity, &config).await {
                Ok(inventory) => plan(&context, &decider, config, identity, inventory).await,
                Err(Probed::Silent) => refused("the node does not answer"),
                Err(Probed::Junk { error }) => refused(error),
                Err(Probed::NotOurs { why }) => refused(why),
                Err(Probed::Answered) => refused("the node gave no inventory"),
            };
            drop(answer.send(said));
        });
    }

    fn status(&self) -> StatusDocument {
        let now = self.now();
        let hold = self.pace.hold(now);
        let counts = self.table.counts();
        let last_error = match &*self.link_state.borrow() {
            State::Connecting { last_error, .. } => last_error.clone(),
            State::Connected { .. } | State::Closed => None,
        };
        StatusDocument {
            version: self.facts.version.to_owned(),
            instance: self.context.journal.instance().to_owned(),
            site: self.config.site.clone(),
            started: self.facts.started,
            uptime_seconds: now.as_secs(),
            connected: self.connected,
            broker: self.facts.broker.clone().filter(|_| self.connected),
            last_error,
            paused: stopped(hold.as_ref()),
            site_fault: fault(hold.as_ref()),
            holds: hold.map(|hold| hold.to_string()),
            ready: self.unready(),
            draining: self.pace.is_draining(),
            monitor: self.facts.monitor.clone(),
            config_file: self.config.file.display().to_string(),
            config_loaded_at: self.facts.loaded,
            workers: as_u64(self.config.workers.get()),
            busy: as_u64(counts.busy.saturating_sub(self.waited_for())),
            oldest_waiting_seconds: counts
                .oldest_waiting
                .map(|_| counts.oldest_wait(now).as_secs()),
            counts: counts
                .standings
                .into_iter()
                .map(|(standing, count)| (standing, as_u64(count)))
                .collect(),
            provisioned_total: self.facts.provisioned,
            confirmed_total: self.facts.confirmed,
            failed_total: self.facts.failed,
            last_discovery: self
                .facts
                .found
                .map(|(at, found)| LastDiscovery { at, found }),
            journal_error: self.facts.journal_error.clone(),
        }
    }

    /// Why this provisioner does not do its work; nothing when it does.
    pub(super) fn unready(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if !self.connected {
            reasons.push("there is no connection to a broker".to_owned());
        }
        match self.pace.hold(self.now()) {
            Some(
                hold @ (Hold::Paused { .. }
                | Hold::Breaker { .. }
                | Hold::Site { .. }
                | Hold::Draining),
            ) => {
                let helper = self.facts.helper_error.as_ref();
                let helper = helper.filter(|_| matches!(hold, Hold::Site { .. }));
                reasons.push(hold.to_string());
                reasons
                    .extend(helper.map(|error| format!("the last error of the helper: {error}")));
            }
            // these pass by themselves: somebody is being provisioned
            Some(Hold::Rate { .. } | Hold::Canary { .. }) | None => {}
        }
        reasons.extend(self.facts.journal_error.clone());
        reasons
    }

    pub(super) fn gauges(&self, unready: &[String]) -> Gauges {
        let counts = self.table.counts();
        let now = self.now();
        let hold = self.pace.hold(now);
        let done = [
            Standing::Provisioned,
            Standing::Confirmed,
            Standing::Shutdown,
        ];
        let finished: usize = done.map(|standing| counts.of(standing)).iter().sum();
        let queued = counts.of(Standing::Queued);
        Gauges {
            busy_workers: as_u64(counts.busy.saturating_sub(self.waited_for())),
            work_queue_entries: as_u64(queued.saturating_add(counts.of(Standing::Ready))),
            waiting_nodes: as_u64(counts.known.saturating_sub(finished)),
            paused: stopped(hold.as_ref()).is_some(),
            oldest_waiting_seconds: counts.oldest_wait(now).as_secs(),
            site_fault: fault(hold.as_ref()).is_some(),
            connected: self.connected,
            ready: unready.is_empty(),
            nodes_by_standing: counts
                .standings
                .into_iter()
                .map(|(standing, count)| (standing, as_u64(count)))
                .collect(),
        }
    }
}

async fn plan(
    context: &Context,
    decider: &Decider,
    config: Arc<Config>,
    identity: Identity,
    inventory: Inventory,
) -> Answer {
    let told = told(&identity, &inventory);
    let signs = config.pki;
    let brief = Brief {
        config,
        identity: identity.clone(),
        inventory,
        approval: Approval::Given,
    };
    match context.plan(brief, decider).await {
        Ok(decision) => {
            let mut plan = PlanDocument::new(&identity, &decision, &told);
            if signs && plan.decision == Course::Configure {
                plan.notes.push(UNSIGNED.to_owned());
            }
            Answer::Plan(Box::new(plan))
        }
        Err(reason) => refused(reason),
    }
}

/// Why nothing begins until a person says so.
fn stopped(hold: Option<&Hold>) -> Option<String> {
    match hold? {
        hold @ (Hold::Paused { .. } | Hold::Breaker { .. }) => Some(hold.to_string()),
        Hold::Rate { .. } | Hold::Canary { .. } | Hold::Site { .. } | Hold::Draining => None,
    }
}

/// What is wrong with the site.
fn fault(hold: Option<&Hold>) -> Option<String> {
    match hold? {
        Hold::Site { fault, .. } => Some(fault.clone()),
        Hold::Paused { .. }
        | Hold::Breaker { .. }
        | Hold::Rate { .. }
        | Hold::Canary { .. }
        | Hold::Draining => None,
    }
}

/// What the node has told about its configuration, under the keys of a configuration.
fn told(identity: &Identity, inventory: &Inventory) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("identity".to_owned(), identity.to_string()),
        ("collectives".to_owned(), inventory.collectives.join(",")),
        (
            "main_collective".to_owned(),
            inventory.main_collective.clone(),
        ),
    ])
}

fn done(message: &str) -> Answer {
    Answer::Done {
        message: message.to_owned(),
    }
}

fn refused(reason: impl Into<String>) -> Answer {
    Answer::Refused {
        reason: reason.into(),
    }
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

const UNSIGNED: &str =
    "nothing is signed for a plan, so the certificate that the node would get is not shown";
