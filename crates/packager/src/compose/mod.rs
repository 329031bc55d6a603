//! The program of a company: our library and the company's agents in one generated crate.
