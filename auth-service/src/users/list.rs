//! `GET /users`.

use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use shared::{
    User,
    service::{Form, QueryString, RequestError},
};

use super::{current_admin::CurrentAdmin, store};
use crate::{db::Db, error::ApiError};

/// Which part of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Users with numbers above this one.
    #[serde(default)]
    after: i64,
    #[serde(default = "Page::usual_limit")]
    limit: u16,
    /// The token, where tokens may come in the query string.
    #[serde(default, rename = "jwt")]
    _token: Option<IgnoredAny>,
}

/// Part of the list of users.
#[derive(Serialize)]
pub struct UserList {
    users: Vec<User>,
    /// What `after` is to be for the next part; not there in the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
}

impl Form for Page {
    const SHAPE: &'static str = r#"the whole numbers "after" (from 0) and "limit" (1 to 1000)"#;
}

impl Page {
    const MAX_LIMIT: u16 = 1000;

    fn usual_limit() -> u16 {
        100
    }
}

/// `GET /users`: everybody, in the order of registration. For admins; the role is read from the database.
///
/// # Errors
/// 403 for anybody else.
pub async fn list(_: CurrentAdmin, page: QueryString<Page>, db: Data<Db>) -> Result<Json<UserList>, ApiError> {
    let Page { after, limit, .. } = page.0;
    if after < 0 || !(1..=Page::MAX_LIMIT).contains(&limit) {
        return Err(RequestError::WrongQuery(Page::SHAPE).into());
    }
    // One more than asked for tells whether there are more.
    let mut users = db.run(move |conn| store::list(conn, after, i64::from(limit) + 1)).await?;
    let has_more = users.len() > usize::from(limit);
    users.truncate(limit.into());
    let next_after = users.last().filter(|_| has_more).map(|user| user.id);
    Ok(Json(UserList { users, next_after }))
}
