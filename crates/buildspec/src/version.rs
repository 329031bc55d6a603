//! The version of a build as packages spell it.
//!
//! The binary keeps the version as it was given. `-rc.1` and its like become `~rc.1`, which sorts before the release; any
//! other suffix becomes `+suffix`, which sorts after it. The reference turns the first `-` into `~` whatever follows, so
//! that `1.2.3-acme` is older there than `1.2.3`.
