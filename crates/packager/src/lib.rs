//! muster-packager: from one `buildspec.yaml` to custom binaries, RPMs, DEBs and archives.
//!
//! ```text
//!  buildspec.yaml ── buildspec::Spec ──▶ compile ──▶ binary ─┐
//!  packaging/agents.yaml ─▶ compose ────────┘                ├─▶ product ─▶ model::Manifest ─▶ rpm │ deb │ archive ─▶ output
//!                      packages ─────────────────────────────┘
//! ```
//!
//! The layers, bottom to top; a module uses its own layer and lower ones only (`tests/architecture.rs`):
//!
//! | layer | modules |
//! |---|---|
//! | 0 | [`model`]: what a package is; [`signing`], [`output`] |
//! | 1 | [`product`]: pure; [`compose`]; [`rpm`], [`deb`], [`archive`]: a manifest in, bytes out |
//! | 2 | [`compile`]; [`diff`] |
//! | 3 | [`repo`]; [`assembly`]: one run, from what was asked for to finished files |
//! | 4 | [`cli`] |

pub mod archive;
pub mod assembly;
pub mod cli;
pub mod compile;
pub mod compose;
pub mod deb;
pub mod diff;
pub mod model;
pub mod output;
pub mod product;
pub mod repo;
pub mod rpm;
pub mod signing;
