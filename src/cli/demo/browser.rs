//! Opens the page where there is a browser; where there is none, the link is printed anyway.

use std::process::Stdio;
use tokio::process::Command;

/// Asks the desktop to show it, and says nothing when it cannot.
pub fn open(url: &str) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let started = Command::new(opener)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Ok(mut child) = started {
        // Waited for, so that it does not stay behind as a zombie.
        tokio::spawn(async move { child.wait().await });
    }
}
