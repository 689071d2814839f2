//! `PATCH /users/{username}`.

use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use service_kit::{ApiError, JsonBody};
use shared::{Role, UnixTime};
use utoipa::ToSchema;

use super::{
    account::{Account, Change},
    accounts::Accounts,
    user_ref::UserRef,
};
use crate::authority::recent_login::RecentAdmin;

/// The fields to change. Unknown ones are rejected, since they would have no effect.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChange {
    role: Option<Role>,
    /// Whether the user is prevented from logging in.
    disabled: Option<bool>,
}

/// `PATCH /users/{username}`: changes role or state. For admins; the role is read from the database.
///
/// # Errors
/// 400 for an invalid role; 403 without the role; 404 for an unknown name; 409 for the last admin.
pub async fn change(
    RecentAdmin(admin): RecentAdmin,
    name: Path<String>,
    form: JsonBody<AccountChange>,
    accounts: Data<Accounts>,
) -> Result<Json<Account>, ApiError> {
    let AccountChange { role, disabled } = form.0;
    let change = Change { role, disabled };
    Ok(Json(accounts.change(UserRef::named(&name), change, admin, UnixTime::now()).await?))
}
