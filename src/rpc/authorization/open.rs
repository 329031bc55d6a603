//! Authorization is off: while the node waits for a provisioner (spec 02 §12.5), or because its administrator says so.

use super::Authorizer;
use super::Decision;
use crate::protocol::Request;

/// Lets everybody run everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open;

impl Authorizer for Open {
    fn judge(&self, _request: &Request, _action: &str) -> Decision {
        Decision::Allowed
    }
}
