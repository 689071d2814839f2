//! The logger of a program.

use env_logger::{Builder, Env};

use super::{
    format::{write_json, write_plain},
    settings::{LogConfig, LogFormat},
    timestamp::Timestamp,
};

/// Has this program log to the standard error as the settings say. `RUST_LOG` chooses what, `default_filter` applies
/// where it is not set. Does nothing where there is a logger already.
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
