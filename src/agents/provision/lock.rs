//! The provisioning lock: one provisioner at a time (spec 04 §4, design D5 and §9).
//!
//! ```text
//!            acquire by A            acquire by A: two more minutes
//!   Free ─────────────────▶ Held(A) ◀──────┐
//!    ▲                      │  │  └─────────┘
//!    │   two minutes pass   │  │ acquire by B: refused
//!    └──────────────────────┘  │
//!    └─────────────────────────┘ release by A (restart)
//! ```
//!
//! Unlike the reference, the lock is taken after the token was checked, sender and caller are two values, and a restart
//! by the holder ends it.

use std::time::Duration;

use crate::protocol::names::CallerId;
use crate::protocol::names::SenderId;

/// Who holds or wants the lock. Both parts are what the peer says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provisioner {
    /// Identity of the sending process.
    pub sender: SenderId,
    /// Who asks.
    pub caller: CallerId,
}

/// Another provisioner holds the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another provisioner holds the lock")]
pub struct Locked;

/// The lock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    held: Option<(Provisioner, Duration)>,
}

impl Lock {
    /// How long the lock lasts after each use.
    pub const WINDOW: Duration = Duration::from_secs(120);

    /// Takes or extends the lock at `now` (time since start).
    ///
    /// # Errors
    ///
    /// [`Locked`] while another holds it.
    pub fn acquire(&mut self, who: &Provisioner, now: Duration) -> Result<(), Locked> {
        self.allows(who, now)?;
        self.held = Some((who.clone(), now.saturating_add(Self::WINDOW)));
        Ok(())
    }

    /// Whether `who` could take the lock at `now`.
    ///
    /// # Errors
    ///
    /// [`Locked`] while another holds it.
    pub fn allows(&self, who: &Provisioner, now: Duration) -> Result<(), Locked> {
        match &self.held {
            Some((holder, until)) if holder != who && now < *until => Err(Locked),
            Some(_) | None => Ok(()),
        }
    }

    /// Ends the lock.
    pub fn release(&mut self) {
        self.held = None;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn who(sender: &str, caller: &str) -> Provisioner {
        Provisioner {
            sender: SenderId::new(sender).unwrap(),
            caller: CallerId::new(caller).unwrap(),
        }
    }

    #[test]
    fn a_second_provisioner_is_refused_while_locked_and_served_after_two_minutes() {
        let (one, two) = (who("a", "choria=a"), who("b", "choria=b"));
        let mut lock = Lock::default();
        let at = Duration::from_secs;
        lock.acquire(&one, at(0)).unwrap();
        assert_eq!(lock.acquire(&two, at(119)), Err(Locked));
        lock.acquire(&one, at(119)).unwrap();
        assert_eq!(lock.acquire(&two, at(238)), Err(Locked));
        lock.acquire(&two, at(239)).unwrap();
        assert_eq!(lock.acquire(&one, at(240)), Err(Locked));
    }

    #[test]
    fn sender_and_caller_are_not_joined_into_one_text() {
        let mut lock = Lock::default();
        lock.acquire(&who("a.b", "c"), Duration::ZERO).unwrap();
        assert_eq!(lock.acquire(&who("a", "b.c"), Duration::ZERO), Err(Locked));
    }

    #[test]
    fn a_released_lock_is_free_at_once() {
        let mut lock = Lock::default();
        lock.acquire(&who("a", "c"), Duration::ZERO).unwrap();
        lock.release();
        lock.acquire(&who("b", "c"), Duration::ZERO).unwrap();
    }

    proptest! {
        #[test]
        fn the_lock_is_never_stuck(uses in prop::collection::vec((0_u64..400, 0_u8..3), 0..60)) {
            let mut lock = Lock::default();
            let mut now = 0;
            for (wait, person) in uses {
                now += wait;
                let _ = lock.acquire(&who(&format!("s{person}"), "choria=x"), Duration::from_secs(now));
            }
            let after = Duration::from_secs(now) + Lock::WINDOW;
            prop_assert!(lock.acquire(&who("somebody else", "choria=y"), after).is_ok());
        }
    }
}
