//! Lifecycle events (spec 01 §7): who came, who lives, who was provisioned, who leaves.
//!
//! [`Event`] is what this process announces about itself. [`decode()`] reads what others announced, of any kind and
//! component, in both formats. Nobody signs an event: whoever may publish can announce any name, so what was heard says
//! whom to look at and proves nothing.

mod event;
mod heard;

pub use event::Component;
pub use event::Event;
pub use event::Format;
pub use event::Kind;
pub use heard::Announced;
pub use heard::Heard;
pub use heard::MAX_EVENT;
pub use heard::Malformed;
pub use heard::decode;
