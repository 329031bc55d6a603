//! The binary; it gets its commands later.

fn main() {}
