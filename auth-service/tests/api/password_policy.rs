//! Which passwords may be chosen.

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::{Arc, Mutex},
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use serde_json::json;
use service_kit::testing::{Program, Response, send};
use shared::Secret;

use crate::{
    administration::{reset_token, use_token},
    start_up::start_error,
    support::{Database, MASTER_KEY, PASSWORD, PROGRAM, TestApp, and_admin, config_for},
};

on_both_databases!(
    a_common_password_is_refused_wherever_one_is_chosen,
    a_password_like_the_username_is_refused_wherever_one_is_chosen,
    a_first_admin_with_a_weak_password_is_rejected,
    an_admin_is_not_created_with_a_weak_password,
    common_passwords_are_accepted_if_the_settings_say_so,
);

/// The SHA-1 of `another horse` is 96EEE and this.
const SUFFIX: &str = "C9C4A43D5BE5B68C458B2FA036E8862796C";
const BREACHED: &str = "another horse";

async fn a_common_password_is_refused_wherever_one_is_chosen(database: Database) {
    let app = TestApp::spawn(database).await;
    app.register("john").await;

    for password in ["12345678", "PassWord1", "iloveyou", "QWERTYUIOP"] {
        for response in choose(&app, "john", password).await {
            assert_eq!(response.code(), (400, "weak_password"), "{password}");
            assert!(!response.body.contains(password), "{}", response.body);
        }
    }
    assert_eq!(register(&app, "jane", "secret123").await.status, 201);
    assert_eq!(app.log_in("john").await.status, 200);
}

async fn a_password_like_the_username_is_refused_wherever_one_is_chosen(database: Database) {
    let app = TestApp::spawn(database).await;
    app.register("Jöhannes").await;

    for password in ["Jöhannes", "jöhannes", "sennahÖj", "jo\u{308}hannes24", "JÖHANNESjöhannes!"] {
        for response in choose(&app, "Jöhannes", password).await {
            assert_eq!(response.code(), (400, "weak_password"), "{password}");
        }
    }
    assert_eq!(register(&app, "jane", "jöhannes").await.status, 201);
}

async fn a_first_admin_with_a_weak_password_is_rejected(database: Database) {
    for password in ["password1", "rootroot"] {
        let mut config = config_for(&database);
        config.admin.username = Some("root".to_owned());
        config.admin.password = Some(Secret::new(password.to_owned()));

        let message = start_error(config).await;

        assert!(message.starts_with("AUTH__ADMIN__PASSWORD: This password is "), "{message}");
        assert!(!message.contains(password), "{message}");
    }
}

async fn an_admin_is_not_created_with_a_weak_password(database: Database) {
    let variables = [("AUTH__DATABASE__URL", database.url()), ("AUTH__MASTER_KEY", MASTER_KEY)];
    Program::start(PROGRAM, &["init"], &variables).end();

    for password in ["password1\n", "bossboss\n"] {
        let ended = Program::start_with_input(PROGRAM, &["create-admin", "boss"], &variables, password).end();

        assert_eq!((ended.code, &*ended.output), (Some(1), ""));
        assert!(ended.errors.starts_with("error: This password is "), "{}", ended.errors);
    }
    assert_eq!(database.rows("SELECT username AS text FROM users"), [""; 0]);
}

async fn common_passwords_are_accepted_if_the_settings_say_so(database: Database) {
    let mut config = config_for(&database);
    config.passwords.refuse_common = false;
    let app = TestApp::spawn_with(database, config).await;

    assert_eq!(register(&app, "john", "password1").await.status, 201);
    assert_eq!(register(&app, "jonathan", "jonathan").await.code(), (400, "weak_password"));
}

#[actix_web::test]
async fn a_breached_password_is_refused_wherever_one_is_chosen() {
    let list = BreachList::start(|| HttpResponse::Ok().body(format!("{}:7\r\n{SUFFIX}:12\r\n", "0".repeat(35))));
    let app = with_breach_list(&list.url).await;
    app.register("john").await;

    for response in choose(&app, "john", BREACHED).await {
        assert_eq!(response.code(), (400, "weak_password"));
    }
    assert_eq!(register(&app, "jane", "a third horse").await.status, 201);

    // Five digits of each hash and nothing else, and the response is to be padded.
    let mut asked = list.requests.lock().unwrap().clone();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), 3);
    assert!(asked.contains(&"/range/96EEE Add-Padding=true".to_owned()), "{asked:?}");
    assert!(asked.iter().all(|request| request.len() == "/range/96EEE Add-Padding=true".len()), "{asked:?}");
}

#[actix_web::test]
async fn padding_and_other_suffixes_are_no_breach() {
    let list = BreachList::start(|| HttpResponse::Ok().body(format!("{SUFFIX}:0\r\n{}:1", "0".repeat(35))));
    let app = with_breach_list(&list.url).await;

    assert_eq!(register(&app, "john", BREACHED).await.status, 201);
}

#[actix_web::test]
async fn a_list_that_does_not_answer_well_refuses_no_password() {
    let responses: [fn() -> HttpResponse; 4] = [
        || HttpResponse::Ok().body(format!("<html>{SUFFIX}:12</html>")),
        || HttpResponse::InternalServerError().body(format!("{SUFFIX}:12")),
        || HttpResponse::Found().insert_header(("Location", "/elsewhere")).finish(),
        || HttpResponse::Ok().body(format!("{}{SUFFIX}:12", format!("{}:1\n", "0".repeat(35)).repeat(100_000))),
    ];
    for response in responses {
        let list = BreachList::start(response);
        let app = with_breach_list(&list.url).await;

        assert_eq!(register(&app, "john", BREACHED).await.status, 201);
        assert!(!list.requests.lock().unwrap().is_empty());
    }
}

#[actix_web::test]
async fn a_list_that_is_down_or_slow_refuses_no_password() {
    let slow = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let urls = [&slow, &closed].map(|listener| format!("http://{}/range/", listener.local_addr().unwrap()));
    drop(closed);

    for url in urls {
        let app = with_breach_list(&url).await;

        assert_eq!(register(&app, "john", BREACHED).await.status, 201, "{url}");
    }
}

#[actix_web::test]
async fn a_list_that_could_be_read_on_the_network_is_rejected_at_startup() {
    let database = Database::sqlite();
    for url in [
        "http://example.com/range/",
        "http://localhost.example.com/",
        "ftp://127.0.0.1/",
        "api.pwnedpasswords.com/range/",
        "https://user:pa55@example.com/",
        "https://example.com/?range=",
        "https://example.com/#range",
        "https://example.com/ ",
    ] {
        let mut config = config_for(&database);
        config.passwords.breach_url = Some(url.to_owned());

        let message = start_error(config).await;

        assert!(message.starts_with("AUTH__PASSWORDS__BREACH_URL: ") && !message.contains("pa55"), "{message}");
    }
}

async fn register(app: &TestApp, username: &str, password: &str) -> Response {
    app.post("/register", &json!({ "username": username, "password": password })).await
}

/// The responses for this password at a registration, a change of that user's password, and a reset of it.
async fn choose(app: &TestApp, username: &str, password: &str) -> [Response; 3] {
    let change = json!({ "current_password": PASSWORD, "new_password": password });
    let change = app.request("PUT", "/me/password").bearer_auth(app.token_of(username).await).json(&change);
    let token = reset_token(app, &app.token_of("admin").await, username).await;
    [register(app, username, password).await, send(change).await, use_token(app, &token, password).await]
}

async fn with_breach_list(url: &str) -> TestApp {
    let database = Database::sqlite();
    let mut config = and_admin(config_for(&database));
    config.passwords.breach_url = Some(url.to_owned());
    TestApp::spawn_with(database, config).await
}

/// A list of breached passwords.
struct BreachList {
    url: String,
    /// Paths and the header that asks for padding.
    requests: Arc<Mutex<Vec<String>>>,
}

impl BreachList {
    fn start(response: impl Fn() -> HttpResponse + Clone + Send + 'static) -> Self {
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let noted = Arc::clone(&requests);
        let answer = move |req: HttpRequest| {
            let padding = req.headers().get("Add-Padding").map_or("", |value| value.to_str().unwrap());
            noted.lock().unwrap().push(format!("{} Add-Padding={padding}", req.uri()));
            let response = response();
            async { response }
        };
        let app = move || App::new().default_service(web::to(answer.clone()));
        let server = HttpServer::new(app).workers(1).bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}/range/", server.addrs()[0]);
        rt::spawn(server.disable_signals().run());
        Self { url, requests }
    }
}
