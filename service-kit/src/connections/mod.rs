//! Connections: how many there may be, and how slow they may be.

mod admission;
mod pace;
mod paced_stream;
mod pipeline;
mod settings;

pub use admission::Connections;
pub(crate) use pace::Pace;
pub(crate) use paced_stream::PacedStream;
pub use settings::ConnectionConfig;
