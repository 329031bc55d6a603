//! Effects on the machine: what is left of them after a crash, and what a restart hands over.

mod crash;
mod generations;
mod privileged;
mod reexec;
mod support;
mod trace;
mod transaction;
