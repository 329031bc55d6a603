//! What two packages differ in.
