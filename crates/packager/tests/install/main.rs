//! The packages on machines: installed, upgraded, installed again, downgraded and removed by the real rpm and dpkg, in
//! root folders of their own where their scripts really run.
//!
//! The folders need chroot: who is not root is told so on standard error, and the tests that need one end there. CI is root.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helper functions of tests are not covered by the lints' exception"
)]

mod damage;
mod findings;
mod forms;
mod machine;
mod neighbours;
mod node;
mod order;
mod paths;
mod program;
mod purge;
mod service;
mod survival;
mod userland;
mod variants;
