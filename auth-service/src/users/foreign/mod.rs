//! Hashes that other systems have made: verified until their owners log in, never made here.

pub mod bcrypt_hash;
mod hex;
pub mod pbkdf2_hash;
pub mod scrypt_hash;
#[cfg(test)]
pub mod vectors;
