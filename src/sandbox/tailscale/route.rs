//! Which call of the API a method and a path name.
//!
//! Paths are taken raw: a colon that was percent-encoded is another path.

use axum::http::Method;

/// A call of the API, as faults and tests name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// `POST /oauth/token`
    Token,
    /// `GET /tailnet/-/devices`
    Devices,
    /// `GET /device/{id}`
    Device,
    /// `GET /device/{id}/attributes`
    ReadAttributes,
    /// `POST /device/{id}/attributes/{key}`
    WriteAttribute,
    /// `DELETE /device/{id}/attributes/{key}`
    RemoveAttribute,
    /// `PATCH /tailnet/-/device-attributes`
    PatchAttributes,
    /// `GET /tailnet/-/users`
    Users,
    /// `GET /tailnet/-/acl`
    Acl,
    /// `POST /tailnet/-/acl/validate`
    ValidateAcl,
    /// `GET /tailnet/-/logging/configuration`
    AuditLog,
    /// Nothing that this API has.
    Unknown,
    /// For faults: every call. No call has this route itself.
    Any,
}

impl Route {
    pub(super) fn includes(self, other: Self) -> bool {
        self == Self::Any || self == other
    }

    /// The scope that a token needs for it.
    pub(super) fn scope(self) -> Option<&'static str> {
        match self {
            Self::Devices | Self::Device => Some("devices:core:read"),
            Self::ReadAttributes => Some("devices:posture_attributes:read"),
            Self::WriteAttribute | Self::RemoveAttribute | Self::PatchAttributes => {
                Some("devices:posture_attributes")
            }
            Self::Users => Some("users:read"),
            Self::Acl | Self::ValidateAcl => Some("policy_file:read"),
            Self::AuditLog => Some("logs:configuration:read"),
            Self::Token | Self::Unknown | Self::Any => None,
        }
    }
}

/// A route with what its path says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target<'p> {
    pub route: Route,
    /// The tailnet of a `/tailnet/…` path.
    pub tailnet: Option<&'p str>,
    /// The device id of a `/device/…` path, else empty.
    pub device: &'p str,
    /// The attribute's key, else empty.
    pub key: &'p str,
}

impl<'p> Target<'p> {
    pub fn parse(method: &Method, path: &'p str) -> Self {
        let segments: Vec<&str> = path
            .strip_prefix("/api/v2/")
            .map(|rest| rest.split('/').collect())
            .unwrap_or_default();
        match (method.as_str(), segments.as_slice()) {
            ("POST", ["oauth", "token"]) => Self::bare(Route::Token),
            ("GET", &["device", id]) => Self::device(Route::Device, id, ""),
            ("GET", &["device", id, "attributes"]) => Self::device(Route::ReadAttributes, id, ""),
            ("POST", &["device", id, "attributes", key]) => {
                Self::device(Route::WriteAttribute, id, key)
            }
            ("DELETE", &["device", id, "attributes", key]) => {
                Self::device(Route::RemoveAttribute, id, key)
            }
            (method, &["tailnet", tailnet, ref rest @ ..]) => Self {
                tailnet: Some(tailnet),
                ..Self::bare(match (method, rest) {
                    ("GET", ["devices"]) => Route::Devices,
                    ("PATCH", ["device-attributes"]) => Route::PatchAttributes,
                    ("GET", ["users"]) => Route::Users,
                    ("GET", ["acl"]) => Route::Acl,
                    ("POST", ["acl", "validate"]) => Route::ValidateAcl,
                    ("GET", ["logging", "configuration"]) => Route::AuditLog,
                    _ => Route::Unknown,
                })
            },
            _ => Self::bare(Route::Unknown),
        }
    }

    fn bare(route: Route) -> Self {
        Self {
            route,
            tailnet: None,
            device: "",
            key: "",
        }
    }

    fn device(route: Route, device: &'p str, key: &'p str) -> Self {
        Self {
            device,
            key,
            ..Self::bare(route)
        }
    }
}
