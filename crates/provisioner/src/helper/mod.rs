//! Who decides what a node becomes: a program of the site, or the built-in authority with a template.
//!
//! ```text
//!   Case ──encode──▶ standard input of the site's program
//!                                │ one process, one process group, one deadline
//!   Decision ◀──decode── standard output        standard error ──▶ our log
//! ```
//!
//! The JSON in both directions is the reference's (spec 05 §7), with one addition: `retry_after` beside `defer`. It is
//! described for other programs in `docs/helper/input.schema.json` and `docs/helper/output.schema.json`.
//!
//! [`contract`] is pure and knows nothing about processes, [`process`] knows nothing about JSON. What comes from the
//! program is believed as far as its shape goes: whether a certificate belongs to the node is for [`crate::vetting`] to say.

mod case;
pub mod contract;
pub mod process;
mod words;

pub use case::Blame;
pub use case::Case;
pub use case::CsrReply;
pub use case::Decision;
pub use case::HelperError;
pub use case::Outfit;
pub use case::SecretText;
