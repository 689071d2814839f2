//! The packed statuses of many tokens.

use std::io::{self, Read, Write};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use serde::{Deserialize, Serialize};

/// The statuses of many tokens, packed starting at the least significant bit of each byte (draft-ietf-oauth-status-list,
/// section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    bits: StatusBits,
    bytes: Vec<u8>,
}

/// The number of bits per entry; serialized as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum StatusBits {
    /// Two statuses: valid and revoked.
    One,
    /// Up to four statuses; enough for [`TokenStatus`](crate::status::TokenStatus).
    Two,
    /// Up to 16 statuses.
    Four,
    /// Up to 256 statuses.
    Eight,
}

/// Why a status list is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStatusList {
    /// The number of bits per entry is not 1, 2, 4 or 8.
    #[error("unsupported entry size of {0} bits: must be 1, 2, 4 or 8")]
    Bits(u8),
    /// `lst` is not base64url without padding.
    #[error("it is not base64url without padding")]
    NotBase64Url,
    /// `lst` does not contain zlib data (RFC 1950), or has trailing bytes.
    #[error("it is not compressed with zlib")]
    NotZlib,
    /// The decompressed list is longer than [`StatusList::MAX_LEN`]; possibly a decompression bomb.
    #[error("it exceeds {} bytes when decompressed", StatusList::MAX_LEN)]
    TooLong,
}

/// The index is out of range, or the value does not fit into an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the status list has no room for that status at that entry")]
pub struct NoSuchEntry;

impl StatusBits {
    const fn count(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// A mask for the lowest bits of a byte, one entry wide.
    const fn mask(self) -> u8 {
        u8::MAX >> (8 - self.count())
    }
}

impl TryFrom<u8> for StatusBits {
    type Error = InvalidStatusList;

    fn try_from(count: u8) -> Result<Self, InvalidStatusList> {
        match count {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            4 => Ok(Self::Four),
            8 => Ok(Self::Eight),
            other => Err(InvalidStatusList::Bits(other)),
        }
    }
}

impl From<StatusBits> for u8 {
    fn from(bits: StatusBits) -> u8 {
        bits.count()
    }
}

impl StatusList {
    /// Maximum decompressed length of a list, in bytes: four million entries of two bits.
    pub const MAX_LEN: usize = 1024 * 1024;

    /// A list with at least `entries` entries, all 0. Their number is rounded up to fill whole bytes.
    pub fn new(bits: StatusBits, entries: usize) -> Self {
        let in_a_byte = usize::from(8 / bits.count());
        Self { bits, bytes: vec![0; entries.div_ceil(in_a_byte)] }
    }

    /// Creates a list from its packed bytes.
    pub fn from_bytes(bits: StatusBits, bytes: Vec<u8>) -> Self {
        Self { bits, bytes }
    }

    /// Decodes the member `lst`: the packed bytes, compressed with zlib and encoded in base64url.
    ///
    /// # Errors
    /// [`InvalidStatusList`] if it cannot be decoded or is too long.
    pub fn from_lst(bits: StatusBits, lst: &str) -> Result<Self, InvalidStatusList> {
        let compressed = URL_SAFE_NO_PAD.decode(lst).map_err(|_| InvalidStatusList::NotBase64Url)?;
        Ok(Self { bits, bytes: inflate(&compressed)? })
    }

    /// Encodes the list as the member `lst`.
    pub fn lst(&self) -> String {
        // Writing to memory does not fail. If it did, the result would be an empty string, which is rejected as a list.
        URL_SAFE_NO_PAD.encode(deflate(&self.bytes).unwrap_or_default())
    }

    /// The number of bits per entry.
    pub const fn bits(&self) -> StatusBits {
        self.bits
    }

    /// The packed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of entries; always fills whole bytes.
    pub fn entries(&self) -> usize {
        self.bytes.len() * usize::from(8 / self.bits.count())
    }

    /// The value of an entry, or `None` if `idx` is out of range.
    pub fn find(&self, idx: u64) -> Option<u8> {
        let (byte, shift) = self.place(idx)?;
        self.bytes.get(byte).map(|byte| (byte >> shift) & self.bits.mask())
    }

    /// Sets the value of an entry.
    ///
    /// # Errors
    /// [`NoSuchEntry`] if `idx` is out of range or `value` does not fit into an entry.
    pub fn set(&mut self, idx: u64, value: u8) -> Result<(), NoSuchEntry> {
        let mask = self.bits.mask();
        let (byte, shift) = self.place(idx).filter(|_| value <= mask).ok_or(NoSuchEntry)?;
        let byte = self.bytes.get_mut(byte).ok_or(NoSuchEntry)?;
        *byte = *byte & !(mask << shift) | value << shift;
        Ok(())
    }

    /// The byte that contains an entry, and the entry's offset in it, in bits.
    fn place(&self, idx: u64) -> Option<(usize, u32)> {
        let bits = u64::from(self.bits.count());
        let in_a_byte = 8 / bits;
        let shift = u32::try_from(idx % in_a_byte * bits).ok()?;
        Some((usize::try_from(idx / in_a_byte).ok()?, shift))
    }
}

fn deflate(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Stops when the output exceeds the maximum length.
fn inflate(compressed: &[u8]) -> Result<Vec<u8>, InvalidStatusList> {
    let mut bytes = Vec::new();
    let mut decoder = ZlibDecoder::new(compressed);
    let one_too_many = StatusList::MAX_LEN as u64 + 1;
    decoder.by_ref().take(one_too_many).read_to_end(&mut bytes).map_err(|_| InvalidStatusList::NotZlib)?;
    if bytes.len() > StatusList::MAX_LEN {
        return Err(InvalidStatusList::TooLong);
    }
    if decoder.total_in() != compressed.len() as u64 {
        return Err(InvalidStatusList::NotZlib);
    }
    Ok(bytes)
}
