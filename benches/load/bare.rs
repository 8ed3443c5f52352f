//! The limit: an axum route that reads the body and answers 200, on one thread of its own.

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A running bare route.
pub struct Bare {
    /// Where it listens.
    pub address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Bare {
    /// Starts it; it takes any path.
    pub async fn start() -> anyhow::Result<Self> {
        let runtime = crate::workplace::runtime()?;
        let listener = runtime
            .spawn(TcpListener::bind("127.0.0.1:0"))
            .await?
            .context("the bare route cannot listen")?;
        let address = listener.local_addr()?;
        let router = Router::new().route("/{*path}", post(async |body: Bytes| drop(body)));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            runtime: Some(runtime),
        })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
