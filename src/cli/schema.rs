//! `lapse schema`: prints the JSON Schema of the configuration file.

use crate::config::schema::schema;
use std::io::{self, Write};

/// Prints it, indented, with a line break at the end.
pub fn run(out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &schema())?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_json() {
        let mut out = Vec::new();
        run(&mut out).expect("output");
        let printed: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(printed, schema());
        assert!(out.ends_with(b"}\n"));
    }
}
