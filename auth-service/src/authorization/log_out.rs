//! Logouts that an application asks for (OpenID Connect RP-Initiated Logout 1.0).

use actix_web::{HttpResponse, http::StatusCode};
use service_kit::ApiError;
use shared::UnixTime;

use super::{
    authorizations::Found,
    cookies::CookieKind,
    dialog::Dialog,
    interaction::{Interaction, Purpose},
    page_form::SentForm,
    parameters::Parameters,
    redirect::{form_target, see_other, with_members},
    sent_parameters::SentParameters,
};
use crate::{
    clients::registered_client::RegisteredClient,
    pages::{fault::Fault, log_out::LogOut, logged_out::LoggedOut, page::Page},
    sessions::browser_login::SignedInBrowser,
    tokens::id_token_hint::IdTokenHint,
};

/// A valid request.
struct LogOutRequest {
    client: Option<RegisteredClient>,
    hint: Option<IdTokenHint>,
    /// Where the user goes afterwards.
    back_to: Option<String>,
}

/// `GET /oauth/logout`: an application asks to log its user out. Unless its ID token is one of the browser's session, the user
/// is asked: no foreign page logs anybody out.
pub async fn end_session(dialog: Dialog) -> HttpResponse {
    match Parameters::parse(dialog.visit.query()) {
        Ok(parameters) => end_session_with(&dialog, parameters, UnixTime::now()).await,
        Err(_) => dialog.fault(Fault::Unreadable),
    }
}

/// `POST /oauth/logout`: the same, with the parameters in a form.
pub async fn end_session_by_form(dialog: Dialog, sent: SentParameters) -> HttpResponse {
    let parameters = match sent.0 {
        Ok(parameters) => parameters,
        Err(fault) => return dialog.fault(fault),
    };
    if dialog.visit.is_cross_site() && !parameters.has_repeated() {
        // See `authorize_by_form`.
        return see_other(&dialog.visit.path(&format!("/oauth/logout?{}", parameters.to_query())));
    }
    end_session_with(&dialog, parameters, UnixTime::now()).await
}

/// `POST /oauth/logout/confirm`: the user confirms it, or does not.
pub async fn confirm(dialog: Dialog, sent: SentForm) -> HttpResponse {
    let now = UnixTime::now();
    let form = match sent.0 {
        Ok(form) => form,
        Err(fault) => return dialog.fault(fault),
    };
    let Some(interaction) = dialog.read(form.field("interaction"), Purpose::LogOut, now) else {
        return dialog.fault(Fault::Expired);
    };
    let (request, browser) = match judge(&dialog, &interaction.parameters, now).await {
        Ok(judged) => judged,
        Err(answer) => return answer,
    };
    match browser {
        Some(browser) if interaction.asked != Some(browser.session.id) => {
            ask(&dialog, interaction.parameters, &request, &browser, now)
        }
        Some(browser) if form.field("decision") == "allow" => log_out(&dialog, &request, &browser, now).await,
        // The user stays logged in, and goes back all the same.
        Some(_) if form.field("decision") == "deny" && request.back_to.is_some() => done(&dialog, &request),
        Some(browser) => ask(&dialog, interaction.parameters, &request, &browser, now),
        None => done(&dialog, &request),
    }
}

async fn end_session_with(dialog: &Dialog, parameters: Parameters, now: UnixTime) -> HttpResponse {
    let (request, browser) = match judge(dialog, &parameters, now).await {
        Ok(judged) => judged,
        Err(answer) => return answer,
    };
    let Some(browser) = browser else { return log_out_of(dialog, &request, now).await };
    let names_this_session = request.hint.as_ref().is_some_and(|hint| hint.browser == Some(browser.session.id));
    if names_this_session {
        log_out(dialog, &request, &browser, now).await
    } else {
        ask(dialog, parameters, &request, &browser, now)
    }
}

/// The request, and who is logged in in the browser.
async fn judge(
    dialog: &Dialog,
    parameters: &Parameters,
    now: UnixTime,
) -> Result<(LogOutRequest, Option<SignedInBrowser>), HttpResponse> {
    if parameters.has_repeated() {
        return Err(dialog.fault(Fault::Unreadable));
    }
    // The key of an old one may be gone: then the user is asked.
    let hint = parameters.find("id_token_hint").and_then(|token| dialog.authorizations.read_hint(token, now));
    let id = parameters.find("client_id");
    if let (Some(hint), Some(id)) = (&hint, id)
        && hint.client_id != id
    {
        return Err(dialog.fault(Fault::InvalidHint));
    }
    let id = hint.as_ref().map(|hint| &*hint.client_id).or(id);
    let Found { client, browser, .. } = dialog.look_up(id, now).await?;
    let back_to = match (parameters.find("post_logout_redirect_uri"), &client) {
        (Some(uri), Some(client)) if client.allows_post_logout_to(uri) => {
            let state = parameters.find("state").map(|state| [("state", state)]);
            Some(state.map_or_else(|| uri.to_owned(), |state| with_members(uri, &state)))
        }
        (Some(_), _) => return Err(dialog.fault(Fault::UnknownLogoutUri)),
        (None, _) => None,
    };
    Ok((LogOutRequest { client, hint, back_to }, browser))
}

fn ask(
    dialog: &Dialog,
    parameters: Parameters,
    request: &LogOutRequest,
    browser: &SignedInBrowser,
    now: UnixTime,
) -> HttpResponse {
    let interaction = Interaction::new(Purpose::LogOut, parameters, now).asking(browser.session.id);
    let target = request.back_to.as_deref().and_then(form_target);
    let recognized = match dialog.visit.browser() {
        Ok(recognized) => recognized,
        Err(error) => return dialog.failed(ApiError::internal(error)),
    };
    let (client, username) = (request.client_id(), &*browser.user.username);
    let page = Page::LogOut(LogOut { interaction: &dialog.write(&interaction, &recognized), client, username });
    let locales = interaction.parameters.find("ui_locales");
    let answer = dialog.visit.show_in(locales, StatusCode::OK, &page, target.as_deref());
    dialog.visit.recognizing(answer, recognized)
}

async fn log_out(dialog: &Dialog, request: &LogOutRequest, browser: &SignedInBrowser, now: UnixTime) -> HttpResponse {
    match dialog.sessions.log_out(browser.session.id, dialog.client.clone(), now).await {
        Ok(()) => dialog.visit.without_cookie(done(dialog, request), CookieKind::Session),
        Err(error) => dialog.failed(error.into()),
    }
}

/// The browser has lost its cookie. The holder of the ID token may still end its own sessions.
async fn log_out_of(dialog: &Dialog, request: &LogOutRequest, now: UnixTime) -> HttpResponse {
    if let Some(IdTokenHint { user, client_id, browser: Some(browser) }) = &request.hint {
        let ended = dialog.sessions.log_out_of(client_id.clone(), (*user, *browser), dialog.client.clone(), now).await;
        if let Err(error) = ended {
            return dialog.failed(error.into());
        }
    }
    done(dialog, request)
}

fn done(dialog: &Dialog, request: &LogOutRequest) -> HttpResponse {
    if let Some(back_to) = &request.back_to {
        let is_of_website = back_to.starts_with("https:") || back_to.starts_with("http:");
        return if is_of_website { dialog.visit.leave(back_to) } else { see_other(back_to) };
    }
    let page = Page::LoggedOut(LoggedOut { back_to: None, client: request.client_id() });
    dialog.visit.show(StatusCode::OK, &page, None)
}

impl LogOutRequest {
    fn client_id(&self) -> Option<&str> {
        self.client.as_ref().map(|client| &*client.id)
    }
}
