//! What happens with a message: judged in the loop, answered in a task of its own, a bounded number at a time.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::dispatch::Accepted;
use super::dispatch::Dispatcher;
use super::lifecycle::Lifecycle;
use super::refusal::Refusal;
use super::replay_store::ReplayStore;
use crate::os::clock::Clock;
use crate::report::Chain;
use crate::rpc::Answer;
use crate::rpc::Node;
use crate::rpc::Then;
use crate::telemetry::Throttle;
use crate::transport::Handle;
use crate::transport::Incoming;

/// Serves requests.
#[derive(Debug)]
pub struct Server {
    node: Arc<Node>,
    dispatcher: Dispatcher,
    link: Handle,
    lifecycle: Arc<Lifecycle>,
    followups: mpsc::Sender<Then>,
    store: ReplayStore,
    clock: Arc<dyn Clock>,
    started: Instant,
    refusals: Throttle,
    /// Requests at work at the same time.
    work: Arc<Semaphore>,
    /// Answers to wrong tokens that wait; apart from the work, so that guessing does not hold up anybody.
    waiting: Arc<Semaphore>,
    /// The requests at work, so that a stop can wait for their replies.
    tasks: TaskTracker,
    stopping: AtomicBool,
}

impl Server {
    /// A server for this dispatcher.
    #[must_use]
    pub fn new(
        node: Arc<Node>,
        dispatcher: Dispatcher,
        link: Handle,
        lifecycle: Arc<Lifecycle>,
        followups: mpsc::Sender<Then>,
        store: ReplayStore,
        clock: Arc<dyn Clock>,
    ) -> Self {
        dispatcher.remember(store.kept());
        Self {
            node,
            dispatcher,
            link,
            lifecycle,
            followups,
            store,
            clock,
            started: Instant::now(),
            refusals: Throttle::new(Duration::from_secs(1)),
            work: Arc::new(Semaphore::new(AT_WORK)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            tasks: TaskTracker::new(),
            stopping: AtomicBool::new(false),
        }
    }

    /// Judges a message and, if it is accepted, has it answered.
    pub fn receive(self: &Arc<Self>, message: &Incoming) {
        if self.stopping.load(Ordering::Relaxed) {
            return;
        }
        let accepted = match self.dispatcher.accept(&message.subject, &message.payload) {
            Ok(accepted) => accepted,
            Err(refusal) => return self.refused(&refusal),
        };
        let Ok(permit) = Arc::clone(&self.work).try_acquire_owned() else {
            Refusal::Busy.count(&self.node.stats);
            return self.refused(&Refusal::Busy);
        };
        let server = Arc::clone(self);
        let work = self.tasks.spawn(async move {
            let answer = server.dispatcher.answer(&accepted).await;
            drop(permit);
            server.deliver(&accepted, answer).await;
        });
        drop(work);
    }

    /// From now on nothing new is accepted; ends when everything accepted was answered.
    pub async fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn deliver(&self, accepted: &Accepted, answer: Answer) {
        if !answer.delay.is_zero() {
            // a flood of guesses gets no answers at all
            let Ok(_waiting) = self.waiting.try_acquire() else {
                return;
            };
            tokio::time::sleep(answer.delay).await;
        }
        if answer.announce.is_some() || answer.then.is_some() {
            self.store
                .keep(accepted.hash, accepted.request.expires(), self.clock.now());
        }
        if let Some(kind) = answer.announce {
            self.lifecycle.publish(kind);
        }
        if let Some(body) = answer.body {
            self.reply(accepted, body);
        }
        if let Some(then) = answer.then {
            // the reply leaves before the process does
            if let Err(err) = self.link.flush(FLUSH).await {
                tracing::warn!(reason = %Chain(&err), "the reply may not have left before the restart");
            }
            if self.followups.try_send(then).is_err() {
                tracing::debug!("a restart is pending already");
            }
        }
    }

    fn reply(&self, accepted: &Accepted, body: Vec<u8>) {
        let server = self.node.link().server;
        let payload = self
            .dispatcher
            .reply(accepted, body, &server, self.link.max_payload());
        match self.link.publish(accepted.reply_to.clone(), payload.into()) {
            Ok(()) => self.node.stats.replies.count(),
            Err(err) => tracing::warn!(reason = %Chain(&err), "a reply was not sent"),
        }
    }

    fn refused(&self, refusal: &Refusal) {
        if matches!(refusal, Refusal::Filtered | Refusal::UnknownAgent) {
            return;
        }
        // what is wrong with a filter quotes it
        if !matches!(refusal, Refusal::Filter(_)) {
            let now = self.clock.now();
            self.node.stats.refused(now, refusal.reason());
        }
        if let Some(suppressed) = self.refusals.pass(self.started.elapsed()) {
            tracing::debug!(
                reason = refusal.reason(),
                suppressed,
                "a message was refused"
            );
        }
    }
}

/// Requests at work at the same time; each holds at most one message in memory.
const AT_WORK: usize = 64;
/// Answers to wrong tokens that wait at the same time.
const WAITING: usize = 32;
/// Time for the reply to a restart to leave.
const FLUSH: Duration = Duration::from_secs(2);
