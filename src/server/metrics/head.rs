//! The head of an HTTP request, as far as a page of metrics needs it. Pure: bytes in, a verdict out.

/// The largest head that is read, in bytes.
pub const LARGEST: usize = 8 * 1024;

/// What the bytes that came so far are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// Not all of a head; more must come.
    Incomplete,
    /// Somebody asks for this path, without its query.
    Get(String),
    /// Nothing that is answered with a page.
    Refused(Refusal),
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is no HTTP request.
    Malformed,
    /// It wants something else done than a page shown.
    Method,
    /// Its head is larger than [`LARGEST`].
    TooLarge,
}

/// Judges the bytes that came so far. What follows the head (a body, another request) is not looked at, nor are header
/// fields: none of them changes the answer.
#[must_use]
pub fn read(bytes: &[u8]) -> Head {
    let Some(end) = end(bytes) else {
        return if bytes.len() < LARGEST {
            Head::Incomplete
        } else {
            Head::Refused(Refusal::TooLarge)
        };
    };
    if end > LARGEST {
        return Head::Refused(Refusal::TooLarge);
    }
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    match request_line(line.strip_suffix(b"\r").unwrap_or(line)) {
        Some(("GET", path)) => Head::Get(path.to_owned()),
        Some(_) => Head::Refused(Refusal::Method),
        None => Head::Refused(Refusal::Malformed),
    }
}

/// The length of the head: it ends with the first empty line.
fn end(bytes: &[u8]) -> Option<usize> {
    let mut length = 0_usize;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        length = length.saturating_add(line.len());
        if matches!(line, b"\n" | b"\r\n") {
            return Some(length);
        }
    }
    None
}

/// Method and path of `GET /path?query HTTP/1.1`.
fn request_line(line: &[u8]) -> Option<(&str, &str)> {
    let line = std::str::from_utf8(line).ok()?;
    let mut parts = line.split(' ');
    let (method, target, version) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
    let good = parts.next().is_none()
        && !method.is_empty()
        && method.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
        && target.starts_with('/')
        && plain(target)
        && matches!(version, "HTTP/1.1" | "HTTP/1.0");
    let path = target.split(['?', '#']).next()?;
    good.then_some((method, path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn get(path: &str) -> Head {
        Head::Get(path.to_owned())
    }

    #[test]
    fn a_path_is_asked_for() {
        for (text, path) in [
            ("GET / HTTP/1.1\r\n\r\n", "/"),
            ("GET /metrics HTTP/1.0\n\n", "/metrics"),
            (
                "GET /metrics?name[]=x HTTP/1.1\r\nHost: a\r\n\r\n",
                "/metrics",
            ),
            ("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n", "/a"),
            ("GET /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nx", "/a"),
        ] {
            assert_eq!(read(text.as_bytes()), get(path), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for text in [
            "\r\n",
            "GET\r\n\r\n",
            "GET /a\r\n\r\n",
            "GET  /a HTTP/1.1\r\n\r\n",
            "GET /a HTTP/1.1 x\r\n\r\n",
            "GET /a HTTP/2.0\r\n\r\n",
            "GET a HTTP/1.1\r\n\r\n",
            "GET http://h/a HTTP/1.1\r\n\r\n",
            "G\u{1}T /a HTTP/1.1\r\n\r\n",
            "GET /\u{fc} HTTP/1.1\r\n\r\n",
            "\u{16}\u{3}\u{1}\r\n\r\n",
        ] {
            let refused = Head::Refused(Refusal::Malformed);
            assert_eq!(read(text.as_bytes()), refused, "{text:?}");
        }
        assert_eq!(
            read(b"\xff\xfe /a HTTP/1.1\n\n"),
            Head::Refused(Refusal::Malformed)
        );
    }

    #[test]
    fn only_pages_are_shown() {
        for method in ["POST", "HEAD", "DELETE", "CONNECT", "M-SEARCH", "get"] {
            let text = format!("{method} /metrics HTTP/1.1\r\n\r\n");
            assert_eq!(
                read(text.as_bytes()),
                Head::Refused(Refusal::Method),
                "{method}"
            );
        }
    }

    #[test]
    fn a_head_without_end_is_too_large_at_some_point() {
        let mut bytes = b"GET /metrics HTTP/1.1\r\n".to_vec();
        bytes.resize(LARGEST - 1, b'x');
        assert_eq!(read(&bytes), Head::Incomplete);
        bytes.push(b'x');
        assert_eq!(read(&bytes), Head::Refused(Refusal::TooLarge));
        bytes.extend(b"\r\n\r\n");
        assert_eq!(read(&bytes), Head::Refused(Refusal::TooLarge));
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            drop(read(&bytes));
        }

        #[test]
        fn the_verdict_does_not_depend_on_how_the_bytes_arrive(
            text in "(GET|PUT|x) /?[a-z?]{0,9} HTTP/1\\.[01]\r?\n([A-Z]: [a-z]{0,9}\r?\n){0,3}\r?\n.{0,20}",
        ) {
            let whole = read(text.as_bytes());
            prop_assert_ne!(&whole, &Head::Incomplete);
            let first = (0..=text.len())
                .map(|length| read(&text.as_bytes()[..length]))
                .find(|head| *head != Head::Incomplete);
            prop_assert_eq!(first, Some(whole));
        }
    }
}
