//! Whether a CSR may be signed, and whether a certificate may be sent. Pure.
