//! Detection of keys with the ROCA vulnerability (CVE-2017-15361), whose private keys can be computed from the public ones.

/// Whether a big-endian modulus has the fingerprint of vulnerable keys: modulo each of these primes it is a power of 65537
/// (Nemec et al., "The Return of Coppersmith's Attack", section 3.3). The false positive rate is 2^-27.
pub(super) fn has_fingerprint(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|prime| is_power_of_generator(remainder(modulus, *prime), *prime))
}

/// The odd primes below 168.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

fn remainder(number: &[u8], prime: u32) -> u32 {
    number.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime)
}

fn is_power_of_generator(number: u32, prime: u32) -> bool {
    let powers = std::iter::successors(Some(1), |power| Some(power * (65_537 % prime) % prime));
    // The powers repeat after at most `prime` steps.
    powers.take(prime as usize).any(|power| power == number)
}

#[cfg(test)]
mod tests {
    use super::has_fingerprint;

    /// A 2048-bit number that is a power of 65537 modulo the product of the primes, as vulnerable moduli are.
    fn vulnerable_modulus(exponent: usize) -> Vec<u8> {
        // 65537^n in base 256: each multiplication adds the number shifted by two digits.
        let mut number = vec![1_u32];
        for _ in 0..exponent {
            let mut product = vec![0; number.len() + 2];
            for (place, digit) in number.iter().enumerate() {
                product[place] += digit;
                product[place + 2] += digit;
            }
            let mut carry = 0;
            for digit in &mut product {
                let sum = *digit + carry;
                (*digit, carry) = (sum % 256, sum / 256);
            }
            if carry > 0 {
                product.push(carry);
            }
            while product.last() == Some(&0) {
                product.pop();
            }
            number = product;
        }
        number.iter().rev().map(|digit| u8::try_from(*digit).unwrap()).collect()
    }

    #[test]
    fn a_modulus_with_the_fingerprint_is_recognized() {
        for exponent in [1, 2, 17, 127] {
            let mut modulus = vulnerable_modulus(exponent);
            assert!(has_fingerprint(&modulus), "65537^{exponent}");

            *modulus.last_mut().unwrap() ^= 2;
            assert!(!has_fingerprint(&modulus), "65537^{exponent}, changed");
        }
    }

    #[test]
    fn a_normal_modulus_does_not_have_the_fingerprint() {
        let (_, der) = pem_rfc7468::decode_vec(include_bytes!("../testing/public_key.pem")).unwrap();
        let key = aws_lc_rs::rsa::PublicKey::from_der(&der).unwrap();

        assert!(!has_fingerprint(key.modulus().big_endian_without_leading_zero()));
    }
}
