//! The statuses of many tokens, a few bits each.

use std::io::{self, Read, Write};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use serde::{Deserialize, Serialize};

/// The statuses of many tokens, packed from the least significant bit of each byte on (draft-ietf-oauth-status-list,
/// section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    bits: StatusBits,
    bytes: Vec<u8>,
}

/// How many bits an entry has. In JSON it is that number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum StatusBits {
    /// Valid or not.
    One,
    /// Up to four statuses: as many as there are of [`TokenStatus`](crate::status::TokenStatus), and one more.
    Two,
    /// Up to 16 statuses.
    Four,
    /// Up to 256 statuses.
    Eight,
}

/// Why something is no status list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStatusList {
    /// Entries have 1, 2, 4 or 8 bits.
    #[error("its entries have {0} bits, and 1, 2, 4 or 8 are taken")]
    Bits(u8),
    /// `lst` is not base64url without padding.
    #[error("it is not base64url without padding")]
    NotBase64Url,
    /// What `lst` encodes is not in zlib's format (RFC 1950), or goes on behind its end.
    #[error("it is not compressed with zlib")]
    NotZlib,
    /// A bomb, or a list for more tokens than anybody issues.
    #[error("it has more than {} bytes when it is inflated", StatusList::MAX_LEN)]
    TooLong,
}

/// The list has no such entry, or the status needs more bits than its entries have.
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

    /// The bits of an entry, at the low end of a byte.
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
    /// The longest list that is read, in bytes when it is inflated: four million entries of two bits.
    pub const MAX_LEN: usize = 1024 * 1024;

    /// A list with room for at least `entries`, all of them 0.
    pub fn new(bits: StatusBits, entries: usize) -> Self {
        let in_a_byte = usize::from(8 / bits.count());
        Self { bits, bytes: vec![0; entries.div_ceil(in_a_byte)] }
    }

    /// A list from its packed bytes.
    pub fn from_bytes(bits: StatusBits, bytes: Vec<u8>) -> Self {
        Self { bits, bytes }
    }

    /// A list from what the member `lst` holds: its bytes, compressed with zlib, in base64url.
    ///
    /// # Errors
    /// [`InvalidStatusList`], which says what is wrong.
    pub fn from_lst(bits: StatusBits, lst: &str) -> Result<Self, InvalidStatusList> {
        let compressed = URL_SAFE_NO_PAD.decode(lst).map_err(|_| InvalidStatusList::NotBase64Url)?;
        Ok(Self { bits, bytes: inflate(&compressed)? })
    }

    /// What the member `lst` is to hold.
    pub fn lst(&self) -> String {
        // Writing to memory does not fail, and what it would leave then is no list, which every reader refuses.
        URL_SAFE_NO_PAD.encode(deflate(&self.bytes).unwrap_or_default())
    }

    /// How many bits an entry has.
    pub const fn bits(&self) -> StatusBits {
        self.bits
    }

    /// The packed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many entries there are: as many as fill whole bytes.
    pub fn entries(&self) -> usize {
        self.bytes.len() * usize::from(8 / self.bits.count())
    }

    /// The value of an entry; `None` behind the end of the list.
    pub fn find(&self, idx: u64) -> Option<u8> {
        let (byte, shift) = self.place(idx)?;
        self.bytes.get(byte).map(|byte| (byte >> shift) & self.bits.mask())
    }

    /// Sets the value of an entry.
    ///
    /// # Errors
    /// [`NoSuchEntry`] behind the end of the list, or for a value that needs more bits than an entry has.
    pub fn set(&mut self, idx: u64, value: u8) -> Result<(), NoSuchEntry> {
        let mask = self.bits.mask();
        let (byte, shift) = self.place(idx).filter(|_| value <= mask).ok_or(NoSuchEntry)?;
        let byte = self.bytes.get_mut(byte).ok_or(NoSuchEntry)?;
        *byte = *byte & !(mask << shift) | value << shift;
        Ok(())
    }

    /// In which byte an entry is, and how far from that byte's low end.
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

/// Stops as soon as there is more than a list may have.
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
