//! Every page of a login, in every language, on every screen, with and without scripts.

use auth_service::Config;
use service_kit::testing::Api;
use shared::Secret;
use tempfile::TempDir;

use crate::{
    demo_cluster::DemoCluster,
    in_a_browser,
    screen::{DESKTOP, PHONE, assert_is_sound},
    web_driver::Browser,
};

/// Whether the browser runs scripts, and what that is called.
const NO_SCRIPTS: (bool, &str) = (false, "no-scripts");
const SCRIPTS: (bool, &str) = (true, "scripts");
const GOOD_PASSWORD: &str = "a fine long pass";

#[actix_web::test]
async fn every_page_is_sound_in_english_with_and_without_scripts() {
    in_a_browser(async |browser| read(browser, "en", &[NO_SCRIPTS, SCRIPTS]).await).await;
}

#[actix_web::test]
async fn every_page_is_sound_in_german() {
    in_a_browser(async |browser| read(browser, "de", &[NO_SCRIPTS]).await).await;
}

/// Who reads the pages.
struct Reader<'a> {
    browser: &'a Browser,
    cluster: &'a DemoCluster,
    language: &'static str,
    mode: &'static str,
}

async fn read(browser: &Browser, language: &'static str, modes: &[(bool, &'static str)]) {
    let cluster = DemoCluster::start().await;
    browser.prefer_language(language).await;
    for &(has_scripts, mode) in modes {
        browser.forget_cookies().await;
        browser.run_scripts(has_scripts).await;
        let reader = Reader { browser, cluster: &cluster, language, mode };
        reader.registers_and_consents().await;
        reader.is_asked_before_a_logout().await;
        reader.makes_mistakes(has_scripts).await;
    }
}

impl Reader<'_> {
    /// From the login page by way of the registration to the application.
    async fn registers_and_consents(&self) {
        let Self { browser, cluster, mode, language } = self;
        browser.go_to(&format!("{}/login", cluster.demo)).await;
        self.sees("login", "form[action$='/authorize/login']").await;

        browser.type_into("#username", "mary").await;
        browser.type_into("#password", "a wrong password").await;
        browser.click("main form .primary").await;
        self.sees("wrong", "[role=alert]").await;

        browser.click("main .other a").await;
        self.sees("register", "form[action$='/authorize/register']").await;
        browser.type_into("#username", &format!("mary_{language}_{}", mode.replace('-', "_"))).await;
        browser.type_into("#password", "password1").await;
        browser.click("main form .primary").await;
        self.sees("register-wrong", "[role=alert]").await;
        browser.type_into("#password", GOOD_PASSWORD).await;
        browser.click("main form .primary").await;
        self.sees("consent", "form[action$='/authorize/consent']").await;

        self.cancels().await;
        on_both_screens(browser, &format!("cancelled-{mode}")).await;
        // The issuer's session goes on: it asks for consent, and not for the password.
        browser.go_to(&format!("{}/account", cluster.demo)).await;
        browser.click("form[action$='/authorize/consent'] [value=allow]").await;
        browser.until_text("main", "Hello mary_").await;
        assert_eq!(browser.messages().await, [""; 0]);
    }

    /// Back to the application, which speaks English.
    async fn cancels(&self) {
        self.browser.click("[value=deny]").await;
        self.browser.until_text("main", "cancelled").await;
    }

    async fn is_asked_before_a_logout(&self) {
        let question = format!("{}/oauth/logout?client_id=demo", self.cluster.issuer.url());
        self.browser.go_to(&question).await;
        self.sees("logout", "form[action$='/oauth/logout/confirm']").await;
        self.browser.click("[value=allow]").await;
        self.browser.until("return !document.querySelector('form')").await;
        self.sees("logged-out", "main").await;
        self.browser.forget_cookies().await;
        self.browser.go_to(&format!("{}/login", self.cluster.demo)).await;
        self.cancels().await;
    }

    /// What is wrong with a request, and an answer that the browser has to send itself.
    async fn makes_mistakes(&self, has_scripts: bool) {
        let issuer = self.cluster.issuer.url();
        for (name, path) in [
            ("unknown-client", "/authorize?client_id=nobody"),
            ("unknown-redirect", "/authorize?client_id=demo&redirect_uri=https%3A%2F%2Fevil.example"),
            ("expired", "/authorize/login?interaction=old"),
        ] {
            self.browser.go_to(&format!("{issuer}{path}")).await;
            self.sees(name, "main h1").await;
        }
        if !has_scripts {
            let callback = format!("{}/callback", self.cluster.demo);
            let more = [("response_mode", "form_post"), ("prompt", "none")];
            self.browser.go_to(&self.cluster.authorize("demo", &callback, &more)).await;
            self.sees("form-post", "main form .primary").await;
        }
    }

    /// Waits for an element of a page in the right language, and checks the page on both screens, in light and dark.
    async fn sees(&self, moment: &str, selector: &str) {
        let Self { browser, language, mode, .. } = self;
        let shown =
            format!("document.documentElement.lang === '{language}' && !!document.querySelector(\"{selector}\")");
        browser.until(&format!("return {shown}")).await;
        let moment = format!("{moment}-{language}-{mode}");
        // The pages have no scripts, so that one screen shows whether they are the same with them.
        if *mode == SCRIPTS.1 {
            assert_is_sound(browser, PHONE, &format!("login-{moment}")).await;
        } else {
            on_both_screens(browser, &moment).await;
        }
    }
}

#[actix_web::test]
async fn the_home_page_says_what_the_service_is() {
    in_a_browser(async |browser| {
        let folder = TempDir::new().unwrap();
        let mut config = Config::default();
        config.listen.set_port(0);
        config.database.url = Secret::new(format!("sqlite://{}", folder.path().join("auth.db").display()));
        let app = auth_service::App::build(config).await.unwrap();
        let url = app.url();
        let server = actix_web::rt::spawn(async { app.run().await.unwrap() });
        Api::at(&*url).until("/health/ready", 200).await;

        browser.go_to(&format!("{url}/")).await;
        on_both_screens(browser, "home").await;
        server.abort();
    })
    .await;
}

async fn on_both_screens(browser: &Browser, moment: &str) {
    for screen in [PHONE, DESKTOP] {
        assert_is_sound(browser, screen, &format!("login-{moment}")).await;
    }
    browser.look(PHONE, "light").await;
}
