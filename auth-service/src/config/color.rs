//! Colours.

use std::fmt;

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

impl Color {
    /// White.
    pub const WHITE: Self = Self { red: 255, green: 255, blue: 255 };

    /// The colour with these components.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// A colour as `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self { red, green, blue })
    }

    /// How well one is seen on the other: 1 to 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// The same hue, lightened until it has this contrast to a dark background.
    #[must_use]
    pub fn lightened_on(self, background: Self, contrast: f64) -> Self {
        let soft = self.brightest().mixed(Self::WHITE, 35);
        let steps = || (0..=100).step_by(2);
        let lightened = steps().map(|percent| self.mixed(soft, percent));
        let whitened = steps().map(|percent| soft.mixed(Self::WHITE, percent));
        lightened.chain(whitened).find(|color| color.contrast(background) >= contrast).unwrap_or(Self::WHITE)
    }

    /// The brightest colour of this hue.
    fn brightest(self) -> Self {
        let brightest = u16::from(self.red.max(self.green).max(self.blue).max(1));
        self.map(|component| u16::from(component) * 255 / brightest)
    }

    /// With so many percent of another colour.
    fn mixed(self, other: Self, percent: u16) -> Self {
        let mixed = |one: u8, other: u8| (u16::from(one) * (100 - percent) + u16::from(other) * percent) / 100;
        let Self { red, green, blue } = other;
        Self {
            red: component(mixed(self.red, red)),
            green: component(mixed(self.green, green)),
            blue: component(mixed(self.blue, blue)),
        }
    }

    fn map(self, change: impl Fn(u8) -> u16) -> Self {
        let Self { red, green, blue } = self;
        Self { red: component(change(red)), green: component(change(green)), blue: component(change(blue)) }
    }

    fn luminance(self) -> f64 {
        let linear = |component: u8| {
            let share = f64::from(component) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

fn component(value: u16) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::Color;

    #[test]
    fn the_contrast_is_that_of_the_guidelines() {
        for (color, contrast) in [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54), ("#777777", 4.48)] {
            let found = Color::parse(color).unwrap().contrast(Color::WHITE);
            assert!((found - contrast).abs() < 0.005, "{color}: {found}");
        }
    }

    #[test]
    fn only_six_hexadecimal_digits_are_a_color() {
        for text in ["", "#", "#fff", "a83a0c", "#a83a0", "#a83a0cc", "#+83a0c", "red", "#ä3a0c", "#a83a0g", " #a83a0c"]
        {
            assert_eq!(Color::parse(text), None, "{text}");
        }
        assert_eq!(Color::parse("#A83a0C").unwrap().to_string(), "#a83a0c");
    }

    #[test]
    fn any_color_can_be_seen_on_a_dark_background() {
        let dark = Color::new(26, 28, 30);
        for text in ["#000000", "#0000ff", "#a83a0c", "#00407a", "#ffffff"] {
            let lightened = Color::parse(text).unwrap().lightened_on(dark, 5.5);
            assert!(lightened.contrast(dark) >= 5.5, "{text}: {lightened}");
        }
    }
}
