//! Renews the connection when the files of its certificate changed, and says what is wrong with them.
//!
//! Every interval the [`Keyring`] looks at the files. What fits is tried on a second connection, at a random moment
//! within one more interval, so that a rotation of the whole fleet does not arrive at the broker in one second; the
//! connection that stands is given up only for a new one ([`Handle::renew`]). What does not fit, or what no broker takes,
//! changes nothing. It is a concern of the node once it was so twice in a row: files are replaced one after the other,
//! and between the first and the last they never fit.
//!
//! The same concern tells what is doubtful about the certificate in use: its end within a week, a CA that is not its own,
//! a name that is not the node's.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio::time::sleep_until;
use tokio_util::task::TaskTracker;

use super::keyring::Keyring;
use super::keyring::Look;
use super::status::rfc3339;
use crate::os::clock::Clock;
use crate::os::random;
use crate::rpc::Node;
use crate::security::certificate::CertificateError;
use crate::security::part::Part;
use crate::transport::Handle;
use crate::transport::RenewalError;
use crate::transport::State;

/// Watches the files of a keyring and renews a connection.
#[derive(Debug)]
pub struct Renewal {
    keyring: Keyring,
    link: Handle,
    node: Arc<Node>,
    clock: Arc<dyn Clock>,
    interval: Duration,
    tracker: TaskTracker,
    /// What was wrong with the files, and how often in a row.
    unfit: Trouble,
    /// What was wrong with the last connection, and how often in a row.
    refused: Trouble,
}

#[derive(Debug, Default)]
struct Trouble {
    text: String,
    times: u32,
}

enum Event {
    Look,
    Renew,
    Closed,
}

impl Renewal {
    /// A watcher that looks every `interval`; it runs on `tracker` once it is spawned there.
    #[must_use]
    pub fn new(
        keyring: Keyring,
        link: Handle,
        node: Arc<Node>,
        clock: Arc<dyn Clock>,
        interval: Duration,
        tracker: TaskTracker,
    ) -> Self {
        Self {
            keyring,
            link,
            node,
            clock,
            interval: interval.max(SHORTEST),
            tracker,
            unfit: Trouble::default(),
            refused: Trouble::default(),
        }
    }

    /// Watches until the connection is closed.
    pub async fn run(mut self) {
        let mut state = self.link.state();
        let mut looks = Instant::now() + self.interval;
        let mut renews: Option<Instant> = None;
        self.report();
        loop {
            let event = tokio::select! {
                _ = state.wait_for(|state| matches!(state, State::Closed)) => Event::Closed,
                () = sleep_until(looks) => Event::Look,
                () = sleep_until(renews.unwrap_or(looks)), if renews.is_some() => Event::Renew,
            };
            match event {
                Event::Closed => return,
                Event::Look => {
                    renews = self.look().await.then(|| {
                        let moment = random::between(Duration::ZERO, self.interval);
                        renews.unwrap_or_else(|| Instant::now() + moment)
                    });
                    looks = Instant::now() + self.interval;
                }
                Event::Renew => {
                    renews = None;
                    self.renew().await;
                }
            }
            self.report();
        }
    }

    /// Whether there is something to renew the connection with.
    async fn look(&mut self) -> bool {
        let keyring = self.keyring.clone();
        let looked = self.tracker.spawn_blocking(move || keyring.look()).await;
        match looked {
            Ok(Look::Same) => {
                self.unfit.is_over();
                self.refused.is_over();
                false
            }
            Ok(Look::Renewed) => {
                self.unfit.is_over();
                true
            }
            Ok(Look::Unfit(reason)) => {
                self.unfit.happens(reason);
                self.refused.is_over();
                false
            }
            Err(_) => false,
        }
    }

    async fn renew(&mut self) {
        match self.link.renew(PATIENCE).await {
            Ok(()) => self.refused.is_over(),
            // attempts at a connection use the candidate by themselves; whatever else, the next look tries again
            Err(RenewalError::NotConnected | RenewalError::Busy) => {}
            Err(err @ (RenewalError::Refused { .. } | RenewalError::TimedOut)) => {
                self.refused.happens(err.to_string());
            }
        }
    }

    fn report(&self) {
        let mut texts = Vec::new();
        if self.unfit.lasts() {
            texts.push(format!(
                "the files changed and cannot be used, what was in use stays: {}",
                self.unfit.text
            ));
        }
        if self.refused.lasts() {
            texts.push(format!(
                "no broker takes the renewed certificate, the connection with the one before is kept: {}",
                self.refused.text
            ));
        }
        texts.extend(self.doubts());
        if texts.is_empty() {
            self.node.concerns.clear(AREA);
        } else {
            self.node.concerns.raise(AREA, texts.join("; "));
        }
    }

    /// What is doubtful about the certificate in use. The broker decides what follows from it.
    fn doubts(&self) -> Vec<String> {
        let material = self.keyring.current();
        let path = self.keyring.files().path(Part::Certificate).display();
        let now = self.clock.now();
        let mut doubts = Vec::new();
        match material.expires() {
            Some(end) if end < now => doubts.push(format!("{path} ended on {}", rfc3339(end))),
            Some(end) if end.saturating_sub(SOON) < now => {
                doubts.push(format!("{path} ends on {}, renew it", rfc3339(end)));
            }
            Some(_) | None => {}
        }
        match material.judge(now) {
            Ok(()) => {}
            // told above, with its date
            Err(CertificateError::NotNow) if !doubts.is_empty() => {}
            Err(err) => doubts.push(format!("{path}: {err}")),
        }
        let certname = self.keyring.certname();
        if !material.is_for(certname) {
            doubts.push(format!("{path} does not carry the name {certname}"));
        }
        doubts
    }
}

impl Trouble {
    fn happens(&mut self, text: String) {
        self.text = text;
        self.times = self.times.saturating_add(1);
    }

    fn is_over(&mut self) {
        *self = Self::default();
    }

    const fn lasts(&self) -> bool {
        self.times >= LASTING
    }
}

/// The area of the concern.
const AREA: &str = "certificate";
/// Times in a row after which trouble is told.
const LASTING: u32 = 2;
/// Seconds before its end from which a certificate is a concern.
const SOON: i64 = 7 * 24 * 60 * 60;
/// Time for one renewal, with all brokers silent.
const PATIENCE: Duration = Duration::from_secs(60);
/// Shortest time between two looks.
const SHORTEST: Duration = Duration::from_millis(50);
