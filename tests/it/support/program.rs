//! The program itself, as a child process in the machine's own time.

use super::world::{PATIENCE, World};
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Everything that the environment tells the program.
const VARIABLES: [&str; 6] = [
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_APP_TOKEN",
    "TAILSCALE_CLIENT_ID",
    "TAILSCALE_CLIENT_SECRET",
    "DATABASE_URL",
];

/// `lapse serve`; killed when this is dropped.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
    log: PathBuf,
}

impl Program {
    /// Starts it in this world, and does not wait for it.
    pub fn launch(world: &World) -> Self {
        // The port is free now; nothing else on this machine picks it up within a second.
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("its address");
        drop(free);
        let file = |name: &str| {
            world
                .folder()
                .join(format!("{name}-{}.txt", address.port()))
        };
        let (config, log) = (file("config"), file("log"));
        let text = world
            .config_text()
            .replace("127.0.0.1:0\"", &format!("{address}\""));
        std::fs::write(&config, text).expect("the configuration is written");
        let out = File::create(&log).expect("a log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_lapse"));
        command
            .args(["serve", "--config"])
            .arg(&config)
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(out);
        for variable in VARIABLES {
            if let Some(value) = world.environment(variable) {
                command.env(variable, value);
            }
        }
        let child = command.spawn().expect("the program starts");
        Self {
            child,
            address,
            log,
        }
    }

    /// Starts it, waits until it judges people, and connects Slack to it.
    pub async fn serve(world: &World) -> Self {
        let program = Self::launch(world);
        program.ready().await;
        world
            .slack
            .connect_bot(&format!("http://{}", program.address));
        program
    }

    async fn ready(&self) {
        let http = lapse::cli::wiring::http_client("http://127.0.0.1").expect("a client");
        let url = format!("http://{}/readyz", self.address);
        let began = Instant::now();
        loop {
            let answer = http.get(&url).send().await;
            let is_ready = match answer {
                Ok(answer) if answer.status() == 200 => {
                    // Notes are all right for an operator; these stories wait for everything.
                    let text = answer.text().await.unwrap_or_default();
                    !text.contains("tailscale")
                        && !text.contains("group")
                        && !text.contains(r#""open":0"#)
                }
                _ => false,
            };
            if is_ready {
                return;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "the program is not ready:\n{}",
                self.said()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it is gone");
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .arg("-c")
            .arg(format!("kill -{name} {}", self.child.id()))
            .status()
            .expect("a shell");
        assert!(sent.success(), "SIG{name} is sent");
    }

    /// How it ended, which has to be within this long.
    pub async fn ended_within(&mut self, limit: Duration) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status;
            }
            assert!(began.elapsed() < limit, "it does not end:\n{}", self.said());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What it wrote to stderr.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already, which is as well.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
