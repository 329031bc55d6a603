//! muster-provisioner: finds nodes that wait, and takes each through its onboarding.
//!
//! ```text
//!   find ──seen──▶ table ──probe, work, restart──▶ engine ──▶ one task per node: session ⇄ drive
//!                    ▲                                                        │ calls, helper, journal
//!                    └───────────────────── how it ended ────────────────────┘
//! ```
//!
//! Pure: [`table`] (who waits, and why), [`pace`] (whether anybody may be worked on now), [`session`] (what to do next with
//! one node), [`vetting`] (CSRs and certificates), [`inventory`], [`helper::contract`]. With effects: [`find`],
//! [`helper`], [`authority`] (the built-in certificate authority), [`journal`], [`metrics`], [`control`], [`drive`] and
//! [`engine`], which puts them together. [`cli`] has one file per command.

pub mod admission;
pub mod authority;
pub mod cli;
pub mod config;
pub mod connection;
pub mod control;
pub mod door;
pub mod drive;
pub mod engine;
pub mod find;
pub mod helper;
pub mod inventory;
pub mod journal;
pub mod metrics;
pub mod pace;
pub mod session;
pub mod table;
pub mod vetting;
