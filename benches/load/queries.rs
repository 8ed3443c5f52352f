//! The queries that must not grow with history, asked at a short and at a long one.

use crate::history::{ASKERS, PROFILES, fill};
use crate::measure::{Samples, millis};
use crate::report::Report;
use crate::settings::Settings;
use crate::workplace::{Base, Home, on, runtime};
use chrono::TimeDelta;
use lapse::clock::Clock;
use lapse::domain::ids::{PersonId, ProfileId, RequestId};
use lapse::store::{OpenGrants, Result, Store};
use std::time::{Duration, Instant};

/// The bar for the 99th percentile in milliseconds.
const BAR: f64 = 5.0;
/// And as a multiple of the same at the short history.
const GROWTH: f64 = 2.0;
/// Rows of a page.
const PAGE: u32 = 20;

/// A question that is asked of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Due,
    Pending,
    OpenGrants,
    RequestsOf,
    EventsOf,
    AskedLately,
    Claim,
}

const QUESTIONS: [(Question, &str); 7] = [
    (Question::Due, "due"),
    (Question::Pending, "pending_for_profiles"),
    (Question::OpenGrants, "open_grants, second page"),
    (Question::RequestsOf, "requests_of"),
    (Question::EventsOf, "events_of"),
    (Question::AskedLately, "asked_lately"),
    (Question::Claim, "claim of 32 among 10000"),
];

/// Measures it; what is left is the long history.
pub async fn measure(base: Base, settings: &Settings, report: &mut Report) -> anyhow::Result<Home> {
    let few = Home::create(base).await?;
    fill(&few, settings.few_rows).await?;
    let at_few = ask_all(&few, settings.few_rows, settings).await?;
    drop(few);
    let many = Home::create(base).await?;
    let began = Instant::now();
    fill(&many, settings.many_rows).await?;
    report.note(
        format!("{base}: filling the long history"),
        format!("{} requests in {:.0?}", settings.many_rows, began.elapsed()),
    );
    let at_many = ask_all(&many, settings.many_rows, settings).await?;
    for (((_, name), few), many) in QUESTIONS.iter().zip(at_few).zip(at_many) {
        let (few, many) = (millis(few.percentile(99)), millis(many.percentile(99)));
        let what = format!("{base}: {name}, p99 at {} requests", settings.many_rows);
        report.at_most(what, format!("{many:.2} ms"), many, (BAR, "ms"));
        let what = format!("{base}: {name}, p99 against {} requests", settings.few_rows);
        let growth = many / few.max(f64::EPSILON);
        let figure = format!("{growth:.2} × {few:.2} ms");
        report.at_most(what, figure, growth, (GROWTH, "×"));
    }
    Ok(many)
}

async fn ask_all(home: &Home, rows: u64, settings: &Settings) -> anyhow::Result<Vec<Samples>> {
    let (url, asked) = (home.url(), settings.asked);
    let runtime = runtime()?;
    let answers = on(runtime.handle().clone(), move || async move {
        let store = Store::open(&url, 4).await?;
        let mut all = Vec::new();
        for (question, _) in QUESTIONS {
            let mut samples = Samples::default();
            // A claim is followed by a release, which is not measured.
            let times = if question == Question::Claim {
                asked / 5
            } else {
                asked
            };
            for nth in 0..times as u64 {
                // The first tenth only warms the caches of the file system and the server.
                let took = ask(&store, question, nth.wrapping_mul(7_919), rows).await?;
                if nth >= times as u64 / 10 {
                    samples.add(took);
                }
                if question == Question::Claim {
                    store.release_all("bench").await?;
                }
            }
            all.push(samples);
        }
        store.close().await;
        anyhow::Ok(all)
    });
    let answers = answers.await?;
    runtime.shutdown_background();
    answers
}

async fn ask(store: &Store, question: Question, nth: u64, rows: u64) -> Result<Duration> {
    let now = Clock::system().now();
    let person = PersonId::new(format!("U0H{}", nth % ASKERS));
    let profile = ProfileId::new(format!("profile-{}", nth % PROFILES));
    let began = Instant::now();
    let found = match question {
        Question::Due => store.due(now, 100).await?.len(),
        Question::Pending => store.pending_for_profiles(&[profile], PAGE).await?.len(),
        Question::OpenGrants => {
            let first = store.open_grants(&OpenGrants::All, None, PAGE).await?;
            let after = first.last().map(Into::into);
            let began = Instant::now();
            store
                .open_grants(&OpenGrants::All, after.as_ref(), PAGE)
                .await?;
            return Ok(began.elapsed());
        }
        Question::RequestsOf => store.requests_of(&person, PAGE).await?.len(),
        Question::EventsOf => {
            let request = RequestId::new(format!("h{}", nth % rows + 1));
            store.events_of(&request).await?.len()
        }
        Question::AskedLately => {
            // The short history covers two days and a half.
            let since = now - TimeDelta::days(2);
            store.asked_lately(&person, &profile, since).await? as usize
        }
        Question::Claim => {
            let lease = Duration::from_secs(30);
            store.claim("bench", now, lease, 32).await?.len()
        }
    };
    let took = began.elapsed();
    std::hint::black_box(found);
    Ok(took)
}
