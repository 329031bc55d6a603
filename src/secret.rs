//! Values that must never be seen: tokens, keys, passwords.
//!
//! [`Secret`] has no `Display` and no `Serialize`, its `Debug` is redacted, its memory is wiped when it is dropped and
//! two secrets compare in constant time. What leaves it, leaves through [`Secret::expose`], which is easy to search for.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A value that is redacted in `Debug` and wiped on drop.
#[derive(Clone, Default)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes ownership of a secret value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that must send, write or compare it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T: Zeroize + AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().ct_eq(other.0.as_ref()).into()
    }
}

impl<T: Zeroize + AsRef<[u8]>> Eq for Secret<T> {}

impl<'de, T: Zeroize + serde::Deserialize<'de>> serde::Deserialize<'de> for Secret<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // a complaint about the type of a value shows the value
        T::deserialize(deserializer)
            .map(Self)
            .map_err(|_| serde::de::Error::custom("a secret input has the wrong type"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_value() {
        let text = format!("{:?}", Secret::new(String::from("toomanysecrets")));
        assert_eq!(text, "***");
    }

    #[test]
    fn a_secret_of_the_wrong_type_is_not_shown_either() {
        let err = serde_json::from_str::<Secret<String>>("271828").unwrap_err();
        assert!(!err.to_string().contains("271828"), "{err}");
    }

    #[test]
    fn equal_secrets_are_equal_and_others_are_not() {
        let one = Secret::new(String::from("a"));
        assert_eq!(one, Secret::new(String::from("a")));
        assert_ne!(one, Secret::new(String::from("b")));
    }
}
