//! Changes to a signed token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::{AuthError::Invalid, UnixTime, errors::Flaw::Signature, testing::verifier};

use super::good_token;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[test]
fn changing_any_bit_of_a_signature_invalidates_it() {
    let (verifier, good, now) = (verifier(), good_token(), UnixTime::now());
    let (signing_input, signature) = good.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();

    for bit in 0..signature.len() * 8 {
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let token = format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(flipped));

        assert_eq!(verifier.verify(&token, now), Err(Invalid(Signature)), "bit {bit}");
    }
}

#[test]
fn changing_any_character_of_a_token_invalidates_it() {
    let (verifier, good, now) = (verifier(), good_token(), UnixTime::now());

    for place in 0..good.len() {
        let mut changed = good.clone().into_bytes();
        // The neighbour in the alphabet: as the last character of a part it differs only in unused bits.
        let index = ALPHABET.iter().position(|letter| *letter == changed[place]);
        changed[place] = index.map_or(b'A', |index| ALPHABET[index ^ 1]);
        let changed = String::from_utf8(changed).unwrap();

        assert!(matches!(verifier.verify(&changed, now), Err(Invalid(_))), "character {place}: {changed}");
    }
}
