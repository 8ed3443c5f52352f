//! The arguments of a Web API call, from the query, a form or JSON.
//! <https://docs.slack.dev/apis/web-api>

use serde_json::{Map, Value};

use super::refused::Refused;

/// What a caller sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Arguments {
    pub(super) values: Map<String, Value>,
    /// What came as JSON, which read methods ignore.
    pub(super) from_json: bool,
    /// The token, when it stood among the arguments of a form.
    pub(super) token: Option<String>,
}

impl Arguments {
    /// Reads a request; a body that nobody can read is refused as Slack does it.
    pub(super) fn read(query: &str, content_type: &str, body: &[u8]) -> Result<Self, Refused> {
        let mut arguments = Self::default();
        arguments.take_pairs(query.as_bytes());
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        match kind {
            _ if body.is_empty() => {}
            "application/json" => arguments.take_json(body)?,
            "application/x-www-form-urlencoded" => arguments.take_pairs(body),
            "multipart/form-data" => return Err(Refused::misuse("invalid_form_data")),
            _ => return Err(Refused::misuse("invalid_post_type")),
        }
        Ok(arguments)
    }

    fn take_pairs(&mut self, pairs: &[u8]) {
        for (name, value) in form_urlencoded::parse(pairs) {
            if name == "token" {
                self.token = Some(value.into_owned());
                continue;
            }
            let parsed = match name.as_ref() {
                "blocks" | "view" | "metadata" | "attachments" | "outputs" => {
                    serde_json::from_str(&value).ok()
                }
                _ => None,
            };
            let value = parsed.unwrap_or_else(|| Value::String(value.into_owned()));
            self.values.insert(name.into_owned(), value);
        }
    }

    fn take_json(&mut self, body: &[u8]) -> Result<(), Refused> {
        self.from_json = true;
        let value: Value =
            serde_json::from_slice(body).map_err(|_| Refused::misuse("invalid_json"))?;
        let Value::Object(fields) = value else {
            return Err(Refused::misuse("json_not_object"));
        };
        for (name, value) in fields {
            let parsed = match (name.as_str(), &value) {
                ("token", _) | (_, Value::Null) => continue,
                (
                    "blocks" | "view" | "metadata" | "attachments" | "outputs",
                    Value::String(text),
                ) => serde_json::from_str(text).ok(),
                _ => None,
            };
            self.values.insert(name, parsed.unwrap_or(value));
        }
        Ok(())
    }

    /// A non-empty string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    }

    /// A string that the method cannot do without.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refused> {
        self.text(name).ok_or_else(|| Refused::missing(name))
    }

    /// A yes or no, in any of the ways in which callers write it.
    pub(super) fn flag(&self, name: &str) -> bool {
        match self.values.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => matches!(text.as_str(), "true" | "1"),
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_are_the_same_however_they_are_sent() {
        let blocks = json!([{ "type": "divider" }]);
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("blocks", &blocks.to_string())
            .append_pair("token", "xoxb-in-a-form")
            .finish();
        let form = Arguments::read("", "application/x-www-form-urlencoded", form.as_bytes());
        let form = form.unwrap();
        assert_eq!(form.get("blocks"), Some(&blocks));
        assert_eq!(form.token.as_deref(), Some("xoxb-in-a-form"));
        assert_eq!(form.get("token"), None, "tokens are never recorded");

        let body = json!({ "blocks": blocks.to_string() }).to_string();
        let json = Arguments::read("", "application/json; charset=utf-8", body.as_bytes());
        assert_eq!(json.unwrap().get("blocks"), Some(&blocks));
    }

    #[test]
    fn unreadable_bodies_are_refused() {
        let code =
            |kind: &str, body: &str| Arguments::read("", kind, body.as_bytes()).unwrap_err().code;
        assert_eq!(code("application/json", "{"), "invalid_json");
        assert_eq!(code("application/json", "[]"), "json_not_object");
        assert_eq!(code("text/plain", "a=b"), "invalid_post_type");
    }
}
