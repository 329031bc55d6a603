//! OpenPGP keys and signatures.
//!
//! A signature is dated at the later of the date of what is signed and the creation of the key: an earlier one would be
//! refused, a later one would be other bytes every time.

mod error;
mod key;
mod part;
mod sign;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use error::KeyError;
pub use key::Key;

/// Something that can sign. There is one, `Key`; formats and repositories ask for this.
pub trait Sign {
    /// When the key was made, seconds since 1970.
    fn created(&self) -> u64;

    /// A detached, armoured signature of these bytes, dated `source_date` or at the creation of the key.
    ///
    /// # Errors
    /// When the key cannot sign.
    fn detached(&self, bytes: &[u8], source_date: u64) -> Result<String, SignError>;

    /// The same signature without armour, as an RPM carries it.
    ///
    /// # Errors
    /// When the key cannot sign.
    fn packet(&self, bytes: &[u8], source_date: u64) -> Result<Vec<u8>, SignError> {
        sign::dearmoured(&self.detached(bytes, source_date)?)
    }

    /// The text with its signature around it, as `InRelease` is.
    ///
    /// # Errors
    /// When the key cannot sign.
    fn clear(&self, text: &str, source_date: u64) -> Result<String, SignError>;

    /// The public key, armoured.
    ///
    /// # Errors
    /// When it cannot be written.
    fn public(&self) -> Result<String, SignError>;
}

/// A signature that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot sign: {reason}")]
pub struct SignError {
    /// Why not.
    pub reason: String,
}
