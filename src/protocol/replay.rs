//! Remembers the requests that were acted upon, so that a captured one cannot be sent again (design D13).
//!
//! The key is the hash of the exact bytes of the request layer. It is looked up early and stored only after the
//! request was verified, so that a forged copy cannot suppress the genuine one. Entries live until the request would be
//! refused for its age anyway. The cache is bounded: when it is full, the entry that expires first gives way.

use std::collections::BTreeMap;
use std::collections::HashMap;

/// SHA-256 of the exact bytes of a request.
pub type RequestHash = [u8; 32];

/// The requests that were acted upon.
#[derive(Debug)]
pub struct ReplayCache {
    capacity: usize,
    expires: HashMap<RequestHash, i64>,
    order: BTreeMap<(i64, RequestHash), ()>,
}

impl ReplayCache {
    /// A cache for at most `capacity` requests.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            expires: HashMap::new(),
            order: BTreeMap::new(),
        }
    }

    /// Whether the request was acted upon and has not expired at `now` (seconds since 1970).
    #[must_use]
    pub fn contains(&self, hash: &RequestHash, now: i64) -> bool {
        self.expires.get(hash).is_some_and(|expires| *expires > now)
    }

    /// Remembers a verified request until `expires` (seconds since 1970).
    pub fn remember(&mut self, hash: RequestHash, expires: i64, now: i64) {
        self.forget_expired(now);
        if let Some(old) = self.expires.insert(hash, expires) {
            self.order.remove(&(old, hash));
        }
        self.order.insert((expires, hash), ());
        while self.expires.len() > self.capacity {
            let Some(((_, hash), ())) = self.order.pop_first() else {
                return;
            };
            self.expires.remove(&hash);
        }
    }

    /// How many requests are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.expires.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expires.is_empty()
    }

    fn forget_expired(&mut self, now: i64) {
        while let Some((&(expires, hash), ())) = self.order.first_key_value() {
            if expires > now {
                return;
            }
            self.order.pop_first();
            self.expires.remove(&hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_until_it_expires() {
        let mut cache = ReplayCache::new(4);
        cache.remember([1; 32], 100, 50);
        assert!(cache.contains(&[1; 32], 99));
        assert!(!cache.contains(&[1; 32], 100));
        assert!(!cache.contains(&[2; 32], 50));
    }

    #[test]
    fn a_full_cache_forgets_what_expires_first() {
        let mut cache = ReplayCache::new(2);
        cache.remember([1; 32], 300, 0);
        cache.remember([2; 32], 100, 0);
        cache.remember([3; 32], 200, 0);
        assert_eq!(cache.len(), 2);
        assert!(!cache.contains(&[2; 32], 0));
        assert!(cache.contains(&[1; 32], 0) && cache.contains(&[3; 32], 0));
    }

    #[test]
    fn expired_entries_give_their_place_back() {
        let mut cache = ReplayCache::new(8);
        for n in 0..8 {
            cache.remember([n; 32], 10, 0);
        }
        cache.remember([9; 32], 100, 50);
        assert_eq!(cache.len(), 1);
    }
}
