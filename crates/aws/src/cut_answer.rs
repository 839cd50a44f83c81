//! An answer that was cut off. XML is read element by element, so that a list whose end is missing would be a shorter list.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Refuses XML that says "done" and does not close what it opened first: it is tried again like any answer that cannot be read.
#[derive(Debug)]
pub(crate) struct RefusesCutAnswers;

impl Intercept for RefusesCutAnswers {
    fn name(&self) -> &'static str {
        "RefusesCutAnswers"
    }

    /// Before, the body of a socket is a stream of which nothing is there; to read the answer the SDK reads and keeps it.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let whole = response.body().bytes().is_some_and(is_whole);
        if response.status().is_success() && !whole { Err("the answer ends too early".into()) } else { Ok(()) }
    }
}

/// Whether the text ends with the end of its first element.
fn is_whole(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return false };
    let mut text = text.trim();
    // A declaration, or a comment of an emulator's template.
    while let Some(rest) = text.strip_prefix("<?").or_else(|| text.strip_prefix("<!")) {
        let Some((_, behind)) = rest.split_once('>') else { return false };
        text = behind.trim_start();
    }
    let Some(opened) = text.strip_prefix('<') else { return false };
    let name = opened.split([' ', '\t', '\r', '\n', '>', '/']).next().unwrap_or_default();
    !name.is_empty()
        && text.strip_suffix('>').map(str::trim_end).is_some_and(|text| text.ends_with(&format!("</{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_closes_its_first_element_is_whole() {
        for whole in ["<A x='1'><B/></A>", "<?xml version=\"1.0\"?>\n<A>\n</A>\n", "<A><A></A></A >"] {
            assert!(is_whole(whole.as_bytes()), "{whole}");
        }
        for cut in ["", "<A>", "<A><B></B>", "<A><B></A", "A", "<?xml", "<A></A><", "<A></AB>"] {
            assert!(!is_whole(cut.as_bytes()), "{cut}");
        }
    }
}
