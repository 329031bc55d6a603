//! A certificate authority that signs what a node asks for.

use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::KeyPair;
use rcgen::PublicKeyData;
use rcgen::SignatureAlgorithm;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::FromDer as _;

/// A throw-away authority.
pub(crate) type Issuer = CertifiedIssuer<'static, KeyPair>;

/// The certificate for a certificate request, after a look at its signature.
pub(crate) fn sign(authority: &Issuer, csr: &str) -> String {
    let (_, pem) = parse_x509_pem(csr.as_bytes()).unwrap();
    let (_, request) = X509CertificationRequest::from_der(&pem.contents).unwrap();
    request.verify_signature().unwrap();
    let info = &request.certification_request_info;
    let name = info.subject.iter_common_name().next().unwrap();
    let name = name.as_str().unwrap().to_owned();
    let mut params = CertificateParams::new(vec![name.clone()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = RsaPublicKey(info.subject_pki.subject_public_key.data.to_vec());
    params.signed_by(&key, authority).unwrap().pem()
}

struct RsaPublicKey(Vec<u8>);

impl PublicKeyData for RsaPublicKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}
