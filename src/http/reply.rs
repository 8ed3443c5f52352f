//! How a reply is said in HTTP: 200 is taken note of, 503 is not.

pub use crate::dispatch::{Acknowledged, Dispatch, Reply};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self {
            Self::Empty => StatusCode::OK.into_response(),
            Self::Json(value) => Json(value).into_response(),
            Self::Challenge(challenge) => challenge.into_response(),
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}
