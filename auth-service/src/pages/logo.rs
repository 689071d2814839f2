//! The logo of the pages.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    time::Duration,
};

use actix_web::{HttpRequest, HttpResponse};
use service_kit::{Cacheable, StartError};

use crate::config::{Color, SETTINGS};

const MAX_LEN: usize = 64 * 1024;
const SVG: &str = "image/svg+xml";
const PNG: &str = "image/png";

/// Ours, in the colour of the settings.
const OURS: &str = include_str!("logo.svg");
const OUR_COLOR: &str = "#a83a0c";

/// The logo of the pages.
pub struct Logo {
    /// Whether it is the operator's.
    pub is_own: bool,
    content_type: &'static str,
    content: Cacheable,
}

impl Logo {
    /// The logo in that file, or ours in that colour.
    ///
    /// # Errors
    /// [`StartError`] for a file that cannot be read, is too large, or is neither SVG nor PNG.
    pub fn open(file: Option<&Path>, color: Color) -> Result<Self, StartError> {
        let Some(file) = file else {
            let content = Cacheable::new(OURS.replace(OUR_COLOR, &color.to_string()));
            return Ok(Self { is_own: false, content_type: SVG, content });
        };
        let wrong = |problem: String| {
            let remedy = "Set it to an SVG or PNG file of at most 64 KiB.";
            StartError::new(SETTINGS.variable("pages.logo"), problem, remedy)
        };
        let shown = file.display();
        let bytes = read(file).map_err(|error| wrong(format!("cannot read {shown}: {error}")))?;
        if bytes.len() > MAX_LEN {
            return Err(wrong(format!("{shown} is larger than 64 KiB")));
        }
        let content_type = content_type(&bytes).ok_or_else(|| wrong(format!("{shown} is neither SVG nor PNG")))?;
        Ok(Self { is_own: true, content_type, content: Cacheable::new(bytes) })
    }

    /// The response with it. The policy of all responses keeps scripts in a drawing from running.
    pub fn answer(&self, req: &HttpRequest, max_age: Duration) -> HttpResponse {
        self.content.answer(req, self.content_type, max_age)
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_LEN as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn content_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(PNG);
    }
    let text = str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim_start();
    (text.starts_with('<') && text.contains("<svg")).then_some(SVG)
}
