//! Who signed a request, and whether this node believes it (spec 02 §3.1 and §3.4).
//!
//! [`Signer`] signs as a caller, [`Trust::verify`] judges as a node. The order of the checks is fixed, the cheap ones
//! first: the form of the caller id; the certificate readable, of a size; the name of the caller among the names of the
//! certificate and on the allow list, or a privileged certificate; the chain to a root at this time; the signature.
//! Every doubt is a refusal: no root at all, a key that is not RSA, a certificate that cannot be read.
//!
//! What differs from the reference on purpose: the whole caller id must have the form `choria=name`, unless a privileged
//! certificate speaks (spec 02 §1); a certificate of another key type is refused and does not end the process; a CA
//! that cannot be read lets nobody in.

mod certificate;
mod error;
mod roots;
mod sign;
mod verify;

pub use error::RequestError;
pub use roots::Roots;
pub use roots::RootsError;
pub use sign::Signer;
pub use sign::SignerError;
pub use sign::sign;
pub use verify::Signed;
pub use verify::Trust;
pub use verify::Verified;

#[cfg(test)]
mod tests;
