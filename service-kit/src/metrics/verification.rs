//! Token verification as metrics.

use actix_web::web::Data;
use shared::TokenVerifier;

use super::Scrape;

/// Verifications by result, and the cache of verified tokens where there is one.
pub fn verification_metrics(verifier: Data<TokenVerifier>) -> impl Fn(&mut Scrape<'_>) + Send + Sync + 'static {
    move |scrape| {
        let results = verifier.counts().by_result().map(|(result, count)| ([("result", result)], count));
        scrape.counters("token_verifications", "Verified access tokens by result.", results);
        let Some(cache) = verifier.cache() else { return };
        let (hits, misses) = cache.hits_and_misses();
        scrape.counter("token_cache_hits", "Verifications that found the token's signature checked already.", hits);
        scrape.counter("token_cache_misses", "Verifications that had to check the token's signature.", misses);
        scrape.gauge("token_cache_tokens", "Verified tokens in the cache.", cache.len());
    }
}
