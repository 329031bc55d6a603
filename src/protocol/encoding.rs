//! Base64 as peers write it: the standard alphabet with padding, and line ends anywhere (spec 01 §1.3).

use base64::DecodeError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The bytes that a text stands for.
///
/// # Errors
///
/// [`DecodeError`] for anything but padded base64 and line ends.
pub(super) fn from_base64(text: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    if !text.iter().any(line_end) {
        return STANDARD.decode(text);
    }
    let one_line: Vec<u8> = text.iter().copied().filter(|b| !line_end(b)).collect();
    STANDARD.decode(one_line)
}
