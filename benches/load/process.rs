//! The real program as a child process: how soon it is ready, and what it occupies.

use crate::client::{Line, get};
use crate::workplace::{Outside, PATIENCE};
use anyhow::{Context, bail};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A `lapse serve`; killed when it is dropped.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start until `/readyz` answered 200.
    pub ready_after: Duration,
}

/// Mebibytes of memory.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Now.
    pub resident: f64,
    /// The most since the start.
    pub peak: f64,
}

impl Process {
    /// Starts it and waits until it is ready.
    pub async fn start(outside: &Outside, database: &str, folder: &Path) -> anyhow::Result<Self> {
        // The port is free again a moment later, and nobody else on this machine wants it.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let file = folder.join("lapse.toml");
        std::fs::write(&file, outside.config_text(&address.to_string()))?;
        let log = std::fs::File::create(folder.join("serve.log"))?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_lapse"));
        command.arg("serve").arg("--config").arg(&file);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        command.envs(outside.environment(database));
        let began = Instant::now();
        let mut child = command.spawn().context("lapse cannot be started")?;
        loop {
            if is_ready(address).await {
                break;
            }
            if let Some(status) = child.try_wait()? {
                let log = std::fs::read_to_string(folder.join("serve.log"))?;
                bail!("lapse ended with {status}:\n{log}");
            }
            if began.elapsed() > PATIENCE {
                child.kill()?;
                bail!("lapse never became ready");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(Self {
            child,
            address,
            ready_after: began.elapsed(),
        })
    }

    /// What it occupies.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        memory_of(self.child.id())
    }
}

/// What a process occupies, as the kernel tells.
pub fn memory_of(process: u32) -> anyhow::Result<Memory> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&path)
        .with_context(|| format!("{path} tells how much memory is used, on Linux only"))?;
    let mebibytes = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|kibibytes| kibibytes.parse::<f64>().ok())
            .map(|kibibytes| kibibytes / 1024.0)
            .with_context(|| format!("{path} has no {name}"))
    };
    Ok(Memory {
        resident: mebibytes("VmRSS:")?,
        peak: mebibytes("VmHWM:")?,
    })
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("a lapse process could not be ended: {error}");
        }
    }
}

async fn is_ready(address: SocketAddr) -> bool {
    let asked = async {
        let mut line = Line::open(address).await?;
        line.ask(&get("/readyz")).await
    };
    asked.await.is_ok_and(|answer| answer.status == 200)
}
