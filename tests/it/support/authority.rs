//! A certificate authority as a site helper has it: signs what a node asks for.

#![expect(clippy::indexing_slicing, reason = "DER that was made a moment ago")]

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::PublicKeyData;
use rcgen::SignatureAlgorithm;
use rcgen::SigningKey;
use rcgen::date_time_ymd;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;
use x509_parser::prelude::X509CertificationRequest;

/// A certificate authority.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// The public key of a request.
struct Requested(Vec<u8>);

impl PublicKeyData for Requested {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = params("ca.example.net", 2027);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// The certificate for a request, valid in 2026.
    pub(crate) fn sign(&self, csr: &str, name: &str) -> String {
        self.sign_until(csr, name, 2027)
    }

    /// The same, valid until the first day of a year.
    pub(crate) fn sign_until(&self, csr: &str, name: &str, year: i32) -> String {
        let params = params(name, year);
        let signed = params.signed_by(&requested(csr), &self.issuer);
        signed.unwrap().pem()
    }

    /// A certificate of version 1, as `openssl x509 -req` made them for decades: no version, no extensions.
    pub(crate) fn sign_version_1(&self, csr: &str, name: &str) -> String {
        let signed = params(name, 2027).signed_by(&requested(csr), &self.issuer);
        let signed = signed.unwrap();
        let (_, parsed) = X509Certificate::from_der(signed.der()).unwrap();
        let content = fields(body(parsed.tbs_certificate.as_ref()));
        // [0] version … [3] extensions
        let old = content.iter().filter(|field| field[0] & 0xe0 != 0xa0);
        let tbs = sequence(&old.copied().collect::<Vec<_>>().concat());
        let signature = self.issuer.key().sign(&tbs).unwrap();
        let algorithm = fields(body(signed.der()))[1].to_vec();
        let bits = tagged(3, &[&[0], signature.as_slice()].concat());
        muster::security::key::pem("CERTIFICATE", &sequence(&[tbs, algorithm, bits].concat()))
    }
}

fn params(name: &str, year: i32) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(year, 1, 1);
    params
}

fn requested(csr: &str) -> Requested {
    let (_, block) = x509_parser::pem::parse_x509_pem(csr.as_bytes()).unwrap();
    let (_, request) = X509CertificationRequest::from_der(&block.contents).unwrap();
    let spki = &request.certification_request_info.subject_pki;
    Requested(spki.subject_public_key.data.to_vec())
}

/// Header and content lengths of the first DER value.
fn lengths(der: &[u8]) -> (usize, usize) {
    let octets = usize::from(der[1] & 0x7f);
    if der[1] < 0x80 {
        return (2, octets);
    }
    let content = der[2..2 + octets]
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    (2 + octets, content)
}

fn body(der: &[u8]) -> &[u8] {
    let (header, content) = lengths(der);
    &der[header..header + content]
}

fn fields(mut content: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !content.is_empty() {
        let (header, length) = lengths(content);
        let (field, rest) = content.split_at(header + length);
        found.push(field);
        content = rest;
    }
    found
}

fn sequence(content: &[u8]) -> Vec<u8> {
    tagged(0x30, content)
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    // the shortest form, as DER wants it
    let header = match length {
        [0, short] if short < 0x80 => vec![tag, short],
        [0, long] => vec![tag, 0x81, long],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [header, content.to_vec()].concat()
}
