//! The supervising task: owns the connection of the moment, serves requests, hands messages on.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use async_nats::Message;
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;

use super::attempt::LostReason;
use super::config::Config;
use super::dial::Dialer;
use super::handle::Handle;
use super::handle::REQUEST_DEPTH;
use super::handle::RenewalError;
use super::handle::Request;
use super::handle::TransportError;
use super::handover::Handover;
use super::handover::HandoverEvent;
use super::inbox::Inbox;
use super::inbox::Incoming;
use super::outbox::Outbox;
use super::session::Delivery;
use super::session::Session;
use super::session::SessionEvent;
use super::state::Counters;
use super::state::add;
use super::state::len;
use crate::protocol::MAX_MESSAGE;
use crate::protocol::names::Subject;
use crate::telemetry::Throttle;

/// Starts to connect. Messages of all subscriptions arrive at the receiver; when it is not read, they are dropped and
/// counted. The receiver ends when the connection was closed.
#[must_use]
pub fn start(config: Config, tracker: &TaskTracker) -> (Handle, mpsc::Receiver<Incoming>) {
    let config = Arc::new(config);
    let counters = Arc::new(Counters::default());
    let (asking, requests) = mpsc::channel(REQUEST_DEPTH);
    let (inbox, incoming) = Inbox::new(config.room);
    let patience = config.ping_interval.saturating_mul(4);
    let (dialer, state) = Dialer::new(config, tracker.clone(), Arc::clone(&counters));
    let handle = Handle::new(asking, state, Arc::clone(&counters));
    let task = Task {
        dialer,
        desk: Desk {
            requests,
            outbox: Outbox::default(),
            counters,
        },
        inbox,
        tracker: tracker.clone(),
        patience,
        started: Instant::now(),
        violations: Throttle::new(LOG_EVERY),
        complaints: Throttle::new(LOG_EVERY),
    };
    tracker.spawn(task.run());
    (handle, incoming)
}

struct Task {
    dialer: Dialer,
    desk: Desk,
    inbox: Inbox,
    tracker: TaskTracker,
    /// How long a lost connection's task may take to end before another is made beside it.
    patience: Duration,
    started: Instant,
    violations: Throttle,
    complaints: Throttle,
}

/// Where requests arrive and where messages wait while there is no connection.
struct Desk {
    requests: mpsc::Receiver<Request>,
    outbox: Outbox,
    counters: Arc<Counters>,
}

/// A wish to end, with the one who waits for it; nobody waits when all handles were dropped.
struct Close {
    deadline: Instant,
    done: Option<oneshot::Sender<Result<(), TransportError>>>,
}

enum Step {
    Request(Option<Request>),
    Event(SessionEvent),
    Handover(HandoverEvent),
}

enum Ended {
    Lost(LostReason),
    Close(Close),
}

impl Task {
    async fn run(mut self) {
        let (close, verdict) = loop {
            // boxed: what connecting needs is given back once connected
            let connect = Box::pin(self.dialer.connect());
            let mut session = match self.desk.while_down(connect).await {
                Ok(session) => session,
                Err(close) => break (close, Ok(())),
            };
            let since = Instant::now();
            match self.serve(&mut session).await {
                Ended::Lost(reason) => {
                    self.dialer.lost(&reason, since.elapsed());
                    let end = session.end(self.patience);
                    if let Err(close) = self.desk.while_down(end).await {
                        break (close, Ok(()));
                    }
                }
                Ended::Close(close) => {
                    let verdict = in_time(session.flush(), close.deadline).await;
                    session.end(GOODBYE).await;
                    break (close, verdict);
                }
            }
        };
        self.desk.forget_all();
        self.dialer.closed();
        tracing::info!("the connection to the broker is closed");
        if let Some(done) = close.done {
            done.send(verdict).ok();
        }
    }

    async fn serve(&mut self, session: &mut Session) -> Ended {
        if let Err(reason) = self.desk.send_kept(session).await {
            return Ended::Lost(reason);
        }
        let mut handover = Handover::default();
        let ended = loop {
            let step = tokio::select! {
                request = self.desk.requests.recv() => Step::Request(request),
                event = session.next() => Step::Event(event),
                event = handover.next() => Step::Handover(event),
            };
            let ended = match step {
                Step::Request(request) => self.on_request(request, session, &mut handover).await,
                Step::Event(event) => self.on_event(event, &mut handover),
                Step::Handover(event) => {
                    self.on_handover(event, session, &mut handover);
                    None
                }
            };
            if let Some(ended) = ended {
                break ended;
            }
        };
        handover.abandon(&self.tracker);
        ended
    }

    fn on_handover(
        &mut self,
        event: HandoverEvent,
        session: &mut Session,
        handover: &mut Handover,
    ) {
        match event {
            HandoverEvent::Made(made, waiting) => {
                handover.leave(mem::replace(session, self.dialer.connected(*made)));
                tracing::info!("the connection was renewed");
                waiting.send(Ok(())).ok();
            }
            HandoverEvent::Failed(reason, waiting) => {
                handover.is_over();
                waiting.send(Err(RenewalError::Refused { reason })).ok();
            }
            HandoverEvent::Message(message) if handover.repeated(&message) => {}
            HandoverEvent::Message(message) => self.hand_on(message),
            HandoverEvent::Left(old) => {
                handover.is_over();
                self.tracker.spawn(old.end(GOODBYE));
            }
        }
    }

    async fn on_request(
        &mut self,
        request: Option<Request>,
        session: &Session,
        handover: &mut Handover,
    ) -> Option<Ended> {
        match request {
            None => Some(Ended::Close(Close::unasked())),
            Some(Request::Renew { done }) => {
                handover.begin(self.dialer.rounds(), done);
                None
            }
            Some(Request::Close { deadline, done }) => Some(Ended::Close(Close {
                deadline,
                done: Some(done),
            })),
            Some(Request::Publish { subject, payload }) => {
                let sent = self.desk.send(subject, payload, session).await;
                sent.err().map(Ended::Lost)
            }
            Some(Request::Flush { deadline, done }) => {
                let flush = session.flush();
                // beside the task, which must go on reading meanwhile
                self.tracker.spawn(async move {
                    done.send(in_time(flush, deadline).await).ok();
                });
                None
            }
        }
    }

    fn on_event(&mut self, event: SessionEvent, handover: &mut Handover) -> Option<Ended> {
        match event {
            SessionEvent::Message(message) if handover.repeats(&message) => {}
            SessionEvent::Message(message) => self.hand_on(message),
            SessionEvent::Refused(text) => {
                add(&self.desk.counters.permission_violations, 1);
                if let Some(withheld) = self.violations.pass(self.started.elapsed()) {
                    tracing::warn!(broker = %text, withheld, "the broker does not let us use a subject");
                }
            }
            SessionEvent::Told(text) => {
                if let Some(withheld) = self.complaints.pass(self.started.elapsed()) {
                    tracing::warn!(broker = %text, withheld, "the broker complains");
                }
            }
            SessionEvent::Lost(reason) => return Some(Ended::Lost(reason)),
        }
        None
    }

    fn hand_on(&mut self, message: Message) {
        let counters = &self.desk.counters;
        if message.payload.len() > MAX_MESSAGE {
            return add(&counters.oversized, 1);
        }
        let size = len(&message.payload);
        let incoming = Incoming {
            subject: message.subject.into_string(),
            payload: message.payload,
        };
        match self.inbox.offer(incoming) {
            Ok(()) => {
                add(&counters.in_messages, 1);
                add(&counters.in_bytes, size);
            }
            Err(_) => add(&counters.dropped, 1),
        }
    }
}

impl Desk {
    /// Serves requests while something else goes on that ends in a connection or on the way to one.
    async fn while_down<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Close> {
        tokio::pin!(work);
        loop {
            let request = tokio::select! {
                done = &mut work => return Ok(done),
                request = self.requests.recv() => request,
            };
            match request {
                None => return Err(Close::unasked()),
                Some(Request::Close { deadline, done }) => {
                    return Err(Close {
                        deadline,
                        done: Some(done),
                    });
                }
                Some(Request::Publish { subject, payload }) => self.keep(subject, payload),
                Some(Request::Flush { done, .. }) => {
                    done.send(Err(TransportError::NotConnected)).ok();
                }
                Some(Request::Renew { done }) => {
                    done.send(Err(RenewalError::NotConnected)).ok();
                }
            }
        }
    }

    fn keep(&mut self, subject: Subject, payload: Bytes) {
        let now = Instant::now();
        let expired = self.outbox.expire(now);
        add(&self.counters.unsent, expired);
        if self.outbox.keep(subject, payload, now).is_err() {
            add(&self.counters.unsent, 1);
        }
    }

    async fn send_kept(&mut self, session: &Session) -> Result<(), LostReason> {
        let expired = self.outbox.expire(Instant::now());
        add(&self.counters.unsent, expired);
        for (subject, payload) in self.outbox.take() {
            self.send(subject, payload, session).await?;
        }
        Ok(())
    }

    async fn send(
        &mut self,
        subject: Subject,
        payload: Bytes,
        session: &Session,
    ) -> Result<(), LostReason> {
        let size = len(&payload);
        match session.publish(subject, payload).await {
            Delivery::Taken => {
                add(&self.counters.out_messages, 1);
                add(&self.counters.out_bytes, size);
            }
            Delivery::TooLarge => add(&self.counters.unsent, 1),
            // the session tells the reason next
            Delivery::Gone(subject, payload) => self.keep(subject, payload),
            Delivery::Stalled => {
                add(&self.counters.unsent, 1);
                return Err(LostReason::Stalled);
            }
        }
        Ok(())
    }

    fn forget_all(&mut self) {
        self.requests.close();
        let kept = self.outbox.take().len();
        add(
            &self.counters.unsent,
            u64::try_from(kept).unwrap_or_default(),
        );
    }
}

impl Close {
    fn unasked() -> Self {
        Self {
            deadline: Instant::now() + GOODBYE,
            done: None,
        }
    }
}

async fn in_time(
    flush: impl Future<Output = bool>,
    deadline: Instant,
) -> Result<(), TransportError> {
    match timeout_at(deadline, flush).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(TransportError::NotConnected),
        Err(_) => Err(TransportError::TimedOut),
    }
}

/// For lines that a broker can cause.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// For the last words of a connection that nobody waits for, and for its task to end.
const GOODBYE: Duration = Duration::from_secs(2);
