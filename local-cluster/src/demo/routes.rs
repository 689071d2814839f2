//! The pages' routes.

use actix_web::{
    HttpResponse,
    web::{Data, Html},
};
use shared::oidc::{MaybeSignedIn, SignedInUser};

use super::{
    pages::{account_page, front_page},
    replica::Replica,
};

/// `GET /`: for everybody.
pub async fn show_front_page(user: MaybeSignedIn) -> Html {
    Html::new(front_page(user.into_inner().as_ref()))
}

/// `GET /account`: for users who are logged in. The call to the other service is made here, so the token stays on the server.
pub async fn show_account(user: SignedInUser, replica: Data<Replica>) -> Html {
    let response = match user.access_token() {
        Some(token) => replica.dashboard(token).await,
        None => "There is no access token: the issuer does not respond.".to_owned(),
    };
    Html::new(account_page(&user, replica.url(), &response))
}

/// `GET /style.css`.
pub async fn show_style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").body(include_str!("style.css"))
}
