//! `lapse health`: asks a running server whether it lives.

use super::wiring::http_client;
use std::io::Write;
use std::time::Duration;

/// How long a living server may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// 0 alive, 1 not; why not goes to stderr.
pub fn run(url: &str) -> u8 {
    match ask(url) {
        Ok(()) => 0,
        Err(error) => {
            let _ = writeln!(
                std::io::stderr(),
                "lapse: nothing lives there: {error:#}. Nothing was changed; see that `lapse \
                 serve` runs, and name where it listens with --url."
            );
            1
        }
    }
}

fn ask(url: &str) -> anyhow::Result<()> {
    let address = format!(
        "{}/healthz",
        url.trim_end_matches('/').trim_end_matches("/healthz")
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let answer = http_client(&address)?
            .get(&address)
            .timeout(PATIENCE)
            .send()
            .await?;
        anyhow::ensure!(
            answer.status().is_success(),
            "it answered {}",
            answer.status()
        );
        Ok(())
    })
}
