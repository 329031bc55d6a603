//! Keys, certificates and tokens, judged before they are used. Pure: bytes in, verdict out.
//!
//! [`token`] recognises provisioning tokens, [`csr`] makes certificate requests, [`key`] reads and writes private keys in
//! the forms that peers use, [`certificate`] tells whether a certificate fits a key and a CA, [`ed25519`] is the seed
//! form of keys, [`request`] signs requests and tells who signed one, [`tls`] builds what connections to brokers need,
//! [`material`] is a certificate with its key and its CA, read once for all who use it.

pub mod certificate;
pub mod csr;
pub mod ed25519;
pub mod key;
pub mod material;
pub mod part;
pub mod request;
pub mod tls;
pub mod token;
