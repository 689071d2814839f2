//! Sessions in memory.

use std::{
    collections::{BTreeSet, HashMap},
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    issuer_session::EndedLogin,
    login_session::LoginSession,
    login_sessions::{LoginSessions, SessionsFuture},
    session_id::SessionId,
};
use crate::time::UnixTime;

/// Sessions in the memory of one process. They end with it: users are logged in again by the issuer, without a password while
/// its own session lives.
pub struct MemorySessions {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sessions: HashMap<SessionId, Arc<LoginSession>>,
    by_expiry: BTreeSet<(i64, SessionId)>,
    spent: HashMap<String, UnixTime>,
}

/// Only the issuer can add to these, so this is for an issuer that has gone wrong.
const MAX_SPENT: usize = 100_000;

impl MemorySessions {
    /// For at most `capacity` sessions. One more ends the one that would expire first.
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemorySessions {
    /// For 10,000 sessions, which take about 60 MB.
    fn default() -> Self {
        Self::new(10_000)
    }
}

impl State {
    fn insert(&mut self, id: SessionId, session: LoginSession) {
        self.remove(&id);
        self.by_expiry.insert((session.expires_at.seconds(), id));
        self.sessions.insert(id, Arc::new(session));
    }

    fn remove(&mut self, id: &SessionId) -> Option<Arc<LoginSession>> {
        let session = self.sessions.remove(id)?;
        self.by_expiry.remove(&(session.expires_at.seconds(), *id));
        Some(session)
    }

    fn remove_expired(&mut self, now: UnixTime) {
        while let Some((_, id)) = self.by_expiry.first().filter(|(expires_at, _)| *expires_at <= now.seconds()).copied()
        {
            self.remove(&id);
        }
    }
}

fn done<'a, T: Send + 'a>(value: T) -> SessionsFuture<'a, T> {
    Box::pin(ready(Ok(value)))
}

impl LoginSessions for MemorySessions {
    fn insert<'a>(&'a self, id: &'a SessionId, session: LoginSession, now: UnixTime) -> SessionsFuture<'a, ()> {
        let mut state = self.state();
        state.remove_expired(now);
        while state.sessions.len() >= self.capacity {
            let Some((_, first)) = state.by_expiry.first().copied() else { break };
            state.remove(&first);
        }
        state.insert(*id, session);
        done(())
    }

    fn find<'a>(&'a self, id: &'a SessionId, now: UnixTime) -> SessionsFuture<'a, Option<Arc<LoginSession>>> {
        let found = self.state().sessions.get(id).cloned();
        done(found.filter(|session| session.is_live(now)))
    }

    fn update<'a>(&'a self, id: &'a SessionId, session: LoginSession, now: UnixTime) -> SessionsFuture<'a, bool> {
        let mut state = self.state();
        let is_live = state.sessions.get(id).is_some_and(|session| session.is_live(now));
        if is_live {
            state.insert(*id, session);
        }
        done(is_live)
    }

    fn remove<'a>(&'a self, id: &'a SessionId) -> SessionsFuture<'a, Option<Arc<LoginSession>>> {
        done(self.state().remove(id))
    }

    fn remove_ended<'a>(&'a self, ended: &'a EndedLogin) -> SessionsFuture<'a, usize> {
        let mut state = self.state();
        let is_ended = |(id, session): (&SessionId, &Arc<LoginSession>)| session.is_ended_by(ended).then_some(*id);
        let ids: Vec<_> = state.sessions.iter().filter_map(is_ended).collect();
        done(ids.iter().filter_map(|id| state.remove(id)).count())
    }

    fn spend_logout_token<'a>(&'a self, jti: &'a str, expires_at: UnixTime, now: UnixTime) -> SessionsFuture<'a, bool> {
        let spent = &mut self.state().spent;
        if spent.contains_key(jti) {
            return done(false);
        }
        if spent.len() >= MAX_SPENT / 2 {
            spent.retain(|_, until| now < *until);
        }
        let has_room = spent.len() < MAX_SPENT;
        if has_room {
            spent.insert(jti.to_owned(), expires_at);
        }
        done(has_room)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;
    use serde_json::{Map, json};

    use super::*;
    use crate::secret::Secret;

    const NOW: UnixTime = UnixTime::from_seconds(1_000);

    fn session(name: &str, lives: u64) -> LoginSession {
        let secret = || Secret::new(String::new());
        LoginSession {
            claims: Map::from_iter([("sub".to_owned(), json!(name)), ("sid".to_owned(), json!(name))]),
            profile: Map::new(),
            id_token: secret(),
            access_token: secret(),
            refresh_token: Some(secret()),
            renew_at: NOW,
            usable_until: NOW,
            expires_at: NOW.plus(Duration::from_secs(lives)),
        }
    }

    fn now<T>(future: SessionsFuture<'_, T>) -> T {
        future.now_or_never().unwrap().unwrap()
    }

    fn with(capacity: usize, names: &[(&str, u64)]) -> MemorySessions {
        let sessions = MemorySessions::new(capacity);
        for (name, lives) in names {
            now(sessions.insert(&SessionId::of_cookie(name), session(name, *lives), NOW));
        }
        sessions
    }

    fn has(sessions: &MemorySessions, name: &str, at: UnixTime) -> bool {
        now(sessions.find(&SessionId::of_cookie(name), at)).is_some()
    }

    #[test]
    fn one_session_too_many_ends_the_one_that_expires_first() {
        let sessions = with(2, &[("a", 20), ("b", 10), ("c", 30)]);

        let stored = ["a", "b", "c"].map(|name| has(&sessions, name, NOW));

        assert_eq!(stored, [true, false, true]);
    }

    #[test]
    fn a_session_expires() {
        let sessions = with(9, &[("a", 20)]);

        assert!(has(&sessions, "a", NOW.plus(Duration::from_secs(19))));
        assert!(!has(&sessions, "a", NOW.plus(Duration::from_secs(20))));
    }

    #[test]
    fn expired_sessions_make_room() {
        let sessions = with(9, &[("a", 1), ("b", 1)]);
        let later = NOW.plus(Duration::from_secs(5));

        now(sessions.insert(&SessionId::of_cookie("c"), session("c", 60), later));

        assert_eq!(sessions.state().sessions.len(), 1);
        assert_eq!(sessions.state().by_expiry.len(), 1);
    }

    #[test]
    fn a_session_that_has_ended_is_not_brought_back_by_an_update() {
        let sessions = with(9, &[("a", 60)]);
        let id = SessionId::of_cookie("a");
        now(sessions.remove(&id));

        assert!(!now(sessions.update(&id, session("a", 60), NOW)));
        assert!(!has(&sessions, "a", NOW));
    }

    #[test]
    fn a_session_without_a_refresh_token_ends_with_its_access_token() {
        let sessions = MemorySessions::default();
        let short = LoginSession { refresh_token: None, ..session("a", 60) };
        now(sessions.insert(&SessionId::of_cookie("a"), short, NOW));

        assert!(!has(&sessions, "a", NOW));
    }
}
