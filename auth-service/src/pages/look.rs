//! Whose pages these are, and how they look.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use reqwest::Url;
use service_kit::{Cacheable, StartError};

use super::logo::Logo;
use crate::config::{Color, Config};

/// Always validated, so that a page is not shown in the style of an earlier release.
const MAX_AGE: Duration = Duration::ZERO;

const STYLE: &str = include_str!("style.css");
/// The background of a page on dark screens, as in the style sheet.
const DARK: Color = Color::new(0x1a, 0x1c, 0x1e);
/// More than WCAG wants, since a bright text on a dark background looks thinner.
const DARK_CONTRAST: f64 = 5.5;

/// Whose pages these are, and how they look.
pub struct Look {
    /// What this service calls itself.
    pub name: String,
    /// The path of the issuer; empty if it has none.
    pub base: String,
    /// The logo.
    pub logo: Logo,
    style: Cacheable,
}

impl Look {
    /// As the settings want it.
    ///
    /// # Errors
    /// [`StartError`] that names the invalid setting.
    pub fn open(config: &Config) -> Result<Self, StartError> {
        let issuer = Url::parse(&config.issuer).ok();
        let host = issuer.as_ref().and_then(Url::host_str).unwrap_or_default();
        let path = issuer.as_ref().map(Url::path).unwrap_or_default();
        let color = config.pages.color()?;
        let on_dark = color.lightened_on(DARK, DARK_CONTRAST);
        let colors = format!(
            ":root {{ --accent: {color}; --accent-ink: #fff; }}\n\
             @media (prefers-color-scheme: dark) {{ :root {{ --accent: {on_dark}; --accent-ink: #131415; }} }}\n"
        );
        Ok(Self {
            name: config.pages.name()?.unwrap_or(host).to_owned(),
            base: path.trim_end_matches('/').to_owned(),
            logo: Logo::open(config.pages.logo.as_deref(), color)?,
            style: Cacheable::new(colors + STYLE),
        })
    }

    /// The style sheet.
    pub fn style(&self, req: &HttpRequest) -> HttpResponse {
        self.style.answer(req, "text/css; charset=utf-8", MAX_AGE)
    }

    /// The logo.
    pub fn logo(&self, req: &HttpRequest) -> HttpResponse {
        self.logo.answer(req, MAX_AGE)
    }
}
