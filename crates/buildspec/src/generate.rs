//! Writes the typed constant that the agent is compiled with.
//!
//! The text is one Rust expression for the struct `BuildInfo` of the agent, to be included beside its definition. It
//! depends on nothing but its input, so that equal input gives equal bytes.

use std::fmt::Debug;
use std::fmt::Write as _;

use crate::flags::Flags;
use crate::flags::Provisioning;
use crate::spec::Resolved;
use crate::stamp::Stamp;
use crate::token::Verifier;

/// The expression for a build. It holds verifiers of tokens, never a token.
#[must_use]
pub fn rust_literal(resolved: &Resolved, stamp: &Stamp) -> String {
    let mut fields = Fields::default();
    fields.add("build", &resolved.build);
    fields.add("target", &resolved.target_name);
    fields.add("version", &stamp.version);
    fields.add("sha", &stamp.sha);
    fields.add("build_date", &stamp.build_date);
    fields.add("rustc", &stamp.rustc);
    fields.add("triple", &stamp.triple);
    add_flags(&mut fields, &resolved.flags);
    format!("BuildInfo {{\n{}}}\n", fields.0)
}

fn add_flags(fields: &mut Fields, flags: &Flags) {
    fields.add("tls", &flags.tls);
    fields.add("secure", &flags.secure);
    fields.add_list("default_collectives", &flags.default_collectives);
    fields.add("client_identity_suffix", &flags.client_identity_suffix);
    fields.add_code("provisioning", &provisioning(&flags.provisioning));
}

fn provisioning(flags: &Provisioning) -> String {
    let mut fields = Fields::default();
    fields.add_list("brokers", &flags.brokers);
    fields.add("srv_domain", &flags.srv_domain);
    fields.add("mode_default", &flags.mode_default);
    fields.add("agent", &flags.agent);
    fields.add("secure", &flags.secure);
    fields.add("ca", &flags.ca);
    fields.add_code("tokens", &tokens(&flags.tokens));
    fields.add("registration_data", &flags.registration_data);
    fields.add_list("registration_subjects", &flags.registration_subjects);
    fields.add("facts", &flags.facts);
    fields.add("jwt_file", &flags.jwt_file);
    fields.add("status_file", &flags.status_file);
    fields.add("user", &flags.user);
    let password = flags
        .password
        .as_ref()
        .map(|password| format!("Some(BakedPassword({:?}))", password.0));
    fields.add_code("password", password.as_deref().unwrap_or("None"));
    fields.add("protocol_v2", &flags.protocol_v2);
    fields.add("allow_update", &flags.allow_update);
    format!("Provisioning {{\n{}}}", fields.0)
}

fn tokens(verifiers: &[Verifier]) -> String {
    let mut text = String::from("&[");
    for verifier in verifiers {
        text.push_str(&match verifier {
            Verifier::Sha256 { salt, digest } => {
                format!("TokenVerifier::Sha256 {{ salt: {salt:?}, digest: {digest:?} }}, ")
            }
            Verifier::Argon2id {
                salt,
                digest,
                memory_kib,
                passes,
            } => format!(
                "TokenVerifier::Argon2id {{ salt: {salt:?}, digest: {digest:?}, \
                 memory_kib: {memory_kib}, passes: {passes} }}, "
            ),
        });
    }
    text.push(']');
    text
}

/// Lines of `name: value,`. `Debug` of the types used here is Rust: texts are escaped, `None` and `Some` are spelt out.
#[derive(Default)]
struct Fields(String);

impl Fields {
    fn add(&mut self, name: &str, value: &impl Debug) {
        self.add_code(name, &format!("{value:?}"));
    }

    fn add_list(&mut self, name: &str, values: &[String]) {
        self.add_code(name, &format!("&{values:?}"));
    }

    fn add_code(&mut self, name: &str, code: &str) {
        // writing to a String cannot fail
        let _ = writeln!(self.0, "{name}: {code},");
    }
}

#[cfg(test)]
mod tests;
