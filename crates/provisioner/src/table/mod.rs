//! Who waits, and why: one record per identity. Pure: `now` and a salt come in, nothing goes out but answers.
//!
//! # The way of a node
//!
//! ```text
//!                  seen                probe              answered             work
//!          (new) ───────▶ Queued ───────────────▶ Probing ─────────▶ Ready ──────────────▶ Working
//!                         ▲  ▲ ▲                  │  │  │                                  │
//!      interrupted ───────┘  │ │ time is up       │  │  └─ facts do not fit ─▶ NotOurs     │ ended
//!      (at its old place)    │ └──────────────────│──│────────────────────────┘           │
//!                            │                    │  └─ silent ─▶ Silent ─┐               │
//!       time is up, or       │                    └─ junk ──┐             │               │
//!       a sign of life  ◀────┴──────────────────────────────│─────────────┘               │
//!                                                           ▼                             │
//!          ┌─ time is up ── Failed, after too many in a row Quarantined ◀─── failed ──────┤
//!          ├─ time is up ── Deferred ◀────────────────────────────── helper: defer ───────┤
//!          ├─ time is up ── Locked ◀──────────────────── somebody else works on it ───────┤
//!          ├─ time is up ── Refused ◀─────────────────────────── it may not be ───────────┤
//!          ├─ approve ───── Approval ◀─────────────────── a person must say so ───────────┤
//!          ▼                                                                              │
//!        Queued                Shutdown ◀──────────────────────── helper: shutdown ───────┤
//!          ▲                      │                                                       │
//!          ├── it booted again ───┘    Unrestarted ◀───── configured, restart unheard ────┤
//!          │                           │   ▲ │ restart                                    │
//!          │                           │   └─┘ acknowledged                               │
//!          │                           ▼     ▼                                            │
//!          ├── came back ── Confirmed ◀─── Provisioned ◀───────── restart acknowledged ───┘
//!          │                        seen in production
//!          └── came back unprovisioned: as a failure, by way of Failed or Quarantined
//! ```
//!
//! Every standing on the left comes back into the queue by itself, at a time that is set when it is entered; only
//! `Approval` waits for a person. `Provisioned`, `Confirmed` and `Shutdown` end: they are forgotten after a while, and a
//! node that is seen waiting after that is a new one. `Probing`, `Working` and a restart that is being asked for are in
//! the hands of the caller, who must say how they ended.
//!
//! # Who is next
//!
//! New nodes and retried ones are served alternately, both when they are asked for their inventory and when a worker takes
//! them: neither a crowd of new nodes nor a crowd of failing ones holds up the other. Within each, who came first is
//! first. Nobody loses a place by waiting long.
//!
//! A probe is cheap and needs no worker, so a crowd of identities behind which nobody is costs the living nodes next to
//! nothing: at most 256 nodes are ready or may become ready any moment (their probe is younger than 100 ms), and at most
//! 4096 probes are unanswered. The first number bounds what must be remembered of inventories, the second what is
//! listened for.
//!
//! # What a sighting is worth
//!
//! Sightings are not authenticated. So a sighting never ends the wait after a failure, a deferral or a quarantine, and it
//! hurries the next question to a silent node at most once per `backoff_min`. It makes room only at the cost of those that
//! never answered, of those that nothing more is to be done for, and of those that went quiet; who failed, was deferred,
//! configured or quarantined stays. An event from production ends no wait of a node that answers. A node that is said to
//! have come back unprovisioned and does not answer can still be confirmed: that event was late, or forged.
//! A node that is said to have come back unprovisioned, and does not answer, can still be confirmed: the event was late.

mod book;
mod endings;
mod event;
mod fate;
mod keeping;
mod line;
mod orders;
mod record;
mod rows;
mod sightings;
mod stamp;
mod standing;
mod text;
mod turns;
mod wait;
mod why;

use std::time::Duration;

pub use event::Assignment;
pub use event::Confirmation;
pub use event::Consequence;
pub use event::Counts;
pub use event::End;
pub use event::Forgotten;
pub use event::NotAsked;
pub use event::Probed;
pub use event::Quarantine;
pub use event::Seen;
pub use event::Source;
pub use event::UnknownNode;
pub use keeping::Table;
pub use standing::Row;
pub use standing::Standing;
pub(crate) use text::LONGEST;
pub(crate) use text::one_line;

/// Time since the provisioner started.
pub type Moment = Duration;

#[cfg(test)]
mod tests;
