//! The wire between a bot and PostgreSQL, which can lose the answer to a commit.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

/// The server's answer to a commit:
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html>, `CommandComplete`.
const COMMITTED: &[u8] = b"COMMIT\0";

/// Passes everything on, until it is told not to; gone when dropped.
pub struct Wire {
    /// The database's URL by way of this wire.
    pub url: String,
    state: Arc<State>,
    running: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    /// The how-manieth commit from now loses its answer; 0 is none.
    loses: AtomicUsize,
    /// Only commits of transactions that have sent this count.
    about: Mutex<Vec<u8>>,
    is_down: watch::Sender<bool>,
}

impl Wire {
    /// A wire to this database.
    pub async fn to(database_url: &str) -> Self {
        let mut url = Url::parse(database_url).expect("a URL");
        let host = url.host_str().expect("a host");
        let server = format!("{host}:{}", url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(port)).expect("a port");
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let running = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((bot, _)) = listener.accept().await {
                if !*shared.is_down.borrow()
                    && let Ok(server) = TcpStream::connect(&server).await
                {
                    connections.spawn(pass_on(bot, server, Arc::clone(&shared)));
                }
            }
        });
        Self {
            url: url.to_string(),
            state,
            running,
        }
    }

    /// The next commit of a transaction that sends this text to the server is carried out, and
    /// its answer is lost with the connection.
    pub fn lose_the_answer_to_what_says(&self, text: &str) {
        *self.state.about() = text.as_bytes().to_vec();
        self.lose_the_answer_after(0);
    }

    /// The same for whatever is committed after so many other commits.
    pub fn lose_the_answer_after(&self, commits: usize) {
        self.state.loses.store(commits + 1, Ordering::SeqCst);
    }

    /// Whether an answer is still to be lost.
    pub fn is_armed(&self) -> bool {
        self.state.loses.load(Ordering::SeqCst) > 0
    }

    /// Closes every connection, and every new one.
    pub fn down(&self) {
        self.state.is_down.send_replace(true);
    }

    /// Lets connections through again.
    pub fn up(&self) {
        self.state.is_down.send_replace(false);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl State {
    fn about(&self) -> MutexGuard<'_, Vec<u8>> {
        self.about.lock().expect("nobody panicked")
    }

    /// Whether this commit is the one whose answer is lost.
    fn loses_this_one(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        let counted = self
            .loses
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        counted == Ok(1)
    }
}

async fn pass_on(bot: TcpStream, server: TcpStream, state: Arc<State>) {
    let (from_bot, to_bot) = bot.into_split();
    let (from_server, to_server) = server.into_split();
    let mut down = state.is_down.subscribe();
    let said = AtomicBool::new(false);
    let listen = |chunk: &[u8]| {
        if contains(chunk, &state.about()) {
            said.store(true, Ordering::SeqCst);
        }
        false
    };
    let answers = |chunk: &[u8]| {
        contains(chunk, COMMITTED) && said.swap(false, Ordering::SeqCst) && state.loses_this_one()
    };
    tokio::select! {
        () = copy(from_bot, to_server, listen) => {}
        () = copy(from_server, to_bot, answers) => {}
        _ = down.wait_for(|is_down| *is_down) => {}
    }
}

/// Copies until either side closes or something is to be lost.
async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, is_lost: impl Fn(&[u8]) -> bool) {
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut chunk).await {
        if is_lost(&chunk[..read]) || to.write_all(&chunk[..read]).await.is_err() {
            return;
        }
    }
}

/// Every chunk contains nothing.
fn contains(chunk: &[u8], what: &[u8]) -> bool {
    what.is_empty() || chunk.windows(what.len()).any(|window| window == what)
}
