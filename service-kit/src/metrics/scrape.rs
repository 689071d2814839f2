//! Metrics that are read at each scrape.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, MetricEncoder},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

/// A scrape by Prometheus, to which [`crate::Metrics::collect`] adds metrics. Names are in base units, without the `_total`
/// of counters; help strings are sentences.
pub struct Scrape<'a> {
    encoder: DescriptorEncoder<'a>,
    written: fmt::Result,
}

/// The value of a metric.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// A whole number.
    Integer(i64),
    /// Any number; times are in seconds.
    Float(f64),
}

impl Scrape<'_> {
    /// A counter.
    pub fn counter(&mut self, name: &str, help: &str, value: impl Into<Number>) {
        self.write(name, help, MetricType::Counter, |encoder| encode(encoder, MetricType::Counter, value.into()));
    }

    /// A counter for each set of labels: `([("result", "success")], 17)`.
    pub fn counters<L: EncodeLabelSet, V: Into<Number>>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (L, V)>,
    ) {
        self.family(name, help, MetricType::Counter, samples);
    }

    /// A gauge.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl Into<Number>) {
        self.write(name, help, MetricType::Gauge, |encoder| encode(encoder, MetricType::Gauge, value.into()));
    }

    /// A gauge for each set of labels.
    pub fn gauges<L: EncodeLabelSet, V: Into<Number>>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (L, V)>,
    ) {
        self.family(name, help, MetricType::Gauge, samples);
    }

    fn family<L: EncodeLabelSet, V: Into<Number>>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        samples: impl IntoIterator<Item = (L, V)>,
    ) {
        self.write(name, help, kind, |mut family| {
            samples
                .into_iter()
                .try_for_each(|(labels, value)| encode(family.encode_family(&labels)?, kind, value.into()))
        });
    }

    fn write(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        samples: impl FnOnce(MetricEncoder<'_>) -> fmt::Result,
    ) {
        if self.written.is_ok() {
            self.written = self.encoder.encode_descriptor(name, help, None, kind).and_then(samples);
        }
    }
}

fn encode(encoder: MetricEncoder<'_>, kind: MetricType, value: Number) -> fmt::Result {
    match (kind, value) {
        (MetricType::Counter, Number::Integer(value)) => {
            ConstCounter::new(u64::try_from(value).unwrap_or_default()).encode(encoder)
        }
        (MetricType::Counter, Number::Float(value)) => ConstCounter::new(value).encode(encoder),
        (_, Number::Integer(value)) => ConstGauge::new(value).encode(encoder),
        (_, Number::Float(value)) => ConstGauge::new(value).encode(encoder),
    }
}

/// A closure as a [`Collector`].
pub(super) struct Collected<F>(pub F);

impl<F> fmt::Debug for Collected<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Collected")
    }
}

impl<F: Fn(&mut Scrape<'_>) + Send + Sync + 'static> Collector for Collected<F> {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut scrape = Scrape { encoder, written: Ok(()) };
        (self.0)(&mut scrape);
        scrape.written
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Number {
    fn from(value: bool) -> Self {
        Self::Integer(value.into())
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

/// In seconds.
impl From<std::time::Duration> for Number {
    fn from(value: std::time::Duration) -> Self {
        Self::Float(value.as_secs_f64())
    }
}
