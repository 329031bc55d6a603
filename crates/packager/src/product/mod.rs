//! From what a buildspec says to the [`Manifest`](crate::model::Manifest) of a package: names, paths, units, texts,
//! scriptlets. Pure.
//!
//! ```text
//!  Package ─▶ places: may these names and paths be?  ─▶ names ─┐
//!  packaging/* ─▶ templates ─▶ template: names for {{names}} ──┼─▶ stage: agent │ provisioner, debian │ install ─▶ Tree ─┐
//!  the programs' own arguments ─▶ manual ─▶ Ingredients ───────┘                                                         ├─▶ manifest
//!                                                               scriptlets ──────────────────────────────────────────────┘
//! ```
//!
//! What every installation consists of, and why the units are as they are: `packaging/README.md`.

mod agent;
mod debian;
mod error;
mod gzip;
mod install;
mod manifest;
mod manual;
mod names;
mod places;
mod provisioner;
mod scriptlets;
mod stage;
mod template;
mod templates;

pub use error::ProductError;
pub(crate) use install::INSTALL;
pub use manifest::Ingredients;
pub use manifest::file_name;
pub use manifest::manifest;
pub use manual::Completions;
pub use manual::completions;
pub use manual::pages;
pub use names::Names;
pub use template::TemplateError;

#[cfg(test)]
mod tests;
