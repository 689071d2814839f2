//! Settings of the login pages.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use service_kit::StartError;

use super::{SETTINGS, color::Color};

/// Environment: `AUTH__PAGES__NAME`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PagesConfig {
    /// What the pages call this service; at most 60 characters. Default: the host in the issuer.
    pub name: Option<String>,
    /// SVG or PNG file of at most 64 KiB, shown instead of the name. Default: none.
    pub logo: Option<PathBuf>,
    /// The colour of buttons and links, as `#rrggbb`; its contrast to white must be 4.5 or more. Lightened for dark screens.
    /// Default: `#a83a0c`.
    pub color: String,
}

impl Default for PagesConfig {
    fn default() -> Self {
        Self { name: None, logo: None, color: "#a83a0c".to_owned() }
    }
}

impl PagesConfig {
    const MAX_NAME: usize = 60;
    /// Level AA of WCAG 2.2, for text.
    const MIN_CONTRAST: f64 = 4.5;

    /// What the pages call this service, if it is set.
    ///
    /// # Errors
    /// [`StartError`] for a name that does not fit the pages.
    pub fn name(&self) -> Result<Option<&str>, StartError> {
        let Some(name) = &self.name else { return Ok(None) };
        let fits = name.chars().count() <= Self::MAX_NAME && !name.trim().is_empty();
        if fits && !name.contains(char::is_control) {
            return Ok(Some(name.trim()));
        }
        let problem = "blank, too long, or with control characters";
        let remedy = "Set it to a name of 1 to 60 characters, such as Example Login.";
        Err(StartError::new(SETTINGS.variable("pages.name"), problem, remedy))
    }

    /// The colour of buttons and links.
    ///
    /// # Errors
    /// [`StartError`] for anything else, and for a colour that is too bright for white text.
    pub fn color(&self) -> Result<Color, StartError> {
        let wrong = |problem: String, remedy: &str| StartError::new(SETTINGS.variable("pages.color"), problem, remedy);
        let color = Color::parse(&self.color);
        let color = color.ok_or_else(|| wrong("not a colour".to_owned(), "Write it as #rrggbb, such as #a83a0c."))?;
        let contrast = color.contrast(Color::WHITE);
        if contrast >= Self::MIN_CONTRAST {
            return Ok(color);
        }
        Err(wrong(
            format!("{color} is too bright: its contrast to white is {contrast:.2}, less than {}", Self::MIN_CONTRAST),
            "Choose a darker colour, so that white text on it is readable.",
        ))
    }

    /// Validates the settings.
    ///
    /// # Errors
    /// [`StartError`] that names the invalid setting.
    pub fn check(&self) -> Result<(), StartError> {
        self.name()?;
        self.color().map(drop)
    }
}
