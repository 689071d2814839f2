//! *The current user*.

use std::collections::HashMap;

use actix_web::web;
use shared::{
    Claims, CurrentUser, UserLookup,
    testing::{claims, mint, resource_server_builder},
    users::UserLookupFuture,
};

use super::assert_shown_in;
use crate::support::{TestApp, modified};

#[derive(Clone)]
struct Employee {
    department: String,
}

/// Stands for a table of your database, by the users' ids.
struct Employees(HashMap<i64, Employee>);

impl UserLookup for Employees {
    type User = Employee;

    fn find<'a>(&'a self, claims: &'a Claims, _token: &'a str) -> UserLookupFuture<'a, Employee> {
        Box::pin(async move {
            let Some(id) = claims.uid else { return Ok(None) };
            Ok(self.0.get(&id).cloned())
        })
    }
}

async fn budget(employee: CurrentUser<Employee>) -> String {
    format!("Budget of {}", employee.department)
}

#[actix_web::test]
async fn the_current_user_comes_from_the_services_own_table() {
    let employees = Employees(HashMap::from([(1, Employee { department: "sales".to_owned() })]));
    let auth = resource_server_builder().user_lookup(employees).spawn().unwrap();
    let app = TestApp::new(|app| {
        app.configure(auth.app()).route("/", web::get().to(budget));
    })
    .await;
    let alice = claims("alice", "user");

    assert_eq!(app.get("/", &mint(&alice)).await.text, "Budget of sales");
    let stranger = modified(alice, |claims| claims.uid = Some(2));
    assert_eq!(app.get("/", &mint(&stranger)).await.refusal().1, "user_not_found");
}

#[test]
fn the_readme_shows_this() {
    assert_shown_in("The current user", include_str!("current_user.rs"));
}
