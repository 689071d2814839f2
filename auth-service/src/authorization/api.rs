//! The description of this feature's routes.

use serde_json::{Map, Value, json};
use service_kit::{Api, Operation};

use super::{
    authorize::{authorize, authorize_by_form},
    consent::{consent, go_on},
    log_in::{log_in, show_login},
    log_out::{confirm, end_session, end_session_by_form},
    parameters::NAMES,
    register::{register, show_registration},
};

/// Describes the routes that browsers use. Their responses are pages and redirects; what is wrong is said on a page too.
pub fn describe(api: &mut Api) {
    let operation = api.get("/authorize", authorize);
    operation.named("authorize", "Log a user in to an application");
    describe_authorize(operation);
    let operation = api.post("/authorize", authorize_by_form);
    operation.named("authorizeByForm", "The same, with the parameters in a form");
    describe_authorize(operation.takes_page_form(parameters()).takes(json!({ "client_id": "shop" })));
    let operation = api.get("/authorize/login", show_login);
    describe_step(operation.named("showLogin", "The login page"));
    let operation = api.post("/authorize/login", log_in);
    operation
        .named("logInOnPage", "Log in on the login page")
        .takes_page_form(form(&["username", "password", "decision"]));
    describe_credentials(operation.takes(json!({ "interaction": "..." })));
    let operation = api.get("/authorize/register", show_registration);
    describe_step(operation.named("showRegistration", "The registration page"));
    let operation = api.post("/authorize/register", register);
    operation
        .named("registerOnPage", "Register on a page")
        .takes_page_form(form(&["username", "password", "decision"]));
    describe_credentials(operation.takes(json!({ "interaction": "..." })));
    let operation = api.post("/authorize/consent", consent);
    operation.named("consent", "Answer the consent page").takes_page_form(form(&["decision"]));
    describe_step(operation.takes(json!({ "interaction": "...", "decision": "allow" })));
    let operation = api.get("/authorize/continue", go_on);
    describe_step(operation.named("continue", "The next page of a request, or the redirect to the application"));
    let operation = api.get("/oauth/logout", end_session);
    operation.named("endSession", "Log a user out for an application");
    describe_logout(operation);
    let operation = api.post("/oauth/logout", end_session_by_form);
    operation.named("endSessionByForm", "The same, with the parameters in a form");
    describe_logout(operation.takes_page_form(parameters()).takes(json!({ "client_id": "shop" })));
    let operation = api.post("/oauth/logout/confirm", confirm);
    operation.named("confirmLogout", "Answer the logout page").takes_page_form(form(&["decision"]));
    describe_step(operation.takes(json!({ "interaction": "...", "decision": "allow" })));
}

fn describe_authorize(operation: &mut Operation) {
    operation.details(
        "RFC 6749, section 4.1.1; OpenID Connect Core 1.0, section 3.1.2.1. Errors that the application should know are redirects \
         with `error`; without a registered client and redirect URI, the response is a page.",
    );
    describe_step(operation);
}

fn describe_logout(operation: &mut Operation) {
    operation.details("OpenID Connect RP-Initiated Logout 1.0. The user is asked unless `id_token_hint` is of this browser's session.");
    describe_step(operation);
}

fn describe_credentials(operation: &mut Operation) {
    operation
        .returns_page(401, "The page again: the name or the password is wrong.")
        .returns_page(403, "The page again: the user is disabled, or registration is closed.")
        .returns_page(429, "The page again, after too many attempts.");
    describe_step(operation);
}

fn describe_step(operation: &mut Operation) {
    operation
        .returns_page(200, "A page that asks the user, or leads to the application.")
        .returns_nothing(303, "The next page, or the redirect to the application.")
        .returns_page(400, "A page that says what is wrong with the request.")
        .returns_page(500, "A page that says that the request failed.")
        .returns_page(503, "A page that says that the service cannot answer now.");
}

fn parameters() -> Value {
    let fields: Map<_, _> = NAMES.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
    json!({ "type": "object", "properties": fields, "additionalProperties": { "type": "string" } })
}

fn form(fields: &[&str]) -> Value {
    let fields = fields.iter().chain(&["interaction"]);
    let fields: Map<_, _> = fields.map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
    json!({ "type": "object", "properties": fields, "additionalProperties": { "type": "string" } })
}
