//! What the tests share: an auth-service of their own, and a database of their own for each.

mod database;
mod nodes;
mod oauth;
mod postgres;
mod session_rows;
mod test_app;

pub use database::Database;
pub use nodes::start_at_once;
pub use oauth::{CLIENT_SECRET, client_token, form, insert_client, oauth_error, payload_of};
pub use session_rows::{begin_session, session_id, status_of};
pub use test_app::{MASTER_KEY, PASSWORD, TestApp, and_admin, claims_of, config_for, config_with_own_keys};

/// The program of this package.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_auth-service");

/// Makes two tests of each `async fn(Database)`: `sqlite::…` and `postgres::…`.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[actix_web::test]
                async fn $test() {
                    super::$test($crate::support::Database::sqlite()).await;
                }
            )+
        }

        mod postgres {
            $(
                #[actix_web::test]
                async fn $test() {
                    // Without a server there is nothing to test; that has been said once for all.
                    if let Some(database) = $crate::support::Database::postgres() {
                        super::$test(database).await;
                    }
                }
            )+
        }
    };
}
