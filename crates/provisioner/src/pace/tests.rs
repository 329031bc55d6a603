//! Facts about the pace.
