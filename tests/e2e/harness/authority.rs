//! A certificate authority that signs what a node asks for.

use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::KeyPair;
use rcgen::PublicKeyData;
use rcgen::SignatureAlgorithm;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer as _;

use crate::support::nats::Authority;

/// The certificate for a CSR, after a look at its signature.
pub(crate) fn sign(authority: &Authority, csr: &str) -> String {
    let pem = Pem::iter_from_buffer(csr.as_bytes())
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(pem.label, "CERTIFICATE REQUEST");
    let (_, request) = X509CertificationRequest::from_der(&pem.contents).unwrap();
    request.verify_signature().unwrap();
    let info = &request.certification_request_info;
    let name = info.subject.iter_common_name().next().unwrap();
    let name = name.as_str().unwrap().to_owned();
    let mut params = CertificateParams::new(vec![name.clone()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = RsaPublicKey(info.subject_pki.subject_public_key.data.to_vec());
    params.signed_by(&key, &authority.0).unwrap().pem()
}

/// A certificate and its key for somebody who signs requests, which only RSA keys do; both PEM.
pub(crate) fn caller(authority: &Authority, name: &str) -> (String, String) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate = params.signed_by(&key, &authority.0).unwrap();
    (certificate.pem(), key.serialize_pem())
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
