//! `lapse demo`: the real bot between a pretend Slack and a pretend tailnet, all on loopback,
//! with a page to click through.
//!
//! Only the two base addresses differ from `lapse serve`. Nothing of the machine's own Lapse
//! is touched: no configuration file is read, no credential is used, and the database lives in
//! a temporary folder that goes away with the demo.

mod browser;
mod cast;
mod credentials;
mod folder;
mod house;
mod manifest;
mod stage;

pub use credentials::forbidden;
pub use house::House;

use crate::lifecycle::Shutdown;
use crate::telemetry;
use anyhow::{Context, bail};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};

/// Where the page is when nobody says otherwise: any free port.
pub const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Reads the address of the page. Names are not looked up: who may talk to the page is judged
/// by its address.
pub fn listen_address(typed: &str) -> Result<SocketAddr, String> {
    typed.parse().map_err(|_| match typed.rsplit_once(':') {
        Some(("localhost", port)) if port.parse::<u16>().is_ok() => {
            format!("write it as a number: 127.0.0.1:{port}")
        }
        _ => "write an address and a port, such as 127.0.0.1:9000".to_owned(),
    })
}

/// Whether the page is opened in a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It is, as far as there is one.
    InBrowser,
    /// Only its link is printed.
    LinkOnly,
}

/// Runs until asked to stop.
///
/// `variables` are the names of everything in the environment: with credentials or a database
/// in reach the demo does not start, so that nobody takes it for their own Lapse.
pub fn run(
    listen: SocketAddr,
    opening: Opening,
    variables: impl Iterator<Item = String>,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    let found = forbidden(variables);
    if !found.is_empty() {
        bail!(
            "the demo does not start while {} {} set: it uses no credentials and no database of \
             yours. Nothing was started; unset {} and try again",
            found.join(", "),
            if found.len() == 1 { "is" } else { "are" },
            if found.len() == 1 { "it" } else { "them" },
        );
    }
    if !listen.ip().is_loopback() {
        bail!(
            "the demo listens on this machine only, and {} can be reached from others. Nothing \
             was started; use 127.0.0.1:{} or leave --listen out",
            listen.ip(),
            listen.port(),
        );
    }
    telemetry::log_from("warn");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the runtime could not be started")?;
    runtime.block_on(async {
        let shutdown = Shutdown::on_signals().context("signals cannot be listened for")?;
        let house = House::open(listen).await?;
        writeln!(out, "{}", banner(&house.url())).context("the link could not be printed")?;
        out.flush().context("the link could not be printed")?;
        if opening == Opening::InBrowser {
            browser::open(&house.url());
        }
        shutdown.soft().await;
        house.close().await;
        Ok(0)
    })
}

fn banner(url: &str) -> String {
    format!(
        "Lapse demo: the real bot, between a pretend Slack and a pretend tailnet.\n\
         Nothing leaves this machine. Everything is gone when it ends (Ctrl-C).\n\n  {url}\n"
    )
}
