//! Facts about the table.
