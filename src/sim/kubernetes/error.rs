//! What the API server refuses, in its own words.

use super::kind::Kind;

/// A command that the API server refused. `Display` is the server's message; kubectl puts
/// `Error from server (REASON): ` before it, except for [`KubeError::Invalid`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KubeError {
    /// There is no such object.
    #[error("{} \"{name}\" not found", kind.qualified_resource())]
    NotFound {
        /// Its kind.
        kind: Kind,
        /// The name that was asked for.
        name: String,
    },
    /// There is such an object already.
    #[error("{} \"{name}\" already exists", kind.qualified_resource())]
    AlreadyExists {
        /// Its kind.
        kind: Kind,
        /// The name that is taken.
        name: String,
    },
    /// The object would not be valid.
    #[error("The {} \"{name}\" is invalid: {}", kind.name(), causes_text(causes))]
    Invalid {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
        /// What is wrong, each as the server writes it.
        causes: Vec<String>,
    },
    /// The object changed since it was read.
    #[error(
        "Operation cannot be fulfilled on {} \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
        kind.qualified_resource()
    )]
    Conflict {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
    },
    /// The request cannot be understood.
    #[error("{message}")]
    BadRequest {
        /// The server's words.
        message: String,
    },
    /// The request is not allowed.
    #[error("{message}")]
    Forbidden {
        /// The server's words.
        message: String,
    },
    /// An eviction would break a disruption budget.
    #[error("Cannot evict pod as it would violate the pod's disruption budget.")]
    TooManyRequests,
    /// kubectl itself refuses, after asking the server: printed as `error: ...`.
    #[error("{message}")]
    Client {
        /// kubectl's words.
        message: String,
    },
    /// This cluster does not offer the operation on this kind.
    #[error("the server does not allow this method on the requested resource")]
    MethodNotAllowed,
}

fn causes_text(causes: &[String]) -> String {
    match causes {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    }
}

impl KubeError {
    /// The reason the server gives in one word; `None` for kubectl's own errors.
    pub const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::NotFound { .. } => Some("NotFound"),
            Self::AlreadyExists { .. } => Some("AlreadyExists"),
            Self::Invalid { .. } => Some("Invalid"),
            Self::Conflict { .. } => Some("Conflict"),
            Self::BadRequest { .. } => Some("BadRequest"),
            Self::Forbidden { .. } => Some("Forbidden"),
            Self::TooManyRequests => Some("TooManyRequests"),
            Self::MethodNotAllowed => Some("MethodNotAllowed"),
            Self::Client { .. } => None,
        }
    }

    /// The whole line as kubectl prints it.
    pub fn kubectl_text(&self) -> String {
        match (self, self.reason()) {
            (Self::Invalid { .. }, _) => self.to_string(),
            (_, Some(reason)) => format!("Error from server ({reason}): {self}"),
            (_, None) => format!("error: {self}"),
        }
    }

    pub(super) fn not_found(kind: Kind, name: &str) -> Self {
        Self::NotFound {
            kind,
            name: name.to_owned(),
        }
    }

    pub(super) fn invalid(kind: Kind, name: &str, cause: String) -> Self {
        Self::Invalid {
            kind,
            name: name.to_owned(),
            causes: vec![cause],
        }
    }

    pub(super) fn client(message: String) -> Self {
        Self::Client { message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_read_as_kubectl_prints_them() {
        assert_eq!(
            KubeError::not_found(Kind::Deployment, "nope").kubectl_text(),
            "Error from server (NotFound): deployments.apps \"nope\" not found"
        );
        assert_eq!(
            KubeError::invalid(
                Kind::Deployment,
                "web",
                "spec.replicas: Invalid value: -1: must be greater than or equal to 0".to_owned()
            )
            .kubectl_text(),
            "The Deployment \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"
        );
    }
}
