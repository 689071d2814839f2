//! A key of a JWK set.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse, ThumbprintHash,
};
use serde_json::Value;

use super::{Algorithm, PublicKey};

/// Parses a JWK (RFC 7517) that may verify signatures of one of these algorithms, and returns it with its key id; or the reason
/// why it must not be used. A key is used for one algorithm only (RFC 8725, section 3.1).
pub(super) fn usable(entry: Value, algorithms: &[Algorithm]) -> Result<(String, PublicKey), String> {
    if entry.get("d").is_some() {
        return Err("it is a private key".to_owned());
    }
    let mut jwk: Jwk = serde_json::from_value(entry).map_err(|error| error.to_string())?;
    normalize(&mut jwk.algorithm)?;
    let key = public_key(&jwk.algorithm)?;
    let algorithm = key.algorithm();
    if !algorithms.contains(&algorithm) {
        return Err(format!("the algorithm {} is not enabled", algorithm.name()));
    }
    let common = &jwk.common;
    if common.key_algorithm.is_some_and(|stated| stated != key_algorithm(algorithm)) {
        return Err(format!("it is for another algorithm than {}", algorithm.name()));
    }
    if common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
        return Err("it is not for signatures".to_owned());
    }
    if common.key_operations.as_ref().is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
        return Err("it is not for verifying signatures".to_owned());
    }
    let thumbprint = || jwk.thumbprint(ThumbprintHash::SHA256).map_err(|error| error.to_string());
    let kid = jwk.common.key_id.clone().map_or_else(thumbprint, Ok)?;
    Ok((kid, key))
}

/// Writes the numbers as RFC 7518, section 2, requires: base64url without padding, those of RSA without leading zeros. Other
/// encoders pad them, use the alphabet of plain base64, or keep the sign byte of a big integer.
fn normalize(parameters: &mut AlgorithmParameters) -> Result<(), String> {
    let rewrite = |number: &mut String, is_integer: bool| {
        let digits = number.trim_end_matches('=').replace('+', "-").replace('/', "_");
        let bytes = decoded(&digits)?;
        let zeros = if is_integer { bytes.iter().take_while(|byte| **byte == 0).count() } else { 0 };
        *number = URL_SAFE_NO_PAD.encode(bytes.get(zeros..).unwrap_or_default());
        Ok::<_, String>(())
    };
    match parameters {
        AlgorithmParameters::RSA(rsa) => rewrite(&mut rsa.n, true).and_then(|()| rewrite(&mut rsa.e, true)),
        AlgorithmParameters::EllipticCurve(ec) => rewrite(&mut ec.x, false).and_then(|()| rewrite(&mut ec.y, false)),
        AlgorithmParameters::OctetKeyPair(pair) => rewrite(&mut pair.x, false),
        _ => Ok(()),
    }
}

fn public_key(parameters: &AlgorithmParameters) -> Result<PublicKey, String> {
    let key = match parameters {
        AlgorithmParameters::RSA(rsa) => PublicKey::from_components(&decoded(&rsa.n)?, &decoded(&rsa.e)?),
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            PublicKey::from_p256_point(&decoded(&ec.x)?, &decoded(&ec.y)?)
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            PublicKey::from_ed25519(&decoded(&pair.x)?)
        }
        _ => return Err("unsupported key type or curve".to_owned()),
    };
    key.map_err(|error| error.to_string())
}

fn decoded(number: &str) -> Result<Vec<u8>, &'static str> {
    URL_SAFE_NO_PAD.decode(number).map_err(|_| "its numbers are not base64url")
}

fn key_algorithm(algorithm: Algorithm) -> KeyAlgorithm {
    match algorithm {
        Algorithm::Rs256 => KeyAlgorithm::RS256,
        Algorithm::Es256 => KeyAlgorithm::ES256,
        Algorithm::EdDsa => KeyAlgorithm::EdDSA,
    }
}
