//! One run of the packager: from what was asked for to finished files.
//!
//! [`Sources`] is the checkout that is built, [`Recipe`] what the buildspec says about it, [`Binaries`] makes or takes over the
//! program of each compile target, and [`package()`] turns them into packages. Everything is made before anything is put into
//! the output folder, so that a mistake in the last package leaves none of them.

mod binaries;
mod company;
mod package;
mod recipe;
mod signing_key;
mod sources;
mod steps;
mod wanted;

pub use binaries::Binaries;
pub use binaries::BinariesError;
pub use binaries::Binary;
pub use binaries::Making;
pub use binaries::Prebuilt;
pub use company::CompanyError;
pub use company::Staff;
pub use package::Made;
pub use package::PackageError;
pub use package::package;
pub use recipe::Recipe;
pub use recipe::RecipeError;
pub use signing_key::SigningKeyError;
pub use signing_key::signing_key;
pub use sources::Overrides;
pub use sources::Sources;
pub use sources::SourcesError;
pub use steps::Commands;
pub use steps::StepError;
pub use wanted::Wanted;
pub use wanted::targets;
