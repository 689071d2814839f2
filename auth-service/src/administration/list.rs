//! `GET /users`.

use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use service_kit::{ApiError, QueryString, RequestError};
use shared::{Role, UnixTime, User};
use utoipa::{IntoParams, ToSchema};

use super::store::{self, Search};
use crate::{
    authority::current_admin::CurrentAdmin,
    db::{Db, DbConnection},
    page::{self, Limit, Page},
    users::username::Username,
};

/// A filter, and the requested page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct UserQuery {
    /// Only users with a greater id.
    #[serde(default, deserialize_with = "page::position")]
    #[param(required = false, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    after: i64,
    /// The maximum number of results.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
    /// Part of the username, ignoring case and Unicode spelling.
    #[param(nullable = false, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    q: Option<String>,
    #[param(inline, nullable = false)]
    role: Option<Role>,
    #[param(nullable = false)]
    disabled: Option<bool>,
}

/// A page of users.
#[derive(Serialize, ToSchema)]
pub struct UserList {
    users: Vec<User>,
    /// The value of `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_after: Option<i64>,
}

impl UserQuery {
    /// Names have no control characters, and PostgreSQL rejects NUL.
    fn search(self) -> Result<Search, RequestError> {
        let name_part = self.q.map(|part| Username::fold_part(&part));
        if name_part.as_ref().is_some_and(|part| part.contains(char::is_control)) {
            return Err(RequestError::InvalidQuery("`q`: control characters are not allowed".to_owned()));
        }
        Ok(Search { name_part, role: self.role, disabled: self.disabled })
    }
}

/// `GET /users`: all users, or those that match, in the order of registration. For admins; the role is read from the database.
///
/// # Errors
/// 403 without the role.
pub async fn list(
    CurrentAdmin(admin): CurrentAdmin,
    query: QueryString<UserQuery>,
    db: Data<Db>,
) -> Result<Json<UserList>, ApiError> {
    let UserQuery { after, limit, .. } = query.0;
    let (search, limit) = (query.0.search()?, limit.count());
    let search = move |conn: &mut DbConnection| store::search(conn, &search, after.into(), page::wanted(limit));
    let found = admin.read::<_, ApiError>(&db, UnixTime::now(), search).await?;
    let page = Page::of(found.into_iter().map(User::from).collect(), limit);
    Ok(Json(UserList { next_after: page.next().map(|user| user.id), users: page.items }))
}
