//! What several areas of tests share: a real broker, a name server, brokers that misbehave.

pub(crate) mod authority;
pub(crate) mod dns;
pub(crate) mod hostile;
pub(crate) mod nats;
pub(crate) mod node;
