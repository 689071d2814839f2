//! Fixtures: for each test an auth-service and a database of its own.

mod browser;
mod database;
mod nodes;
mod oauth;
mod own_postgres;
mod pgbouncer;
mod postgres;
mod session_rows;
mod test_app;

pub use browser::{Browser, form_of};
pub use database::Database;
pub use nodes::start_concurrently;
pub use oauth::{CLIENT_SECRET, client_token, form, insert_client, oauth_error, payload_of};
pub use own_postgres::OwnPostgres;
pub use pgbouncer::PgBouncer;
pub use session_rows::{begin_session, session_id, status_of};
pub use test_app::{MASTER_KEY, PASSWORD, TestApp, and_admin, claims_of, config_for, config_with_own_keys};

/// The path of the program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_auth-service");

/// Declares two tests for each `async fn(Database)`: `sqlite::…` and `postgres::…`.
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
                    // Without a server the test is skipped; a message says so once.
                    if let Some(database) = $crate::support::Database::postgres() {
                        super::$test(database).await;
                    }
                }
            )+
        }
    };
}
