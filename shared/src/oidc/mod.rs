//! Logs users of a web application in at an OpenID provider (OpenID Connect Core 1.0): authorization code with PKCE, sessions
//! on the server, logout, and back-channel logout. Tokens never reach the browser (RFC 10017, section 6.1).

mod app;
mod authorization_response;
mod backchannel_logout;
mod builder;
mod callback;
mod current_session;
mod error_page;
mod id_token;
mod issuer_session;
mod log_in;
mod log_out;
mod login_cookies;
mod login_error;
mod login_session;
mod login_sessions;
mod logout_token;
mod memory_sessions;
mod oidc_login;
mod page_view;
mod pending_login;
mod pkce;
mod provider;
mod provider_refresher;
mod public_url;
mod random;
mod refresh_turns;
mod return_to;
mod same_origin;
mod sealing_key;
mod session_id;
mod signed_in_user;
mod signed_token;
mod token_flaw;
mod token_request;
mod user_info;

pub use builder::OidcLoginBuilder;
pub use issuer_session::EndedLogin;
pub use login_error::LoginError;
pub use login_session::LoginSession;
pub use login_sessions::{LoginSessions, SessionsError, SessionsFuture};
pub use memory_sessions::MemorySessions;
pub use oidc_login::OidcLogin;
pub use session_id::SessionId;
pub use signed_in_user::{MaybeSignedIn, SignedInUser};
pub use token_flaw::TokenFlaw;
