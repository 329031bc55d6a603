//! A folder of packages as a repository of yum and of apt.

pub mod apt;
pub mod yum;
