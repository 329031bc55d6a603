//! Just enough DER to sign what the fuzzer makes up: what is judged after a signature would never be reached otherwise.

use std::sync::LazyLock;

use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair as _;

/// The same key in every run, so that what is found can be played again.
static KEY: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap());

const ED25519: &[u8] = &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70];

/// One value: tag, length, content.
pub fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    if let Ok(short @ 0..=127) = u8::try_from(length) {
        out.push(short);
    } else {
        let bytes = length.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        out.push(0x80 | u8::try_from(bytes.len() - zeros).unwrap());
        out.extend(&bytes[zeros..]);
    }
    out.extend(content);
    out
}

/// A sequence of values.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(0x30, &parts.concat())
}

/// A name that is a common name only.
pub fn name(common_name: &str) -> Vec<u8> {
    let attribute = sequence(&[&[6, 3, 0x55, 4, 3], &value(12, common_name.as_bytes())]);
    sequence(&[&value(0x31, &attribute)])
}

/// The key of whoever signs here.
pub fn public_key() -> Vec<u8> {
    sequence(&[ED25519, &bits(KEY.public_key().as_ref())])
}

/// A certificate request with these attributes.
pub fn request(common_name: &str, attributes: &[u8]) -> Vec<u8> {
    signed(&sequence(&[
        &[2, 1, 0],
        &name(common_name),
        &public_key(),
        &value(0xa0, attributes),
    ]))
}

/// The attribute that asks for these extensions.
pub fn extension_request(extensions: &[u8]) -> Vec<u8> {
    const OID: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];
    sequence(&[OID, &value(0x31, &value(0x30, extensions))])
}

/// The extension with these alternative names.
pub fn alternative_names(names: &[u8]) -> Vec<u8> {
    sequence(&[&[6, 3, 0x55, 0x1d, 17], &value(4, &value(0x30, names))])
}

/// A certificate of 2026 to 2036 with these extensions, by the authority named `CA`.
pub fn certificate(common_name: &str, extensions: &[u8]) -> Vec<u8> {
    signed(&sequence(&[
        &[0xa0, 3, 2, 1, 2],
        &[2, 1, 5],
        ED25519,
        &name("CA"),
        &sequence(&[&value(23, b"260101000000Z"), &value(23, b"360101000000Z")]),
        &name(common_name),
        &public_key(),
        &value(0xa3, &value(0x30, extensions)),
    ]))
}

/// The certificate of the authority named `CA`.
pub fn authority() -> Vec<u8> {
    const MAY_SIGN: &[u8] = &[
        0x30, 15, 6, 3, 0x55, 0x1d, 19, 1, 1, 0xff, 4, 5, 0x30, 3, 1, 1, 0xff,
    ];
    certificate("CA", MAY_SIGN)
}

fn signed(what: &[u8]) -> Vec<u8> {
    sequence(&[what, ED25519, &bits(KEY.sign(what).as_ref())])
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    value(3, &[&[0], bytes].concat())
}
