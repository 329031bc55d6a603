//! The broker connection of a node and of the command line.
//!
//! [`start`] spawns one supervising task; the outside sees a cloneable [`Handle`], a `watch` of its [`State`] and a bounded
//! queue of [`Incoming`] messages. The set of subscriptions is fixed at the start and made anew with every connection.
//! The task never gives up: servers are resolved again for every round, each is tried once per round, then a jittered
//! wait follows ([`Policy`]), made for a fleet that lost its broker in one moment. It never asks a server that its
//! [`Targets`] do not name, and it does not follow the server addresses that a broker advertises.
//!
//! ```text
//!   start ──> Connecting ──probe, decide about TLS, connect, subscribe──> Connected
//!                 ^  └─ failed: wait, jittered, resolve again ─┐              │
//!                 └────────────────────────────────────────────┴── lost ──────┘
//!   close or all handles dropped, from anywhere ──> Closed
//! ```
//!
//! # A renewed connection
//!
//! [`Handle::renew`] makes a second connection beside the one that stands, with the protection that
//! [`Renewable::offer`] then has, and moves over to it once its subscriptions were sent: what is published from then on
//! takes the new one, and both are heard for a short while, until the broker has surely taken the subscriptions. So
//! nothing is missed, and what comes on both is handed on once (`twins`). When
//! the second connection cannot be made, the first one stays as it is and the caller is told why: no certificate is
//! worth a working connection. A connection that is lost in the meantime is an ordinary loss.
//!
//! # What stands between a hostile broker and this process
//!
//! An unverified broker is a stranger, and `async-nats` 0.51 trusts its peer. So, from its source:
//!
//! - It connects without TLS when a broker merely offers it. A `probe` reads the first line itself, bounded in time
//!   and size, and [`TlsPolicy`] decides; what is not NATS never reaches the library.
//! - A bare `-ERR` or a `MSG` of absurd size panics whoever reads it: the caller while connecting, a detached task later.
//!   Connecting happens in a task of its own, the end of the detached one closes a channel we hold; both are an ordinary
//!   loss of the connection (design D17).
//! - Its own reconnect would neither resolve nor probe. It cannot be switched off, so once connected its list of servers is
//!   replaced by one address that refuses at once, with a single attempt.
//! - A line without end, or a message announced with an absurd size, grows its read buffer. The buffer cannot be
//!   bounded from outside and the task that owns it cannot be aborted. A slow one is ended by the library itself, because
//!   nothing answers its pings: three intervals. A fast one shows in its counters, looked at fifteen times per interval
//!   (`watchdog`): the connection is given up, its task ends and frees the buffer, and no other is opened before. A
//!   flood over the loopback grew an unoptimised build by 15 MiB per second until then, and was gone with the
//!   connection. What that costs at most is not bounded here but by the memory limit of the unit (design D8).
//! - It loads the platform's root certificates even though we supply the TLS configuration, and fails when the store is
//!   broken or `SSL_CERT_FILE` or `SSL_CERT_DIR` name what is not there. That failure is reported with its way out:
//!   `SSL_CERT_FILE=/dev/null` and no `SSL_CERT_DIR`, which also saves the time and memory of parsing a store that nothing
//!   uses. A machine without any store is fine.
//! - It logs what a broker says. Its target `async_nats` is silenced by `telemetry`; what matters is logged here.
//!
//! # What is bounded
//!
//! Requests to the task ([`REQUEST_DEPTH`]), messages kept across a loss of the connection (`outbox`: count, bytes and
//! age), incoming messages (`inbox`: count and bytes; what does not fit is dropped and counted, the connection never
//! waits for its reader), every text of a broker that ends in a log or in the status.

mod attempt;
mod backoff;
mod config;
mod dial;
mod find;
mod handle;
mod handover;
mod inbox;
mod info;
mod outbox;
mod policy;
mod probe;
mod relay;
mod round;
mod session;
mod srv;
mod state;
mod targets;
mod task;
mod twins;
mod verdict;
mod watchdog;

pub use backoff::Policy;
pub use config::BadPattern;
pub use config::Config;
pub use config::Credentials;
pub use config::Subscription;

pub use find::FindError;
pub use find::LookupError;
pub use find::find;
pub use handle::Handle;
pub use handle::REQUEST_DEPTH;
pub use handle::RenewalError;
pub use handle::TransportError;
pub use inbox::Incoming;
pub use inbox::Room;
pub use policy::Offer;
pub use policy::Protection;
pub use policy::Renewable;
pub use policy::TlsPolicy;
pub use relay::Relay;
pub use relay::Relayed;
pub use relay::Waiting;
pub use relay::relayed;
pub use state::State;
pub use state::Stats;
pub use targets::BadServer;
pub use targets::Resolver;
pub use targets::Scheme;
pub use targets::Server;
pub use targets::Srv;
pub use targets::Targets;
pub use task::start;
