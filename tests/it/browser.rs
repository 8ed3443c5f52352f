//! What people see and press on the demo's page, in a real browser: Debian's Chromium.
//!
//! Each story opens a demo of its own and walks through it as people would: it reads what is
//! visible and presses what has a name. Waiting is patient and nothing is timed. A browser that
//! is not there is a failure; `scripts/test.sh` installs it.
//!
//! The same stories take the pictures of README and `docs/`: see `scripts/screenshots.sh`.

mod access;
mod at_once;
mod chromium;
mod forged;
mod home;
mod layout;
mod outage;
mod pictures;
mod reviews;
mod steps;
mod story;
mod window;
mod workflows;
