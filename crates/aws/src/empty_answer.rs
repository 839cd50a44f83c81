//! An answer without a body says nothing. The SDK reads it as one without members, so that a list whose answer was cut off would be an
//! empty list; AWS writes at least `{}`.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Refuses answers to readings that say "done" and hold nothing: they are tried again like any that cannot be read.
#[derive(Debug)]
pub(crate) struct RefusesEmptyAnswers;

impl Intercept for RefusesEmptyAnswers {
    fn name(&self) -> &'static str {
        "RefusesEmptyAnswers"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = bag.load::<Metadata>().map(Metadata::name).unwrap_or_default();
        let reads = ["List", "Describe", "Get"].iter().any(|start| operation.starts_with(start));
        let response = context.response();
        let empty = response.body().bytes().is_some_and(<[u8]>::is_empty);
        if reads && empty && response.status().is_success() {
            return Err("the answer is empty".into());
        }
        Ok(())
    }
}
