//! Gives the texts of a buildspec their types.
//!
//! Every function reports what is wrong to [`Findings`] and answers `None` then; the build fails, so that what the
//! caller puts in its place is never seen.

use std::net::Ipv6Addr;

use crate::fault::Fault;
use crate::findings::Findings;
use crate::problem::Place;
use crate::yaml::Node;
use crate::yaml::Value;

/// Exactly `true` or `false`.
pub(crate) fn boolean(place: &Place, node: &Node, found: &mut Findings) -> Option<bool> {
    match found.text(place, node)? {
        "true" => Some(true),
        "false" => Some(false),
        other => {
            found.fault(
                place,
                Fault::NotBoolean {
                    found: other.to_owned(),
                },
            );
            None
        }
    }
}

/// A text without control characters; empty is unset.
pub(crate) fn plain(place: &Place, node: &Node, found: &mut Findings) -> Option<String> {
    let text = found.text(place, node)?;
    if text.chars().any(char::is_control) {
        found.fault(place, Fault::Control);
        return None;
    }
    (!text.is_empty()).then(|| text.to_owned())
}

/// The absolute path of a file on the node; empty is unset.
pub(crate) fn path(
    place: &Place,
    node: &Node,
    windows: bool,
    found: &mut Findings,
) -> Option<String> {
    let text = plain(place, node, found)?;
    if text.starts_with('/') || (windows && has_drive(&text)) {
        return Some(text);
    }
    found.fault(place, Fault::RelativePath { found: text });
    None
}

/// Addresses of brokers, each with a scheme.
pub(crate) fn brokers(place: &Place, node: &Node, found: &mut Findings) -> Vec<String> {
    let wanted =
        "a broker: host:port, nats://host:port or tls://host:port, an IPv6 address in brackets";
    list(place, node, wanted, read_broker, found)
}

/// A domain; empty is unset.
pub(crate) fn domain(place: &Place, node: &Node, found: &mut Findings) -> Option<String> {
    single(place, node, "a domain", read_domain, found)
}

/// Subjects that can be published to.
pub(crate) fn subjects(place: &Place, node: &Node, found: &mut Findings) -> Vec<String> {
    list(place, node, "a subject to publish to", read_subject, found)
}

/// Names of collectives.
pub(crate) fn collectives(place: &Place, node: &Node, found: &mut Findings) -> Vec<String> {
    list(
        place,
        node,
        "the name of a collective",
        read_collective,
        found,
    )
}

/// The suffix of a caller id; empty is unset.
pub(crate) fn suffix(place: &Place, node: &Node, found: &mut Findings) -> Option<String> {
    single(
        place,
        node,
        "a suffix of letters, digits and ._-",
        read_suffix,
        found,
    )
}

/// A comma list or a YAML list, every entry trimmed and read by `entry`.
fn list(
    place: &Place,
    node: &Node,
    wanted: &'static str,
    entry: fn(&str) -> Option<String>,
    found: &mut Findings,
) -> Vec<String> {
    let mut values = Vec::new();
    if matches!(&node.value, Value::Text(text) if text.is_empty()) {
        return values;
    }
    for (here, text) in found.texts(place, node) {
        for part in text.split(',').map(str::trim) {
            if part.is_empty() {
                found.fault(&here, Fault::EmptyEntry);
            } else if let Some(value) = entry(part) {
                values.push(value);
            } else {
                found.fault(
                    &here,
                    Fault::BadEntry {
                        entry: printable(part),
                        wanted,
                    },
                );
            }
        }
    }
    values
}

/// One value read by `entry`; empty is unset.
fn single(
    place: &Place,
    node: &Node,
    wanted: &'static str,
    entry: fn(&str) -> Option<String>,
    found: &mut Findings,
) -> Option<String> {
    let text = plain(place, node, found)?;
    let value = entry(&text);
    if value.is_none() {
        found.fault(
            place,
            Fault::BadEntry {
                entry: text,
                wanted,
            },
        );
    }
    value
}

/// `host:port`, `nats://host:port` or `tls://host:port`; the answer always has a scheme.
fn read_broker(text: &str) -> Option<String> {
    let (scheme, address) = text.split_once("://").unwrap_or(("nats", text));
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "nats" && scheme != "tls" {
        return None;
    }
    let (host, port) = address.rsplit_once(':')?;
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port: u16 = port.parse().ok().filter(|port| digits && *port != 0)?;
    let inner = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let valid = match inner {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => is_host(host),
    };
    valid.then(|| format!("{scheme}://{host}:{port}"))
}

/// A domain name.
fn read_domain(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').unwrap_or(text);
    is_host(name).then(|| name.to_owned())
}

/// A subject that can be published to: no wildcards, no empty parts.
fn read_subject(text: &str) -> Option<String> {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'*' && byte != b'>')
    };
    text.split('.').all(plain).then(|| text.to_owned())
}

/// The name of a collective: one part of a subject.
fn read_collective(text: &str) -> Option<String> {
    read_subject(text).filter(|name| !name.contains('.'))
}

/// The suffix of a caller id.
fn read_suffix(text: &str) -> Option<String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.bytes().all(fits).then(|| text.to_owned())
}

fn is_host(text: &str) -> bool {
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn has_drive(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|letter| letter.is_ascii_alphabetic())
        && chars.next() == Some(':')
        && matches!(chars.next(), Some('\\' | '/'))
}

/// A text for an error: as it is, control characters excepted.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_always_have_a_scheme_and_a_port() {
        assert_eq!(
            read_broker("prov.example.net:4222").as_deref(),
            Some("nats://prov.example.net:4222")
        );
        assert_eq!(
            read_broker("nats://10.1.2.3:42").as_deref(),
            Some("nats://10.1.2.3:42")
        );
        assert_eq!(
            read_broker("TLS://[2001:db8::1]:4222").as_deref(),
            Some("tls://[2001:db8::1]:4222")
        );
    }

    #[test]
    fn what_is_not_a_broker_is_refused() {
        let bad = [
            "prov.example.net",
            "prov.example.net:",
            "prov.example.net:0",
            "prov.example.net:+4222",
            "prov.example.net:65536",
            "nats://user:secret@prov.example.net:4222",
            "nats://prov.example.net:4222/",
            "ws://prov.example.net:4222",
            "2001:db8::1:4222",
            "[2001:db8::1]",
            "[prov.example.net]:4222",
            "-prov:4222",
            ":4222",
            "a b:4222",
        ];
        for text in bad {
            assert_eq!(read_broker(text), None, "{text}");
        }
    }

    #[test]
    fn subjects_have_no_wildcards_and_no_empty_parts() {
        assert!(read_subject("provisioning.registration.data").is_some());
        for text in ["a..b", ".a", "a.", "a.*", "a.>", "a b", ""] {
            assert_eq!(read_subject(text), None, "{text}");
        }
        assert_eq!(read_collective("a.b"), None);
    }

    #[test]
    fn a_domain_loses_its_final_dot() {
        assert_eq!(read_domain("example.net.").as_deref(), Some("example.net"));
        assert_eq!(read_domain("example..net"), None);
    }
}
