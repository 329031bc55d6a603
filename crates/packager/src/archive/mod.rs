//! Archives, written and read.
