//! The description of this feature's routes.

use serde_json::{Value, json};
use service_kit::Api;

use super::{
    client_id::InvalidClientId, create::create, delete::delete, error::ClientError, issue_secret::issue_secret,
    issued_secret::ShownSecret, kind::Kind, list::list, replace::replace, scopes::InvalidScopes,
    sent_registration::InvalidRegistration, show::show, web_uri::InvalidUri,
};

fn client() -> Value {
    json!({
        "client_id": "shop", "kind": "web", "redirect_uris": ["https://shop.example.com/callback"],
        "post_logout_uris": ["https://shop.example.com/"], "origins": [], "backchannel_logout_uri": null,
        "scope": "openid profile", "first_party": false, "requires_pkce": true, "created_at": 1_795_465_944,
        "last_used_at": null, "previous_secret_until": null,
    })
}

fn with_secret() -> Value {
    let mut client = client();
    if let Value::Object(members) = &mut client {
        members.insert("client_secret".to_owned(), json!("cs1.q3J8..."));
    }
    client
}

/// Describes how admins manage clients.
pub fn describe(api: &mut Api) {
    let (name, description, example) = ("id", "The client's id or name.", "shop");
    let uri = InvalidRegistration::RedirectUri {
        name: "redirect_uris",
        uri: "http://shop.example.com".to_owned(),
        why: InvalidUri::Insecure,
    };
    let invalid = [uri, InvalidRegistration::NoRedirectUri(Kind::Web), InvalidScopes.into()].map(ClientError::from);
    let [invalid_uri, no_uri, invalid_scope] = invalid;
    api.get("/clients", list).named("clients", "List clients, in the order of their ids").returns(
        "One page; pass `next_after` as `after` to get the next page.",
        json!({ "clients": [client()], "next_after": "shop" }),
    );
    api.post("/clients", create)
        .named("createClient", "Create a client")
        .takes(json!({
            "name": "shop", "kind": "web", "redirect_uris": ["https://shop.example.com/callback"],
            "post_logout_uris": ["https://shop.example.com/"], "scope": "openid profile",
        }))
        .returns_json::<ShownSecret>(201, "The client, and its secret, which is not shown again.", with_secret())
        .refuses([ClientError::AlreadyExists, ClientError::Name(InvalidClientId), invalid_uri, no_uri, invalid_scope]);
    api.get("/clients/{id}", show)
        .named("client", "Show a client")
        .path_parameter(name, description, example)
        .returns("The client.", client())
        .refuses([ClientError::NoSuchClient]);
    api.put("/clients/{id}", replace)
        .named("replaceClient", "Replace what is registered of a client")
        .details("Its kind cannot be changed. Tokens that were issued before keep their scopes until they expire.")
        .path_parameter(name, description, example)
        .takes(json!({
            "kind": "web", "redirect_uris": ["https://shop.example.com/callback"], "scope": "openid profile",
        }))
        .returns("The updated client.", client())
        .refuses([ClientError::NoSuchClient, ClientError::OtherKind(Kind::Web)])
        .refuses([ClientError::Invalid(InvalidRegistration::BackchannelUri(String::new(), InvalidUri::Insecure))])
        .refuses([ClientError::Invalid(InvalidRegistration::RedirectUri {
            name: "redirect_uris",
            uri: "http://shop.example.com".to_owned(),
            why: InvalidUri::Insecure,
        })]);
    api.delete("/clients/{id}", delete)
        .named("deleteClient", "Delete a client and revoke its tokens")
        .path_parameter(name, description, example)
        .returns_nothing(204, "The client is deleted.")
        .refuses([ClientError::NoSuchClient]);
    api.post("/clients/{id}/secret", issue_secret)
        .named("rotateClientSecret", "Issue a new secret")
        .path_parameter(name, description, example)
        .takes(json!({ "grace_secs": 86_400 }))
        .returns_json::<ShownSecret>(200, "The client, and its secret, which is not shown again.", with_secret())
        .refuses([ClientError::NoSuchClient, ClientError::IsPublic]);
}
