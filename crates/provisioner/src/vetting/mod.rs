//! Whether a certificate request may be signed, and whether a certificate may be sent. Pure.
//!
//! Both come from others: the request from a node that nobody knows yet, the certificate from a helper that may have got
//! it wrong. [`csr::check`] refuses a request that asks for more than the node's own name, is made for a weak key or does
//! not prove that its sender has the key; [`names`] is the part of it that the site configures. [`certificate::check`]
//! refuses a certificate that the node would refuse, or that the node would take and no broker would, while there is
//! still somebody to tell.

pub mod certificate;
pub mod csr;
pub mod names;
