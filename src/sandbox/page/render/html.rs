//! Markup that cannot forget to escape: what is not `'static` becomes text or an attribute's
//! value, and those are escaped here.

/// Markup that is being written.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Begins an element.
    pub(super) fn open(&mut self, tag: Tag) {
        self.0.extend([tag.0]);
        self.0.push('>');
    }

    /// Ends an element.
    pub(super) fn close(&mut self, name: &'static str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// What stands between the tags.
    pub(super) fn text(&mut self, text: &str) {
        escape(text, &mut self.0);
    }

    /// The same, with its line breaks kept.
    pub(super) fn lines(&mut self, text: &str) {
        for (nth, line) in text.split('\n').enumerate() {
            if nth > 0 {
                self.open(Tag::new("br"));
            }
            self.text(line);
        }
    }

    /// An element that holds only text.
    pub(super) fn element(&mut self, name: &'static str, tag: Tag, text: &str) {
        self.open(tag);
        self.lines(text);
        self.close(name);
    }

    /// Something that nobody here knows how to draw, visible as such.
    pub(super) fn not_rendered(&mut self, what: &str) {
        self.open(Tag::new("div").attr("class", "not-rendered"));
        self.text("not rendered: ");
        self.text(if what.is_empty() {
            "something without a type"
        } else {
            what
        });
        self.close("div");
    }

    /// The same in the middle of a line.
    pub(super) fn not_rendered_inline(&mut self, what: &str) {
        self.open(Tag::new("span").attr("class", "not-rendered"));
        self.text("not rendered: ");
        self.text(what);
        self.close("span");
    }

    /// What was written.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// The opening tag of an element, up to its end.
#[derive(Clone, Debug)]
pub(super) struct Tag(String);

impl Tag {
    /// An element without attributes.
    pub(super) fn new(name: &'static str) -> Self {
        Self(format!("<{name}"))
    }

    /// An attribute with a value.
    pub(super) fn attr(mut self, name: &'static str, value: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push_str("=\"");
        escape(value, &mut self.0);
        self.0.push('"');
        self
    }

    /// An attribute that is there only when it has a value.
    pub(super) fn maybe(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    /// An attribute that says something by being there.
    pub(super) fn flag(mut self, name: &'static str, is_set: bool) -> Self {
        if is_set {
            self.0.push(' ');
            self.0.push_str(name);
        }
        self
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}
