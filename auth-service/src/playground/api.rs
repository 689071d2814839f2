//! The description of this feature's routes.

use serde_json::json;
use service_kit::{Api, RequestError};

use super::show::{show_file, show_page, show_settings};

/// Describes the playground.
pub fn describe(api: &mut Api) {
    let text = json!({ "schema": { "type": "string" } });
    api.get("/", show_page)
        .named("playground", "The playground, a page for trying out the system")
        .details("This route and the next two exist if `AUTH__PLAYGROUND` is `true`.")
        .returns_content(
            "The page. Its `Content-Security-Policy` allows its own files and requests to the replicas.",
            json!({ "text/html": text }),
        )
        .cacheable();
    let settings = json!({
        "schema": {
            "type": "object",
            "required": ["replicas", "control", "sample_users"],
            "properties": {
                "replicas": {
                    "type": "array",
                    "items": { "type": "string" },
                    "description": "Origins of the replicas; empty if a load balancer serves all routes.",
                },
                "control": {
                    "type": ["string", "null"],
                    "description": "Where servers can be stopped; in the local cluster only.",
                },
                "sample_users": { "type": "boolean", "description": "Whether the page offers the sample users." },
            },
        },
        "example": { "replicas": ["http://127.0.0.1:5001"], "control": null, "sample_users": true },
    });
    api.get("/playground.json", show_settings)
        .named("playgroundSettings", "The servers that the playground calls")
        .returns_content("The settings of the page.", json!({ "application/json": settings }))
        .cacheable();
    api.get("/playground/{file}", show_file)
        .named("playgroundFile", "A file of the playground")
        .path_parameter("file", "The name of a script, the style sheet or the icon.", "main.js")
        .returns_content("The file.", json!({ "text/javascript": text, "text/css": text, "image/svg+xml": text }))
        .cacheable()
        .refuses([RequestError::NotFound]);
}
