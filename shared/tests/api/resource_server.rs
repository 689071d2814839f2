//! `ResourceServer`: invalid settings are rejected, a misspelt issuer cannot disable revocation, and failed background tasks
//! are restarted and reported.

use std::{sync::Arc, time::Duration};

use actix_web::web;
use serde_json::json;
use service_kit::testing::eventually;
use shared::{
    Admin, CurrentUser, Jwt, ResourceServer, ResourceServerBuilder, UnixTime,
    client::{Issuer, SetupError},
    require,
    tasks::TaskHealth,
    testing::{AUDIENCE, claims, jwks, mint},
};

use crate::{
    fake_issuer::{FakeIssuer, FakeResponse, JWKS, LIST, METADATA},
    status_refresher::{REVOKED, VALID, claims_in_list, publish},
    support::{TestApp, modified},
};

const OFTEN: Duration = Duration::from_millis(50);
const MAX_STALE: Duration = Duration::from_secs(2);

/// An issuer with keys and one status list.
fn issuer_with(status: u8) -> FakeIssuer {
    let issuer = FakeIssuer::start();
    issuer.respond_with(JWKS, FakeResponse::json(&jwks()));
    publish(&issuer, &[(LIST, status)]);
    issuer
}

fn server_of(name: impl Into<String>) -> ResourceServerBuilder {
    ResourceServer::builder(AUDIENCE).issuer(Issuer::discover(name).refresh_keys_every(OFTEN).poll_status_every(OFTEN))
}

async fn app_of(server: &ResourceServer) -> TestApp {
    TestApp::new(|app| {
        app.configure(server.app())
            .route("/", web::get().to(async |user: CurrentUser| user.username.clone()))
            .service(web::scope("/admin").wrap(require::<Admin>()).route("", web::get().to(async || "for admins")));
    })
    .await
}

fn setup_error(builder: ResourceServerBuilder) -> SetupError {
    builder.spawn().err().expect("an error")
}

#[actix_web::test]
async fn a_configured_app_protects_its_routes_and_honours_revocation() {
    let issuer = issuer_with(VALID);
    let server = server_of(&issuer.url).start().await.unwrap();
    let app = app_of(&server).await;
    let user = mint(&claims_in_list(&issuer.url, LIST));
    let admin =
        mint(&modified(claims_in_list(&issuer.url, LIST), |claims| claims.role = Some("admin".parse().unwrap())));

    assert_eq!(app.get("/", &user).await.text, "alice");
    assert_eq!(app.get("/admin", &user).await.refusal().1, "forbidden");
    assert_eq!(app.get("/admin", &admin).await.text, "for admins");
    assert_eq!(app.send(crate::support::get("/admin")).await.refusal().1, "missing_token");
    assert!(server.verifier().cache().is_some_and(|cache| cache.hits_and_misses().0 > 0), "verified tokens are cached");

    publish(&issuer, &[(LIST, REVOKED)]);
    eventually(async || (app.get("/", &user).await.status == 401).then_some(())).await;
    assert_eq!(app.get("/admin", &admin).await.refusal().1, "token_revoked");
}

#[actix_web::test]
async fn a_misspelt_issuer_name_never_disables_revocation() {
    let issuer = issuer_with(REVOKED);
    let port: u16 = issuer.url.rsplit(':').next().unwrap().parse().unwrap();
    let token = mint(&claims_in_list(&issuer.url, LIST));
    for misspelt in [
        format!("{}/", issuer.url),
        issuer.url.replace("http", "HTTP"),
        format!("{} ", issuer.url),
        format!("{}?", issuer.url),
        format!("{}#", issuer.url),
        format!("http://localhost:{port}"),
        format!("http://127.0.0.1:{}", port ^ 1),
        format!("{}/tenant", issuer.url),
        format!("{}/Tenant", issuer.url),
    ] {
        // Fetched from the right address, so that only the name differs.
        let named = Issuer::discover(&misspelt).fetch_from(&issuer.url).jwks_url(issuer.at(JWKS));

        if let Ok(server) = ResourceServer::builder(AUDIENCE).issuer(named).spawn() {
            let app = app_of(&server).await;
            eventually(async || server.issuers()[0].keys().is_current(UnixTime::now()).then_some(())).await;
            assert_eq!(app.get("/", &token).await.refusal().0, 401, "{misspelt}");
        }
    }
}

#[actix_web::test]
async fn tokens_need_a_status_by_default() {
    let issuer = issuer_with(VALID);
    let token = mint(&modified(claims("alice", "user"), |claims| claims.iss.clone_from(&issuer.url)));
    let statusless = Issuer::discover(&issuer.url).require_status(false);

    let strict = server_of(&issuer.url).start().await.unwrap();
    let lenient = ResourceServer::builder(AUDIENCE).issuer(statusless).start().await.unwrap();

    assert_eq!(app_of(&strict).await.get("/", &token).await.refusal().1, "invalid_token");
    assert_eq!(app_of(&lenient).await.get("/", &token).await.text, "alice");
}

#[actix_web::test]
async fn invalid_settings_are_rejected() {
    let good = || Issuer::discover("https://login.example.com");
    let of = |issuer| ResourceServer::builder(AUDIENCE).issuer(issuer);

    assert!(matches!(setup_error(ResourceServer::builder(" ").issuer(good())), SetupError::EmptyAudience));
    assert!(matches!(setup_error(ResourceServer::builder(AUDIENCE)), SetupError::NoIssuer));
    assert!(matches!(setup_error(of(good()).issuer(good())), SetupError::DuplicateIssuer(_)));
    assert!(matches!(setup_error(of(Issuer::discover("https://a.example/"))), SetupError::Issuer { .. }));
    assert!(matches!(setup_error(of(Issuer::discover("http://a.example"))), SetupError::Url { .. }));
    assert!(matches!(setup_error(of(good().fetch_from("http://a.example"))), SetupError::Url { .. }));
    assert!(matches!(setup_error(of(good().public_key("x"))), SetupError::PublicKey(_)));
    for never in [Duration::ZERO, Duration::MAX, Duration::from_secs(u64::MAX)] {
        for issuer in [
            good().refresh_keys_every(never),
            good().trust_keys_for(never),
            good().poll_status_every(never),
            good().trust_status_for(never),
        ] {
            assert!(matches!(setup_error(of(issuer)), SetupError::Interval { .. }), "{never:?}");
        }
    }
}

#[actix_web::test]
async fn a_token_for_one_of_several_audiences_is_accepted() {
    let issuer = issuer_with(VALID);
    let server = server_of(&issuer.url).audience("reports").start().await.unwrap();
    let app = app_of(&server).await;
    let token_for = |audience: &str| {
        mint(&modified(claims_in_list(&issuer.url, LIST), |claims| {
            claims.aud = shared::claims::Audience::One(audience.to_owned());
        }))
    };

    assert_eq!(app.get("/", &token_for(AUDIENCE)).await.status, 200);
    assert_eq!(app.get("/", &token_for("reports")).await.status, 200);
    assert_eq!(app.get("/", &token_for("other")).await.refusal().1, "invalid_token");
}

#[actix_web::test]
async fn a_service_starts_while_its_issuer_is_down() {
    let issuer = issuer_with(VALID);
    issuer.respond_with(METADATA, FakeResponse::new(503, ""));
    let server = server_of(&issuer.url).start().await.unwrap();
    let app = app_of(&server).await;
    let token = mint(&claims_in_list(&issuer.url, LIST));
    assert_eq!(app.get("/", &token).await.refusal().1, "keys_unavailable");

    let metadata = json!({
        "issuer": issuer.url,
        "jwks_uri": issuer.at(JWKS),
        "status_list_aggregation_endpoint": issuer.at(crate::fake_issuer::LISTS),
    });
    issuer.respond_with(METADATA, FakeResponse::json(&metadata));

    eventually(async || (app.get("/", &token).await.status == 200).then_some(())).await;
}

#[actix_web::test]
async fn panicked_background_tasks_are_restarted_and_counted() {
    let issuer = issuer_with(VALID);
    let server = server_of(&issuer.url).start().await.unwrap();
    let tasks: Vec<Arc<TaskHealth>> = server.tasks().cloned().collect();
    assert_eq!(tasks.iter().map(|task| task.name()).collect::<Vec<_>>(), ["keys", "status-list-keys", "status-lists"]);

    for task in &tasks {
        let began = tokio::time::Instant::now();
        task.panic_once();
        eventually(async || (task.restarts() == 1).then_some(())).await;
        let requests = issuer.request_count();
        eventually(async || (issuer.request_count() > requests + 5).then_some(())).await;
        assert!(began.elapsed() < Duration::from_secs(4), "down for {:?}", began.elapsed());
    }

    publish(&issuer, &[(LIST, REVOKED)]);
    let app = app_of(&server).await;
    let token = mint(&claims_in_list(&issuer.url, LIST));
    eventually(async || (app.get("/", &token).await.status == 401).then_some(())).await;
}

#[actix_web::test]
async fn a_dead_task_ends_readiness_and_its_lists_are_not_used_past_max_stale() {
    let issuer = issuer_with(VALID);
    let named = Issuer::discover(&issuer.url).poll_status_every(OFTEN).trust_status_for(MAX_STALE);
    let server = ResourceServer::builder(AUDIENCE).issuer(named).start().await.unwrap();
    let app = app_of(&server).await;
    let token = mint(&claims_in_list(&issuer.url, LIST));
    let lists = Arc::clone(server.tasks().find(|task| task.name() == "status-lists").unwrap());
    assert_eq!(app.get("/", &token).await.status, 200);

    lists.panic_always();
    eventually(async || (lists.restarts() > 0).then_some(())).await;
    publish(&issuer, &[(LIST, REVOKED)]);
    eventually(async || (app.get("/", &token).await.status == 503).then_some(())).await;
    eventually(async || (!server.is_ready(UnixTime::now())).then_some(())).await;
    eventually(async || (!lists.is_alive(UnixTime::now())).then_some(())).await;

    lists.recover();
    eventually(async || (app.get("/", &token).await.status == 401).then_some(())).await;
    assert!(server.is_ready(UnixTime::now()));
}

#[test]
fn a_resource_server_runs_on_a_multi_threaded_tokio_runtime() {
    let issuer = std::thread::spawn(|| {
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let issuer = issuer_with(VALID);
                sender.send(issuer.url.clone()).unwrap();
                std::future::pending::<()>().await;
            });
        });
        receiver.recv().unwrap()
    });
    let url = issuer.join().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();

    let verified = runtime.block_on(async {
        let server = server_of(&url).start().await.unwrap();
        let token = mint(&claims_in_list(&url, LIST));
        tokio::spawn(async move { server.verifier().verify(&token, UnixTime::now()).map(|token| token.sub.clone()) })
            .await
    });

    assert_eq!(verified.unwrap().as_deref(), Ok("alice"));
}

#[actix_web::test]
async fn background_tasks_stop_when_the_last_clone_is_dropped() {
    let issuer = issuer_with(VALID);
    let server = server_of(&issuer.url).start().await.unwrap();
    let lists = Arc::downgrade(server.issuers()[0].status_lists().unwrap());
    let clone = server.clone();

    drop(server);
    assert!(lists.upgrade().is_some());
    drop(clone);

    eventually(async || lists.upgrade().is_none().then_some(())).await;
}

/// The token is verified only once.
#[actix_web::test]
async fn a_handler_behind_require_may_extract_the_token_as_well() {
    let issuer = issuer_with(VALID);
    let server = server_of(&issuer.url).start().await.unwrap();
    let app = TestApp::new(|app| {
        app.configure(server.app()).service(
            web::scope("/admin")
                .wrap(require::<Admin>())
                .route("", web::get().to(async |jwt: Jwt| jwt.identity().to_owned())),
        );
    })
    .await;
    let admin =
        mint(&modified(claims_in_list(&issuer.url, LIST), |claims| claims.role = Some("admin".parse().unwrap())));

    assert_eq!(app.get("/admin", &admin).await.text, "alice");
    assert_eq!(server.verifier().counts().by_result()[0], ("good", 1));
}
