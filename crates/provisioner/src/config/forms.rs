//! The forms that values have: which texts a key takes, and what they mean.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use muster::config::parse_duration;

use crate::config::fault::Fault;

/// What the document says of the values of a key.
pub(super) trait Form: Sync {
    /// The values in words.
    fn words(&self) -> String;
}

/// A form that reads a single text.
pub(super) trait Read: Form {
    type Value;

    /// The value of a text.
    fn read(&self, text: &str) -> Result<Self::Value, Fault>;

    /// The fault of a text that is none of these values.
    fn refused(&self, text: &str) -> Fault {
        Fault::Value {
            wanted: self.words(),
            found: Some(text.to_owned()),
        }
    }
}

/// `true` or `false`.
pub(super) struct Switch;

impl Form for Switch {
    fn words(&self) -> String {
        "true or false".to_owned()
    }
}

impl Read for Switch {
    type Value = bool;

    fn read(&self, text: &str) -> Result<bool, Fault> {
        match text.to_ascii_lowercase().as_str() {
            // the words of YAML 1.1, which the reference's parser takes
            "true" | "yes" | "on" | "y" => Ok(true),
            "false" | "no" | "off" | "n" => Ok(false),
            _ => Err(self.refused(text)),
        }
    }
}

/// A whole number.
pub(super) struct Whole {
    pub(super) min: u32,
    pub(super) max: u32,
}

impl Form for Whole {
    fn words(&self) -> String {
        format!("a whole number from {} to {}", self.min, self.max)
    }
}

impl Read for Whole {
    type Value = u32;

    fn read(&self, text: &str) -> Result<u32, Fault> {
        let digits = text.replace('_', "");
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .parse()
            .ok()
            .filter(|number| plain && (self.min..=self.max).contains(number))
            .ok_or_else(|| self.refused(text))
    }
}

/// How many of something: at least one.
pub(super) struct Count {
    pub(super) max: u32,
}

impl Form for Count {
    fn words(&self) -> String {
        let max = self.max;
        Whole { min: 1, max }.words()
    }
}

impl Read for Count {
    type Value = NonZeroU32;

    fn read(&self, text: &str) -> Result<NonZeroU32, Fault> {
        let max = self.max;
        let number = Whole { min: 1, max }.read(text)?;
        NonZeroU32::new(number).ok_or_else(|| self.refused(text))
    }
}

/// A duration between two others, which are written as in the file.
pub(super) struct Period {
    pub(super) min: &'static str,
    pub(super) max: &'static str,
}

impl Form for Period {
    fn words(&self) -> String {
        format!("a duration from {} to {}", self.min, self.max)
    }
}

impl Read for Period {
    type Value = Duration;

    fn read(&self, text: &str) -> Result<Duration, Fault> {
        let bound = |text| parse_duration(text).unwrap_or_default();
        parse_duration(text)
            .filter(|period| (bound(self.min)..=bound(self.max)).contains(period))
            .ok_or_else(|| self.refused(text))
    }
}

/// A [`Period`] whose lower bound the reference enforces too, with a text of its own.
pub(super) struct Interval(pub(super) Period);

impl Form for Interval {
    fn words(&self) -> String {
        self.0.words()
    }
}

impl Read for Interval {
    type Value = Duration;

    fn read(&self, text: &str) -> Result<Duration, Fault> {
        let Period { min, .. } = self.0;
        let too_small =
            parse_duration(text) < parse_duration(min) && parse_duration(text).is_some();
        if too_small {
            Err(Fault::IntervalTooSmall)
        } else {
            self.0.read(text)
        }
    }
}

/// One of a few words.
pub(super) struct Choice<T: 'static>(pub(super) &'static [(&'static str, T)]);

impl<T: Sync> Form for Choice<T> {
    fn words(&self) -> String {
        let words: Vec<&str> = self.0.iter().map(|(word, _)| *word).collect();
        format!("one of {}", words.join(", "))
    }
}

impl<T: Sync + Clone> Read for Choice<T> {
    type Value = T;

    fn read(&self, text: &str) -> Result<T, Fault> {
        self.0
            .iter()
            .find(|(word, _)| text.eq_ignore_ascii_case(word))
            .map(|(_, value)| value.clone())
            .ok_or_else(|| self.refused(text))
    }
}

/// A path that does not depend on where somebody stands.
pub(super) struct AbsolutePath;

impl Form for AbsolutePath {
    fn words(&self) -> String {
        "an absolute path".to_owned()
    }
}

impl Read for AbsolutePath {
    type Value = PathBuf;

    fn read(&self, text: &str) -> Result<PathBuf, Fault> {
        let path = Path::new(text);
        // a path that ends in `/` or `..` names no file, and every other key takes no such thing either
        let named = path.file_name().is_some() && !text.chars().any(char::is_control);
        if path.is_absolute() && named {
            Ok(path.to_owned())
        } else {
            Err(self.refused(text))
        }
    }
}

/// The path of a socket, which the kernel wants short.
pub(super) struct SocketPath;

impl Form for SocketPath {
    fn words(&self) -> String {
        format!("an absolute path of at most {LONGEST_SOCKET} bytes")
    }
}

impl Read for SocketPath {
    type Value = PathBuf;

    fn read(&self, text: &str) -> Result<PathBuf, Fault> {
        if text.len() > LONGEST_SOCKET {
            return Err(self.refused(text));
        }
        AbsolutePath.read(text).map_err(|_| self.refused(text))
    }
}

/// An address and a port.
pub(super) struct Listener;

impl Form for Listener {
    fn words(&self) -> String {
        "an address and a port, as in 127.0.0.1:8080 or [::1]:8080".to_owned()
    }
}

impl Read for Listener {
    type Value = SocketAddr;

    fn read(&self, text: &str) -> Result<SocketAddr, Fault> {
        text.parse().map_err(|_| self.refused(text))
    }
}

/// A line of text; empty is like not set.
pub(super) struct Line {
    pub(super) max: usize,
}

impl Form for Line {
    fn words(&self) -> String {
        format!("a line of at most {} characters", self.max)
    }
}

impl Read for Line {
    type Value = String;

    fn read(&self, text: &str) -> Result<String, Fault> {
        if text.chars().count() > self.max || text.chars().any(char::is_control) {
            Err(self.refused(text))
        } else {
            Ok(text.to_owned())
        }
    }
}

/// The kernel takes 107 bytes, and the socket has a longer name while it is made.
const LONGEST_SOCKET: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_digits_only_and_stays_within_its_bounds() {
        let form = Whole { min: 0, max: 4096 };
        for (text, number) in [("0", 0), ("4096", 4096), ("4_096", 4096), ("007", 7)] {
            assert_eq!(form.read(text), Ok(number), "{text}");
        }
        for text in [
            "",
            "_",
            "-1",
            "+1",
            "4097",
            "1.0",
            "1e3",
            "0x10",
            " 1",
            "99999999999",
        ] {
            form.read(text).unwrap_err();
        }
    }

    #[test]
    fn the_bounds_of_a_duration_belong_to_it() {
        let form = Period {
            min: "1m",
            max: "1d",
        };
        for text in ["1m", "60", "1d", "24h", "90s"] {
            form.read(text).unwrap();
        }
        for text in ["59s", "25h", "", "soon", "-5m"] {
            form.read(text).unwrap_err();
        }
    }

    #[test]
    fn an_interval_under_a_minute_is_refused_in_the_words_of_the_reference() {
        let form = Interval(Period {
            min: "1m",
            max: "30d",
        });
        assert_eq!(form.read("59s"), Err(Fault::IntervalTooSmall));
        assert!(matches!(form.read("soon"), Err(Fault::Value { .. })));
        form.read("1m").unwrap();
    }

    #[test]
    fn a_path_is_absolute_and_names_something() {
        AbsolutePath.read("/var/lib/muster-provisioner").unwrap();
        for text in ["", "state", "./state", "~/state", "/", "/run/..", "/a\nb"] {
            AbsolutePath.read(text).unwrap_err();
        }
        let long = format!("/run/{}", "x".repeat(96));
        SocketPath.read(&long).unwrap_err();
        SocketPath.read("/run/control.sock").unwrap();
    }
}
