//! Figures that somebody else keeps, read when `/metrics` is asked for.

use std::fmt;

use actix_web::web::Data;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

use shared::TokenVerifier;

/// Figures that are read when they are asked for: `(name, help, what it is now)`.
pub struct Figures<F>(pub F);

/// A figure.
pub enum Figure {
    /// Goes up only.
    Counter(u64),
    /// Goes up and down.
    Gauge(i64),
}

/// A figure with its name, its help and its labels.
pub type NamedFigure = (&'static str, &'static str, Vec<(&'static str, String)>, Figure);

impl<F> fmt::Debug for Figures<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Figures")
    }
}

impl<F: Fn() -> Vec<NamedFigure> + Send + Sync + 'static> Collector for Figures<F> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let figures = (self.0)();
        for group in figures.chunk_by(|(one, ..), (other, ..)| one == other) {
            let Some((name, help, _, figure)) = group.first() else { continue };
            let metric_type = match figure {
                Figure::Counter(_) => MetricType::Counter,
                Figure::Gauge(_) => MetricType::Gauge,
            };
            let mut family = encoder.encode_descriptor(name, help, None, metric_type)?;
            for (_, _, labels, figure) in group {
                let encoder = family.encode_family(labels)?;
                match figure {
                    Figure::Counter(value) => ConstCounter::new(*value).encode(encoder)?,
                    Figure::Gauge(value) => ConstGauge::new(*value).encode(encoder)?,
                }
            }
        }
        Ok(())
    }
}

/// How verifications end.
pub fn verification_figures(verifier: Data<TokenVerifier>) -> impl Fn() -> Vec<NamedFigure> + Send + Sync + 'static {
    move || {
        let counts = verifier.counts().by_result();
        let figure = |(result, count): (&str, u64)| {
            let labels = vec![("result", result.to_owned())];
            ("token_verifications", "Tokens looked at", labels, Figure::Counter(count))
        };
        counts.map(figure).into()
    }
}

/// How often a token was remembered; nothing where none are.
pub fn token_cache_figures(verifier: Data<TokenVerifier>) -> impl Fn() -> Vec<NamedFigure> + Send + Sync + 'static {
    move || {
        let Some(cache) = verifier.cache() else { return Vec::new() };
        let (hits, misses) = cache.hits_and_misses();
        let held = i64::try_from(cache.len()).unwrap_or(i64::MAX);
        vec![
            ("token_cache_hits", "Tokens whose signature had been checked before", vec![], Figure::Counter(hits)),
            ("token_cache_misses", "Tokens whose signature had not", vec![], Figure::Counter(misses)),
            ("token_cache_tokens", "Verified tokens held", vec![], Figure::Gauge(held)),
        ]
    }
}
