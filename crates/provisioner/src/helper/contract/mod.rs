//! The JSON that a helper reads and writes: the reference's (spec 05 §7.2 and §7.3). Pure.
//!
//! A helper that was written for the reference works here, so what it may have relied on holds: the reference is written
//! in Go, and Go's decoder matches the names of fields without regard to case, takes a null for what is not there, lets
//! the later of two equal fields win, ignores fields that it does not know, and replaces bytes that are no UTF-8. What
//! follows the object is refused, there as here.
//!
//! New is `retry_after` beside `defer`. Stricter than the reference: a configuration that is empty although the node is
//! to be configured, and policies whose names are no plain file names, are refused here and not by the node.
//!
//! No text of a complaint shows a value: configurations hold passwords.

mod answer;
mod fields;
mod judge;
mod question;

pub use answer::Answer;
pub use answer::ContractError;
pub use answer::Note;
pub use fields::Field;
pub use question::encode;

/// Most bytes that an answer may have.
pub const LONGEST_ANSWER: usize = 1024 * 1024;

/// Reads what a helper wrote.
///
/// # Errors
///
/// [`ContractError`] when it is no answer, or one that no node could follow.
pub fn decode(output: &[u8]) -> Result<Answer, ContractError> {
    if output.len() > LONGEST_ANSWER {
        return Err(ContractError::TooLong);
    }
    let (fields, notes) = fields::read(output)?;
    judge::judge(fields, notes)
}

#[cfg(test)]
mod tests;
