//! Compression of payloads. The levels are part of the bytes and therefore fixed; one thread each, because the number of
//! threads would be part of the bytes too.

use std::io;
use std::io::Read;
use std::io::Write;

use buildspec::Compression;
use flate2::GzBuilder;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use liblzma::read::XzDecoder;
use liblzma::stream::CONCATENATED;
use liblzma::stream::Stream;
use liblzma::write::XzEncoder;

/// What compresses into memory.
pub(crate) enum Packer {
    Gzip(GzEncoder<Vec<u8>>),
    Xz(XzEncoder<Vec<u8>>),
    Zstd(zstd::Encoder<'static, Vec<u8>>),
}

impl Packer {
    pub(crate) fn new(compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            // No time, no name and "unknown" for the system: the header is the same everywhere.
            Compression::Gzip => Self::Gzip(
                GzBuilder::new()
                    .mtime(0)
                    .operating_system(UNKNOWN_SYSTEM)
                    .write(Vec::new(), flate2::Compression::new(GZIP_LEVEL)),
            ),
            Compression::Xz => Self::Xz(XzEncoder::new(Vec::new(), XZ_LEVEL)),
            Compression::Zstd => Self::Zstd(zstd_packer()?),
        })
    }

    /// The compressed bytes.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(packer) => packer.finish(),
            Self::Xz(packer) => packer.finish(),
            Self::Zstd(packer) => packer.finish(),
        }
    }
}

impl Write for Packer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(packer) => packer.write(bytes),
            Self::Xz(packer) => packer.write(bytes),
            Self::Zstd(packer) => packer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(packer) => packer.flush(),
            Self::Xz(packer) => packer.flush(),
            Self::Zstd(packer) => packer.flush(),
        }
    }
}

/// Reads what is compressed, `None` what is not. Memory is bounded, whatever the bytes ask for; how much comes out is for
/// the caller to bound.
pub(crate) fn unpacker<'a>(
    compression: Option<Compression>,
    bytes: &'a [u8],
) -> io::Result<Box<dyn Read + 'a>> {
    Ok(match compression {
        None => Box::new(bytes),
        Some(Compression::Gzip) => Box::new(MultiGzDecoder::new(bytes)),
        Some(Compression::Xz) => {
            let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?;
            Box::new(XzDecoder::new_stream(bytes, stream))
        }
        Some(Compression::Zstd) => {
            let mut decoder = zstd::Decoder::with_buffer(bytes)?;
            decoder.window_log_max(ZSTD_WINDOW)?;
            Box::new(decoder)
        }
    })
}

fn zstd_packer() -> io::Result<zstd::Encoder<'static, Vec<u8>>> {
    let mut packer = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
    packer.include_checksum(true)?;
    Ok(packer)
}

const GZIP_LEVEL: u32 = 9;

/// The largest level whose reader needs less than 10 MiB: small machines install packages too.
const XZ_LEVEL: u32 = 6;

/// Its window is 8 MiB.
const ZSTD_LEVEL: i32 = 19;

/// The operating system in a gzip header (RFC 1952).
const UNKNOWN_SYSTEM: u8 = 255;

/// What the highest level of xz needs, and a little more.
const XZ_MEMORY: u64 = 80 << 20;

/// 128 MiB, the most that zstd's own tool takes without being told to.
const ZSTD_WINDOW: u32 = 27;
