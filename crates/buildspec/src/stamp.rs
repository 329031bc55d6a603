//! Which sources, which compiler, when: what a binary says about its own making.
//!
//! The date is that of `SOURCE_DATE_EPOCH` or nothing: a clock would make every build another file.

/// What does not stand in the buildspec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Version that peers see.
    pub version: String,
    /// Source revision.
    pub sha: String,
    /// Date of the build.
    pub build_date: String,
    /// Version of the compiler, as it prints it.
    pub rustc: String,
    /// Target triple.
    pub triple: String,
}

/// A part of the stamp that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StampError {
    /// The version does not begin with a digit or holds other characters than letters, digits and `.+~_-`.
    #[error("VERSION is `{found}`, expected something like 1.2.3 or 1.2.3-rc.1")]
    Version {
        /// What was given.
        found: String,
    },
    /// The revision is not one.
    #[error("SHA1 is `{found}`, expected a revision of letters and digits")]
    Sha {
        /// What was given.
        found: String,
    },
    /// The date is not a number of seconds, or beyond the year 9999.
    #[error("SOURCE_DATE_EPOCH is `{found}`, expected seconds since 1970")]
    Epoch {
        /// What was given.
        found: String,
    },
}

impl Stamp {
    /// Takes the values of the environment; empty ones count as absent. `package_version` stands in for a version.
    ///
    /// # Errors
    /// When a value is not what its name promises.
    pub fn new(
        package_version: &str,
        version: Option<&str>,
        sha: Option<&str>,
        epoch: Option<&str>,
    ) -> Result<Self, StampError> {
        let given = |value: Option<&str>| {
            value
                .map(str::trim)
                .filter(|value| !value.is_empty())
                .map(str::to_owned)
        };
        let version = given(version).unwrap_or_else(|| package_version.to_owned());
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".+~_-".contains(&byte);
        if !version.starts_with(|first: char| first.is_ascii_digit()) || !version.bytes().all(fits)
        {
            return Err(StampError::Version { found: version });
        }
        let sha = given(sha).unwrap_or_else(|| UNKNOWN.to_owned());
        if !sha.bytes().all(fits) {
            return Err(StampError::Sha { found: sha });
        }
        let build_date = match given(epoch) {
            None => UNKNOWN.to_owned(),
            Some(text) => text
                .parse()
                .ok()
                .and_then(date)
                .ok_or(StampError::Epoch { found: text })?,
        };
        Ok(Self {
            version,
            sha,
            build_date,
            rustc: UNKNOWN.to_owned(),
            triple: UNKNOWN.to_owned(),
        })
    }
}

/// Seconds since 1970 in the reference's form, `2018-08-27 10:11:12 +0000`.
fn date(epoch: u64) -> Option<String> {
    if epoch > LATEST {
        return None;
    }
    let (days, second) = (epoch / 86_400, epoch % 86_400);
    // civil date of a day number, counted in eras of 400 years that begin on 1 March
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    Some(format!(
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} +0000"
    ))
}

const UNKNOWN: &str = "unknown";
/// The last second of the year 9999.
const LATEST: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let known = [
            (0, "1970-01-01 00:00:00 +0000"),
            (951_782_399, "2000-02-28 23:59:59 +0000"),
            (951_782_400, "2000-02-29 00:00:00 +0000"),
            (1_535_364_672, "2018-08-27 10:11:12 +0000"),
            (4_107_542_400, "2100-03-01 00:00:00 +0000"),
            (LATEST, "9999-12-31 23:59:59 +0000"),
        ];
        for (epoch, text) in known {
            assert_eq!(date(epoch).as_deref(), Some(text));
        }
        assert_eq!(date(LATEST + 1), None);
    }

    #[test]
    fn without_an_environment_only_the_version_is_known() {
        let stamp = Stamp::new("0.1.0", None, Some(""), None).unwrap();
        assert_eq!(
            (
                stamp.version.as_str(),
                stamp.sha.as_str(),
                stamp.build_date.as_str()
            ),
            ("0.1.0", UNKNOWN, UNKNOWN)
        );
    }

    #[test]
    fn values_that_are_not_what_they_should_be_are_refused() {
        let version = Stamp::new("0.1.0", Some("v1.2"), None, None);
        assert_eq!(
            version,
            Err(StampError::Version {
                found: "v1.2".into()
            })
        );
        let sha = Stamp::new("0.1.0", None, Some("a b"), None);
        assert_eq!(
            sha,
            Err(StampError::Sha {
                found: "a b".into()
            })
        );
        let epoch = Stamp::new("0.1.0", None, None, Some("yesterday"));
        assert_eq!(
            epoch,
            Err(StampError::Epoch {
                found: "yesterday".into()
            })
        );
    }
}
