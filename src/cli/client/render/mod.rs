//! How answers are printed: as text, as tables, as JSON.

mod document;
mod elapsed;
mod footer;
mod replies;
mod values;

pub(super) use document::Document;
pub(super) use document::reply_line;
pub(super) use elapsed::Elapsed;
pub(super) use footer::Footer;
pub(super) use replies::Sheet;
pub(super) use replies::Shown;
pub(super) use replies::summaries;
pub(super) use values::columns;
pub(super) use values::json_line;
pub(super) use values::plain;
pub(super) use values::table;
