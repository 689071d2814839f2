//! Clients in the database.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryResult,
    Queryable, RunQueryDsl, dsl::Eq,
};
use service_kit::Origin;
use shared::UnixTime;

use super::{
    authentication::Client,
    backchannel_uri::BackchannelUri,
    client_id::{ClientId, ClientName},
    client_secret::SecretHash,
    kind::Kind,
    redirect_uri::RedirectUri,
    registered_client::RegisteredClient,
    registration::Registration,
    sent_registration::parse_origin,
};
use crate::{
    db::{DbConnection, Prepare},
    schema::{authorization_codes, clients, consents, logout_notices, sessions},
};

/// A client as it is stored.
#[derive(Clone, Queryable)]
pub struct ClientRow {
    /// See [`ClientId`].
    pub id: String,
    /// See [`SecretHash`].
    pub secret_hash: String,
    /// That of the previous secret.
    pub previous_secret_hash: Option<String>,
    /// Until when the previous secret is valid.
    pub previous_until: Option<UnixTime>,
    /// Space-separated.
    pub scopes: String,
    /// When it was added.
    pub created_at: UnixTime,
    /// When it last obtained a token.
    pub last_used_at: Option<UnixTime>,
    /// See [`Kind`]; `None` in rows of earlier releases, which are services.
    pub kind: Option<String>,
    redirect_uris: Option<String>,
    post_logout_uris: Option<String>,
    origins: Option<String>,
    backchannel_logout_uri: Option<String>,
    pub(super) first_party: Option<i64>,
    requires_pkce: Option<i64>,
}

impl ClientRow {
    /// The kind, unless it is one of a later release.
    pub fn kind(&self) -> Option<Kind> {
        self.kind.as_deref().map_or(Some(Kind::Service), |kind| kind.parse().ok())
    }

    /// The client, unless it is one of a later release. What this release would not register is left out.
    pub fn registered(&self) -> Option<RegisteredClient> {
        let registration = Registration {
            kind: self.kind()?,
            redirect_uris: values(self.redirect_uris.as_deref(), |text| RedirectUri::parse(text).ok()),
            post_logout_uris: values(self.post_logout_uris.as_deref(), |text| RedirectUri::parse(text).ok()),
            origins: values(self.origins.as_deref(), parse_origin),
            backchannel_logout_uri: self
                .backchannel_logout_uri
                .as_deref()
                .and_then(|text| BackchannelUri::parse(text).ok()),
            scopes: self.scopes.parse().ok()?,
            is_first_party: self.first_party == Some(1),
            requires_pkce: self.requires_pkce != Some(0),
        };
        Some(RegisteredClient { id: self.id.clone(), registration })
    }
}

/// Adds a client; one without a secret is public. An id that is taken is a unique violation.
pub fn insert(
    conn: &mut DbConnection,
    id: &ClientId,
    secret: Option<&SecretHash>,
    registration: &Registration,
    now: UnixTime,
) -> QueryResult<()> {
    let row = (
        clients::id.eq(id.as_str()),
        clients::secret_hash.eq(secret.map_or("", SecretHash::as_str)),
        clients::created_at.eq(now),
        clients::kind.eq(registration.kind.name()),
    );
    diesel::insert_into(clients::table).values((row, columns(registration))).execute(conn).map(drop)
}

/// Replaces what is registered of a client, but for its kind.
pub fn update(conn: &mut DbConnection, id: &str, registration: &Registration) -> QueryResult<()> {
    diesel::update(clients::table.find(id)).set(columns(registration)).execute(conn).map(drop)
}

type Columns = (
    Eq<clients::scopes, String>,
    Eq<clients::redirect_uris, Option<String>>,
    Eq<clients::post_logout_uris, Option<String>>,
    Eq<clients::origins, Option<String>>,
    Eq<clients::backchannel_logout_uri, Option<String>>,
    Eq<clients::first_party, i64>,
    Eq<clients::requires_pkce, i64>,
);

fn columns(registration: &Registration) -> Columns {
    let origins = registration.origins.iter().map(Origin::as_str);
    let backchannel = registration.backchannel_logout_uri.as_ref().map(|uri| uri.as_str().to_owned());
    (
        clients::scopes.eq(registration.scopes.to_string()),
        clients::redirect_uris.eq(joined(registration.redirect_uris.iter().map(RedirectUri::as_str))),
        clients::post_logout_uris.eq(joined(registration.post_logout_uris.iter().map(RedirectUri::as_str))),
        clients::origins.eq(joined(origins)),
        clients::backchannel_logout_uri.eq(backchannel),
        clients::first_party.eq(i64::from(registration.is_first_party)),
        clients::requires_pkce.eq(i64::from(registration.requires_pkce)),
    )
}

fn joined<'a>(values: impl Iterator<Item = &'a str>) -> Option<String> {
    let text = values.collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

fn values<T>(joined: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
    joined.unwrap_or_default().split(' ').filter_map(parse).collect()
}

/// All clients, in the order of their ids.
pub fn all(conn: &mut DbConnection) -> QueryResult<Vec<ClientRow>> {
    clients::table.order(clients::id).load(conn)
}

/// So many clients whose ids follow that one, in their order.
pub fn page(conn: &mut DbConnection, after: Option<&ClientId>, limit: i64) -> QueryResult<Vec<ClientRow>> {
    let after = after.map_or("", ClientId::as_str);
    clients::table.filter(clients::id.gt(after)).order(clients::id).limit(limit).load(conn)
}

/// The client of that id.
pub fn find(conn: &mut DbConnection, id: &ClientId) -> QueryResult<Option<ClientRow>> {
    clients::table.find(id.as_str()).get_result(conn).optional()
}

/// The client that people call by that name.
pub fn find_named(conn: &mut DbConnection, name: &ClientName) -> QueryResult<Option<ClientRow>> {
    find_either(conn, &name.ids())
}

/// The client with one of two ids.
pub fn find_either(conn: &mut DbConnection, [id, other]: &[ClientId; 2]) -> QueryResult<Option<ClientRow>> {
    let either = clients::id.eq(id.as_str()).or(clients::id.eq(other.as_str()));
    clients::table.filter(either).get_result(conn).optional()
}

/// The origins of all clients, each space-separated.
pub fn origins(conn: &mut DbConnection) -> QueryResult<Vec<Origin>> {
    let rows: Vec<Option<String>> =
        clients::table.filter(clients::origins.is_not_null()).select(clients::origins).load(conn)?;
    Ok(rows.iter().flat_map(|row| values(row.as_deref(), parse_origin)).collect())
}

/// Sets a new secret; the previous one remains valid until `previous_until`. Returns `false` if there is no such client.
pub fn replace_secret(
    conn: &mut DbConnection,
    id: &str,
    secret: &SecretHash,
    previous_until: Option<UnixTime>,
) -> QueryResult<bool> {
    let client = clients::table.find(id);
    let kept = diesel::update(client)
        .set((
            clients::previous_secret_hash.eq(clients::secret_hash.nullable()),
            clients::previous_until.eq(previous_until),
            clients::secret_hash.eq(secret.as_str()),
        ))
        .execute(conn)?;
    Ok(kept == 1)
}

/// Records that a token is issued to a client that has been authenticated. Returns `false` if it has been deleted, or its secret
/// is invalid. The client is locked, so that a deletion or a rotation in the meantime sees the token.
pub fn note_use(conn: &mut DbConnection, client: &Client, now: UnixTime) -> QueryResult<bool> {
    // That of a public client is empty.
    let shown = client.secret.as_ref().map_or("", SecretHash::as_str);
    let is_valid = clients::secret_hash
        .eq(shown)
        .nullable()
        .or(clients::previous_secret_hash.eq(shown).and(clients::previous_until.gt(now)));
    let client = clients::table.find(&client.id).filter(is_valid);
    let noted = diesel::update(client).set(clients::last_used_at.eq(now)).prepared().execute(conn)?;
    Ok(noted == 1)
}

/// Deletes what users have granted to a client, and its codes: a client of the same name inherits nothing.
pub fn delete_grants(conn: &mut DbConnection, id: &str) -> QueryResult<()> {
    diesel::delete(consents::table.filter(consents::client_id.eq(id))).execute(conn)?;
    diesel::delete(authorization_codes::table.filter(authorization_codes::client_id.eq(id))).execute(conn)?;
    diesel::delete(logout_notices::table.filter(logout_notices::client_id.eq(id))).execute(conn).map(drop)
}

/// Ends the sessions that users have in an application.
pub fn end_sessions(conn: &mut DbConnection, id: &str, now: UnixTime) -> QueryResult<()> {
    let live = sessions::table.filter(sessions::client_id.eq(id).and(sessions::revoked_at.is_null()));
    diesel::update(live).set(sessions::revoked_at.eq(now)).execute(conn).map(drop)
}

/// Removes a client; `false` if there is none.
pub fn delete(conn: &mut DbConnection, id: &str) -> QueryResult<bool> {
    let deleted = diesel::delete(clients::table.find(id)).execute(conn)?;
    Ok(deleted == 1)
}
