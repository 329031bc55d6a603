//! Keys of security providers.

use std::path::PathBuf;

use regex::Regex;

use crate::config::choices::SecurityProvider;
use crate::config::form;
use crate::config::key::keys;
use crate::config::values::PublicKey;

keys! {
    /// Where keys and certificates come from and with it the version of the protocol: `choria` speaks version 2.
    PROVIDER: SecurityProvider = "plugin.security.provider", form::choice(), default("puppet");
    /// Certificate of provider `file`, intermediates after it.
    FILE_CERTIFICATE: Option<PathBuf> = "plugin.security.file.certificate", form::path();
    /// Private key of provider `file`.
    FILE_KEY: Option<PathBuf> = "plugin.security.file.key", form::path();
    /// Certificate authorities of provider `file`.
    FILE_CA: Option<PathBuf> = "plugin.security.file.ca", form::path();
    /// Directory of keys and certificates of provider `puppet`, and of the CSR while provisioning.
    SSLDIR: Option<PathBuf> = "plugin.choria.ssldir", form::path(),
        derived("of provider `puppet`: `/etc/puppetlabs/puppet/ssl` for root, else `~/.puppetlabs/etc/puppet/ssl`");
    /// Callers that are believed, as patterns over certificate names.
    CERTNAME_WHITELIST: Vec<Regex> = "plugin.choria.security.certname_whitelist", form::patterns(),
        default(r"\.mcollective$,\.choria$");
    /// Certificates that may speak for any caller.
    PRIVILEGED_USERS: Vec<Regex> = "plugin.choria.security.privileged_users", form::patterns(),
        default(r"\.privileged.mcollective$,\.privileged.choria$");
    /// Whether broker certificates without names in extensions are accepted.
    LEGACY_CERTIFICATES: bool = "plugin.security.support_legacy_certificates", form::flag(), default("false");
    /// Cipher suites of TLS by their IANA names; those of the library when it is not set. A list without a suite of TLS 1.3
    /// leaves those of TLS 1.3 as they are.
    CIPHER_SUITES: Vec<String> = "plugin.security.cipher_suites", form::texts();
    /// Curves of TLS: `X25519`, `CurveP256`, `CurveP384`, `X25519MLKEM768`; those of the library when it is not set.
    ECC_CURVES: Vec<String> = "plugin.security.ecc_curves", form::texts();
    /// Whether the node shows the broker a token over unverified TLS instead of a certificate.
    SERVER_ANON_TLS: bool = "plugin.security.server_anon_tls", form::flag(), default("false");
    /// The node's token for that.
    SERVER_TOKEN: Option<PathBuf> = "plugin.choria.security.server.token_file", form::path(),
        derived("with `plugin.security.server_anon_tls`: `server.jwt` beside the file");
    /// The seed of the node's key for that.
    SERVER_SEED: Option<PathBuf> = "plugin.choria.security.server.seed_file", form::path(),
        derived("with `plugin.security.server_anon_tls`: `server.seed` beside the file");
    /// Token of provider `choria`.
    CHORIA_TOKEN: Option<PathBuf> = "plugin.security.choria.token_file", form::path();
    /// Seed of the key of provider `choria`.
    CHORIA_SEED: Option<PathBuf> = "plugin.security.choria.seed_file", form::path();
    /// TLS certificate beside the token of provider `choria`.
    CHORIA_CERTIFICATE: Option<PathBuf> = "plugin.security.choria.certificate", form::path();
    /// TLS key beside the token of provider `choria`.
    CHORIA_KEY: Option<PathBuf> = "plugin.security.choria.key", form::path();
    /// TLS certificate authorities beside the token of provider `choria`.
    CHORIA_CA: Option<PathBuf> = "plugin.security.choria.ca", form::path();
    /// Public keys whose tokens are believed; not together with issuers.
    TRUSTED_SIGNERS: Vec<PublicKey> = "plugin.security.choria.trusted_signers",
        form::names("Ed25519 public keys of 64 hex digits joined by ','");
    /// Whether replies are signed in version 2.
    SIGN_REPLIES: bool = "plugin.security.choria.sign_replies", form::flag(), default("true");
    /// Organization issuers; the key of each is in `plugin.security.issuer.<name>.public`.
    ISSUER_NAMES: Vec<String> = "plugin.security.issuer.names", form::texts();
}
