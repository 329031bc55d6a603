//! Helpers as real processes: the ones that misbehave, the examples, and the published schemas.

mod examples;
mod logged;
mod process;
mod schema;
mod support;
