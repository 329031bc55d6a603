//! RPMs, written and read.
