//! Which addresses logout tokens are sent to.

use super::{Receiver, app_with, insert_notices, make_due, until_waiting};
use crate::support::Database;

#[actix_web::test]
async fn row_60_private_addresses_get_no_request_by_default() {
    for host in ["127.0.0.1", "localhost", "[::ffff:7f00:1]"] {
        let (database, receiver) = (Database::sqlite(), Receiver::start());
        let _app = app_with(&database, &receiver.uri(host), false).await;

        insert_notices(&database, 1);
        // What cannot be registered is no receiver.
        if host.starts_with('[') {
            until_waiting(&database, &[]).await;
        } else {
            until_waiting(&database, &["1"]).await;
            make_due(&database);
            until_waiting(&database, &["2"]).await;
        }

        assert!(receiver.received().is_empty(), "{host}");
    }
}

#[actix_web::test]
async fn row_60_a_private_name_gets_requests_if_that_is_allowed() {
    let (database, receiver) = (Database::sqlite(), Receiver::start());
    let _app = app_with(&database, &receiver.uri("localhost"), true).await;

    insert_notices(&database, 1);
    until_waiting(&database, &[]).await;

    assert_eq!(receiver.received().len(), 1);
}
