//! The Slack side: who one is, where one is, what stands there, and the modal on top.

use std::collections::BTreeMap;

use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    House, Shortcut, names,
    render::{self, Reader},
    window::{self, Place, Window},
};
use crate::sandbox::slack::{Audience, Author, Message, View};

/// More than this would only be scrolled past.
const SHOWN: usize = 40;

/// Everybody whom one can be.
#[derive(Template)]
#[template(path = "panes/people.html")]
struct People {
    people: Vec<Somebody>,
}

struct Somebody {
    id: String,
    name: String,
    initials: String,
    unread: usize,
    is_me: bool,
}

/// The conversations of one person.
#[derive(Template)]
#[template(path = "panes/places.html")]
struct Places<'a> {
    who: &'a str,
    app: &'a str,
    here: &'a str,
    home: bool,
    channels: Vec<(String, String)>,
}

impl Places<'_> {
    fn is(&self, place: &str) -> bool {
        self.here == place
    }
}

/// What stands in a conversation.
#[derive(Template)]
#[template(path = "panes/messages.html")]
struct Messages {
    nothing: String,
    left_out: usize,
    posts: Vec<Post>,
}

/// A message with what stands around it.
#[derive(Template)]
#[template(path = "panes/post.html")]
struct Post {
    channel: String,
    ts: String,
    author: String,
    initials: String,
    by_app: bool,
    at: DateTime<Utc>,
    body: String,
    edited: bool,
    only_for_me: bool,
    shortcuts: Vec<Shortcut>,
    replies: Vec<Post>,
}

impl Post {
    fn anchor(&self) -> String {
        self.ts.replace('.', "-")
    }

    fn utc(&self) -> String {
        names::utc(self.at)
    }
}

/// A view that fills the conversation.
#[derive(Template)]
#[template(path = "panes/home.html")]
struct Home<'a> {
    app: &'a str,
    body: Option<String>,
}

/// The modal on top.
#[derive(Template)]
#[template(path = "panes/modal.html")]
struct Modal {
    body: Option<String>,
}

pub(super) fn people(house: &House, window: &Window) -> askama::Result<String> {
    let read = house.read().clone();
    let people = window::people(house).into_iter().map(|user| {
        let so_far = read.get(&user.id).map_or("", String::as_str);
        let direct = house.slack.person(&user.id).direct_channel();
        Somebody {
            unread: house.slack.count_after(&direct, so_far),
            initials: names::initials(&user.real_name),
            is_me: user.id == window.user.id,
            id: user.id,
            name: user.real_name,
        }
    });
    let people = people.collect();
    People { people }.render()
}

pub(super) fn places(house: &House, window: &Window) -> askama::Result<String> {
    let channels = window::channels(house, &window.user.id);
    Places {
        who: &window.user.id,
        app: &house.app,
        here: window.place.word(),
        home: window::has_home(house, &window.user.id),
        channels: channels
            .into_iter()
            .map(|channel| (channel.id, channel.name))
            .collect(),
    }
    .render()
}

pub(super) fn messages(house: &House, window: &Window) -> askama::Result<String> {
    let person = window.person(house);
    if window.place == Place::Home {
        let body = person.home().map(|home| drawn(house, &home));
        let app = &house.app;
        return Home { app, body }.render();
    }
    let channel = window.channel(house);
    let mut all = house.slack.channel_messages(&channel);
    let mine = person.ephemerals().into_iter();
    all.extend(mine.filter(|message| message.channel == channel));
    all.sort_by(|a, b| a.ts.cmp(&b.ts));
    if let (Place::Direct, Some(newest)) = (&window.place, all.last()) {
        let mut read = house.read();
        read.insert(window.user.id.clone(), newest.ts.clone());
    }
    let (replies, first): (Vec<Message>, Vec<Message>) = all
        .into_iter()
        .partition(|message| message.thread_ts.is_some());
    let left_out = first.len().saturating_sub(SHOWN);
    let reader = window.user.id.as_str();
    let posts = first.into_iter().skip(left_out).map(|message| {
        let thread = replies
            .iter()
            .filter(|reply| reply.thread_ts.as_deref() == Some(&message.ts));
        let thread = thread
            .map(|reply| post(house, reader, reply, Vec::new()))
            .collect();
        post(house, reader, &message, thread)
    });
    let nothing = match &window.place {
        Place::Channel { name, .. } => format!("Nobody has written in #{name} yet."),
        Place::Direct | Place::Home => {
            let (app, command) = (&house.app, house.commands.first());
            let command = command.map_or("a command", String::as_str);
            format!("No messages from {app} yet. Type {command} below to ask for access.")
        }
    };
    Messages {
        nothing,
        left_out,
        posts: posts.collect(),
    }
    .render()
}

pub(super) fn modal(house: &House, window: &Window) -> askama::Result<String> {
    let view = window.person(house).open_view();
    let body = view.map(|view| drawn(house, &view));
    Modal { body }.render()
}

fn post(house: &House, reader_id: &str, message: &Message, replies: Vec<Post>) -> Post {
    let by_app = message.author == Author::App;
    let author = match &message.author {
        Author::App => house.app.clone(),
        Author::Person(id) => house.name(id).unwrap_or_else(|| id.clone()),
    };
    let content = json!({
        "ts": message.ts,
        "text": message.text,
        "blocks": message.blocks,
        "state": house.slack.choices(reader_id, message),
    });
    let posted = message.history.first().map_or(message.at, |first| first.at);
    Post {
        channel: message.channel.clone(),
        ts: message.ts.clone(),
        initials: names::initials(&author),
        author,
        by_app,
        at: posted,
        body: render::message(&content, &reader(&|id| house.name(id))),
        edited: message.edited(),
        only_for_me: message.audience != Audience::Channel,
        // Slack keeps no message that only one person sees, so nothing can be done with it.
        shortcuts: match message.audience {
            Audience::Channel => house.message_shortcuts.clone(),
            Audience::Only(_) => Vec::new(),
        },
        replies,
    }
}

fn drawn(house: &House, view: &View) -> String {
    let mut given = view.given.clone();
    if let Value::Object(fields) = &mut given {
        fields.insert("id".to_owned(), json!(view.id));
    }
    let state = json!({ "values": view.state });
    let errors: &BTreeMap<String, String> = &view.errors;
    render::view(&given, &state, errors, &reader(&|id| house.name(id)))
}

fn reader(names: &dyn Fn(&str) -> Option<String>) -> Reader<'_> {
    Reader { names }
}
