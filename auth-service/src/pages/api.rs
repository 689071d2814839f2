//! The description of this feature's routes.

use serde_json::json;
use service_kit::Api;

use super::show::{show_home, show_logo, show_style};

/// Describes what the pages consist of, and the one at `/` unless the playground is there.
pub fn describe(api: &mut Api, has_playground: bool) {
    let text = json!({ "schema": { "type": "string" } });
    if !has_playground {
        api.get("/", show_home)
            .named("home", "A page that says what this service is")
            .details("With `AUTH__PLAYGROUND=true`, the playground.")
            .returns_content("The page.", json!({ "text/html": text }));
    }
    api.get("/pages/style.css", show_style)
        .named("pageStyle", "The style sheet of the login pages")
        .returns_content("The style sheet.", json!({ "text/css": text }))
        .cacheable();
    api.get("/pages/logo", show_logo)
        .named("pageLogo", "The logo of the login pages")
        .details("The file in `AUTH__PAGES__LOGO`, if it is set.")
        .returns_content("The logo.", json!({ "image/svg+xml": text, "image/png": text }))
        .cacheable();
}
