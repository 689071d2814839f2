//! What must hold of the page at any time, on any screen.

use serde_json::{Value, json};

use crate::web_driver::Browser;

/// A screen, in CSS pixels.
#[derive(Clone, Copy)]
pub struct Screen {
    pub name: &'static str,
    pub width: u16,
    pub height: u16,
}

pub const PHONE: Screen = Screen { name: "phone", width: 360, height: 740 };
pub const DESKTOP: Screen = Screen { name: "desktop", width: 1280, height: 900 };

/// What makes the page wider than the screen, which is `width` wide: a phone would scale it down. Returns the last elements that
/// are too wide, or whose text is.
const TOO_WIDE: &str = "\
    const isTooWide = (one) => one.getBoundingClientRect().left + one.scrollWidth > width && \
        getComputedStyle(one).overflowX === 'visible' && !one.closest('.scroll *, nav *'); \
    const found = () => [...document.querySelectorAll('body *')].filter(isTooWide).map((one) => one.outerHTML.slice(0, 90)); \
    const { scrollWidth } = document.documentElement; \
    return scrollWidth === width ? null : [scrollWidth, ...found().slice(-5)]";

/// All that the page loads, in bytes before compression.
const MAX_WEIGHT: u64 = 150 * 1024;

/// Checks the page as it is, in light and dark: accessible by the rules of axe, and without horizontal scrolling. Keeps
/// screenshots.
pub async fn assert_is_sound(browser: &Browser, screen: Screen, moment: &str) {
    for scheme in ["light", "dark"] {
        browser.look(screen, scheme).await;
        let name = format!("{moment}-{}-{scheme}", screen.name);
        browser.keep_screenshot(&name).await;

        assert_eq!(browser.violations().await, [""; 0], "{name}");
        assert_eq!(browser.run(&format!("const width = {}; {TOO_WIDE}", screen.width)).await, Value::Null, "{name}");
    }
    assert_eq!(browser.messages().await, [""; 0], "{moment}");
}

/// Checks what the browser has loaded from the page's own server.
pub async fn assert_is_light(browser: &Browser) {
    let sizes = "return performance.getEntries().filter((one) => 'decodedBodySize' in one) \
                 .map((one) => [one.name, one.decodedBodySize])";
    let loaded: Vec<(String, u64)> = serde_json::from_value(browser.run(sizes).await).unwrap();
    let weight: u64 = loaded.iter().map(|(_, size)| size).sum();

    assert!(loaded.iter().any(|(name, size)| name.ends_with("/style.css") && *size > 0), "{loaded:?}");
    assert!(weight < MAX_WEIGHT, "{weight} {loaded:?}");
}

/// The bars of the chart: requests per replica.
pub async fn requests_per_replica(browser: &Browser) -> Vec<u64> {
    let counts = "return [...document.querySelectorAll('#chart .count')].map((one) => +one.innerText)";
    serde_json::from_value(browser.run(counts).await).unwrap()
}

/// The rules that axe-core finds violated, each with the elements that violate it.
pub fn described(violations: &Value) -> Vec<String> {
    let describe = |violation: &Value| {
        let targets = violation["nodes"].as_array().unwrap().iter().map(|node| &node["target"]);
        let [id, help] = ["id", "help"].map(|name| violation[name].as_str().unwrap());
        format!("{id}: {help} {}", json!(targets.collect::<Vec<_>>()))
    };
    violations.as_array().unwrap().iter().map(describe).collect()
}
