//! The two ways to load a server: as fast as it goes, and at a rate that does not wait for it.

use crate::client::{Answer, Line};
use anyhow::{Context, ensure};
use bytes::Bytes;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Connections of a closed loop.
pub const CONNECTIONS: usize = 32;

/// Lengths of time, kept one by one: a run has few enough of them for exact percentiles.
#[derive(Clone, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// One more.
    pub fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The sample that so many of a hundred do not exceed.
    pub fn percentile(&self, hundredth: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() * hundredth).div_ceil(100).max(1) - 1;
        sorted.get(place).copied().unwrap_or_default()
    }
}

/// Milliseconds with their fraction.
pub fn millis(length: Duration) -> f64 {
    length.as_secs_f64() * 1_000.0
}

/// `p50 … · p99 … · max …`
pub fn spread(samples: &Samples) -> String {
    format!(
        "p50 {:.2} ms · p99 {:.2} ms · max {:.2} ms",
        millis(samples.percentile(50)),
        millis(samples.percentile(99)),
        millis(samples.percentile(100))
    )
}

/// How much a closed loop sends.
pub enum Amount {
    /// The same request again and again, for so long.
    For(Bytes, Duration),
    /// Each of these once.
    Each(Vec<Bytes>),
}

/// As fast as it goes over [`CONNECTIONS`]; answers a second. Anything but 200 is an error.
pub async fn flat_out(to: SocketAddr, amount: Amount) -> anyhow::Result<f64> {
    let mut lines = Vec::new();
    for _ in 0..CONNECTIONS {
        lines.push(Line::open(to).await?);
    }
    let began = Instant::now();
    let source = Arc::new(Mutex::new(match amount {
        Amount::For(request, length) => Source::Repeated(request, began + length),
        Amount::Each(requests) => Source::Listed(requests.into()),
    }));
    let mut loops = JoinSet::new();
    for mut line in lines {
        let source = Arc::clone(&source);
        loops.spawn(async move {
            let mut answered = 0_u32;
            loop {
                let next = source.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(request) = next else {
                    return anyhow::Ok(answered);
                };
                let answer = line.ask(&request).await?;
                ensure!(answer.status == 200, "answered {}", answer.status);
                answered += 1;
            }
        });
    }
    let mut answered = 0;
    while let Some(done) = loops.join_next().await {
        answered += done??;
    }
    Ok(f64::from(answered) / began.elapsed().as_secs_f64())
}

enum Source {
    Repeated(Bytes, Instant),
    Listed(VecDeque<Bytes>),
}

impl Source {
    fn next(&mut self) -> Option<Bytes> {
        match self {
            Self::Repeated(request, until) => (Instant::now() < *until).then(|| request.clone()),
            Self::Listed(requests) => requests.pop_front(),
        }
    }
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// A request with the moment at which it is to be sent.
pub struct Planned<Kind> {
    /// Counted from the start.
    pub at: Duration,
    /// What is told apart.
    pub kind: Kind,
    /// The request.
    pub request: Bytes,
}

/// One answer of an open loop.
pub struct Arrived<Kind> {
    /// Of what.
    pub kind: Kind,
    /// From the moment at which it was to be sent.
    pub took: Duration,
    /// What came back, or why nothing did.
    pub answer: anyhow::Result<Answer>,
}

/// Connections between two uses. One that has rested for long is not used again: the server may
/// be closing it at this very moment, which every client has to expect.
#[derive(Clone, Default)]
struct Idle(Arc<Mutex<Vec<(Line, Instant)>>>);

impl Idle {
    const AT_MOST: Duration = Duration::from_secs(2);

    fn take(&self) -> Option<Line> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (line, since) = lines.pop()?;
        (since.elapsed() < Self::AT_MOST).then_some(line)
    }

    fn rest(&self, line: Line) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push((line, Instant::now()));
    }
}

/// Sends each request at its moment, however long the ones before take: who is late, is late
/// in the figures too. The timer ticks in milliseconds; its lateness counts as well.
pub async fn on_schedule<Kind: Send + 'static>(
    to: SocketAddr,
    plan: Vec<Planned<Kind>>,
) -> anyhow::Result<Vec<Arrived<Kind>>> {
    let idle = Idle::default();
    for _ in 0..CONNECTIONS {
        idle.rest(Line::open(to).await?);
    }
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for planned in plan {
        let due = began + planned.at;
        tokio::time::sleep_until(due.into()).await;
        let idle = idle.clone();
        calls.spawn(async move {
            let line = idle.take();
            let answer = async {
                let mut line = match line {
                    Some(line) => line,
                    None => Line::open(to).await?,
                };
                let answer = line.ask(&planned.request).await?;
                idle.rest(line);
                Ok(answer)
            };
            let answer = answer.await;
            Arrived {
                kind: planned.kind,
                took: due.elapsed(),
                answer,
            }
        });
    }
    let mut arrived = Vec::new();
    while let Some(call) = calls.join_next().await {
        arrived.push(call.context("a call was dropped")?);
    }
    Ok(arrived)
}
