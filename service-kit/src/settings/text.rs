//! What the text of a setting must be.

use serde_json::Value;

use super::spec::SettingsSpec;
use crate::start_error::StartError;

impl SettingsSpec {
    /// Refuses values that nobody means: settings files from other systems leave a carriage return behind a value, and `on`
    /// would be taken for the number 1.
    pub(super) fn check_text(&self, key: &str, text: &str, defaults: &Value) -> Result<(), StartError> {
        let refused = |problem: &str, remedy: &str| Err(StartError::new(self.variable(key), problem, remedy));
        if self.is_number(key, defaults) {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
            let problem = format!("{text:?} is not a whole number");
            return if is_number { Ok(()) } else { refused(&problem, "Set it to a number, such as 60.") };
        }
        // Keys in PEM have several lines.
        let text = if text.contains("-----BEGIN ") { text.trim_end() } else { text };
        if !text.contains("-----BEGIN ") && text.contains(char::is_control) {
            return refused(
                "it has a line break or another control character",
                "Remove it: look at the end of the value.",
            );
        }
        if !self.secrets.contains(&key) && text.trim() != text {
            return refused("it has white space at its beginning or end", "Remove it.");
        }
        Ok(())
    }
}
