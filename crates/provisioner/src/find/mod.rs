//! Who is out there, as far as it can be heard: startup events and registrations.
//!
//! [`Ear`] reads what arrives on the subjects of [`subscriptions`] and says which node it is about and whether that node
//! waits or is in production. [`Sieve`] lets so much of it through that a flood costs nothing further. Both are pure.
//!
//! None of it is signed. Whoever may publish in the provisioning account can announce any node, so a [`Sighting`] is a
//! reason to ask that node and nothing more. What is lost here, by the sieve or by the network, the next discovery finds.

mod ear;
mod sieve;

pub use ear::Ear;
pub use ear::PRODUCTION_STARTUP;
pub use ear::Refused;
pub use ear::Sighting;
pub use ear::SightingKind;
pub use ear::subscriptions;
pub use sieve::Dropped;
pub use sieve::Sieve;
