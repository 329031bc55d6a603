//! Whether anybody may be worked on now. Pure.
//!
//! The table says who is next; the pace says whether there is a next one. Whatever holds is asked in this order, and the
//! first that holds is named to the operator:
//!
//! ```text
//!   draining ─▶ paused ─▶ breaker ─▶ site ─▶ canary ─▶ rate ─▶ begin
//!   (ends with  (ends with (ends with (ends by (ends with   (ends
//!    the         resume)    resume)    itself)  confirmed    with
//!    process)                                   nodes)       time)
//! ```
//!
//! - **Breaker**: a wrong template makes every node fail. When so many of the last ones failed, nobody begins until a person
//!   says `resume`.
//! - **Site**: a full disk, a certificate authority that is away, a helper that fails for every node. No node is to blame,
//!   and none is spoiled by waiting: one of them tries now and then, and when it goes well, all go on.
//! - **Canary**: a wrong template may also look well until nodes are to start with it. The first few must be seen in
//!   production before the others begin.
//! - **Rate**: at most so many begin in any minute, and they begin evenly.

mod breaker;
mod canary;
mod hold;
mod keeper;
mod rate;
mod site;

pub use hold::Hold;
pub use hold::Outcome;
pub use keeper::Pace;

#[cfg(test)]
mod tests;
