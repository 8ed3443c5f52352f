//! How long to wait before the next try: one second, doubling to a minute, give or take a fifth.

use rand::Rng;
use std::time::Duration;

/// The wait after this many failed tries.
pub fn after(attempts: u32) -> Duration {
    let seconds = 1_u64 << attempts.saturating_sub(1).min(6);
    let base = Duration::from_secs(seconds.min(60));
    base.mul_f64(rand::rng().random_range(0.8..1.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_a_minute_and_stays_there() {
        for (attempts, seconds) in [
            (0, 1.0),
            (1, 1.0),
            (2, 2.0),
            (4, 8.0),
            (7, 60.0),
            (500, 60.0),
        ] {
            let wait = after(attempts).as_secs_f64();
            assert!(
                (seconds * 0.8..=seconds * 1.2).contains(&wait),
                "{attempts}: {wait}"
            );
        }
    }
}
