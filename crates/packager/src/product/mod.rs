//! From what a buildspec says to the [`Manifest`](crate::model::Manifest) of a package: names, paths, units, texts, scriptlets. Pure.
