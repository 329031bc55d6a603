//! From one connection to another while both stand (see the module's page).

use std::future::pending;
use std::time::Duration;

use async_nats::Message;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio::time::sleep_until;
use tokio_util::task::AbortOnDropHandle;
use tokio_util::task::TaskTracker;

use super::handle::RenewalError;
use super::round::Failure;
use super::round::Made;
use super::round::Rounds;
use super::session::Session;
use super::session::SessionEvent;
use super::twins::Side;
use super::twins::Twins;

/// Who waits for a renewal.
pub(super) type Waiting = oneshot::Sender<Result<(), RenewalError>>;

/// A new connection in the making, and an old one on its way out. Mostly neither.
#[derive(Debug, Default)]
pub(super) struct Handover {
    making: Option<(AbortOnDropHandle<Result<Made, Failure>>, Waiting)>,
    leaving: Option<(Session, Instant)>,
    twins: Twins,
}

/// What happens on the way.
#[derive(Debug)]
pub(super) enum HandoverEvent {
    /// The new connection stands.
    Made(Box<Made>, Waiting),
    /// There is none.
    Failed(String, Waiting),
    /// A message came on the old connection.
    Message(Message),
    /// The old connection has nothing more to say.
    Left(Box<Session>),
}

impl Handover {
    /// Begins to make a connection.
    pub(super) fn begin(&mut self, rounds: &Rounds, done: Waiting) {
        if self.making.is_some() || self.leaving.is_some() {
            done.send(Err(RenewalError::Busy)).ok();
            return;
        }
        let own = rounds.clone();
        let round = rounds.tracker.spawn(async move { own.round(0).await });
        self.making = Some((AbortOnDropHandle::new(round), done));
    }

    /// Whether a message of the connection in use came on the other one already.
    pub(super) fn repeats(&mut self, message: &Message) -> bool {
        let side = match (&self.making, &self.leaving) {
            (None, None) => return false,
            (Some(_), None) => Side::Old,
            (_, Some(_)) => Side::New,
        };
        self.twins
            .is_second(side, &message.subject, &message.payload)
    }

    /// Keeps hearing a connection that was replaced.
    pub(super) fn leave(&mut self, old: Session) {
        self.leaving = Some((old, Instant::now() + LINGER));
    }

    /// Whether a message of the connection that was replaced came on the new one already.
    pub(super) fn repeated(&mut self, message: &Message) -> bool {
        self.twins
            .is_second(Side::Old, &message.subject, &message.payload)
    }

    /// Nothing goes on any more.
    pub(super) fn is_over(&mut self) {
        self.twins.forget();
    }

    /// Lets a connection go that was replaced and is not to be heard any longer.
    pub(super) fn abandon(&mut self, tracker: &TaskTracker) {
        if let Some((old, _)) = self.leaving.take() {
            tracker.spawn(old.end(LINGER));
        }
    }

    /// The next event; none while nothing goes on. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> HandoverEvent {
        tokio::select! {
            event = made(&mut self.making) => event,
            event = left(&mut self.leaving) => event,
        }
    }
}

async fn made(
    making: &mut Option<(AbortOnDropHandle<Result<Made, Failure>>, Waiting)>,
) -> HandoverEvent {
    let result = match making {
        None => pending().await,
        Some((round, _)) => round.await,
    };
    let Some((_, waiting)) = making.take() else {
        return pending().await;
    };
    match result {
        Ok(Ok(new)) => HandoverEvent::Made(Box::new(new), waiting),
        Ok(Err(failure)) => HandoverEvent::Failed(failure.reason, waiting),
        Err(_) => HandoverEvent::Failed("the attempt was given up".to_owned(), waiting),
    }
}

async fn left(leaving: &mut Option<(Session, Instant)>) -> HandoverEvent {
    if let Some((old, until)) = leaving {
        loop {
            let event = tokio::select! {
                event = old.next() => Some(event),
                () = sleep_until(*until) => None,
            };
            match event {
                Some(SessionEvent::Message(message)) => return HandoverEvent::Message(message),
                Some(SessionEvent::Lost(_)) | None => break,
                // the new connection is told the same
                Some(SessionEvent::Refused(_) | SessionEvent::Told(_)) => {}
            }
        }
    }
    match leaving.take() {
        Some((old, _)) => HandoverEvent::Left(Box::new(old)),
        None => pending().await,
    }
}

/// How long an old connection is heard beside the new one: far longer than a broker takes to act on a subscription that
/// it has been sent, and shorter than anyone waits for a reply.
const LINGER: Duration = Duration::from_secs(2);
