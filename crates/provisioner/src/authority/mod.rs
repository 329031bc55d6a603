//! The built-in authority.

pub mod template;
