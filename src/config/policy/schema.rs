//! The published schema of `policy.toml` (docs/policy.schema.json) and the rows of its documentation.

use serde_json::Value as Json;
use serde_json::json;

use crate::config::policy::Policy;

/// A field of the policy.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) about: &'static str,
}

/// What a field holds.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Patterns,
    Directories,
    Flag,
    Number(u64, u64),
}

impl Kind {
    /// The kind in words.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Patterns => "list of patterns over keys".to_owned(),
            Self::Directories => "list of absolute directories".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Number(min, max) => format!("{min} to {max}"),
        }
    }

    fn schema(self) -> Json {
        match self {
            Self::Patterns => json!({
                "type": "array",
                "items": { "type": "string", "minLength": 1, "maxLength": 256, "pattern": "^\\S+$" },
            }),
            Self::Directories => json!({
                "type": "array",
                "items": { "type": "string", "pattern": "^/" },
            }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Number(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        }
    }
}

/// A JSON schema, draft 2020-12, of the document that the TOML file holds.
#[must_use]
pub fn schema() -> Json {
    let defaults = serde_json::to_value(Policy::default()).unwrap_or_default();
    let mut properties = properties(FIELDS, &defaults);
    let limits = defaults.get("limits").cloned().unwrap_or_default();
    if let Json::Object(properties) = &mut properties {
        let limits = json!({
            "type": "object",
            "description": "Largest inputs of configure and gencsr; they can only be made smaller.",
            "additionalProperties": false,
            "properties": self::properties(LIMITS, &limits),
        });
        properties.insert("limits".to_owned(), limits);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "policy.toml of muster",
        "description": "What a provisioner may do to this node.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn properties(fields: &[Field], defaults: &Json) -> Json {
    let property = |field: &Field| {
        let mut schema = field.kind.schema();
        if let Json::Object(schema) = &mut schema {
            schema.insert("description".to_owned(), json!(field.about));
            schema.insert(
                "default".to_owned(),
                defaults.get(field.name).cloned().unwrap_or_default(),
            );
        }
        (field.name.to_owned(), schema)
    };
    Json::Object(fields.iter().map(property).collect())
}

/// The fields of the file itself.
pub(crate) const FIELDS: &[Field] = &[
    Field {
        name: "allow_keys",
        kind: Kind::Patterns,
        about: "Keys that a provisioner may set, unless something else here forbids them.",
    },
    Field {
        name: "deny_keys",
        kind: Kind::Patterns,
        about: "Keys that a provisioner may not set, whatever else is said here.",
    },
    Field {
        name: "allow_dangerous_keys",
        kind: Kind::Patterns,
        about: "Keys of the built-in list of dangerous ones that a provisioner may set nevertheless.",
    },
    Field {
        name: "output_directories",
        kind: Kind::Directories,
        about: "Directories, besides /var/log and the configuration's own (*.log and *.json only), for logs and status files.",
    },
    Field {
        name: "ssl_directories",
        kind: Kind::Directories,
        about: "Directories, besides the configuration's own, for keys and certificates.",
    },
    Field {
        name: "accept_private_keys",
        kind: Kind::Flag,
        about: "Whether a provisioner may send a private key, which it does encrypted for this node.",
    },
    Field {
        name: "allow_reprovision",
        kind: Kind::Flag,
        about: "Whether a provisioned node may be sent back to wait for a provisioner over the network; `muster reprovision` on the machine itself always may.",
    },
    Field {
        name: "trial_timeout",
        kind: Kind::Number(30, 86_400),
        about: "Seconds in which a new configuration must reach its brokers. Read and checked; nothing returns by itself yet.",
    },
];

/// The fields of its table `limits`.
pub(crate) const LIMITS: &[Field] = &[
    limit("config", 262_144, "Bytes of the configuration."),
    limit("certificate", 65_536, "Bytes of the certificate."),
    limit("ca", 262_144, "Bytes of the certificate authorities."),
    limit("key", 16_384, "Bytes of the private key."),
    limit("server_jwt", 16_384, "Bytes of the server's token."),
    limit("policy_files", 64, "Policy files of one kind."),
    limit("policy_file", 262_144, "Bytes of one policy file."),
    limit("token", 128, "Characters of the provisioning token."),
    limit("cn", 80, "Characters of the common name of a CSR."),
    limit(
        "subject",
        50,
        "Characters of each other field of its subject.",
    ),
];

const fn limit(name: &'static str, max: u64, about: &'static str) -> Field {
    Field {
        name,
        kind: Kind::Number(1, max),
        about,
    }
}
