//! `POST /register`.

use actix_web::{FromRequest, HttpRequest, HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody, Message};
use shared::{AuthError, MaybeJwt, Role, UnixTime};
use utoipa::ToSchema;

use super::{
    error::RegisterError,
    hash_queue::Priority,
    look_alike::check_new,
    password::Password,
    password_hasher::PasswordHasher,
    password_policy::PasswordPolicy,
    username::Username,
    users::{NewUser, Users},
};
use crate::{
    authority::{authority::Authority, recent_login::RecentAdmin},
    client_info::ClientInfo,
    config,
    guessing::guesses::Guesses,
};

/// Why only admins can add users.
pub(super) const CLOSED: &str = "Registration is closed";

/// A new user.
#[derive(Deserialize, ToSchema)]
pub struct Registration {
    /// 1 to 80 characters; compared ignoring case and Unicode spelling.
    #[schema(min_length = 1, max_length = 80)]
    username: String,
    /// 8 to 1024 bytes in UTF-8.
    #[schema(format = Password, min_length = 2, max_length = 1024)]
    password: String,
    #[schema(value_type = Option<Role>)]
    role: Option<String>,
}

/// `POST /register`: adds a user. Only an admin can give any role but `user`, and only an admin can add users while registration
/// is closed.
///
/// # Errors
/// 400 for a name that is taken, a weak password or an invalid field; 403 for a role that the caller may not give, and while registration is
/// closed; 429 after too many registrations.
pub async fn register(
    form: JsonBody<Registration>,
    req: HttpRequest,
    client: ClientInfo,
    users: Data<Users>,
    (policy, hasher): (Data<PasswordPolicy>, Data<PasswordHasher>),
    guesses: Data<Guesses>,
    registration_policy: Data<config::Registration>,
) -> Result<HttpResponse, ApiError> {
    let Registration { username, password, role } = form.0;
    let username: Username = username.parse()?;
    let password = Password::choose(password)?;
    let role = role.map_or(Ok(Role::USER), |role| role.parse())?;
    let is_open = **registration_policy == config::Registration::Open;
    let refusal = if is_open { "Admin access required" } else { CLOSED };
    let admin = if is_open && role == Role::USER { None } else { Some(demand_admin(&req, refusal).await?) };
    let priority = if admin.is_none() {
        let sender = guesses.sender(client.address.as_deref(), None, UnixTime::now());
        guesses.count_registration(sender.address, UnixTime::now())?;
        Priority::Registration(0)
    } else {
        Priority::Known(0)
    };
    if let Err(refused) = check_new(&username) {
        // The same answer as for any other spelling of a taken name.
        return Err(if users.is_taken(username).await? { RegisterError::UsernameTaken.into() } else { refused.into() });
    }
    let password = policy.accept(password, username.as_str(), UnixTime::now()).await?;
    let password_hash = hasher.hash(password, priority).await?;
    let user = NewUser { username, password_hash, role };
    match admin {
        Some(admin) => users.add_as(admin, user, UnixTime::now()).await?,
        None => users.register(user, client.address, UnixTime::now()).await?,
    }
    Ok(HttpResponse::Created().json(Message::new("User registered successfully")))
}

/// Without a token the response is 403 rather than 401: anyone may send the request, but not for this user.
async fn demand_admin(req: &HttpRequest, refusal: &'static str) -> Result<Authority, ApiError> {
    if <MaybeJwt>::extract(req).await?.into_inner().is_none() {
        return Err(AuthError::forbidden(refusal).into());
    }
    let RecentAdmin(admin) = RecentAdmin::extract(req).await?;
    Ok(admin)
}
