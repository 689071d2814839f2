//! A signed status list as it is sent.

use std::io::{self, Write};

use flate2::{Compression, write::GzEncoder};
use service_kit::Cacheable;

/// A signed status list as it is sent, with and without gzip.
pub struct SignedList {
    plain: Cacheable,
    /// Only if it is large enough to compress.
    gzip: Option<Cacheable>,
}

impl SignedList {
    /// Smaller lists fit into one packet and are not compressed.
    const WORTH_GZIP: usize = 1400;

    /// That of this token.
    ///
    /// # Errors
    /// If gzip fails.
    pub fn of(jwt: String) -> io::Result<Self> {
        let jwt = jwt.into_bytes();
        let gzip = (jwt.len() > Self::WORTH_GZIP).then(|| gzip(&jwt)).transpose()?;
        Ok(Self { plain: Cacheable::new(jwt), gzip: gzip.map(Cacheable::new) })
    }

    /// The response without content encoding.
    pub fn plain(&self) -> &Cacheable {
        &self.plain
    }

    /// The response with gzip, if that is shorter.
    pub fn gzip(&self) -> Option<&Cacheable> {
        self.gzip.as_ref()
    }
}

/// Without a time in it: the same bytes on every node.
fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}
