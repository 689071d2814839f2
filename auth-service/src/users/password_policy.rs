//! Which passwords may be chosen (NIST SP 800-63B-4, section 3.1.1.2): no rules of composition, but none that are guessed first.

use service_kit::StartError;
use shared::UnixTime;

use super::{breach_list::BreachList, common_passwords::is_common, password::Password, username::Username};
use crate::config::PasswordConfig;

/// Decides which passwords may be chosen.
pub struct PasswordPolicy {
    refuses_common: bool,
    breaches: Option<BreachList>,
}

/// A password that the policy has accepted.
pub struct NewPassword(Password);

/// Why a password may not be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// It is on the list.
    #[error("This password is one of the most common; choose another")]
    Common,
    /// It is the username, or at least half of it is.
    #[error("This password is little more than the username; choose another")]
    LikeUsername,
    /// It is in the operator's list of passwords that were published after breaches.
    #[error("This password was published after a data breach; choose another")]
    Breached,
}

impl PasswordPolicy {
    /// As configured.
    ///
    /// # Errors
    /// [`StartError`] for an unusable address of the list of breaches.
    pub fn new(config: &PasswordConfig) -> Result<Self, StartError> {
        let breaches = config.breach_url()?.map(BreachList::new).transpose()?;
        Ok(Self { refuses_common: config.refuse_common, breaches })
    }

    /// The password, if the user of this name may choose it.
    ///
    /// # Errors
    /// [`WeakPassword`].
    pub async fn accept(&self, password: Password, username: &str, now: UnixTime) -> Result<NewPassword, WeakPassword> {
        {
            let folded = password.folded();
            if self.refuses_common && is_common(&folded) {
                return Err(WeakPassword::Common);
            }
            if is_little_more_than(&folded, &Username::fold_part(username)) {
                return Err(WeakPassword::LikeUsername);
            }
        }
        match &self.breaches {
            Some(breaches) if breaches.has(&password, now).await => Err(WeakPassword::Breached),
            _ => Ok(NewPassword(password)),
        }
    }
}

impl NewPassword {
    /// The public password of a sample user, to which no policy applies.
    pub(super) fn of_sample_user(password: &str) -> Self {
        Self(Password::typed(password.to_owned()))
    }

    pub(super) fn into_inner(self) -> Password {
        self.0
    }
}

/// Whether at least half of the password is the name, once or several times, forwards or backwards.
fn is_little_more_than(password: &str, name: &str) -> bool {
    let backwards: String = name.chars().rev().collect();
    let (len, name_len) = (password.chars().count(), name.chars().count());
    [name, &backwards].into_iter().any(|name| {
        let taken = password.matches(name).count() * name_len;
        taken > 0 && 2 * taken >= len
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_is_mostly_the_name_is_little_more_than_it() {
        for (password, name) in [
            ("jonathan", "jonathan"),
            ("jonathan2024", "jonathan"),
            ("1jonathan!", "jonathan"),
            ("nahtanoj", "jonathan"),
            ("johnjohn", "john"),
            ("john1234", "john"),
            ("aaaaaaaa", "a"),
        ] {
            assert!(is_little_more_than(password, name), "{password}");
        }
        for (password, name) in [
            ("correct horse", "horse"),
            ("john and the whale", "john"),
            ("john12345", "john"),
            ("a good one", "a"),
            ("correct horse", "jonathan"),
            ("密码密码", "用户"),
            ("jonathan", ""),
        ] {
            assert!(!is_little_more_than(password, name), "{password}");
        }
    }
}
