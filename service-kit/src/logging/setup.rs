//! The logger of a program.

use env_logger::{Builder, Env};

use super::{
    format::{write_json, write_plain},
    settings::{LogConfig, LogFormat},
    timestamp::Timestamp,
};

/// Sets up logging to standard error according to the settings. `RUST_LOG` sets the level; `default_filter` applies if it
/// is not set. Does nothing if there is a logger already.
pub fn init_log(config: &LogConfig, default_filter: &str) {
    let mut builder = Builder::from_env(Env::default().default_filter_or(default_filter));
    match config.format {
        LogFormat::Plain => builder.format(|out, record| {
            let style = out.default_level_style(record.level());
            write_plain(out, Timestamp::now(), style, record)
        }),
        LogFormat::Json => builder.format(|out, record| write_json(out, Timestamp::now(), record)),
    };
    // A test may start several services in one process.
    let _ = builder.try_init();
}
