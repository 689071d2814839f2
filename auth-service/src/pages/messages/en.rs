//! English.

use super::catalog::{
    ConsentMessages, Explanation, FaultMessages, FormPostMessages, HomeMessages, LoginMessages, LogoutMessages,
    Messages, ProblemMessages, RegisterMessages, Unit, around,
};

/// English.
pub static ENGLISH: Messages = Messages {
    tag: "en",
    error: "Error: ",
    username: "Username",
    password: "Password",
    cancel: "Cancel",
    logged_in_as: around("Logged in as ", ""),
    home: HomeMessages {
        title: "Login service",
        text: "Applications send you here to log in. To use one of them, open it and choose its login button.",
        developers: "For developers",
        api: "API documentation",
        metadata: "Metadata of this issuer",
        keys: "Public keys (JWKS)",
    },
    login: LoginMessages {
        title: "Log in",
        continue_to: around("to continue to ", ""),
        submit: "Log in",
        no_account: "No account yet?",
        register: "Create an account",
    },
    register: RegisterMessages {
        title: "Create an account",
        password_hint: "At least 8 characters. A few unrelated words are easy to remember and hard to guess.",
        submit: "Create account",
        has_account: "Already have an account?",
        log_in: "Log in",
    },
    consent: ConsentMessages {
        title: "Allow access?",
        asks: around("", " asks for access to your account."),
        wants: "The application will be able to:",
        openid: "Recognize you by the number of your account",
        profile: "See your username",
        email: "See your email address",
        offline_access: "Keep this access while you are not using it, until you log out or it expires",
        other: around("Use the permission ", ""),
        nothing_else: "Act in your name at the services that trust this login",
        leads_to: around("You will then be sent to ", "."),
        allow: "Allow",
        deny: "Deny",
    },
    logout: LogoutMessages {
        ask: "Log out?",
        asks: around("", " asks to log you out."),
        consequence: "This logs you out here and in the applications that you use with this login in this browser.",
        log_out: "Log out",
        stay: "Stay logged in",
        done: "You are logged out",
        done_text: "You can close this page.",
        back_to: around("Back to ", ""),
        back: "Back to the application",
    },
    form_post: FormPostMessages {
        title: "One moment…",
        text: "If nothing happens, choose Continue to return to the application.",
        submit: "Continue",
    },
    problems: ProblemMessages {
        wrong_credentials: "Wrong username or password.",
        disabled: "This account is disabled. An administrator can enable it.",
        too_many_attempts: around("Too many attempts. Try again in ", "."),
        second: Unit("second", "seconds"),
        minute: Unit("minute", "minutes"),
        hour: Unit("hour", "hours"),
        busy: "Too many people are logging in right now. Try again in a moment.",
        expired: "This page can no longer be used. Please fill it in once more.",
        username_taken: "This username is taken. Choose another one.",
        registration_closed: "New accounts are created by administrators only.",
        reasons: &[
            ("A password must have 8 to 1024 bytes", "The password must have at least 8 characters."),
            (
                "This password is one of the most common; choose another",
                "This password is one of the most common ones. Choose another one.",
            ),
            (
                "This password is little more than the username; choose another",
                "This password is too similar to the username. Choose another one.",
            ),
            (
                "This password was published after a data breach; choose another",
                "This password was published after a data breach. Choose another one.",
            ),
            (
                "A username must have 1 to 80 characters, no control characters, and no leading or trailing white space, \
                 and must not end in @clients",
                "A username has 1 to 80 characters, does not begin or end with a space, and does not end in @clients.",
            ),
            ("A username must not be . or ..", "A username must not be . or .. only."),
            (
                "A username must not contain invisible characters or characters that change the direction of text",
                "The username contains characters that are invisible or change the direction of text. Remove them.",
            ),
            (
                "A username must not mix letters of different alphabets",
                "The username mixes letters of different alphabets. Use one alphabet only.",
            ),
        ],
    },
    faults: FaultMessages {
        incomplete: Explanation {
            title: "This login link is incomplete",
            text: "Go back to the application and try again. If that does not help, tell the people who run it.",
        },
        unreadable_form: Explanation {
            title: "This form cannot be read",
            text: "What your browser sent is too long or damaged, so nothing has changed. Go back to the application and \
                   try again.",
        },
        unknown_client: Explanation {
            title: "Unknown application",
            text: "The application that sent you here is not registered with this login service, so you cannot log in \
                   to it here.",
        },
        unknown_redirect_uri: Explanation {
            title: "This login link cannot be trusted",
            text: "It would send you to an address that is not registered for the application. Nothing was sent there. \
                   Open the application yourself and log in from there.",
        },
        expired: Explanation {
            title: "This page has expired",
            text: "Go back to the application and log in again. If this happens every time, allow cookies for this \
                   site.",
        },
        unavailable: Explanation {
            title: "Temporarily unavailable",
            text: "The login service cannot answer right now. Try again in a moment.",
        },
        logout: Explanation {
            title: "This logout link does not work",
            text: "The application sent a request that is not valid, so nothing has changed: you may still be logged \
                   in.",
        },
        for_developers: "For developers:",
    },
};
