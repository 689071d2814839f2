//! Handlers that describe their operations.

use std::future::Future;

use super::{answer::Answer, described::Described, operation::Operation};

/// A handler whose arguments and return type describe its operation.
pub trait DescribedHandler<Args> {
    /// Adds what the signature says.
    fn describe(operation: &mut Operation);
}

macro_rules! described_handlers {
    ($(($($arg:ident)*))+) => {$(
        impl<F, Fut, $($arg),*> DescribedHandler<($($arg,)*)> for F
        where
            F: Fn($($arg),*) -> Fut,
            Fut: Future,
            Fut::Output: Answer,
            $($arg: Described,)*
        {
            fn describe(operation: &mut Operation) {
                $($arg::describe(operation);)*
                <Fut::Output as Answer>::describe(operation);
            }
        }
    )+};
}

described_handlers! {
    ()
    (A)
    (A B)
    (A B C)
    (A B C D)
    (A B C D E)
    (A B C D E G)
    (A B C D E G H)
    (A B C D E G H I)
}
