//! OpenPGP keys and signatures.
