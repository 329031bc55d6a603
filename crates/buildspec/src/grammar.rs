//! What the words of a package may look like.
//!
//! They end up in file names, units, shell scripts and control files of two formats, so that each is held to what all of
//! them take.

use crate::package::Compression;
use crate::package::RpmFormat;

/// A kind of words: what an error says should stand there, and how a text is read.
pub(crate) struct Rule<T> {
    pub(crate) wanted: &'static str,
    pub(crate) read: fn(&str) -> Option<T>,
}

/// Names of packages, units and everything else. Debian wants two characters, an account has at most 31.
pub(crate) const NAME: Rule<String> = Rule {
    wanted: "a name of 2 to 31 of a-z, 0-9, +, . and -, the first a letter",
    read: |text| {
        let fits = |byte: u8| is_lower(byte) || byte.is_ascii_digit() || b"+.-".contains(&byte);
        kept(
            text,
            (2..=31).contains(&text.len()) && starts_lower(text) && text.bytes().all(fits),
        )
    },
};

/// Names of groups, as `useradd` takes them.
pub(crate) const GROUP: Rule<String> = Rule {
    wanted: "the name of a group: at most 31 of a-z, 0-9, _ and -, the first a letter or _",
    read: |text| {
        let fits = |byte: u8| is_lower(byte) || byte.is_ascii_digit() || b"_-".contains(&byte);
        let starts = starts_lower(text) || text.starts_with('_');
        kept(text, text.len() <= 31 && starts && text.bytes().all(fits))
    },
};

/// Folders on a node. No character has a meaning to a shell, to systemd or to logrotate.
pub(crate) const FOLDER: Rule<String> = Rule {
    wanted: "an absolute path without empty, . and .. parts, of letters, digits and ._+~@-",
    read: |text| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._+~@-".contains(&byte);
        let plain = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(fits);
        let parts = text.strip_prefix('/')?;
        kept(text, parts.split('/').all(plain))
    },
};

/// Releases. A `-` would end the version, and Debian has no `_`.
pub(crate) const RELEASE: Rule<String> = Rule {
    wanted: "a release such as 1: letters, digits and .+~, the first a digit",
    read: |text| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".+~".contains(&byte);
        kept(
            text,
            text.starts_with(|first: char| first.is_ascii_digit()) && text.bytes().all(fits),
        )
    },
};

/// What stands behind the release of an RPM.
pub(crate) const DIST: Rule<String> = Rule {
    wanted: "a dist tag such as el9: letters, digits and ._+~, the first a letter or digit",
    read: |text| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._+~".contains(&byte);
        kept(text, starts_alphanumeric(text) && text.bytes().all(fits))
    },
};

/// What stands behind the release of a DEB.
pub(crate) const DISTRO: Rule<String> = Rule {
    wanted: "a distribution such as bookworm: letters, digits and .+~, the first a letter or digit",
    read: |text| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".+~".contains(&byte);
        kept(text, starts_alphanumeric(text) && text.bytes().all(fits))
    },
};

/// Whom to ask.
pub(crate) const CONTACT: Rule<String> = Rule {
    wanted: "`Name <mail address>` or a mail address",
    read: |text| {
        let (name, mail) = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
            Some((name, mail)) => (name.strip_suffix(' ')?, mail),
            None => ("-", text),
        };
        let named = !name.trim().is_empty() && !name.contains(['<', '>']) && is_one_line(name);
        kept(text, named && is_mail(mail))
    },
};

/// Switches; the reference writes 0 and 1.
pub(crate) const SWITCH: Rule<bool> = Rule {
    wanted: "0, 1, true or false",
    read: |text| match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    },
};

/// A line of text.
pub(crate) const LINE: Rule<String> = Rule {
    wanted: "one line of text",
    read: |text| kept(text, !text.trim().is_empty() && is_one_line(text)),
};

/// Lines of text.
pub(crate) const PARAGRAPHS: Rule<String> = Rule {
    wanted: "text without control characters",
    read: |text| {
        let text = text.trim_end();
        kept(
            text,
            !text.trim().is_empty() && text.lines().all(is_one_line),
        )
    },
};

/// A page to read more.
pub(crate) const URL: Rule<String> = Rule {
    wanted: "an address that begins with https:// or http://",
    read: |text| {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))?;
        kept(
            text,
            !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()),
        )
    },
};

/// Licences. Whether an identifier is in SPDX's list is not looked up.
pub(crate) const LICENSE: Rule<String> = Rule {
    wanted: "an SPDX expression such as Apache-2.0",
    read: |text| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".+-() :".contains(&byte);
        let named = text.bytes().any(|byte| byte.is_ascii_alphanumeric());
        kept(text, named && text.bytes().all(fits))
    },
};

/// Payload compressions.
pub(crate) const COMPRESSION: Rule<Compression> = Rule {
    wanted: "gzip, xz or zstd",
    read: |text| match text {
        "gzip" => Some(Compression::Gzip),
        "xz" => Some(Compression::Xz),
        "zstd" => Some(Compression::Zstd),
        _ => None,
    },
};

/// Versions of RPM's header.
pub(crate) const RPM_FORMAT: Rule<RpmFormat> = Rule {
    wanted: "v4 or v6",
    read: |text| match text {
        "v4" => Some(RpmFormat::V4),
        "v6" => Some(RpmFormat::V6),
        _ => None,
    },
};

/// Names of RPC agents.
pub(crate) const AGENT: Rule<String> = Rule {
    wanted: "the name of an agent: a-z, 0-9 and _, the first a letter",
    read: |text| {
        let fits = |byte: u8| is_lower(byte) || byte.is_ascii_digit() || byte == b'_';
        kept(
            text,
            text.len() <= 64 && starts_lower(text) && text.bytes().all(fits),
        )
    },
};

/// Names of crates.
pub(crate) const CRATE: Rule<String> = Rule {
    wanted: "the name of a crate: letters, digits, _ and -, the first a letter",
    read: |text| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let starts = text.starts_with(|first: char| first.is_ascii_alphabetic());
        kept(text, text.len() <= 64 && starts && text.bytes().all(fits))
    },
};

/// Paths of files of whoever builds.
pub(crate) const FILE: Rule<String> = Rule {
    wanted: "the path of a file",
    read: |text| kept(text, !text.is_empty() && is_one_line(text)),
};

/// One version of a crate, and no other.
pub(crate) const EXACT_VERSION: Rule<String> = Rule {
    wanted: "exactly one version, such as =1.2.0",
    read: |text| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        let rest = text.strip_prefix('=')?;
        let (numbers, suffix) = rest.split_once(['-', '+']).unwrap_or((rest, "0"));
        let parts: Vec<&str> = numbers.split('.').collect();
        let whole = parts.len() == 3 && parts.iter().all(|part| is_number(part));
        kept(
            text,
            whole && !suffix.is_empty() && suffix.bytes().all(fits),
        )
    },
};

/// One commit, and no other.
pub(crate) const COMMIT: Rule<String> = Rule {
    wanted: "a full commit id of 40 hex digits; branches and tags move",
    read: |text| {
        kept(
            text,
            text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        )
    },
};

fn kept(text: &str, fits: bool) -> Option<String> {
    fits.then(|| text.to_owned())
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase()
}

fn starts_lower(text: &str) -> bool {
    text.bytes().next().is_some_and(is_lower)
}

fn starts_alphanumeric(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_one_line(text: &str) -> bool {
    !text
        .chars()
        .any(|letter| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}'))
}

fn is_mail(text: &str) -> bool {
    let Some((user, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"<>()[],;:\\\"@".contains(&byte);
    let label = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    !user.is_empty() && user.bytes().all(fits) && domain.split('.').all(label)
}

#[cfg(test)]
mod tests;
