//! What the request form held when it was used.

use super::WRITE_IT_LIKE;
use crate::domain::duration::parse_duration;
use crate::slack::parse::{Values, View};
use crate::slack::view::form::{self, DurationWish};
use crate::slack::view::ids::{Field, action};
use std::time::Duration;

/// The block that a field stands in, on the screen that was submitted.
pub(in crate::http::dispatch) fn shown_block(values: &Values, field: Field) -> Option<String> {
    let found = values
        .iter()
        .find(|(_, action, _)| action.as_str() == field.action());
    found.map(|(block, ..)| block.as_str().to_owned())
}

/// The justification that the form keeps while it shows no field for it.
pub(super) fn set_aside(view: &View) -> Option<String> {
    let kept = view.private_metadata.as_str();
    let shown = shown_block(&view.values, Field::Justification).is_some();
    (!shown && !kept.is_empty()).then(|| kept.to_owned())
}

/// Whether the field for a typed duration is missing, or stands there for nothing. Drawing a
/// form again while somebody types in it is not done without need.
pub(super) fn is_outdated(values: &Values) -> bool {
    let wish = form::read_form(|action| value(values, action));
    let has_field = values
        .iter()
        .any(|(_, id, _)| id.as_str() == action::CUSTOM_DURATION);
    (wish.duration == Some(DurationWish::Custom)) != has_field
}

/// The value of the element with this action id, in whichever block it stands.
pub(in crate::http::dispatch) fn value(values: &Values, action: &str) -> Option<String> {
    let found = values.iter().find(|(_, id, _)| id.as_str() == action)?;
    let text = found.2.text().or(found.2.selected())?;
    // No keyboard types NUL, and PostgreSQL stores none.
    Some(text.replace('\0', ""))
}

/// The duration that was chosen or typed.
pub(in crate::http::dispatch) fn chosen_duration(
    wish: &form::Wish,
) -> Result<Duration, (Field, String)> {
    match &wish.duration {
        Some(DurationWish::Offered(duration)) => Ok(*duration),
        Some(DurationWish::Custom) => {
            let typed = wish.custom_duration.as_deref().unwrap_or_default().trim();
            parse_duration(typed).map_err(|_| (Field::CustomDuration, WRITE_IT_LIKE.to_owned()))
        }
        None => Err((Field::Duration, "Choose how long.".to_owned())),
    }
}
