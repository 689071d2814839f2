//! All that the pages say.

use std::{borrow::Cow, time::Duration};

use crate::pages::{error_page::ErrorPage, fault::Fault, page::Page, problem::Problem};

/// A sentence around a value, such as the name of an application.
pub struct Around {
    /// What precedes the value.
    pub before: &'static str,
    /// What follows it.
    pub after: &'static str,
}

/// A sentence with that before a value, and that after it.
pub const fn around(before: &'static str, after: &'static str) -> Around {
    Around { before, after }
}

/// What is wrong, and what to do about it.
pub struct Explanation {
    /// The heading.
    pub title: &'static str,
    /// The sentence below it.
    pub text: &'static str,
}

/// A unit of time: one, and several.
pub struct Unit(pub &'static str, pub &'static str);

/// All that the pages say, in one language.
pub struct Messages {
    /// The tag of the language (BCP 47).
    pub tag: &'static str,
    /// Precedes the title of a page that shows a problem.
    pub error: &'static str,
    /// The label of the field, and what screen readers call it.
    pub username: &'static str,
    /// The label of the field.
    pub password: &'static str,
    /// The button that goes back to the application without a login.
    pub cancel: &'static str,
    /// Who is logged in.
    pub logged_in_as: Around,
    /// The pages.
    pub home: HomeMessages,
    /// The login page.
    pub login: LoginMessages,
    /// The registration page.
    pub register: RegisterMessages,
    /// The consent page.
    pub consent: ConsentMessages,
    /// Before and after a logout.
    pub logout: LogoutMessages,
    /// The page that takes a response to an application.
    pub form_post: FormPostMessages,
    /// Why an attempt failed.
    pub problems: ProblemMessages,
    /// What is wrong with a request.
    pub faults: FaultMessages,
}

/// What this service is.
pub struct HomeMessages {
    /// The heading.
    pub title: &'static str,
    /// For people who came here by themselves.
    pub text: &'static str,
    /// The heading above the links.
    pub developers: &'static str,
    /// The description of the API.
    pub api: &'static str,
    /// The metadata.
    pub metadata: &'static str,
    /// The public keys.
    pub keys: &'static str,
}

/// The login page.
pub struct LoginMessages {
    /// The heading.
    pub title: &'static str,
    /// The application that it is for.
    pub continue_to: Around,
    /// The button.
    pub submit: &'static str,
    /// Precedes the link to the registration.
    pub no_account: &'static str,
    /// The link.
    pub register: &'static str,
}

/// The registration page.
pub struct RegisterMessages {
    /// The heading.
    pub title: &'static str,
    /// What a password must be.
    pub password_hint: &'static str,
    /// The button.
    pub submit: &'static str,
    /// Precedes the link to the login page.
    pub has_account: &'static str,
    /// The link.
    pub log_in: &'static str,
}

/// The consent page.
pub struct ConsentMessages {
    /// The heading.
    pub title: &'static str,
    /// Who asks.
    pub asks: Around,
    /// The heading above what it asks for.
    pub wants: &'static str,
    /// The scope `openid`.
    pub openid: &'static str,
    /// The scope `profile`.
    pub profile: &'static str,
    /// The scope `email`.
    pub email: &'static str,
    /// The scope `offline_access`.
    pub offline_access: &'static str,
    /// Any other scope.
    pub other: Around,
    /// An application that asks for no scope.
    pub nothing_else: &'static str,
    /// Where the answer goes.
    pub leads_to: Around,
    /// The button.
    pub allow: &'static str,
    /// The button.
    pub deny: &'static str,
}

/// Before and after a logout.
pub struct LogoutMessages {
    /// The heading of the question.
    pub ask: &'static str,
    /// The application that asks for it.
    pub asks: Around,
    /// What it means.
    pub consequence: &'static str,
    /// The button.
    pub log_out: &'static str,
    /// The button.
    pub stay: &'static str,
    /// The heading afterwards.
    pub done: &'static str,
    /// What it means.
    pub done_text: &'static str,
    /// The link to an application.
    pub back_to: Around,
    /// The link to an application whose name is not known.
    pub back: &'static str,
}

/// The page that takes a response to an application.
pub struct FormPostMessages {
    /// The heading.
    pub title: &'static str,
    /// For browsers without scripts.
    pub text: &'static str,
    /// The button.
    pub submit: &'static str,
}

/// Why an attempt failed.
pub struct ProblemMessages {
    /// [`Problem::WrongCredentials`].
    pub wrong_credentials: &'static str,
    /// [`Problem::Disabled`].
    pub disabled: &'static str,
    /// [`Problem::TooManyAttempts`], around the time.
    pub too_many_attempts: Around,
    /// Seconds.
    pub second: Unit,
    /// Minutes.
    pub minute: Unit,
    /// Hours.
    pub hour: Unit,
    /// [`Problem::Busy`].
    pub busy: &'static str,
    /// [`Problem::Expired`].
    pub expired: &'static str,
    /// [`Problem::UsernameTaken`].
    pub username_taken: &'static str,
    /// [`Problem::RegistrationClosed`].
    pub registration_closed: &'static str,
    /// The reasons of [`Problem::InvalidUsername`] and [`Problem::WeakPassword`]: what the API says, and what the page says
    /// instead.
    pub reasons: &'static [(&'static str, &'static str)],
}

/// What is wrong with a request.
pub struct FaultMessages {
    /// [`Fault::NoClient`], [`Fault::NoRedirectUri`], [`Fault::Unreadable`].
    pub incomplete: Explanation,
    /// [`Fault::NotAForm`], [`Fault::MalformedForm`], [`Fault::FormTooLong`], [`Fault::FormTooSlow`].
    pub unreadable_form: Explanation,
    /// [`Fault::UnknownClient`].
    pub unknown_client: Explanation,
    /// [`Fault::UnknownRedirectUri`].
    pub unknown_redirect_uri: Explanation,
    /// [`Fault::Expired`].
    pub expired: Explanation,
    /// [`Fault::Unavailable`].
    pub unavailable: Explanation,
    /// [`Fault::UnknownLogoutUri`], [`Fault::InvalidHint`].
    pub logout: Explanation,
    /// Precedes what developers want to know.
    pub for_developers: &'static str,
}

impl Messages {
    /// The heading of a page.
    pub fn title(&self, page: &Page<'_>) -> &'static str {
        match page {
            Page::Home => self.home.title,
            Page::Login(_) => self.login.title,
            Page::Register(_) => self.register.title,
            Page::Consent(_) => self.consent.title,
            Page::Error(page) => self.explanation(page).title,
            Page::LogOut(_) => self.logout.ask,
            Page::LoggedOut(_) => self.logout.done,
            Page::FormPost(_) | Page::Onward(_) => self.form_post.title,
        }
    }

    /// What is wrong with a request.
    pub fn explanation(&self, page: &ErrorPage) -> &Explanation {
        let faults = &self.faults;
        match page.fault {
            Fault::NoClient | Fault::NoRedirectUri | Fault::Unreadable => &faults.incomplete,
            Fault::NotAForm | Fault::MalformedForm | Fault::FormTooLong | Fault::FormTooSlow => &faults.unreadable_form,
            Fault::UnknownClient => &faults.unknown_client,
            Fault::UnknownRedirectUri => &faults.unknown_redirect_uri,
            Fault::Expired => &faults.expired,
            Fault::Unavailable => &faults.unavailable,
            Fault::UnknownLogoutUri | Fault::InvalidHint => &faults.logout,
        }
    }

    /// Why an attempt failed.
    pub fn problem<'a>(&'a self, problem: &'a Problem) -> Cow<'a, str> {
        let messages = &self.problems;
        Cow::Borrowed(match problem {
            Problem::WrongCredentials => messages.wrong_credentials,
            Problem::Disabled => messages.disabled,
            Problem::TooManyAttempts { retry_after } => {
                let Around { before, after } = messages.too_many_attempts;
                return format!("{before}{}{after}", messages.duration(*retry_after)).into();
            }
            Problem::Busy => messages.busy,
            Problem::Expired => messages.expired,
            Problem::InvalidUsername(reason) | Problem::WeakPassword(reason) => messages.reason(reason),
            Problem::UsernameTaken => messages.username_taken,
            Problem::RegistrationClosed => messages.registration_closed,
        })
    }

    /// What a scope allows, unless it is a name that this service gives no meaning.
    pub fn scope(&self, scope: &str) -> Option<&'static str> {
        match scope {
            "openid" => Some(self.consent.openid),
            "profile" => Some(self.consent.profile),
            "email" => Some(self.consent.email),
            "offline_access" => Some(self.consent.offline_access),
            _ => None,
        }
    }
}

impl ProblemMessages {
    /// A time to wait, rounded up so that an attempt after it succeeds.
    fn duration(&self, time: Duration) -> String {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        let secs = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        let (number, Unit(one, many)) = match secs {
            0..=MINUTE => (secs.max(1), &self.second),
            61..=HOUR => (secs.div_ceil(MINUTE), &self.minute),
            _ => (secs.div_ceil(HOUR), &self.hour),
        };
        format!("{number}\u{a0}{}", if number == 1 { one } else { many })
    }

    fn reason<'a>(&'a self, said: &'a str) -> &'a str {
        self.reasons.iter().find(|(english, _)| *english == said).map_or(said, |(_, own)| own)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        pages::{language::LANGUAGES, problem::Problem},
        users::{
            look_alike::RefusedName, password::InvalidPassword, password_policy::WeakPassword,
            username::InvalidUsername,
        },
    };

    #[test]
    fn every_reason_that_the_api_gives_is_said_in_every_language() {
        let refused = [RefusedName::PathSegment, RefusedName::Invisible, RefusedName::MixedScripts];
        let weak = [WeakPassword::Common, WeakPassword::LikeUsername, WeakPassword::Breached];
        let names = refused.map(|reason| reason.to_string()).into_iter().chain([InvalidUsername.to_string()]);
        let passwords = weak.map(|reason| reason.to_string()).into_iter().chain([InvalidPassword.to_string()]);
        let problems = names.map(Problem::InvalidUsername).chain(passwords.map(Problem::WeakPassword));

        for problem in problems {
            let (Problem::InvalidUsername(reason) | Problem::WeakPassword(reason)) = &problem else { continue };
            for messages in LANGUAGES {
                assert_ne!(messages.problem(&problem), *reason, "{}", messages.tag);
            }
        }
    }
}
