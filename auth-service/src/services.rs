//! The services that handlers use, built from the settings.

use std::{sync::Arc, time::Duration};

use actix_web::web::{Data, ServiceConfig};
use service_kit::StartError;
use shared::{
    TokenVerifier, UnixTime, User, UserLookup, actix::user_lookup, status::StatusPolicy, verifier::TrustedIssuer,
};
use url::Url;

use crate::{
    administration::{accounts::Accounts, offer_reset::PasswordResetTtl},
    audit::refusals::Refusals,
    authorization::{authorizations::Authorizations, interaction::Interactions, site::Site},
    backchannel::delivery::LogoutDelivery,
    clients::{authenticator::ClientAuthenticator, client_token_issuer::ClientTokenIssuer, clients::Clients},
    config::{AuditConfig, Config, Registration, SETTINGS},
    db::{DatabaseUrl, Db, migrate},
    guessing::guesses::Guesses,
    keys::{
        key_keeper::KeyKeeper,
        key_safe::KeySafe,
        key_times::KeyTimes,
        shared_secret::{open_or_make, random_bytes},
    },
    own_account::own_account::OwnAccount,
    pages::pages::Pages,
    sessions::{lifetimes::Lifetimes, refresh_token::RefreshTokens, session_tokens::SessionTokens, sessions::Sessions},
    status::{index_allocator::IndexAllocator, list_keeper::ListKeeper},
    tokens::issuer::TokenIssuer,
    unit_of_work::UnitOfWork,
    users::{
        authentication::Authenticator, first_users, lookup::DatabaseLookup, password_hasher::PasswordHasher,
        password_policy::PasswordPolicy, registration::Registrations, users::Users,
    },
    verifiers::register::VerifierRegister,
    write_check::WriteCheck,
};

/// The services that handlers use. The settings are not among them: they contain secrets, which are wiped once everything is built.
#[derive(Clone)]
pub struct Services {
    pub db: Db,
    pub keys: Arc<KeyKeeper>,
    pub lists: Arc<ListKeeper>,
    pub hasher: PasswordHasher,
    policy: Data<PasswordPolicy>,
    pub writes: Arc<WriteCheck>,
    pub verifier: Data<TokenVerifier>,
    pub verifiers: Arc<VerifierRegister>,
    pub logout_delivery: Arc<LogoutDelivery>,
    lookup: Data<dyn UserLookup<User = User>>,
    issuer: Data<TokenIssuer>,
    client_tokens: Data<ClientTokenIssuer>,
    clients: Data<ClientAuthenticator>,
    pub client_changes: Data<Clients>,
    guesses: Arc<Guesses>,
    pub refusals: Arc<Refusals>,
    pub audit: AuditConfig,
    users: Data<Users>,
    sessions: Data<Sessions>,
    authorizations: Data<Authorizations>,
    interactions: Data<Interactions>,
    registrations: Data<Registrations>,
    site: Site,
    work: Data<UnitOfWork>,
    accounts: Data<Accounts>,
    own_account: Data<OwnAccount>,
    pages: Data<Pages>,
    key_times: KeyTimes,
    reset_ttl: PasswordResetTtl,
    registration: Registration,
}

impl Services {
    /// Opens the database, the keys and the status lists, and creates the first users.
    ///
    /// # Errors
    /// [`StartError`] that names the invalid setting.
    pub async fn open(url: &DatabaseUrl, config: &Config) -> Result<Self, StartError> {
        let pages = Pages::open(config)?;
        let db = Db::connect(url, &config.database)?;
        migrate(&db)?;
        let safe = Arc::new(KeySafe::load(&db, url, config)?);
        let keys = Arc::new(KeyKeeper::open(&db.upkeep(), &safe, config).await?);
        let refresh_tokens = RefreshTokens::new(&open_or_make(&db, &safe, "refresh-tokens", random_bytes)?);
        let browser_cookies = RefreshTokens::for_cookies(&open_or_make(&db, &safe, "browser-cookies", random_bytes)?);
        let lists = ListKeeper::open(db.upkeep(), Arc::clone(&keys), config, UnixTime::now()).await?;
        let lists = Arc::new(lists);
        let hasher = PasswordHasher::start(&config.passwords)?;
        let policy = PasswordPolicy::new(&config.passwords)?;
        first_users::make(&db, &hasher, &policy, config).await?;
        let refusals = Arc::new(Refusals::new(db.clone()));
        let secret = open_or_make(&db, &safe, "guessing", random_bytes)?;
        let guesses = Arc::new(Guesses::new(db.clone(), &config.limits, &secret));
        let authenticator = Arc::new(Authenticator::new(db.clone(), hasher.clone(), Arc::clone(&guesses)));
        let issuer = Arc::new(TokenIssuer::new(config));
        let token_ttl = Duration::from_secs(config.tokens.access_ttl_secs.into());
        let indexes = Arc::new(IndexAllocator::new(db.clone(), token_ttl));
        let work = UnitOfWork::new(db.clone()).publishing(Arc::clone(&lists));
        let client_tokens = ClientTokenIssuer::new(
            work.clone(),
            Arc::clone(&indexes),
            Arc::clone(&issuer),
            Arc::clone(&keys),
            token_ttl,
        );
        let session_tokens = Arc::new(SessionTokens {
            lifetimes: Lifetimes::new(&config.tokens, &config.limits),
            refresh_tokens,
            browser_cookies,
            indexes,
            issuer: Arc::clone(&issuer),
            keys: Arc::clone(&keys),
        });
        let sessions = Arc::new(Sessions::new(
            db.clone(),
            work.clone(),
            authenticator,
            Arc::clone(&refusals),
            Arc::clone(&session_tokens),
        ));
        let authorizations =
            Authorizations::new(db.clone(), work.clone(), Arc::clone(&session_tokens), resources(config)?);
        let interactions = Interactions::new(&open_or_make(&db, &safe, "interactions", random_bytes)?);
        let logout_delivery = LogoutDelivery::new(
            db.clone(),
            Arc::clone(&issuer),
            Arc::clone(&keys),
            config.backchannel.private_addresses,
        );
        let policy = Arc::new(policy);
        let users = Users::new(db.clone(), work.clone());
        let registrations =
            Registrations::new(users.clone(), Arc::clone(&policy), hasher.clone(), Arc::clone(&guesses));
        let own_account = OwnAccount::new(Arc::clone(&sessions), session_tokens, hasher.clone(), work.clone());
        Ok(Self {
            verifier: Data::new(own_verifier(&keys, &lists, config)?),
            writes: Arc::new(WriteCheck::new(db.upkeep())),
            verifiers: Arc::new(VerifierRegister::new(db.upkeep(), &config.keys)),
            logout_delivery: Arc::new(logout_delivery),
            lookup: user_lookup(DatabaseLookup(db.clone())),
            accounts: Data::new(Accounts::new(db.clone(), work.clone())),
            client_tokens: Data::new(client_tokens),
            sessions: Data::from(sessions),
            own_account: Data::new(own_account),
            pages: Data::new(pages),
            clients: Data::new(ClientAuthenticator::new(db.clone(), Arc::clone(&guesses), Arc::clone(&refusals))),
            client_changes: Data::new(Clients::new(db.clone(), work.clone())),
            guesses,
            refusals,
            audit: config.audit,
            authorizations: Data::new(authorizations),
            interactions: Data::new(interactions),
            registrations: Data::new(registrations),
            site: Site::of(&config.issuer),
            users: Data::new(users),
            work: Data::new(work),
            issuer: Data::from(issuer),
            key_times: KeyTimes::of(&config.keys),
            registration: config.registration,
            reset_ttl: PasswordResetTtl(Duration::from_secs(config.passwords.reset_ttl_secs.into())),
            db,
            keys,
            lists,
            policy: Data::from(policy),
            hasher,
        })
    }

    /// Makes them available to the handlers of an application.
    pub fn register(&self, app: &mut ServiceConfig) {
        app.app_data(self.verifier.clone())
            .app_data(self.lookup.clone())
            .app_data(Data::new(self.db.clone()))
            .app_data(Data::from(Arc::clone(&self.keys)))
            .app_data(Data::from(Arc::clone(&self.lists)))
            .app_data(Data::from(Arc::clone(&self.verifiers)))
            .app_data(self.accounts.clone())
            .app_data(self.own_account.clone())
            .app_data(Data::new(self.hasher.clone()))
            .app_data(self.policy.clone())
            .app_data(self.issuer.clone())
            .app_data(self.client_tokens.clone())
            .app_data(self.clients.clone())
            .app_data(self.client_changes.clone())
            .app_data(Data::from(Arc::clone(&self.guesses)))
            .app_data(self.users.clone())
            .app_data(self.work.clone())
            .app_data(self.sessions.clone())
            .app_data(self.authorizations.clone())
            .app_data(self.interactions.clone())
            .app_data(self.registrations.clone())
            .app_data(self.pages.clone())
            .app_data(self.site.clone())
            .app_data(Data::new(self.key_times))
            .app_data(Data::new(self.reset_ttl))
            .app_data(Data::new(self.registration));
    }
}

/// The audiences beside the default one.
fn resources(config: &Config) -> Result<Vec<String>, StartError> {
    let is_uri = |text: &&str| Url::parse(text).is_ok_and(|url| url.fragment().is_none());
    match config.resources.iter().find(|text| !is_uri(text)) {
        None => Ok(config.resources.iter().map(str::to_owned).collect()),
        Some(resource) => {
            let remedy = "RFC 8707 wants an absolute URI without a fragment, such as https://api.example.com.";
            Err(StartError::new(SETTINGS.variable("resources"), format!("invalid resource: {resource}"), remedy))
        }
    }
}

/// Verifies this service's own tokens, with the local keys and status lists.
fn own_verifier(keys: &KeyKeeper, lists: &ListKeeper, config: &Config) -> Result<TokenVerifier, StartError> {
    let locations = SETTINGS.token_locations(&config.token_location)?;
    let keys = Arc::clone(keys.own_keys());
    Ok(TokenVerifier::new(&config.audience)
        .trust(TrustedIssuer::new(&config.issuer, keys).with_status(Arc::clone(lists.own()), StatusPolicy::strict()))
        .with_locations(locations))
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App, HttpRequest,
        test::{TestRequest, call_and_read_body, init_service},
        web::get,
    };
    use shared::{Secret, testing::PRIVATE_KEY_PEM};
    use tempfile::TempDir;

    use super::*;
    use crate::config::{AdminConfig, DatabaseConfig, KeyConfig};

    /// Whether handlers have access to settings that contain secrets.
    async fn sees_settings(req: HttpRequest) -> String {
        fn has<T: 'static>(req: &HttpRequest) -> bool {
            req.app_data::<Data<T>>().is_some()
                || req.app_data::<Data<Arc<T>>>().is_some()
                || req.app_data::<T>().is_some()
        }
        let has_secret = has::<Secret>(&req) || has::<AdminConfig>(&req) || has::<DatabaseConfig>(&req);
        (has_secret || has::<Config>(&req) || has::<KeyConfig>(&req) || !has::<Users>(&req)).to_string()
    }

    #[actix_web::test]
    async fn no_worker_holds_the_settings() {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}/auth.db", folder.path().display());
        let mut config = Config::from_environment([("AUTH__DATABASE__URL".to_owned(), url)]).unwrap();
        config.keys.private_key = Some(Secret::new(PRIVATE_KEY_PEM.to_owned()));
        let services = Services::open(&DatabaseUrl::of(&config.database).unwrap(), &config).await.unwrap();
        // Nothing borrows from the settings: their secrets are wiped here.
        drop(config);

        let app = App::new().configure(|app| services.register(app)).route("/", get().to(sees_settings));
        let answer = call_and_read_body(&init_service(app).await, TestRequest::get().to_request()).await;

        assert_eq!(answer, "false");
    }
}
