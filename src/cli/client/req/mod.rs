//! `req`: a call of an action on many nodes.
//!
//! [`plan`] checks the arguments against the description of the agent before anything is sent, [`call`] finds the nodes
//! and calls them, [`mod@print`] shows what they answered.

mod args;
mod call;
mod plan;
mod print;

pub(super) use args::ReqArgs;
pub(super) use call::run;
