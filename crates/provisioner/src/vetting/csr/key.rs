//! Whether a key is worth a certificate.

use x509_parser::oid_registry::OID_EC_P256;
use x509_parser::oid_registry::OID_KEY_TYPE_EC_PUBLIC_KEY;
use x509_parser::oid_registry::OID_NIST_EC_P384;
use x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;
use x509_parser::oid_registry::OID_SIG_ED25519;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::RSAPublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::CsrRefusal;

/// RSA of 2048 to 8192 bits, ECDSA on P-256 and P-384, Ed25519.
pub(super) fn judge(key: &SubjectPublicKeyInfo<'_>) -> Result<(), CsrRefusal> {
    let oid = &key.algorithm.algorithm;
    let bytes: &[u8] = &key.subject_public_key.data;
    if *oid == OID_PKCS1_RSAENCRYPTION {
        judge_rsa(bytes)
    } else if *oid == OID_KEY_TYPE_EC_PUBLIC_KEY {
        let curve = key.algorithm.parameters.as_ref();
        let curve = curve.and_then(|curve| curve.as_oid().ok());
        let curve = curve.ok_or(CsrRefusal::KeyForm)?;
        if curve == OID_EC_P256 || curve == OID_NIST_EC_P384 {
            Ok(())
        } else {
            Err(CsrRefusal::Curve {
                oid: curve.to_string(),
            })
        }
    } else if *oid == OID_SIG_ED25519 {
        if bytes.len() == 32 {
            Ok(())
        } else {
            Err(CsrRefusal::KeyForm)
        }
    } else {
        Err(CsrRefusal::KeyType {
            oid: oid.to_string(),
        })
    }
}

fn judge_rsa(bytes: &[u8]) -> Result<(), CsrRefusal> {
    let Ok(([], key)) = RSAPublicKey::from_der(bytes) else {
        return Err(CsrRefusal::KeyForm);
    };
    let bits = bits(key.modulus).ok_or(CsrRefusal::KeyForm)?;
    if !(2048..=8192).contains(&bits) {
        return Err(CsrRefusal::RsaSize { bits });
    }
    // larger exponents than 2^32 are refused by the libraries that would have to use them
    match key.try_exponent() {
        Ok(exponent) if exponent >= 3 && exponent % 2 == 1 && exponent <= u64::from(u32::MAX) => {
            Ok(())
        }
        Ok(_) | Err(_) => Err(CsrRefusal::RsaExponent),
    }
}

/// The size of a positive DER integer.
fn bits(integer: &[u8]) -> Option<usize> {
    if integer.first().is_none_or(|byte| byte & 0x80 != 0) {
        return None;
    }
    let zeros = integer.iter().take_while(|byte| **byte == 0).count();
    let significant = integer.get(zeros..)?;
    let leading = significant.first()?.leading_zeros();
    let bits = significant.len().checked_mul(8)?;
    bits.checked_sub(usize::try_from(leading).ok()?)
}
