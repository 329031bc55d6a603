//! What a node knows about itself, and whether a request is for it.
//!
//! - [`Document`] merges files of facts; [`path`] looks into it.
//! - [`Classes`] reads the classes file.
//! - [`matching`] compares one fact, [`text`] reads such a comparison as people write it.
//! - [`compound`] evaluates expressions.
//! - [`node`] puts it together: [`matches()`] answers for a whole filter.
//!
//! Everything here is pure: the caller reads the files, and [`Needs`] tells which. Filters come from peers that nobody has
//! authorised yet, so nothing panics, recursion is bounded, and all work is paid for from one [`Effort`] for each request.

pub mod compound;
pub mod matching;
pub mod node;
pub mod path;
pub mod text;

mod classes;
mod document;
mod effort;
mod pattern;

pub use classes::Classes;
pub use document::Document;
pub use document::MAX_SOURCE;
pub use document::SourceError;
pub use effort::Effort;
pub use effort::Exhausted;
pub use matching::FactError;
pub use matching::fact_matches;
pub use node::FilterError;
pub use node::Needs;
pub use node::Node;
pub use node::matches;
pub use node::may_match;
pub use pattern::Case;
pub use pattern::PatternError;
pub use pattern::compile as compile_pattern;
pub use text::FactFilterError;
pub use text::parse_fact_filter;
