//! Keys that say what nodes become, and which.

use crate::config::fault::Fault;
use crate::config::forms::AbsolutePath;
use crate::config::forms::Choice;
use crate::config::forms::Form;
use crate::config::forms::Line;
use crate::config::forms::Period;
use crate::config::forms::Read;
use crate::config::forms::Switch;
use crate::config::keys::Chapter;
use crate::config::keys::Key;
use crate::config::keys::List;
use crate::config::keys::Words;
use crate::config::patterns::AllowedName;
use crate::config::patterns::Anywhere;
use crate::config::patterns::Condition;
use crate::config::patterns::Entire;
use crate::config::settings::Reissue;

pub(in crate::config) const CHAPTER: Chapter = Chapter {
    title: "Nodes",
    keys: &[
        &HELPER,
        &CA_DIRECTORY,
        &TEMPLATE,
        &VALIDITY,
        &TOKEN,
        &IDENTITIES,
        &FACTS,
    ],
};

pub(in crate::config) const CERTIFICATES: Chapter = Chapter {
    title: "Certificates",
    keys: &[
        &PKI,
        &DENY_LIST,
        &ALLOW_LIST,
        &REISSUE,
        &COUNTRY,
        &STATE,
        &LOCALITY,
        &ORGANIZATION,
        &UNIT,
    ],
};

pub(in crate::config) static HELPER: Key<Words> = Key::ruled(
    "helper",
    Words("`builtin` or a command line"),
    "required",
    "Who decides what a node becomes. A command line is split by the shell's rules, but no shell sees it; its program is an absolute path or a name that a directory of `PATH` has, and it is looked for when the configuration is read. `builtin` is the authority and the template of this program and needs `features.pki`.",
);

pub(in crate::config) static CA_DIRECTORY: Key<AbsolutePath> = Key::new(
    "builtin.ca_directory",
    AbsolutePath,
    "/etc/muster-provisioner/ca",
    "Directory of the built-in authority: its certificate, its key and what it issued.",
);

pub(in crate::config) static TEMPLATE: Key<AbsolutePath> = Key::new(
    "builtin.template",
    AbsolutePath,
    "/etc/muster-provisioner/template.toml",
    "Template of the configurations that the built-in helper hands out.",
);

pub(in crate::config) static VALIDITY: Key<Period> = Key::new(
    "builtin.validity",
    Period {
        min: "1h",
        max: "10y",
    },
    "1y",
    "How long a certificate of the built-in authority is good for.",
);

pub(in crate::config) static TOKEN: Key<Words> = Key::ruled(
    "token",
    Words("a secret, or a list of at most 16"),
    "one empty token, with a warning",
    "Tokens that nodes may ask for, each at most 128 characters. They are tried in this order, so that nodes with an old one can be reached while a new one is brought in.",
);

pub(in crate::config) static IDENTITIES: Key<List<Entire>> = Key::ruled(
    "identities",
    List(Entire),
    "all",
    "Which nodes are provisioned, by name. Others are left alone.",
);

pub(in crate::config) static FACTS: Key<List<Condition>> = Key::ruled(
    "facts",
    List(Condition),
    "all",
    "Which nodes are provisioned, by what their inventory says, written as for the command line; all conditions must hold. Facts are what a node says of itself, so they sort nodes and keep no attacker out.",
);

pub(in crate::config) static PKI: Key<Switch> = Key::new(
    "features.pki",
    Switch,
    "false",
    "Whether nodes make a key and get a certificate for it.",
);

pub(in crate::config) static DENY_LIST: Key<List<Anywhere>> = Key::ruled(
    "cert_deny_list",
    List(Anywhere),
    r"`\.privileged.mcollective$`, `\.privileged.choria$`, `\.mcollective$` and `\.choria$`, in any case",
    "No certificate may carry a name that one of these matches anywhere. A list replaces the default, and its patterns tell upper case from lower case; an empty one is the default.",
);

pub(in crate::config) static ALLOW_LIST: Key<List<AllowedName>> = Key::ruled(
    "cert_allow_list",
    List(AllowedName),
    "all that is not denied",
    "Every name of a certificate must match one of these. `identity` is the node's own name.",
);

pub(in crate::config) static REISSUE: Key<Choice<Reissue>> = Key::new(
    "reissue",
    Choice(&[
        ("allow", Reissue::Allow),
        ("ask", Reissue::Ask),
        ("refuse", Reissue::Refuse),
    ]),
    "allow",
    "What becomes of a node that asks with a new key for a name whose certificate is still valid: it gets another one, waits for `muster-provisioner approve`, or gets none. The default is what the reference does; `ask` keeps a stranger from taking the name of a node.",
);

pub(in crate::config) static COUNTRY: Key<Country> =
    Key::new("csr.C", Country, "", "Country in the subject of requests.");

pub(in crate::config) static STATE: Key<Line> = Key::new(
    "csr.ST",
    SUBJECT,
    "",
    "State or province in the subject of requests.",
);

pub(in crate::config) static LOCALITY: Key<Line> =
    Key::new("csr.L", SUBJECT, "", "Locality in the subject of requests.");

pub(in crate::config) static ORGANIZATION: Key<Line> = Key::new(
    "csr.O",
    SUBJECT,
    "",
    "Organization in the subject of requests.",
);

pub(in crate::config) static UNIT: Key<Line> = Key::new(
    "csr.OU",
    SUBJECT,
    "",
    "Organizational unit in the subject of requests.",
);

/// The fields that are ruled out or useless without certificates.
pub(in crate::config) const FOR_CERTIFICATES: [&str; 7] = [
    "cert_deny_list",
    "cert_allow_list",
    "csr.C",
    "csr.ST",
    "csr.L",
    "csr.O",
    "csr.OU",
];

/// A country code.
pub(in crate::config) struct Country;

impl Form for Country {
    fn words(&self) -> String {
        "a country code of two capital letters".to_owned()
    }
}

impl Read for Country {
    type Value = String;

    fn read(&self, text: &str) -> Result<String, Fault> {
        let capitals = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if capitals || text.is_empty() {
            Ok(text.to_owned())
        } else {
            Err(self.refused(text))
        }
    }
}

/// What a node takes for a field of a subject.
const SUBJECT: Line = Line { max: 50 };
