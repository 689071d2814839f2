//! `POST /register`.

use actix_web::{FromRequest, HttpRequest, HttpResponse, web::Data};
use serde::Deserialize;
use serde_json::json;
use service_kit::{ApiError, Form, JsonBody};
use shared::{AuthError, Role, UnixTime};

use super::{
    current_admin::CurrentAdmin, error::RegisterError, password::Password, password_hasher::PasswordHasher, store,
    username::Username,
};
use crate::{
    audit::{self, actor::Actor, event::Action},
    db::{Db, DbConnection},
    origin::Origin,
};

/// A new user.
#[derive(Deserialize)]
pub struct Registration {
    username: String,
    password: String,
    role: Option<String>,
}

impl Form for Registration {
    const SHAPE: &'static str = r#"the texts "username" and "password", and perhaps "role""#;
}

/// `POST /register`: adds a user. Any role but `user` is for an admin to give.
///
/// # Errors
/// 400 for a name that is taken or a field that is none; 403 for a role that the caller may not give.
pub async fn register(
    form: JsonBody<Registration>,
    req: HttpRequest,
    origin: Origin,
    db: Data<Db>,
    hasher: Data<PasswordHasher>,
) -> Result<HttpResponse, ApiError> {
    let Registration { username, password, role } = form.0;
    let username: Username = username.parse()?;
    let password = Password::choose(password)?;
    let role = role.map_or(Ok(Role::USER), |role| role.parse())?;
    let event = if role == Role::USER {
        Actor::named(username.as_str(), origin.address).did(Action::Registered, username.as_str())
    } else {
        let admin = demand_admin(&req).await?;
        admin.did(Action::UserCreated, username.as_str()).with_detail(role.as_str())
    };
    let password_hash = hasher.hash(password).await?;
    let now = UnixTime::now();
    let insert = move |conn: &mut DbConnection| {
        store::insert(conn, &username, &password_hash, &role, now)?;
        audit::store::insert(conn, &event, now)
    };
    db.write(insert).await.map_err(RegisterError::from)?;
    Ok(HttpResponse::Created().json(json!({ "message": "User registered successfully" })))
}

/// A stranger who asks for a role is told who may give it.
async fn demand_admin(req: &HttpRequest) -> Result<Actor, AuthError> {
    match CurrentAdmin::extract(req).await {
        Ok(CurrentAdmin(admin)) => Ok(admin),
        Err(AuthError::Missing(_)) => Err(AuthError::forbidden("Admin access required")),
        Err(error) => Err(error),
    }
}
