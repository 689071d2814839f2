//! The files of the page, which are part of the program.

/// The page.
pub const PAGE: &str = include_str!("page/index.html");

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! files {
    ($($name:literal: $content_type:expr),+ $(,)?) => {
        [$(($name, $content_type, include_str!(concat!("page/", $name)))),+]
    };
}

/// Name, content type and content of what the page loads.
pub const FILES: [(&str, &str, &str); 14] = files! {
    "icon.svg": SVG,
    "style.css": CSS,
    "calls.js": JAVASCRIPT,
    "curl.js": JAVASCRIPT,
    "dom.js": JAVASCRIPT,
    "fleet.js": JAVASCRIPT,
    "keys.js": JAVASCRIPT,
    "login.js": JAVASCRIPT,
    "main.js": JAVASCRIPT,
    "plug.js": JAVASCRIPT,
    "requests.js": JAVASCRIPT,
    "revocation.js": JAVASCRIPT,
    "sessions.js": JAVASCRIPT,
    "token.js": JAVASCRIPT,
};
