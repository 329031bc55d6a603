//! Which names and paths a package may have. What passes here needs no quoting, neither in a unit nor in a shell nor in a
//! list of files: everything else is refused, because each of these has rules of its own.

use buildspec::Package;
use buildspec::Program;

use super::error::ProductError;

/// Judges everything of a package that ends up in file names, units and scripts.
pub(super) fn judge(package: &Package) -> Result<(), ProductError> {
    name(&package.name)?;
    if package.program == Program::Provisioner {
        account("name", "user", &package.name)?;
    }
    account("group", "group", &package.group)?;
    for (key, path) in [
        (BINDIR, &package.bindir),
        (ETCDIR, &package.etcdir),
        (STATEDIR, &package.statedir),
    ] {
        plain(key, path)?;
        visible(key, path)?;
    }
    for (key, path) in [(ETCDIR, &package.etcdir), (STATEDIR, &package.statedir)] {
        if is_standard(path) {
            let path = path.clone();
            return Err(ProductError::Shared { key, path });
        }
    }
    // programs are for everybody, and these two are not
    apart(
        (BINDIR, &package.bindir),
        [(ETCDIR, &package.etcdir), (STATEDIR, &package.statedir)],
    )?;
    // the state is nobody's but the service's, and a purge removes all of it
    apart((ETCDIR, &package.etcdir), [(STATEDIR, &package.statedir)])
}

/// Whether a folder belongs to the whole system, so that no package of ours may own it.
pub(super) fn is_standard(path: &str) -> bool {
    STANDARD.contains(&path)
}

/// The folders above a path, the nearest first, without `/`.
pub(super) fn above(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/')
        .filter_map(|(at, _)| path.get(..at))
        .filter(|above| !above.is_empty())
}

fn name(name: &str) -> Result<(), ProductError> {
    let refused = |reason| ProductError::Name {
        name: name.to_owned(),
        reason,
    };
    if name.contains('+') {
        return Err(refused("the name of a unit has no +"));
    }
    if !name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c))
    {
        return Err(refused("it is made of a-z, 0-9, . and -"));
    }
    if NOT_ROTATED.iter().any(|ending| name.ends_with(ending)) {
        return Err(refused("logrotate leaves out files with such an ending"));
    }
    Ok(())
}

fn account(key: &'static str, what: &'static str, account: &str) -> Result<(), ProductError> {
    let begins = account.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    if begins && account.len() <= LONGEST_ACCOUNT && account.chars().all(is_plain) {
        return Ok(());
    }
    Err(ProductError::Account {
        key,
        what,
        account: account.to_owned(),
    })
}

fn plain(key: &'static str, path: &str) -> Result<(), ProductError> {
    let owned = || path.to_owned();
    if let Some(character) = path
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !"/._+@-".contains(*c))
    {
        let path = owned();
        return Err(ProductError::Character {
            key,
            path,
            character,
        });
    }
    let parts = path.strip_prefix('/').map(|parts| parts.split('/'));
    if !parts.is_some_and(|mut parts| parts.all(|part| !matches!(part, "" | "." | ".."))) {
        return Err(ProductError::Path { key, path: owned() });
    }
    Ok(())
}

fn visible(key: &'static str, path: &str) -> Result<(), ProductError> {
    match HIDDEN.iter().find(|(above, _)| is_at_or_below(path, above)) {
        None => Ok(()),
        Some((above, reason)) => Err(ProductError::Hidden {
            key,
            path: path.to_owned(),
            above,
            reason,
        }),
    }
}

/// Whether a folder is neither one of the others nor inside one.
fn apart<const N: usize>(
    (key, path): (&'static str, &str),
    others: [(&'static str, &String); N],
) -> Result<(), ProductError> {
    match others.iter().find(|(_, other)| is_at_or_below(path, other)) {
        None => Ok(()),
        Some((other, _)) => Err(ProductError::Overlap {
            key,
            path: path.to_owned(),
            other,
        }),
    }
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

const BINDIR: &str = "bindir";
const ETCDIR: &str = "etcdir";
const STATEDIR: &str = "statedir";

/// What shadow's tools take on every distribution.
const LONGEST_ACCOUNT: usize = 31;

/// Where a service does not see what an installation put there, or finds it gone.
const HIDDEN: [(&str, &str); 9] = [
    ("/home", "services do not see"),
    ("/root", "services do not see"),
    ("/run", "a reboot empties"),
    ("/var/run", "a reboot empties"),
    ("/tmp", "services have of their own"),
    ("/var/tmp", "services have of their own"),
    ("/dev", "holds devices"),
    ("/proc", "belongs to the kernel"),
    ("/sys", "belongs to the kernel"),
];

/// Endings of names in `/etc/logrotate.d` that logrotate passes over (its `tabooext`).
const NOT_ROTATED: [&str; 8] = [
    ".bak",
    ".bkp",
    ".cfsaved",
    ".disabled",
    ".old",
    ".orig",
    ".rpmnew",
    ".swp",
];

/// Folders of the system. Packages put files there and do not own them.
const STANDARD: [&str; 50] = [
    "/bin",
    "/boot",
    "/etc",
    "/etc/default",
    "/etc/logrotate.d",
    "/etc/opt",
    "/etc/ssl",
    "/etc/sysconfig",
    "/etc/systemd",
    "/etc/systemd/system",
    "/lib",
    "/lib64",
    "/media",
    "/mnt",
    "/opt",
    "/sbin",
    "/srv",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib/systemd",
    "/usr/lib/systemd/system",
    "/usr/lib/systemd/system-preset",
    "/usr/lib/sysusers.d",
    "/usr/lib/tmpfiles.d",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/etc",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/local/share",
    "/usr/sbin",
    "/usr/share",
    "/usr/share/bash-completion",
    "/usr/share/bash-completion/completions",
    "/usr/share/doc",
    "/usr/share/fish",
    "/usr/share/fish/vendor_completions.d",
    "/usr/share/licenses",
    "/usr/share/man",
    "/usr/share/man/man1",
    "/usr/share/zsh",
    "/usr/share/zsh/site-functions",
    "/usr/share/zsh/vendor-completions",
    "/var",
    "/var/lib",
    "/var/log",
    "/var/opt",
];

#[cfg(test)]
mod tests;
