//! Tar in the GNU format, which dpkg, GNU tar, bsdtar and Python read: the only one in which dpkg knows names of any length.
//!
//! Numeric owners are 0 and the names say who is meant. A reader that knows a name uses it; on a machine without that
//! account the file is root's, not a stranger's.

use std::io;
use std::io::Write;

use tar::Builder;
use tar::EntryType;
use tar::Header;

use super::PackError;
use super::items::Body;
use super::items::Item;

/// An archive on its way into `out`.
pub(crate) struct Tarball<W: Write> {
    builder: Builder<W>,
    modified: u64,
}

impl<W: Write> Tarball<W> {
    /// Every member will be of this time.
    pub(crate) fn new(out: W, modified: u64) -> Self {
        Self {
            builder: Builder::new(out),
            modified,
        }
    }

    /// Adds the folder `top`, which ends with `/`, and the items below it.
    pub(crate) fn add_tree(&mut self, top: &str, items: &[Item<'_>]) -> Result<(), PackError> {
        self.add_directory(top)
            .map_err(|err| PackError::Write { err })?;
        for item in items {
            let name = format!("{top}{}", item.path.trim_start_matches('/'));
            self.add_item(&name, item)?;
        }
        Ok(())
    }

    /// Adds a folder of root's; its name ends with `/`.
    pub(crate) fn add_directory(&mut self, name: &str) -> io::Result<()> {
        let mut header = self.header(EntryType::Directory, 0o755)?;
        self.append(name, &mut header, &[])
    }

    /// Adds a file of root's.
    pub(crate) fn add_file(&mut self, name: &str, mode: u32, bytes: &[u8]) -> io::Result<()> {
        let mut header = self.header(EntryType::Regular, mode)?;
        self.append(name, &mut header, bytes)
    }

    /// Ends the archive.
    pub(crate) fn finish(self) -> io::Result<W> {
        self.builder.into_inner()
    }

    fn add_item(&mut self, name: &str, item: &Item<'_>) -> Result<(), PackError> {
        let written = |err| PackError::Write { err };
        let (kind, mode) = match &item.body {
            Body::Directory => (EntryType::Directory, item.mode),
            Body::File(_) => (EntryType::Regular, item.mode),
            Body::Link(_) => (EntryType::Symlink, 0o777),
        };
        let mut header = self.header(kind, mode).map_err(written)?;
        for account in [item.owner, item.group] {
            if account.is_empty() || account.len() > ACCOUNT {
                return Err(PackError::Account {
                    path: item.path.to_owned(),
                    account: account.to_owned(),
                });
            }
        }
        header.set_username(item.owner).map_err(written)?;
        header.set_groupname(item.group).map_err(written)?;
        match &item.body {
            Body::Directory => self.append(&format!("{name}/"), &mut header, &[]),
            Body::File(bytes) => self.append(name, &mut header, bytes),
            Body::Link(target) => self
                .set_target(&mut header, target)
                .and_then(|()| self.append(name, &mut header, &[])),
        }
        .map_err(written)
    }

    fn header(&self, kind: EntryType, mode: u32) -> io::Result<Header> {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode & 0o7777);
        header.set_uid(0);
        header.set_gid(0);
        header.set_username(ROOT)?;
        header.set_groupname(ROOT)?;
        header.set_mtime(self.modified);
        Ok(header)
    }

    /// The target of a link; one that does not fit goes ahead in a member of its own.
    fn set_target(&mut self, header: &mut Header, target: &str) -> io::Result<()> {
        if target.len() > FIELD {
            self.append_long(EntryType::GNULongLink, target)?;
        }
        let short = target.as_bytes().get(..FIELD).unwrap_or(target.as_bytes());
        header.set_link_name_literal(short)
    }

    /// The member itself; a name that does not fit goes ahead in a member of its own. The header's field is filled here,
    /// because the crate's own setter drops the `./` that names in a DEB begin with.
    fn append(&mut self, name: &str, header: &mut Header, bytes: &[u8]) -> io::Result<()> {
        if name.len() > FIELD {
            self.append_long(EntryType::GNULongName, name)?;
        }
        if let Some(gnu) = header.as_gnu_mut() {
            gnu.name = [0; FIELD];
            for (to, from) in gnu.name.iter_mut().zip(name.bytes()) {
                *to = from;
            }
        }
        header.set_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        header.set_cksum();
        self.builder.append(header, bytes)
    }

    /// The member in which GNU tar puts what is too long for a field.
    fn append_long(&mut self, kind: EntryType, text: &str) -> io::Result<()> {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0);
        let mut header = self.header(kind, 0o644)?;
        header.set_mtime(0);
        self.append("././@LongLink", &mut header, &bytes)
    }
}

/// Bytes of the fields for names and targets.
const FIELD: usize = 100;

/// Bytes for the name of an account, which is also the longest that Linux has.
const ACCOUNT: usize = 32;

const ROOT: &str = "root";
