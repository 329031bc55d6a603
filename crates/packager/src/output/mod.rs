//! Finished files appear whole or not at all, with their digests.
