//! Values that are one of a few words.

use std::fmt;
use std::path::PathBuf;

/// A closed set of words.
pub(crate) trait Choice: Copy + PartialEq + Default + 'static {
    /// Every word and its value; the first word of a value is the one that is shown.
    const ALL: &'static [(&'static str, Self)];

    /// The value of a word, in any case.
    fn find(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(word))
            .map(|(_, value)| *value)
    }

    /// The word of a value.
    fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, value)| *value == self)
            .map_or("", |(word, _)| *word)
    }

    /// The word as peers see it.
    fn shown(self) -> String {
        self.word().to_owned()
    }
}

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $value:ident = $word:literal),+ $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$about])* $value),+
        }

        impl Choice for $name {
            const ALL: &'static [(&'static str, Self)] = &[$(($word, Self::$value)),+];
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    )*};
}

choices! {
    /// `plugin.muster.audit_failure`: what becomes of a request of which no record can be written.
    AuditFailure {
        /// It runs, as in the reference.
        #[default]
        Allow = "allow",
        /// It is refused.
        Deny = "deny",
    }
    /// `loglevel`.
    LogLevel {
        /// Everything.
        Debug = "debug",
        /// The story of the process.
        #[default]
        Info = "info",
        /// What someone should look at.
        Warn = "warn",
        /// What failed.
        Error = "error",
        /// What ended the process.
        Fatal = "fatal",
    }

    /// `registration`.
    RegistrationPlugin {
        /// Publishes a file.
        #[default]
        FileContent = "file_content",
        /// Publishes what the node knows about itself.
        InventoryContent = "inventory_content",
    }

    /// `plugin.security.provider`.
    SecurityProvider {
        /// Certificates in Puppet's layout.
        #[default]
        Puppet = "puppet",
        /// Certificates at configured paths.
        File = "file",
        /// Certificates on a token.
        Pkcs11 = "pkcs11",
        /// Certificates of a Kubernetes cluster.
        CertManager = "certmanager",
        /// Ed25519 and JWT, protocol version 2.
        Choria = "choria",
    }

    /// `rpclimitmethod`.
    LimitMethod {
        /// The first nodes.
        #[default]
        First = "first",
        /// Random ones.
        Random = "random",
    }

    /// `default_discovery_method`.
    DiscoveryMethod {
        /// A broadcast; the reference's older name of it.
        #[default]
        Mc = "mc",
        /// A broadcast.
        Broadcast = "broadcast",
        /// `PuppetDB`.
        Choria = "choria",
        /// `PuppetDB`, by its own name.
        PuppetDb = "puppetdb",
        /// A file of names.
        File = "file",
        /// A file of names, by its older name.
        FlatFile = "flatfile",
        /// A program.
        External = "external",
        /// An inventory file.
        Inventory = "inventory",
    }
}

/// `rpcauthprovider`: who decides about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AuthorizationProvider {
    /// Policy files of the action policy dialect.
    #[default]
    ActionPolicy,
    /// Open Policy Agent files.
    RegoPolicy,
    /// The policy inside the caller's token.
    AaaService,
}

impl Choice for AuthorizationProvider {
    const ALL: &'static [(&'static str, Self)] = &[
        ("action_policy", Self::ActionPolicy),
        ("rego_policy", Self::RegoPolicy),
        ("aaasvc", Self::AaaService),
        ("aaasvc_policy", Self::AaaService),
    ];

    /// A "title string" of the reference: the first letter is upper case (spec 03 §2.3).
    fn shown(self) -> String {
        let word = self.word();
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect()
    }
}

/// `logfile`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LogTarget {
    /// Standard output.
    #[default]
    Stdout,
    /// Standard error.
    Stderr,
    /// Nowhere.
    Discard,
    /// Appended to a file.
    File(PathBuf),
}

impl fmt::Display for LogTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("stdout"),
            Self::Stderr => f.write_str("stderr"),
            Self::Discard => f.write_str("discard"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}
