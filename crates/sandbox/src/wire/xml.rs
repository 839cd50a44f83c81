//! Just enough XML to answer in awsQuery.

use crate::error::ApiError;

/// Elements written one after another, text escaped.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// `<name>text</name>`
    pub(crate) fn leaf(mut self, name: &str, text: impl AsRef<str>) -> Self {
        self.0.push_str(&format!("<{name}>"));
        for character in text.as_ref().chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\r' => self.0.push_str("&#xD;"),
                other => self.0.push(other),
            }
        }
        self.0.push_str(&format!("</{name}>"));
        self
    }

    /// A document of one element with a text.
    pub(crate) fn leaf_document(root: &str, namespace: &str, text: &str) -> String {
        let leaf = Self::default().leaf(root, text);
        leaf.document().replacen(&format!("<{root}>"), &format!("<{root} xmlns=\"{namespace}\">"), 1)
    }

    /// A document around these elements.
    pub(crate) fn rooted(self, root: &str, namespace: &str) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{namespace}\">{}</{root}>", self.0)
    }

    /// A document of these elements as they are.
    pub(crate) fn document(self) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", self.0)
    }

    /// The elements as text.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// A leaf where there is a text, nothing where there is none.
    pub(crate) fn maybe(self, name: &str, text: Option<impl AsRef<str>>) -> Self {
        match text {
            Some(text) => self.leaf(name, text),
            None => self,
        }
    }

    /// The elements of another after these.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// `<name>…</name>` around other elements.
    pub(crate) fn node(mut self, name: &str, inner: Self) -> Self {
        self.0.push_str(&format!("<{name}>{}</{name}>", inner.0));
        self
    }

    /// `<name><member>…</member>…</name>`
    pub(crate) fn list(self, name: &str, members: impl IntoIterator<Item = Self>) -> Self {
        let inner = members.into_iter().fold(Self::default(), |list, member| list.node("member", member));
        self.node(name, inner)
    }

    /// `<name><member>text</member>…</name>`
    pub(crate) fn texts(self, name: &str, members: impl IntoIterator<Item = String>) -> Self {
        let inner = members.into_iter().fold(Self::default(), |list, member| list.leaf("member", member));
        self.node(name, inner)
    }
}

/// The document of a successful answer; without a result (deletions) only its metadata.
pub(crate) fn success(namespace: &str, operation: &str, result: Option<Xml>, request_id: &str) -> String {
    let result = result.map_or(String::new(), |inner| format!("<{operation}Result>{}</{operation}Result>", inner.0));
    format!(
        "<{operation}Response xmlns=\"{namespace}\">{result}<ResponseMetadata><RequestId>{request_id}</RequestId>\
         </ResponseMetadata></{operation}Response>"
    )
}

/// The document of a refusal.
pub(crate) fn failure(namespace: &str, error: &ApiError, request_id: &str) -> String {
    let kind = if error.status >= 500 { "Receiver" } else { "Sender" };
    let detail = Xml::default().leaf("Type", kind).leaf("Code", &error.code).leaf("Message", &error.message);
    let inner = Xml::default().node("Error", detail).leaf("RequestId", request_id);
    format!("<ErrorResponse xmlns=\"{namespace}\">{}</ErrorResponse>", inner.0)
}

/// A time as awsQuery writes it.
pub(crate) fn iso8601(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
