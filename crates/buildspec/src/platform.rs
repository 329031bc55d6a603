//! The machines that binaries are made for.

use std::fmt;

/// What a binary runs on. One table says what each world calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// 64-bit x86, statically linked with musl.
    X86_64,
    /// 64-bit Arm, statically linked with musl.
    Aarch64,
    /// 32-bit Arm, version 7 with hardware floats, statically linked with glibc.
    Armv7,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::X86_64, Self::Aarch64, Self::Armv7];

    /// The target triple of the compiler.
    #[must_use]
    pub const fn triple(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-musl",
            Self::Aarch64 => "aarch64-unknown-linux-musl",
            Self::Armv7 => "armv7-unknown-linux-gnueabihf",
        }
    }

    /// RPM's name.
    #[must_use]
    pub const fn rpm(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
            Self::Armv7 => "armv7hl",
        }
    }

    /// Debian's name.
    #[must_use]
    pub const fn debian(self) -> &'static str {
        match self {
            Self::X86_64 => "amd64",
            Self::Aarch64 => "arm64",
            Self::Armv7 => "armhf",
        }
    }

    /// The C library that is linked in: `libc` of a compile target.
    #[must_use]
    pub const fn libc(self) -> &'static str {
        match self {
            Self::X86_64 | Self::Aarch64 => "musl",
            Self::Armv7 => "gnu",
        }
    }

    /// Debian's GNU triplet, which buildspecs of the reference name in `target_arch`.
    #[must_use]
    pub const fn gnu(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-linux-gnu",
            Self::Aarch64 => "aarch64-linux-gnu",
            Self::Armv7 => "arm-linux-gnueabihf",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.triple())
    }
}
