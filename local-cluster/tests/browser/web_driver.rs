//! A browser under test: Chromium, driven by chromedriver (<https://www.w3.org/TR/webdriver2/>).

use std::{
    cell::Cell,
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use service_kit::testing::{Program, eventually_within, skip};

use crate::screen::{DESKTOP, Screen, described};

/// Moves the focus on.
pub const TAB: &str = "\u{E004}";
/// Sends a form.
pub const ENTER: &str = "\u{E007}";

/// How long the page may take for something.
const LIMIT: Duration = Duration::from_mins(1);

/// Errors that a page does not catch, and what its content security policy forbids.
const WITNESS: &str = "window.reports = []; \
    addEventListener('error', (event) => reports.push(event.message)); \
    addEventListener('unhandledrejection', (event) => reports.push(String(event.reason))); \
    addEventListener('securitypolicyviolation', (event) => reports.push(event.violatedDirective + ' ' + event.blockedURI));";

/// Screenshots are artefacts of the tests.
const SCREENSHOTS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/screenshots");
/// The pictures of README.md are in the repository.
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images");
const MAX_PICTURE_BYTES: usize = 150_000;

/// Checks the page by the rules of axe-core, which is already loaded.
const AXE: &str = "const done = arguments[0]; \
    axe.run({ resultTypes: ['violations'] }).then(({ violations }) => done(violations), (error) => done(String(error)))";

/// A browser window.
pub struct Browser {
    client: Client,
    session: String,
    axe: String,
    has_scripts: Cell<bool>,
    _driver: Program,
}

impl Browser {
    /// Starts a headless one; `None` if chromedriver or axe-core is not installed.
    pub async fn start() -> Option<Self> {
        let Some(path) = find_program("chromedriver") else {
            skip("chromedriver for the browser tests (Debian: chromium-driver)");
            return None;
        };
        let Some(axe) = find_axe() else {
            skip("axe-core for the browser tests (.ci/interop-venv installs it)");
            return None;
        };
        let variables: Vec<_> =
            ["PATH", "HOME"].into_iter().filter_map(|name| Some((name, env::var(name).ok()?))).collect();
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut driver = Program::start(path.to_str().unwrap(), &["--port=0"], &variables);
        let line = driver.wait_for_output("started successfully on port");
        let port = line.trim_end().trim_end_matches('.').rsplit(' ').next().unwrap();
        let client = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        let arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let sessions = format!("http://127.0.0.1:{port}/session");
        let begun = send(&client, Method::POST, &sessions, &wanted).await;
        let session = format!("{sessions}/{}", begun["sessionId"].as_str().unwrap());
        let browser = Self { client, session, axe, has_scripts: Cell::new(true), _driver: driver };
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WITNESS })).await;
        Some(browser)
    }

    /// Opens a page and waits until its scripts are ready.
    pub async fn open(&self, url: &str) {
        self.go_to(url).await;
        self.until("return 'ready' in document.documentElement.dataset").await;
    }

    /// Opens a page.
    pub async fn go_to(&self, url: &str) {
        self.command("url", json!({ "url": url })).await;
    }

    /// Changes the screen, and light to dark.
    pub async fn look(&self, screen: Screen, scheme: &str) {
        let Screen { width, height, .. } = screen;
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Whether pages may run scripts; those of the tests run all the same.
    pub async fn run_scripts(&self, may_run: bool) {
        self.has_scripts.set(may_run);
        self.allow_scripts(may_run).await;
    }

    /// Asks servers for pages in this language.
    pub async fn prefer_language(&self, language: &str) {
        self.devtools("Network.enable", json!({})).await;
        let headers = json!({ "headers": { "Accept-Language": language } });
        self.devtools("Network.setExtraHTTPHeaders", headers).await;
    }

    /// Removes all cookies.
    pub async fn forget_cookies(&self) {
        self.devtools("Network.clearBrowserCookies", json!({})).await;
    }

    /// Removes the cookies of this page whose names begin so.
    pub async fn forget_cookies_named(&self, start: &str) {
        let (found, url) = (self.devtools("Network.getCookies", json!({})).await, self.url().await);
        let names = found["cookies"].as_array().unwrap().iter().map(|cookie| cookie["name"].as_str().unwrap());
        let names: Vec<_> = names.filter(|name| name.starts_with(start)).collect();
        assert!(!names.is_empty(), "{found}");
        for name in names {
            self.devtools("Network.deleteCookies", json!({ "name": name, "url": url })).await;
        }
    }

    /// The address of the page.
    pub async fn url(&self) -> String {
        self.run("return location.href").await.as_str().unwrap().to_owned()
    }

    /// The id of the element that has the keyboard; empty if none has.
    pub async fn focused(&self) -> String {
        self.run("return document.activeElement.id").await.as_str().unwrap().to_owned()
    }

    /// Keeps a screenshot of the whole page.
    pub async fn keep_screenshot(&self, name: &str) {
        self.run("scrollTo({ top: 0, behavior: 'instant' })").await;
        let image = self.screenshot(json!({ "captureBeyondViewport": true })).await;
        write(SCREENSHOTS, name, &image);
    }

    /// Keeps a picture of the page from this element on, in light and dark. With `UPDATE_DOCS`, it is also written for README.md.
    pub async fn picture(&self, selector: &str, name: &str) {
        for scheme in ["light", "dark"] {
            self.look(DESKTOP, scheme).await;
            let top = format!(
                "scrollTo({{ top: document.querySelector('{selector}').getBoundingClientRect().top + scrollY - 72, \
                 behavior: 'instant' }}); document.activeElement.blur()"
            );
            self.run(&top).await;
            let (name, image) = (format!("{name}-{scheme}"), self.screenshot(json!({})).await);
            assert!(image.len() < MAX_PICTURE_BYTES, "{name}: {}", image.len());
            write(SCREENSHOTS, &name, &image);
            if env::var_os("UPDATE_DOCS").is_some() {
                write(PICTURES, &name, &image);
            }
        }
    }

    /// What violates the rules of axe-core on the page as it is.
    pub async fn violations(&self) -> Vec<String> {
        // It waits for timers, which are scripts of the page.
        self.allow_scripts(true).await;
        self.run(&format!("if (!window.axe) {{ {} }}", self.axe)).await;
        let found = self.command("execute/async", json!({ "script": AXE, "args": [] })).await;
        self.allow_scripts(self.has_scripts.get()).await;
        assert!(found.is_array(), "{found}");
        described(&found)
    }

    /// Clicks an element as a person does: it must be visible and not covered.
    pub async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        let center = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
        self.command("execute/sync", json!({ "script": center, "args": [element] })).await;
        self.command(&format!("element/{}/click", id_of(&element)), json!({})).await;
    }

    /// Types into a field.
    pub async fn type_into(&self, selector: &str, text: &str) {
        let element = id_of(&self.find(selector).await);
        self.command(&format!("element/{element}/clear"), json!({})).await;
        self.command(&format!("element/{element}/value"), json!({ "text": text })).await;
    }

    /// Types on the keyboard, wherever the focus is; keys without a character are those of its protocol, such as [`TAB`].
    pub async fn press(&self, keys: &str) {
        let strokes =
            keys.chars().flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })));
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes.collect::<Vec<_>>() });
        self.command("actions", json!({ "actions": [keyboard] })).await;
    }

    /// The text of an element, as people see it.
    pub async fn text(&self, selector: &str) -> String {
        let found = self.run(&format!("return document.querySelector({}).innerText", json!(selector))).await;
        found.as_str().unwrap().to_owned()
    }

    /// Runs a script.
    pub async fn run(&self, script: &str) -> Value {
        self.command("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// Runs a script until what it returns counts as true, and returns that.
    ///
    /// # Panics
    /// If that takes longer than a minute.
    pub async fn until(&self, script: &str) -> Value {
        eventually_within(LIMIT, async || {
            let found = self.run(script).await;
            let is_false = [json!(null), json!(false), json!(0), json!("")].contains(&found);
            if is_false { Err(script.to_owned()) } else { Ok(found) }
        })
        .await
    }

    /// Waits until the text of an element contains this.
    pub async fn until_text(&self, selector: &str, text: &str) -> String {
        let script = format!(
            "const text = document.querySelector({})?.innerText; return text?.includes({}) && text",
            json!(selector),
            json!(text)
        );
        self.until(&script).await.as_str().unwrap().to_owned()
    }

    /// What the page reported since it was opened, and the console. That a response has an error status, which Chromium logs
    /// as well, is not a message of the page, and neither are its recommendations for forms.
    pub async fn messages(&self) -> Vec<String> {
        let entries = self.command("se/log", json!({ "type": "browser" })).await;
        let is_of_page = |entry: &&Value| entry["source"] != "network" && entry["level"] != "DEBUG";
        let console = entries.as_array().unwrap().iter().filter(is_of_page).map(|entry| entry["message"].to_string());
        let reports = self.run("return window.reports ?? []").await;
        let reports: Vec<_> = reports.as_array().unwrap().iter().map(Value::to_string).collect();
        console.chain(reports).collect()
    }

    /// Ends the browser, also after a failed test.
    pub async fn quit(&self) {
        let _ = self.client.delete(&self.session).send().await;
    }

    async fn allow_scripts(&self, may_run: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !may_run })).await;
    }

    async fn find(&self, selector: &str) -> Value {
        self.command("element", json!({ "using": "css selector", "value": selector })).await
    }

    async fn screenshot(&self, parameters: Value) -> Vec<u8> {
        let taken = self.devtools("Page.captureScreenshot", parameters).await;
        BASE64_STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.command("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    async fn command(&self, path: &str, body: Value) -> Value {
        send(&self.client, Method::POST, &format!("{}/{path}", self.session), &body).await
    }
}

/// The element's reference in a path.
fn id_of(element: &Value) -> String {
    let id = element.as_object().and_then(|members| members.values().next()).and_then(Value::as_str);
    id.unwrap_or_else(|| panic!("{element}")).to_owned()
}

async fn send(client: &Client, method: Method, url: &str, body: &Value) -> Value {
    let response = client.request(method, url).json(body).send().await.unwrap();
    let is_success = response.status().is_success();
    let mut answer: Value = response.json().await.unwrap();
    assert!(is_success, "{url} {body}: {answer}");
    answer["value"].take()
}

fn write(folder: &str, name: &str, image: &[u8]) {
    fs::create_dir_all(folder).unwrap();
    fs::write(Path::new(folder).join(format!("{name}.png")), image).unwrap();
}

/// The source of axe-core, which a Python package brings along.
fn find_axe() -> Option<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/interop/lib");
    let versions = fs::read_dir(folder).ok()?.map(|version| version.unwrap().path());
    let mut files = versions.map(|path| path.join("site-packages/axe_playwright_python/axe.min.js"));
    files.find_map(|path| fs::read_to_string(path).ok())
}

/// A program on the PATH, or where Debian puts servers.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}
