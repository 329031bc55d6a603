//! Compression as Debian and its checks want it: the best there is, without name and time.

use std::io;
use std::io::Write as _;

use flate2::Compression;
use flate2::GzBuilder;

/// The same bytes for the same bytes.
pub(super) fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = GzBuilder::new()
        .mtime(0)
        .operating_system(UNIX)
        .write(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    packed.finish()
}

/// Whatever this runs on.
const UNIX: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_no_time_no_name_and_says_best() {
        let packed = gzip(b"text").unwrap();
        assert_eq!(packed[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, UNIX]);
    }
}
