//! What a machine needs to know of a repository.

/// Text for `/etc/yum.repos.d/<name>.repo`. `address` is where the folder is reached, `signed` is whether it has a key:
/// packages and metadata are checked with it then.
#[must_use]
pub fn sample(name: &str, address: &str, signed: Signed) -> String {
    let address = address.trim_end_matches('/');
    let checks = match signed {
        Signed::Yes => {
            format!("gpgcheck=1\nrepo_gpgcheck=1\ngpgkey={address}/repodata/repomd.xml.key\n")
        }
        Signed::No => "gpgcheck=0\nrepo_gpgcheck=0\n".to_owned(),
    };
    format!("[{name}]\nname={name}\nbaseurl={address}\nenabled=1\n{checks}")
}

/// Whether a repository is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// Its metadata and its packages are.
    Yes,
    /// Nothing is.
    No,
}
