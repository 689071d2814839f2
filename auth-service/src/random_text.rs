//! Random strings: secrets, codes, single-use tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use getrandom::{SysRng, rand_core::TryRng};
use zeroize::Zeroizing;

/// The operating system provides no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system provides no random bytes")]
pub struct NoRandomness;

/// `N` random bytes in base64url.
///
/// # Errors
/// [`NoRandomness`].
pub fn random_text<const N: usize>() -> Result<Zeroizing<String>, NoRandomness> {
    let mut bytes = Zeroizing::new([0; N]);
    SysRng.try_fill_bytes(bytes.as_mut()).map_err(|_| NoRandomness)?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref())))
}
