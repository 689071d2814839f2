//! The `OpenAPI` description of a service as HTML.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

use crate::html::{Escaped, Prose};

const STYLE: &str = include_str!("api_page.css");
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// What a Content Security Policy calls the style sheet of the page: the hash of what is between its tags.
pub(crate) fn style_source() -> String {
    let hash = digest(&SHA256, format!("\n{STYLE}").as_bytes());
    format!("'sha256-{}'", BASE64_STANDARD.encode(hash))
}

/// The page of a description.
pub(crate) fn page(document: &Value) -> String {
    let page = Page { document };
    let info = &document["info"];
    let (title, version) = (Escaped(text(&info["title"])), Escaped(text(&info["version"])));
    let (summary, description) = (Prose(text(&info["summary"])), Prose(text(&info["description"])));
    let operations = page.operations();
    let groups: Vec<_> = items(&document["tags"]).map(|tag| (tag, of_tag(&operations, text(&tag["name"])))).collect();
    let links: String =
        groups.iter().flat_map(|(_, operations)| operations).map(|operation| operation.link()).collect();
    let groups: String = groups.iter().map(|(tag, operations)| page.group(tag, operations)).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} {version}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title} <small>{version}</small></h1>\n\
         <p>{summary}</p>\n<p>{description}</p>\n\
         <p>As OpenAPI: <a href=\"openapi.json\">openapi.json</a>. In the examples, <code>$URL</code> is the URL of this \
         service.</p>\n</header>\n<nav><ul>\n{links}</ul></nav>\n<main>\n{groups}</main>\n</body>\n</html>\n"
    )
}

struct Page<'a> {
    document: &'a Value,
}

/// One method of one path.
struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    /// What all methods of the path have in common.
    address: &'a Value,
    spec: &'a Value,
}

impl<'a> Page<'a> {
    fn operations(&self) -> Vec<Operation<'a>> {
        let addresses = self.document["paths"].as_object().into_iter().flatten();
        let of_address = |(path, address): (&'a String, &'a Value)| {
            METHODS
                .into_iter()
                .filter_map(move |method| address.get(method).map(|spec| Operation { method, path, address, spec }))
        };
        addresses.flat_map(of_address).collect()
    }

    fn group(&self, tag: &Value, operations: &[&Operation<'_>]) -> String {
        let (name, description) = (Escaped(text(&tag["name"])), Prose(text(&tag["description"])));
        let operations: String = operations.iter().map(|operation| self.operation(operation)).collect();
        format!("<h2>{name}</h2>\n<p>{description}</p>\n{operations}")
    }

    fn operation(&self, operation: &Operation<'_>) -> String {
        let Operation { method, path, spec, .. } = operation;
        let (id, path) = (Escaped(text(&spec["operationId"])), Escaped(path));
        let (summary, description) = (Prose(text(&spec["summary"])), Prose(text(&spec["description"])));
        let (authentication, example) = (Prose(&self.authentication(spec)).to_string(), self.example(operation));
        let (parameters, body, answers) = (self.parameters(operation), self.body(spec), self.answers(spec));
        format!(
            "<section id=\"{id}\">\n<h3><span class=\"method {method}\">{}</span> {path}</h3>\n\
             <p><strong>{summary}.</strong> {description}</p>\n<p>{authentication}</p>\n<pre>{}</pre>\n{parameters}{body}{answers}</section>\n",
            method.to_uppercase(),
            Escaped(&example),
        )
    }

    /// The required credentials, according to the security schemes of the operation.
    fn authentication(&self, spec: &Value) -> String {
        let scheme = |name: &str| self.document.pointer(&format!("/components/securitySchemes/{name}/description"));
        let schemes: Vec<_> = items(&spec["security"])
            .filter_map(first_name)
            .map(|name| scheme(name).map_or(name, text).to_owned())
            .collect();
        if schemes.is_empty() {
            return "No authentication required.".to_owned();
        }
        let is_optional = items(&spec["security"]).any(|required| first_name(required).is_none());
        format!("{}: {}.", if is_optional { "Optional" } else { "Requires" }, schemes.join("; or "))
    }

    fn parameters(&self, operation: &Operation<'_>) -> String {
        let row = |parameter: &Value| {
            let (name, place) = (Escaped(text(&parameter["name"])), Escaped(text(&parameter["in"])));
            let (kind, description) = (self.kind(&parameter["schema"]), Prose(text(&parameter["description"])));
            format!("<tr><th><code>{name}</code></th><td>in the {place}, {kind}. {description}</td></tr>\n")
        };
        table("Parameters", self.parameters_of(operation).map(row))
    }

    fn body(&self, spec: &Value) -> String {
        let Some((media_type, body)) = content(&spec["requestBody"]) else { return String::new() };
        let schema = self.resolve(&body["schema"]);
        let row = |(name, property): (&String, &Value)| {
            let presence = if items(&schema["required"]).any(|own| own == name) { "required" } else { "optional" };
            let kind = self.kind(property);
            let description = Prose(text(&self.resolve(property)["description"]));
            format!("<tr><th><code>{}</code></th><td>{kind}, {presence}. {description}</td></tr>\n", Escaped(name))
        };
        let caption = if media_type == "application/json" { "JSON body" } else { "Form body" };
        table(caption, schema["properties"].as_object().into_iter().flatten().map(row))
    }

    /// A description of a value.
    fn kind(&self, schema: &Value) -> String {
        let schema = self.resolve(schema);
        let one_of: Vec<_> =
            items(&schema["enum"]).map(|value| format!("<code>{}</code>", Escaped(text(value)))).collect();
        let bound =
            |name: &str, word: &str| schema.get(name).map(|bound| format!("{word} {bound}")).unwrap_or_default();
        match text(&schema["type"]) {
            _ if !one_of.is_empty() => one_of.join(" or "),
            "integer" => format!(
                "integer{}{}{}",
                bound("minimum", " from"),
                bound("maximum", " to"),
                bound("default", ", default")
            ),
            "boolean" => "<code>true</code> or <code>false</code>".to_owned(),
            _ => "string".to_owned(),
        }
    }

    fn answers(&self, spec: &Value) -> String {
        let row = |(status, answer): (&String, &Value)| {
            let answer = self.resolve(answer);
            let status = if status == "default" { "other" } else { status };
            let description = Prose(text(&answer["description"]));
            let example = content(answer).and_then(|(_, content)| content.get("example"));
            let example = example.map(|example| format!("<pre>{}</pre>", Escaped(&format!("{example:#}"))));
            let (status, example) = (Escaped(status), example.unwrap_or_default());
            format!("<tr><th>{status}</th><td>{description}{example}</td></tr>\n")
        };
        table("Responses", spec["responses"].as_object().into_iter().flatten().map(row))
    }

    /// An example request with curl.
    fn example(&self, operation: &Operation<'_>) -> String {
        let mut path = operation.path.to_owned();
        for parameter in self.parameters_of(operation).filter(|parameter| parameter["in"] == "path") {
            path = path.replace(&format!("{{{}}}", text(&parameter["name"])), text(&parameter["example"]));
        }
        let mut words = vec![format!("curl \"$URL{path}\"")];
        let body = operation.spec.get("requestBody").filter(|body| body["required"] == true);
        // curl uses `POST` by default if there is a body.
        let usual = if body.is_some() { "post" } else { "get" };
        if operation.method != usual {
            words.push(format!("-X {}", operation.method.to_uppercase()));
        }
        let credentials = match items(&operation.spec["security"]).next().and_then(first_name) {
            Some("token") => Some("-H \"Authorization: Bearer $TOKEN\""),
            Some("refresh_token") => Some("-H \"Authorization: Bearer $REFRESH_TOKEN\""),
            Some("client") => Some("-u \"$CLIENT_ID:$CLIENT_SECRET\""),
            _ => None,
        };
        words.extend(credentials.map(str::to_owned));
        match body.and_then(content) {
            Some(("application/json", body)) => {
                words.push(format!("-H 'Content-Type: application/json' -d '{}'", body["example"]));
            }
            Some((_, form)) => {
                let fields = form["example"].as_object().into_iter().flatten();
                words.extend(fields.map(|(name, value)| format!("-d {name}={}", text(value))));
            }
            None => {}
        }
        words.join(" ")
    }

    fn parameters_of<'b>(&'b self, operation: &'b Operation<'_>) -> impl Iterator<Item = &'b Value> {
        let own = items(&operation.spec["parameters"]);
        items(&operation.address["parameters"]).chain(own).map(|parameter| self.resolve(parameter))
    }

    /// Resolves a `$ref` within the document; returns anything else unchanged.
    fn resolve<'b>(&'b self, value: &'b Value) -> &'b Value {
        let pointer = value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value)
    }
}

impl Operation<'_> {
    fn link(&self) -> String {
        let (id, method, path) = (Escaped(text(&self.spec["operationId"])), self.method, Escaped(self.path));
        format!(
            "<li><a href=\"#{id}\"><code><span class=\"method {method}\">{}</span> {path}</code></a></li>\n",
            method.to_uppercase()
        )
    }
}

fn of_tag<'a, 'b>(operations: &'b [Operation<'a>], tag: &str) -> Vec<&'b Operation<'a>> {
    operations.iter().filter(|operation| items(&operation.spec["tags"]).any(|own| own == tag)).collect()
}

/// The media type of a body and its description.
fn content(body: &Value) -> Option<(&str, &Value)> {
    let (media_type, content) = body["content"].as_object()?.iter().next()?;
    Some((media_type, content))
}

fn items(array: &Value) -> impl Iterator<Item = &Value> {
    array.as_array().into_iter().flatten()
}

fn first_name(object: &Value) -> Option<&str> {
    object.as_object()?.keys().next().map(String::as_str)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A table of these rows, if there are any.
fn table(caption: &str, rows: impl Iterator<Item = String>) -> String {
    let rows = rows.collect::<Vec<_>>().concat();
    if rows.is_empty() { rows } else { format!("<table>\n<caption>{caption}</caption>\n{rows}</table>\n") }
}
