//! `POST /register`.

use actix_web::{FromRequest, HttpRequest, HttpResponse, web::Data};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody, Message};
use shared::{AuthError, MaybeJwt, Role, UnixTime};
use utoipa::ToSchema;

use super::{
    registration::{Candidate, Registrant, Registrations},
    users::Users,
};
use crate::{
    authority::{authority::Authority, recent_login::RecentAdmin},
    client_info::ClientInfo,
    config,
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
    registrations: Data<Registrations>,
    registration_policy: Data<config::Registration>,
) -> Result<HttpResponse, ApiError> {
    let Registration { username, password, role } = form.0;
    let candidate = Candidate::parse(&username, password)?;
    let role = role.map_or(Ok(Role::USER), |role| role.parse())?;
    let is_open = **registration_policy == config::Registration::Open;
    let refusal = if is_open { "Admin access required" } else { CLOSED };
    if is_open && role == Role::USER {
        registrations.register(candidate, role, client.address, UnixTime::now()).await?;
    } else {
        let admin = demand_admin(&req, refusal).await?;
        let user = registrations.examine(candidate, role, &Registrant::Admin, UnixTime::now()).await?;
        users.add_as(admin, user, UnixTime::now()).await?;
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
