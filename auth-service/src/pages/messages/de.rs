//! German.

use super::catalog::{
    ConsentMessages, Explanation, FaultMessages, FormPostMessages, HomeMessages, LoginMessages, LogoutMessages,
    Messages, ProblemMessages, RegisterMessages, Unit, around,
};

/// German.
pub static GERMAN: Messages = Messages {
    tag: "de",
    error: "Fehler: ",
    username: "Benutzername",
    password: "Passwort",
    cancel: "Abbrechen",
    logged_in_as: around("Angemeldet als ", ""),
    home: HomeMessages {
        title: "Anmeldedienst",
        text: "Anwendungen leiten Sie zur Anmeldung hierher weiter. Um eine davon zu nutzen, öffnen Sie die Anwendung \
               und klicken dort auf „Anmelden“.",
        developers: "Für Entwickler",
        api: "API-Dokumentation",
        metadata: "Metadaten dieses Ausstellers",
        keys: "Öffentliche Schlüssel (JWKS)",
    },
    login: LoginMessages {
        title: "Anmelden",
        continue_to: around("Weiter zu ", ""),
        submit: "Anmelden",
        no_account: "Noch kein Konto?",
        register: "Konto erstellen",
    },
    register: RegisterMessages {
        title: "Konto erstellen",
        password_hint: "Mindestens 8 Zeichen. Mehrere Wörter ohne Zusammenhang sind leicht zu merken und schwer zu \
                        erraten.",
        submit: "Konto erstellen",
        has_account: "Sie haben schon ein Konto?",
        log_in: "Anmelden",
    },
    consent: ConsentMessages {
        title: "Zugriff erlauben?",
        asks: around("", " möchte auf Ihr Konto zugreifen."),
        wants: "Die Anwendung kann dann:",
        openid: "Sie anhand Ihrer Kontonummer wiedererkennen",
        profile: "Ihren Benutzernamen sehen",
        email: "Ihre E-Mail-Adresse sehen",
        offline_access: "Auch dann zugreifen, wenn Sie sie gerade nicht nutzen, bis Sie sich abmelden oder der Zugriff \
                         abläuft",
        other: around("Die Berechtigung ", " nutzen"),
        nothing_else: "In Ihrem Namen bei den Diensten handeln, die dieser Anmeldung vertrauen",
        leads_to: around("Danach werden Sie zu ", " weitergeleitet."),
        allow: "Erlauben",
        deny: "Ablehnen",
    },
    logout: LogoutMessages {
        ask: "Abmelden?",
        asks: around("", " möchte Sie abmelden."),
        consequence: "Sie werden hier und in allen Anwendungen abgemeldet, die Sie in diesem Browser mit dieser \
                      Anmeldung nutzen.",
        log_out: "Abmelden",
        stay: "Angemeldet bleiben",
        done: "Sie sind abgemeldet",
        done_text: "Sie können diese Seite schließen.",
        back_to: around("Zurück zu ", ""),
        back: "Zurück zur Anwendung",
    },
    form_post: FormPostMessages {
        title: "Einen Moment …",
        text: "Falls nichts geschieht, kehren Sie mit „Weiter“ zur Anwendung zurück.",
        submit: "Weiter",
    },
    problems: ProblemMessages {
        wrong_credentials: "Benutzername oder Passwort ist falsch.",
        disabled: "Dieses Konto ist gesperrt. Ein Administrator kann es wieder freigeben.",
        too_many_attempts: around("Zu viele Versuche. Versuchen Sie es in ", " noch einmal."),
        second: Unit("Sekunde", "Sekunden"),
        minute: Unit("Minute", "Minuten"),
        hour: Unit("Stunde", "Stunden"),
        busy: "Gerade melden sich zu viele Personen an. Versuchen Sie es gleich noch einmal.",
        expired: "Diese Seite kann nicht mehr verwendet werden. Bitte füllen Sie sie noch einmal aus.",
        username_taken: "Dieser Benutzername ist schon vergeben. Wählen Sie einen anderen.",
        registration_closed: "Neue Konten werden nur von Administratoren angelegt.",
        reasons: &[
            ("A password must have 8 to 1024 bytes", "Das Passwort muss mindestens 8 Zeichen lang sein."),
            (
                "This password is one of the most common; choose another",
                "Dieses Passwort gehört zu den häufigsten. Wählen Sie ein anderes.",
            ),
            (
                "This password is little more than the username; choose another",
                "Dieses Passwort ist dem Benutzernamen zu ähnlich. Wählen Sie ein anderes.",
            ),
            (
                "This password was published after a data breach; choose another",
                "Dieses Passwort wurde nach einem Datenleck veröffentlicht. Wählen Sie ein anderes.",
            ),
            (
                "A username must have 1 to 80 characters, no control characters, and no leading or trailing white space, \
                 and must not end in @clients",
                "Ein Benutzername hat 1 bis 80 Zeichen, beginnt und endet nicht mit einem Leerzeichen und endet nicht \
                 auf @clients.",
            ),
            ("A username must not be . or ..", "Ein Benutzername darf nicht nur aus . oder .. bestehen."),
            (
                "A username must not contain invisible characters or characters that change the direction of text",
                "Der Benutzername enthält Zeichen, die unsichtbar sind oder die Schreibrichtung ändern. Entfernen Sie \
                 diese.",
            ),
            (
                "A username must not mix letters of different alphabets",
                "Der Benutzername mischt Buchstaben verschiedener Alphabete. Verwenden Sie nur ein Alphabet.",
            ),
        ],
    },
    faults: FaultMessages {
        incomplete: Explanation {
            title: "Dieser Anmeldelink ist unvollständig",
            text: "Kehren Sie zur Anwendung zurück und versuchen Sie es noch einmal. Hilft das nicht, wenden Sie sich an \
                   deren Betreiber.",
        },
        unreadable_form: Explanation {
            title: "Dieses Formular ist nicht lesbar",
            text: "Was Ihr Browser gesendet hat, ist zu lang oder beschädigt. Es hat sich nichts geändert. Kehren Sie zur \
                   Anwendung zurück und versuchen Sie es noch einmal.",
        },
        unknown_client: Explanation {
            title: "Unbekannte Anwendung",
            text: "Die Anwendung, die Sie hierher geleitet hat, ist bei diesem Anmeldedienst nicht registriert. Sie \
                   können sich hier nicht bei ihr anmelden.",
        },
        unknown_redirect_uri: Explanation {
            title: "Diesem Anmeldelink ist nicht zu trauen",
            text: "Er würde Sie zu einer Adresse leiten, die für die Anwendung nicht registriert ist. Es wurde nichts \
                   dorthin gesendet. Öffnen Sie die Anwendung selbst und melden Sie sich von dort aus an.",
        },
        expired: Explanation {
            title: "Diese Seite ist abgelaufen",
            text: "Kehren Sie zur Anwendung zurück und melden Sie sich noch einmal an. Geschieht das jedes Mal, erlauben \
                   Sie Cookies für diese Website.",
        },
        unavailable: Explanation {
            title: "Vorübergehend nicht verfügbar",
            text: "Der Anmeldedienst kann gerade nicht antworten. Versuchen Sie es gleich noch einmal.",
        },
        logout: Explanation {
            title: "Dieser Abmeldelink funktioniert nicht",
            text: "Die Anfrage der Anwendung ist ungültig. Es hat sich nichts geändert: Sie sind möglicherweise noch \
                   angemeldet.",
        },
        for_developers: "Für Entwickler:",
    },
};
