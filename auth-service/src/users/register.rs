//! `POST /register`.

use actix_web::{FromRequest, HttpRequest, HttpResponse, web::Data};
use serde::Deserialize;
use serde_json::json;
use service_kit::{ApiError, JsonBody};
use shared::{AuthError, MaybeJwt, Role, UnixTime};

use super::{
    password::Password,
    password_hasher::PasswordHasher,
    username::Username,
    users::{NewUser, Users},
};
use crate::{
    authority::{authority::Authority, recent_login::RecentAdmin},
    client_info::ClientInfo,
};

/// A new user.
#[derive(Deserialize)]
pub struct Registration {
    username: String,
    password: String,
    role: Option<String>,
}

/// `POST /register`: adds a user. Only an admin can give any role but `user`.
///
/// # Errors
/// 400 for a name that is taken or an invalid field; 403 for a role that the caller may not give.
pub async fn register(
    form: JsonBody<Registration>,
    req: HttpRequest,
    client: ClientInfo,
    users: Data<Users>,
    hasher: Data<PasswordHasher>,
) -> Result<HttpResponse, ApiError> {
    let Registration { username, password, role } = form.0;
    let username: Username = username.parse()?;
    let password = Password::choose(password)?;
    let role = role.map_or(Ok(Role::USER), |role| role.parse())?;
    let admin = if role == Role::USER { None } else { Some(demand_admin(&req).await?) };
    let password_hash = hasher.hash(password).await?;
    let user = NewUser { username, password_hash, role };
    match admin {
        Some(admin) => users.add_as(admin, user, UnixTime::now()).await?,
        None => users.register(user, client.address, UnixTime::now()).await?,
    }
    Ok(HttpResponse::Created().json(json!({ "message": "User registered successfully" })))
}

/// Without a token the response is 403 rather than 401: anyone may register, but not with this role.
async fn demand_admin(req: &HttpRequest) -> Result<Authority, ApiError> {
    if <MaybeJwt>::extract(req).await?.into_inner().is_none() {
        return Err(AuthError::forbidden("Admin access required").into());
    }
    let RecentAdmin(admin) = RecentAdmin::extract(req).await?;
    Ok(admin)
}
