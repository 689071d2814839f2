//! The playground: a page at `/` for trying out the system, if `AUTH__PLAYGROUND` is set. It calls the routes that any client can
//! call; nothing here is for it alone but its own files.

pub mod api;
mod assets;
#[expect(clippy::module_inception, reason = "the type has the name of its feature")]
pub mod playground;
pub mod show;
