//! Takes two files out of the release of Swagger UI in the crate `utoipa-swagger-ui-vendored`: of its 4 MB, the page needs these
//! 0.4 MB. They stay compressed: gzip files contain the same deflate data as ZIP archives.

use std::{env, error::Error, fs, path::Path};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED as ARCHIVE;

const FILES: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];
const DEFLATE: u16 = 8;
/// The header of a gzip file without name and time (RFC 1952, section 2.3).
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = env::var("OUT_DIR")?;
    for name in FILES {
        let gzip = gzip_of(&format!("/dist/{name}")).ok_or_else(|| format!("Swagger UI has no {name}"))?;
        fs::write(Path::new(&folder).join(format!("{name}.gz")), gzip)?;
    }
    Ok(())
}

/// The file whose path ends with `path`, as gzip.
fn gzip_of(path: &str) -> Option<Vec<u8>> {
    // The end of the archive says where the list of its files begins.
    let end = ARCHIVE.windows(4).rposition(|signature| signature == b"PK\x05\x06")?;
    let mut entry = long(end + 16)?;
    while ARCHIVE.get(entry..entry + 4)? == b"PK\x01\x02" {
        let (name_len, extra_len, comment_len) = (short(entry + 28)?, short(entry + 30)?, short(entry + 32)?);
        let name = ARCHIVE.get(entry + 46..entry + 46 + name_len)?;
        if name.ends_with(path.as_bytes()) && short(entry + 10)? == usize::from(DEFLATE) {
            let (packed_len, local) = (long(entry + 20)?, long(entry + 42)?);
            let data = local + 30 + short(local + 26)? + short(local + 28)?;
            let parts = [
                &GZIP_HEADER,
                ARCHIVE.get(data..data + packed_len)?,
                // A gzip file ends with the checksum and the length.
                ARCHIVE.get(entry + 16..entry + 20)?,
                ARCHIVE.get(entry + 24..entry + 28)?,
            ];
            return Some(parts.concat());
        }
        entry += 46 + name_len + extra_len + comment_len;
    }
    None
}

fn short(at: usize) -> Option<usize> {
    ARCHIVE.get(at..at + 2)?.try_into().ok().map(|bytes| u16::from_le_bytes(bytes).into())
}

fn long(at: usize) -> Option<usize> {
    ARCHIVE.get(at..at + 4)?.try_into().ok().and_then(|bytes| u32::from_le_bytes(bytes).try_into().ok())
}
