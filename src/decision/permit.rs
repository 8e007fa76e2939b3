//! Pure. The proof that a decision permitted a call.

use crate::record::{Model, Record};

/// Leave to invoke one model, once. Only a decision makes it; the invocation takes it and doesn't give it back.
#[derive(Debug)]
#[must_use = "a permit that isn't used invokes nothing"]
pub struct Permit {
    model: String,
    endpoint: String,
}

impl Permit {
    pub(super) fn new(model: &Record<Model>) -> Self {
        Self { model: model.meta.id.clone(), endpoint: model.endpoint.clone() }
    }

    /// The model, `name@version`.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The SageMaker endpoint that may be invoked.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}
