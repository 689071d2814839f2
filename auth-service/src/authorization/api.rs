//! The description of this feature's routes.

use serde_json::{Map, Value, json};
use service_kit::{Api, Operation};

use super::{
    authorize::{authorize, authorize_by_form},
    consent::{consent, go_on},
    log_in::{log_in, show_login},
    log_out::{confirm, end_session, end_session_by_form},
    register::{register, show_registration},
};

/// The parameters of an authorization request.
const AUTHORIZE: [(&str, &str); 17] = [
    ("client_id", "The application."),
    ("redirect_uri", "Where the response goes: one of those that are registered."),
    ("response_type", "`code`."),
    ("scope", "With `openid`, there is an ID token. `profile`, `email`, `offline_access` and the client's own scopes."),
    ("state", "Returned unchanged."),
    ("nonce", "Returned in the ID token."),
    ("code_challenge", "RFC 7636, section 4.2."),
    ("code_challenge_method", "`S256`."),
    ("response_mode", "`query`, the default, or `form_post`."),
    ("prompt", "`none`, or one or more of `login`, `consent`, `select_account` and `create`."),
    ("max_age", "How old the login may be, in seconds."),
    ("login_hint", "The username, filled in on the login page."),
    ("id_token_hint", "An ID token of the user who is expected."),
    ("acr_values", "Ignored."),
    ("ui_locales", "The languages of the pages, most preferred first."),
    ("resource", "The audience of the access token (RFC 8707)."),
    ("request", "Not supported, nor is `request_uri`."),
];
/// The parameters of a request for a logout.
const LOG_OUT: [(&str, &str); 5] = [
    ("id_token_hint", "An ID token of the session."),
    ("client_id", "The application, if there is no ID token."),
    ("post_logout_redirect_uri", "Where the user goes afterwards: one of those that are registered."),
    ("state", "Returned unchanged."),
    ("ui_locales", "The languages of the pages, most preferred first."),
];

/// Describes the routes that browsers use. Their responses are pages and redirects; what is wrong is said on a page too.
pub fn describe(api: &mut Api) {
    let operation = api.get("/authorize", authorize);
    operation.named("authorize", "Log a user in to an application");
    describe_query(&AUTHORIZE, operation);
    describe_authorize(operation);
    let operation = api.post("/authorize", authorize_by_form);
    operation.named("authorizeByForm", "The same, with the parameters in a form");
    describe_authorize(
        operation.takes_page_form(form(&AUTHORIZE.map(|(name, _)| name))).takes(json!({ "client_id": "shop" })),
    );
    let operation = api.get("/authorize/login", show_login);
    describe_link(operation.named("showLogin", "The login page"));
    let operation = api.post("/authorize/login", log_in);
    operation.named("logInOnPage", "Log in on the login page").takes_page_form(form(&[
        "interaction",
        "username",
        "password",
        "decision",
    ]));
    operation
        .returns_page(401, "The page again: the name or the password is wrong.")
        .returns_page(403, "The page again: the user is disabled.");
    describe_credentials(operation.takes(json!({ "interaction": "..." })));
    let operation = api.get("/authorize/register", show_registration);
    describe_link(operation.named("showRegistration", "The registration page"));
    let operation = api.post("/authorize/register", register);
    operation.named("registerOnPage", "Register on a page").takes_page_form(form(&[
        "interaction",
        "username",
        "password",
        "decision",
    ]));
    operation.returns_page(403, "The login page: registration is closed.");
    describe_credentials(operation.takes(json!({ "interaction": "..." })));
    let operation = api.post("/authorize/consent", consent);
    operation.named("consent", "Answer the consent page").takes_page_form(form(&["interaction", "decision"]));
    describe_step(operation.takes(json!({ "interaction": "...", "decision": "allow" })));
    let operation = api.get("/authorize/continue", go_on);
    describe_link(operation.named("continue", "The next page of a request, or the redirect to the application"));
    let operation = api.get("/oauth/logout", end_session);
    operation.named("endBrowserSession", "Log a user out for an application");
    describe_query(&LOG_OUT, operation);
    describe_logout(operation);
    let operation = api.post("/oauth/logout", end_session_by_form);
    operation.named("endBrowserSessionByForm", "The same, with the parameters in a form");
    describe_logout(
        operation.takes_page_form(form(&LOG_OUT.map(|(name, _)| name))).takes(json!({ "client_id": "shop" })),
    );
    let operation = api.post("/oauth/logout/confirm", confirm);
    operation.named("confirmLogout", "Answer the logout page").takes_page_form(form(&["interaction", "decision"]));
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
    operation.returns_page(429, "The page again, after too many attempts.");
    describe_step(operation);
}

fn describe_query(parameters: &[(&str, &str)], operation: &mut Operation) {
    for (name, description) in parameters {
        operation.query_parameter(name, description);
    }
}

fn describe_link(operation: &mut Operation) {
    operation.query_parameter("interaction", "The request that is under way, as the page before has it.");
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

fn form(fields: &[&str]) -> Value {
    let fields: Map<_, _> = fields.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
    json!({ "type": "object", "properties": fields, "additionalProperties": { "type": "string" } })
}
