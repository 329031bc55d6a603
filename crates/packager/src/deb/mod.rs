//! DEBs, written and read.
