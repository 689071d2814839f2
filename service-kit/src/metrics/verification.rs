//! Token verification as metrics: results, the cache of verified tokens, and the state of each issuer.

use std::sync::Arc;

use shared::{TokenVerifier, UnixTime, tasks::RefreshStats, verifier::TrustedIssuer};

use super::Scrape;

/// Verifications by result, the cache of verified tokens (if any), and the age of each issuer's keys and status lists (if they
/// are fetched).
pub fn verification_metrics(verifier: Arc<TokenVerifier>) -> impl Fn(&mut Scrape<'_>) + Send + Sync + 'static {
    move |scrape| {
        let results = verifier.counts().by_result().map(|(result, count)| ([("result", result)], count));
        scrape.counters("token_verifications", "Verified access tokens by result.", results);
        if let Some(cache) = verifier.cache() {
            let (hits, misses) = cache.hits_and_misses();
            scrape.counter("token_cache_hits", "Verifications of tokens that were cached.", hits);
            scrape.counter("token_cache_misses", "Verifications of tokens that were not cached.", misses);
            scrape.gauge("token_cache_tokens", "Verified tokens in the cache.", cache.len());
        }
        key_set_metrics(verifier.issuers(), scrape);
        status_list_metrics(verifier.issuers(), scrape);
    }
}

type Labels<'a> = [(&'static str, &'a str); 1];

fn labels(issuer: &TrustedIssuer) -> Labels<'_> {
    [("issuer", issuer.name())]
}

fn key_set_metrics(issuers: &[TrustedIssuer], scrape: &mut Scrape<'_>) {
    let now = UnixTime::now();
    let fetched: Vec<(&TrustedIssuer, &RefreshStats)> =
        issuers.iter().filter_map(|issuer| Some((issuer, issuer.key_stats()?))).collect();
    if fetched.is_empty() {
        return;
    }
    let each = || fetched.iter().map(|(issuer, stats)| (labels(issuer), issuer.keys(), stats));
    scrape.gauges(
        "key_set_age_seconds",
        "Time since the issuer last confirmed its key set; -1 while there is none.",
        each().map(|(labels, keys, _)| (labels, keys.age(now).map_or(-1.0, |age| age.as_secs_f64()))),
    );
    scrape.counters(
        "key_set_refreshes",
        "Successful fetches of the issuer's key set.",
        each().map(|(labels, _, stats)| (labels, stats.refreshes())),
    );
    scrape.counters(
        "key_set_failures",
        "Failed fetches of the issuer's key set.",
        each().map(|(labels, _, stats)| (labels, stats.failures())),
    );
    scrape.counters(
        "key_set_misses",
        "Tokens with an unknown key id.",
        each().map(|(labels, keys, _)| (labels, keys.misses())),
    );
    scrape.gauges(
        "issuer_clock_skew_seconds",
        "How far the issuer's clock is ahead of the local clock.",
        each().map(|(labels, _, stats)| (labels, stats.skew_secs())),
    );
}

fn status_list_metrics(issuers: &[TrustedIssuer], scrape: &mut Scrape<'_>) {
    let now = UnixTime::now();
    let fetched: Vec<_> =
        issuers.iter().filter_map(|issuer| Some((issuer, issuer.status_lists()?, issuer.status_stats()?))).collect();
    if fetched.is_empty() {
        return;
    }
    let each = || fetched.iter().map(|(issuer, lists, stats)| (labels(issuer), lists, stats));
    scrape.gauges(
        "status_list_age_seconds",
        "Time since the issuer last confirmed its oldest status list; -1 while there is none.",
        each().map(|(labels, lists, _)| (labels, lists.age(now).map_or(-1.0, |age| age.as_secs_f64()))),
    );
    scrape.gauges(
        "status_lists",
        "Status lists of the issuer in memory.",
        each().map(|(labels, lists, _)| (labels, lists.lists())),
    );
    scrape.counters(
        "status_list_refreshes",
        "Successful fetches of the issuer's status lists.",
        each().map(|(labels, _, stats)| (labels, stats.refreshes())),
    );
    scrape.counters(
        "status_list_failures",
        "Failed fetches of the issuer's status lists.",
        each().map(|(labels, _, stats)| (labels, stats.failures())),
    );
    scrape.counters(
        "status_list_misses",
        "Tokens that referenced an unknown status list.",
        each().map(|(labels, lists, _)| (labels, lists.misses())),
    );
}
