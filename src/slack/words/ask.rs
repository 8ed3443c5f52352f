//! `request <profile> [for 2h] [on <device>] [because …]`: clauses in any order, `because` last.

use super::line::{Line, Token};
use super::{Ask, Length, Misread};
use crate::domain::duration::parse_duration;
use crate::likeness::nearest;
use std::time::Duration;

/// The words that begin a clause.
pub(super) const CLAUSES: [&str; 3] = [FOR, ON, BECAUSE];
const FOR: &str = "for";
const ON: &str = "on";
const BECAUSE: &str = "because";
/// What people say around a device.
pub(super) const BEFORE_A_DEVICE: [&str; 4] = ["my", "the", "device", "machine"];
/// What people say at the end.
pub(super) const COURTESIES: [&str; 4] = ["please", "pls", "thanks", "asap"];

/// A clause that was taken.
enum Clause {
    Length(Option<Length>),
    Device(Option<String>),
    Because(Option<String>),
}

pub(super) fn read(line: &mut Line<'_>) -> Result<Ask, Misread> {
    let mut ask = Ask::default();
    let mut profile: Vec<String> = Vec::new();
    let mut is_whole = false;
    while let Some(token) = line.next() {
        match clause(&token, line, !profile.is_empty()) {
            Some(clause) => {
                is_whole = !profile.is_empty();
                take(&mut ask, clause)?;
            }
            None if is_filler(&token, profile.is_empty()) => {}
            None if is_whole => return Err(leftover(&token)),
            None => profile.push(token.name()),
        }
    }
    ask.profile = (!profile.is_empty()).then(|| profile.join(" "));
    Ok(ask)
}

/// The clause that begins with this token, taken off the line.
fn clause(token: &Token<'_>, line: &mut Line<'_>, has_profile: bool) -> Option<Clause> {
    if token.quoted {
        return None;
    }
    match token.word().as_str() {
        BECAUSE => Some(Clause::Because(line.rest())),
        ON => Some(Clause::Device(device(line))),
        FOR => match length(line) {
            Some(length) => Some(Clause::Length(Some(Length::Known(length)))),
            // "access for prod-ssh"
            None if !has_profile => None,
            None => Some(Clause::Length(unread(line))),
        },
        // "prod-ssh 2h"
        word if has_profile => pieces(word)
            .and_then(|_| parse_duration(word).ok())
            .map(|length| Clause::Length(Some(Length::Known(length)))),
        _ => None,
    }
}

fn take(ask: &mut Ask, clause: Clause) -> Result<(), Misread> {
    match clause {
        Clause::Length(_) if ask.length.is_some() => Err(Misread::Twice { clause: FOR }),
        Clause::Device(_) if ask.device.is_some() => Err(Misread::Twice { clause: ON }),
        Clause::Length(length) => {
            ask.length = length;
            Ok(())
        }
        Clause::Device(device) => {
            ask.device = device;
            Ok(())
        }
        Clause::Because(because) => {
            ask.because = because;
            Ok(())
        }
    }
}

fn is_filler(token: &Token<'_>, before_the_profile: bool) -> bool {
    let word = token.word();
    !token.quoted && (COURTESIES.contains(&word.as_str()) || (before_the_profile && word == FOR))
}

fn leftover(token: &Token<'_>) -> Misread {
    Misread::Leftover {
        typed: token.name(),
        meant: nearest(&token.word(), CLAUSES),
    }
}

/// One token; names of devices have no spaces unless they are quoted.
fn device(line: &mut Line<'_>) -> Option<String> {
    let mut ahead = line.clone();
    let token = ahead.next_but(&BEFORE_A_DEVICE)?;
    if !token.quoted && CLAUSES.contains(&token.word().as_str()) {
        return None;
    }
    *line = ahead;
    Some(token.name())
}

/// "2h", "2 h", "1 hour and 30 minutes", "an hour": as much of it as there is.
fn length(line: &mut Line<'_>) -> Option<Duration> {
    let mut written = String::new();
    let mut found = None;
    let mut ahead = line.clone();
    while let Some(token) = ahead.next() {
        let word = token.word();
        let next = match pieces(&word) {
            _ if token.quoted => None,
            Some(pieces) => Some(pieces),
            None if word == "and" && found.is_some() => continue,
            None => number(&word).and_then(|number| {
                let unit = ahead.next().filter(|token| !token.quoted)?.word();
                Some(format!("{number}{}", unit_letter(&unit)?))
            }),
        };
        let Some(next) = next else { break };
        written.push_str(&next);
        match parse_duration(&written) {
            Ok(length) => found = Some((length, ahead.clone())),
            Err(_) => break,
        }
    }
    let (length, rest) = found?;
    *line = rest;
    Some(length)
}

/// What stands behind `for` and is no length of time, up to the next clause.
fn unread(line: &mut Line<'_>) -> Option<Length> {
    let mut words = Vec::new();
    loop {
        let mut ahead = line.clone();
        match ahead.next() {
            Some(token) if token.quoted || !CLAUSES.contains(&token.word().as_str()) => {
                words.push(token.name());
                *line = ahead;
            }
            _ => break,
        }
    }
    (!words.is_empty()).then(|| Length::Unread(words.join(" ")))
}

/// "2h", "1h30m", "90min", as [`parse_duration`] takes them.
fn pieces(word: &str) -> Option<String> {
    let mut written = String::new();
    let mut rest = word;
    while !rest.is_empty() {
        let (digits, unit) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let end = unit.find(|c: char| c.is_ascii_digit());
        let (unit, after) = unit.split_at(end.unwrap_or(unit.len()));
        written.push_str(digits);
        written.push(unit_letter(unit).filter(|_| !digits.is_empty())?);
        rest = after;
    }
    (!written.is_empty()).then_some(written)
}

fn number(word: &str) -> Option<&str> {
    match word {
        "a" | "an" | "one" => Some("1"),
        word => (!word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())).then_some(word),
    }
}

fn unit_letter(word: &str) -> Option<char> {
    match word {
        "d" | "day" | "days" => Some('d'),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some('h'),
        "m" | "min" | "mins" | "minute" | "minutes" => Some('m'),
        "s" | "sec" | "secs" | "second" | "seconds" => Some('s'),
        _ => None,
    }
}
