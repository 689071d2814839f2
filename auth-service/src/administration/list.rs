//! `GET /users`.

use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use service_kit::{ApiError, Form, QueryString, RequestError};
use shared::User;

use super::{
    account::Account,
    store::{self, Search},
};
use crate::{
    db::Db,
    users::{current_admin::CurrentAdmin, username::Username},
};

/// Which part of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Users with numbers above this one.
    #[serde(default)]
    after: i64,
    #[serde(default = "Page::usual_limit")]
    limit: u16,
    /// Those with this in their names.
    q: Option<String>,
    role: Option<String>,
    disabled: Option<bool>,
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
    const SHAPE: &'static str = r#""q" (part of a name), "role", "disabled" (true or false), and the whole numbers "after" (from 0) and "limit" (1 to 1000)"#;
}

impl Page {
    const MAX_LIMIT: u16 = 1000;

    fn usual_limit() -> u16 {
        100
    }

    /// Names have no control characters, and PostgreSQL takes no NUL.
    fn search(self) -> Option<Search> {
        let name_part = self.q.map(|part| Username::fold_part(&part));
        let role = self.role.map(|role| role.parse()).transpose().ok()?;
        let is_good = !name_part.as_ref().is_some_and(|part| part.contains(char::is_control));
        is_good.then_some(Search { name_part, role, disabled: self.disabled })
    }
}

/// `GET /users`: everybody, or those who are looked for, in the order of registration. For admins; the role is read from the database.
///
/// # Errors
/// 403 for anybody else.
pub async fn list(_: CurrentAdmin, page: QueryString<Page>, db: Data<Db>) -> Result<Json<UserList>, ApiError> {
    const WRONG: RequestError = RequestError::WrongQuery(Page::SHAPE);
    let Page { after, limit, .. } = page.0;
    if after < 0 || !(1..=Page::MAX_LIMIT).contains(&limit) {
        return Err(WRONG.into());
    }
    let search = page.0.search().ok_or(WRONG)?;
    // One more than asked for tells whether there are more.
    let found = db.run(move |conn| store::search(conn, &search, after, i64::from(limit) + 1)).await?;
    let has_more = found.len() > usize::from(limit);
    let users: Vec<User> = found.into_iter().take(limit.into()).map(Account::into).collect();
    let next_after = users.last().filter(|_| has_more).map(|user| user.id);
    Ok(Json(UserList { users, next_after }))
}
