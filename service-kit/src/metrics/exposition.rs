//! `OpenMetrics` text as the older text format of Prometheus.

/// Converts `OpenMetrics` text: here a counter is described under the name of its samples, with `_total`, and there are
/// neither units nor an end mark.
pub(super) fn prometheus_text(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut lines = open_metrics.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        // The type follows its help text.
        let described = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' '));
        let counter = described.filter(|(name, _)| {
            lines.peek().and_then(|next| next.strip_prefix("# TYPE ")) == Some(&*format!("{name} counter"))
        });
        if let Some((name, help)) = counter {
            lines.next();
            let lines = [["# HELP ", name, "_total ", help, "\n"], ["# TYPE ", name, "_total ", "counter", "\n"]];
            text.extend(lines.into_iter().flatten());
        } else {
            text += line;
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_and_type_of_a_counter_use_the_name_of_its_samples() {
        let open_metrics = "# HELP a Things.\n# TYPE a counter\na_total{b=\"c\"} 1\n# HELP d_seconds Times.\n\
            # TYPE d_seconds gauge\n# UNIT d_seconds seconds\nd_seconds 2.5\n# EOF\n";

        let text = prometheus_text(open_metrics);

        assert_eq!(
            text,
            "# HELP a_total Things.\n# TYPE a_total counter\na_total{b=\"c\"} 1\n# HELP d_seconds Times.\n\
             # TYPE d_seconds gauge\nd_seconds 2.5\n"
        );
    }
}
