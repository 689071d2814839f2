//! `PATCH /users/{username}`.

use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, de::IgnoredAny};
use service_kit::{ApiError, Form, JsonBody};
use shared::UnixTime;

use super::{
    account::{Account, Change},
    accounts::Accounts,
    whom::Whom,
};
use crate::users::current_admin::CurrentAdmin;

/// What is to be other than it is. A name that is none of these would change nothing, so it is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountChange {
    role: Option<String>,
    disabled: Option<bool>,
    /// The token, where tokens may come in the body.
    #[serde(default, rename = "access_token")]
    _token: Option<IgnoredAny>,
}

impl Form for AccountChange {
    const SHAPE: &'static str = r#"nothing but the text "role" or "disabled" (true or false)"#;
}

/// `PATCH /users/{username}`: changes role or state. For admins; the role is read from the database.
///
/// # Errors
/// 400 for what is no role; 403 for anybody else; 404 for nobody's name; 409 for the last admin.
pub async fn change(
    CurrentAdmin(admin): CurrentAdmin,
    name: Path<String>,
    form: JsonBody<AccountChange>,
    accounts: Data<Accounts>,
) -> Result<Json<Account>, ApiError> {
    let AccountChange { role, disabled, .. } = form.0;
    let change = Change { role: role.map(|role| role.parse()).transpose()?, disabled };
    Ok(Json(accounts.change(Whom::named(&name), change, admin, UnixTime::now()).await?))
}
