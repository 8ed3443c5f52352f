//! `lapse serve`: what keeps it from starting, and a start that works.

use super::{Call, FINE, PATIENCE, folder_with, name};
use crate::support::world::{Base, World};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A server of its own; it does not outlive a test that fails.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // One that has ended cannot be killed, which is as well.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Whatever a process prints, on either stream, as it comes.
fn lines_of(
    one: impl Read + Send + 'static,
    other: impl Read + Send + 'static,
) -> Receiver<String> {
    fn pass(stream: impl Read, to: &std::sync::mpsc::Sender<String>) {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // Nobody may be listening any more; the pipe is emptied all the same.
            drop(to.send(line));
        }
    }
    let (sender, lines) = channel();
    let second = sender.clone();
    std::thread::spawn(move || pass(one, &sender));
    std::thread::spawn(move || pass(other, &second));
    lines
}

#[test]
fn a_configuration_error_never_starts_the_server() {
    let bad = format!("[server]\nlisten = \"nowhere\"\n{FINE}").replace("\"1h\"", "\"soon\"");
    let (folder, _) = folder_with(&bad);
    let outcome = Call::new(&["serve"]).inside(folder.path()).run();
    assert_eq!(outcome.status, 1, "{outcome:?}");
    for told in [
        "lapse.toml:2:",
        "durations",
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
    ] {
        assert!(outcome.errors.contains(told), "{told}: {}", outcome.errors);
    }
    assert!(outcome.errors.contains("not started"), "{}", outcome.errors);
    assert_eq!(outcome.out, "");
    assert!(!folder.path().join("lapse.db").exists(), "nothing was made");
}

#[test]
fn missing_and_empty_secrets_are_told_at_once() {
    let (folder, _) = folder_with(FINE);
    let outcome = Call::new(&["serve"])
        .with("SLACK_SIGNING_SECRET", "  ")
        .with("TAILSCALE_CLIENT_ID_FILE", "/nowhere/at/all")
        .inside(folder.path())
        .run();
    assert_eq!(outcome.status, 1, "{outcome:?}");
    for told in [
        "SLACK_BOT_TOKEN: it is not set",
        "SLACK_SIGNING_SECRET: the value is empty",
        "TAILSCALE_CLIENT_ID_FILE: the file that it names cannot be read",
        "TAILSCALE_CLIENT_SECRET: it is not set",
        "4 problems in the configuration",
    ] {
        assert!(outcome.errors.contains(told), "{told}: {}", outcome.errors);
    }
}

#[test]
fn without_a_file_it_says_so() {
    let (folder, path) = folder_with(FINE);
    std::fs::remove_file(path).expect("removed");
    let outcome = Call::new(&["serve"]).inside(folder.path()).run();
    assert_eq!(outcome.status, 2, "{outcome:?}");
    assert!(
        outcome.errors.contains("lapse.toml cannot be read"),
        "{}",
        outcome.errors
    );
    assert!(
        outcome.errors.contains("LAPSE_CONFIG"),
        "{}",
        outcome.errors
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_or_a_file_that_is_taken_is_told() {
    let world = World::on(Base::Sqlite).await;
    let taken = world.address().to_string();
    let text = world.config_text();
    let (folder, path) = folder_with(&text.replace("127.0.0.1:0", &taken));
    let own = format!("sqlite://{}/own.db", folder.path().display());
    let address = Call::new(&["serve", "--config", name(&path)])
        .in_world(&world)
        .with("DATABASE_URL", &own)
        .run_beside()
        .await;
    assert_eq!(address.status, 2, "{address:?}");
    let told = format!("{taken} cannot be listened on; nothing was started");
    assert!(address.errors.contains(&told), "{}", address.errors);

    let (_folder, path) = folder_with(&text);
    let second = Call::new(&["serve", "--config", name(&path)])
        .in_world(&world)
        .run_beside()
        .await;
    assert_eq!(second.status, 2, "{second:?}");
    assert!(
        second.errors.contains("Another lapse is using"),
        "{}",
        second.errors
    );
    assert!(
        second.errors.contains("PostgreSQL"),
        "what to do: {}",
        second.errors
    );
}

/// The binary serves, is found alive, and ends with 0 when it is asked to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_serves_until_it_is_asked_to_stop() {
    let world = World::on(Base::Sqlite).await;
    let (folder, path) = folder_with(&world.config_text());
    let own = format!("sqlite://{}/own.db", folder.path().display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_lapse"));
    command.env_clear().args(["serve", "--config", name(&path)]);
    for variable in [
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "SLACK_APP_TOKEN",
        "TAILSCALE_CLIENT_ID",
        "TAILSCALE_CLIENT_SECRET",
    ] {
        if let Some(value) = world.environment(variable) {
            command.env(variable, value);
        }
    }
    command
        .env("DATABASE_URL", own)
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    let mut serving = Serving(command.spawn().expect("it starts"));
    let (errors, out) = (serving.0.stderr.take(), serving.0.stdout.take());
    let lines = lines_of(errors.expect("piped"), out.expect("piped"));
    let address = tokio::task::spawn_blocking(move || {
        let serving = lines.iter().find(|line| line.contains("Lapse is serving"));
        serving.and_then(|line| {
            let at = line.find("127.0.0.1:")?;
            let digits = |c: char| c.is_ascii_digit() || c == '.' || c == ':';
            Some(
                line[at..]
                    .chars()
                    .take_while(|c| digits(*c))
                    .collect::<String>(),
            )
        })
    });
    let address = address
        .await
        .expect("read")
        .expect("it says where it listens");
    let url = format!("http://{address}");
    let alive = Call::new(&["health", "--url", &url]).run_beside().await;
    assert_eq!(alive.status, 0, "{alive:?}");

    let asked = Command::new("kill")
        .args(["-TERM", &serving.0.id().to_string()])
        .status();
    assert!(asked.expect("kill exists").success());
    let began = Instant::now();
    let ended = loop {
        if let Some(status) = serving.0.try_wait().expect("a child") {
            break status;
        }
        assert!(began.elapsed() < PATIENCE, "it does not stop");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(ended.code(), Some(0));
}
