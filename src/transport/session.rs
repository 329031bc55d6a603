//! One connection, from its making to its end: the only file that knows the broker library.
//!
//! What the library does behind this, and what is done about it, stands on the module's page.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::Client;
use async_nats::ConnectError;
use async_nats::ConnectErrorKind;
use async_nats::ConnectOptions;
use async_nats::Event;
use async_nats::Message;
use async_nats::ServerAddr;
use async_nats::Subscriber;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::SelectAll;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::Interval;
use tokio::time::MissedTickBehavior;
use tokio::time::interval_at;
use tokio::time::timeout;

use super::attempt::AttemptError;
use super::attempt::LostReason;
use super::attempt::plain;
use super::config::Config;
use super::policy::Channel;
use super::state::Counters;
use super::state::add;
use super::targets::Server;
use super::verdict::verdict;
use super::watchdog::Watchdog;
use crate::protocol::MAX_MESSAGE;
use crate::protocol::names::Subject;

/// A connection with all its subscriptions.
#[derive(Debug)]
pub(super) struct Session {
    client: Client,
    messages: SelectAll<Subscriber>,
    notes: mpsc::Receiver<Note>,
    told: Option<String>,
    watchdog: Watchdog,
    looks: Interval,
}

/// What happens on a connection.
#[derive(Debug)]
pub(super) enum SessionEvent {
    Message(Message),
    /// The broker does not let us use a subject.
    Refused(String),
    /// The broker complains about something else.
    Told(String),
    Lost(LostReason),
}

/// What became of a message.
#[derive(Debug)]
pub(super) enum Delivery {
    Taken,
    /// Larger than this broker takes.
    TooLarge,
    /// The connection ended; the message is still ours.
    Gone(Subject, Bytes),
    /// Nothing moved for too long.
    Stalled,
}

impl Session {
    /// The options of a connection to one server; made apart from it because they are what borrows the policy.
    pub(super) fn options(
        config: &Config,
        channel: Channel<'_>,
        counters: &Arc<Counters>,
    ) -> (ConnectOptions, Notes) {
        let (sender, notes) = mpsc::channel(NOTES);
        let dropped = Arc::clone(counters);
        let mut options = ConnectOptions::new()
            .name(&config.name)
            .connection_timeout(config.connect_timeout)
            .ping_interval(config.ping_interval)
            .subscription_capacity(config.room.messages.max(BURST))
            .client_capacity(COMMANDS)
            .read_buffer_capacity(READ_BUFFER)
            .ignore_discovered_servers()
            .max_reconnects(1)
            .reconnect_delay_callback(|_| Duration::ZERO)
            .event_callback(move |event| {
                note(event, &sender, &dropped);
                std::future::ready(())
            });
        if let Some((user, password)) = &config.credentials.user {
            options = options.user_and_password(user.clone(), password.expose().clone());
        }
        if let Some(token) = &config.credentials.token {
            options = options.token(token.expose().clone());
        }
        if let Channel::Tls(tls, _) = channel {
            options = options.require_tls(true).tls_client_config(tls.clone());
        }
        (options, Notes(notes))
    }

    /// Connects, subscribes and flushes. Runs in a task of its own: the library may panic in here.
    pub(super) async fn open(
        server: Server,
        config: Arc<Config>,
        options: ConnectOptions,
        notes: Notes,
    ) -> Result<Self, AttemptError> {
        let address: ServerAddr = server.to_string().parse().map_err(AttemptError::Address)?;
        let client = options
            .connect(address)
            .await
            .map_err(|err| judge(err, &config))?;
        let prepared = timeout(config.connect_timeout, prepare(&client, &config));
        let messages = prepared
            .await
            .map_err(|_| AttemptError::Silent(config.connect_timeout))??;
        Ok(Self {
            watchdog: Watchdog::new(client.max_payload().clamp(MAX_MESSAGE, 8 * MAX_MESSAGE)),
            looks: every(config.ping_interval / LOOKS),
            client,
            messages,
            notes: notes.0,
            told: None,
        })
    }

    /// The next event. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> SessionEvent {
        loop {
            let seen = tokio::select! {
                note = self.notes.recv() => Seen::Note(note),
                message = self.messages.next(), if !self.messages.is_empty() => Seen::Message(message),
                _ = self.looks.tick() => Seen::Tick,
            };
            match seen {
                Seen::Message(Some(message)) => return SessionEvent::Message(message),
                // all subscriptions ended together: the reason follows as a note
                Seen::Message(None) => {}
                Seen::Tick if self.floods() => {
                    return SessionEvent::Lost(LostReason::Endless);
                }
                Seen::Tick => {}
                Seen::Note(Some(Note::Refused(text))) => return SessionEvent::Refused(text),
                Seen::Note(Some(Note::Told(text))) => {
                    self.told = Some(text.clone());
                    return SessionEvent::Told(text);
                }
                Seen::Note(Some(Note::Disconnected)) => {
                    let reason = self
                        .told
                        .take()
                        .map_or(LostReason::Closed, LostReason::Told);
                    return SessionEvent::Lost(reason);
                }
                Seen::Note(None) => return SessionEvent::Lost(LostReason::Died),
            }
        }
    }

    fn floods(&mut self) -> bool {
        let statistics = self.client.statistics();
        let bytes = statistics.in_bytes.load(Ordering::Relaxed);
        let messages = statistics.in_messages.load(Ordering::Relaxed);
        self.watchdog.bites(bytes, messages)
    }

    /// Hands over a message.
    pub(super) async fn publish(&self, subject: Subject, payload: Bytes) -> Delivery {
        if payload.len() > self.client.max_payload() {
            return Delivery::TooLarge;
        }
        let publish = self
            .client
            .publish(subject.as_str().to_owned(), payload.clone());
        match timeout(STALL, publish).await {
            Ok(Ok(())) => Delivery::Taken,
            Ok(Err(_)) => Delivery::Gone(subject, payload),
            Err(_) => Delivery::Stalled,
        }
    }

    /// Resolves to true once everything published so far was given to the operating system. Independent of `self`.
    pub(super) fn flush(&self) -> impl Future<Output = bool> + Send + 'static {
        let client = self.client.clone();
        async move { client.flush().await.is_ok() }
    }

    /// Largest payload that the broker takes.
    pub(super) fn max_payload(&self) -> usize {
        self.client.max_payload()
    }

    /// Lets the connection go and waits until its task is gone.
    pub(super) async fn end(self, limit: Duration) {
        let Self {
            client,
            messages,
            mut notes,
            ..
        } = self;
        drop(messages);
        drop(client);
        let gone = async { while notes.recv().await.is_some() {} };
        if timeout(limit, gone).await.is_err() {
            tracing::warn!("the task of a lost connection does not end");
        }
    }
}

/// What the library tells about a connection, on its way to the session.
#[derive(Debug)]
pub(super) struct Notes(mpsc::Receiver<Note>);

#[derive(Debug)]
enum Note {
    Refused(String),
    Told(String),
    Disconnected,
}

enum Seen {
    Note(Option<Note>),
    Message(Option<Message>),
    Tick,
}

/// Runs in the library's task, so it must not wait. A note that finds no room is not missed: the end of the
/// connection shows by the end of the channel.
fn note(event: Event, notes: &mpsc::Sender<Note>, counters: &Counters) {
    let note = match event {
        Event::SlowConsumer(_) => return add(&counters.dropped, 1),
        Event::Disconnected => Note::Disconnected,
        Event::ServerError(err) => {
            let text = err.to_string();
            let text = plain(text.strip_prefix("nats: ").unwrap_or(&text), MAX_TEXT);
            if text.to_ascii_lowercase().starts_with(VIOLATION) {
                Note::Refused(text)
            } else {
                Note::Told(text)
            }
        }
        Event::Connected
        | Event::LameDuckMode
        | Event::Draining
        | Event::Closed
        | Event::ClientError(_) => return,
    };
    notes.try_send(note).ok();
}

/// Subscribes, takes the library's means to reconnect away, flushes.
async fn prepare(client: &Client, config: &Config) -> Result<SelectAll<Subscriber>, AttemptError> {
    let nowhere: ServerAddr = NOWHERE.parse().map_err(AttemptError::Address)?;
    client
        .set_server_pool(vec![nowhere])
        .await
        .map_err(|_| AttemptError::FirstFlush)?;
    let mut messages = SelectAll::new();
    for subscription in &config.subscriptions {
        let pattern = subscription.pattern().to_owned();
        let subscriber = match subscription.group() {
            None => client.subscribe(pattern).await,
            Some(group) => client.queue_subscribe(pattern, group.to_owned()).await,
        };
        messages.push(subscriber.map_err(AttemptError::Subscribe)?);
    }
    client.flush().await.map_err(|_| AttemptError::FirstFlush)?;
    Ok(messages)
}

fn every(period: Duration) -> Interval {
    let period = period.max(SHORTEST_LOOK);
    let mut looks = interval_at(Instant::now() + period, period);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}

fn judge(err: ConnectError, config: &Config) -> AttemptError {
    match err.kind() {
        ConnectErrorKind::AuthorizationViolation if config.credentials.is_empty() => {
            AttemptError::NoCredentials
        }
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
            AttemptError::Unauthorized(err)
        }
        ConnectErrorKind::TimedOut => AttemptError::Silent(config.connect_timeout),
        ConnectErrorKind::Tls if err.to_string().contains("platform certs") => {
            AttemptError::PlatformRoots(err)
        }
        ConnectErrorKind::Tls
        | ConnectErrorKind::ServerParse
        | ConnectErrorKind::Dns
        | ConnectErrorKind::Io
        | ConnectErrorKind::MaxReconnects => verdict(&err).unwrap_or(AttemptError::Handshake(err)),
    }
}

/// How the broker's complaint about a subject begins.
const VIOLATION: &str = "permissions violation";
/// Refuses at once, without a name to resolve.
const NOWHERE: &str = "nats://127.0.0.1:0";
/// Texts of a broker are cut to this.
const MAX_TEXT: usize = 200;
/// Complaints that may wait; more are noise.
const NOTES: usize = 64;
/// Messages of one subscription that may arrive before its reader gets a turn. Generous, because what is lost here is
/// only roughly counted; the bound that matters is that of the inbox.
const BURST: usize = 8192;
/// Commands that may wait for the library, so that a broker that does not read is noticed.
const COMMANDS: usize = 64;
/// Grows when messages are larger.
const READ_BUFFER: u16 = 8192;
/// How long handing over one message may take.
const STALL: Duration = Duration::from_secs(10);
/// Looks of the watchdog per ping interval: one in two seconds by default.
const LOOKS: u32 = 15;
const SHORTEST_LOOK: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Chain;
    use crate::transport::TlsPolicy;
    use crate::transport::config::Credentials;
    use crate::transport::targets::Targets;

    fn config() -> Config {
        Config::new("n1", Targets::Servers(Vec::new()), TlsPolicy::Disabled)
    }

    #[test]
    fn unreadable_platform_roots_are_reported_with_their_way_out() {
        let text = "could not load platform certs: failed to open file";
        let err = ConnectError::with_source(ConnectErrorKind::Tls, text);
        let judged = judge(err, &config());
        assert!(matches!(judged, AttemptError::PlatformRoots(_)));
        let shown = Chain(&judged).to_string();
        assert!(shown.contains("SSL_CERT_FILE=/dev/null") && shown.contains(text));
    }

    #[test]
    fn a_refusal_says_whether_there_was_anything_to_refuse() {
        let refused = || ConnectError::new(ConnectErrorKind::AuthorizationViolation);
        assert!(matches!(
            judge(refused(), &config()),
            AttemptError::NoCredentials
        ));
        let mut config = config();
        config.credentials = Credentials {
            token: Some(crate::secret::Secret::new("x".into())),
            user: None,
        };
        assert!(matches!(
            judge(refused(), &config),
            AttemptError::Unauthorized(_)
        ));
    }
}
