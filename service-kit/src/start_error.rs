//! Why a service does not start.

/// Why a service does not start: the setting, the problem and the remedy. Exit code 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}\n  {remedy}")]
pub struct StartError {
    setting: String,
    problem: String,
    remedy: String,
}

impl StartError {
    /// The exit code of a service that does not start.
    pub const EXIT_CODE: u8 = 2;

    /// An error of `setting`: an environment variable, a file or an option.
    pub fn new(setting: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { setting: setting.into(), problem: problem.into(), remedy: remedy.into() }
    }

    /// The setting: usually its variable.
    pub fn setting(&self) -> &str {
        &self.setting
    }

    /// The setting and what is wrong, in one sentence.
    pub fn problem(&self) -> String {
        format!("{}: {}", self.setting, self.problem)
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}
