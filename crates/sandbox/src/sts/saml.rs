//! What is read of SAML: as much XML as metadata and assertions are made of.

use std::collections::BTreeMap;

/// Elements with their texts, in the order they stand; names without their prefixes.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    /// The element around it, by its place in the list.
    parent: Option<usize>,
}

/// What an identity provider says about somebody.
#[derive(Debug)]
pub(super) struct Assertion {
    pub(super) issuer: String,
    pub(super) subject: String,
    /// `persistent`, `transient`, or the whole URI of another format.
    pub(super) subject_type: String,
    /// Where it was sent to: the `SAML:aud` of conditions.
    pub(super) recipient: Option<String>,
    pub(super) issued_at: Option<String>,
    pub(super) not_after: Option<String>,
    attributes: Vec<(String, String)>,
}

impl Assertion {
    pub(super) fn read(text: &str) -> Option<Self> {
        let elements = elements(text)?;
        // of several, nobody knows which one is vouched for
        let mut assertions = elements.iter().enumerate().filter(|(_, element)| element.name == "Assertion");
        let (assertion, _) = assertions.next().filter(|_| assertions.next().is_none())?;
        let inside = |index: usize| {
            let mut here = elements.get(index).and_then(|element| element.parent);
            while let Some(parent) = here.filter(|parent| *parent != assertion) {
                here = elements.get(parent).and_then(|element| element.parent);
            }
            here == Some(assertion)
        };
        let first = |name: &str| {
            let mut found =
                elements.iter().enumerate().filter(|(index, element)| element.name == name && inside(*index));
            found.next().map(|(_, element)| element)
        };
        let attribute = |name: &str, key: &str| first(name).and_then(|element| element.attributes.get(key).cloned());
        let subject = first("NameID")?;
        let format = subject.attributes.get("Format").map_or("", String::as_str);
        let short = format.rsplit(':').next().filter(|short| matches!(*short, "persistent" | "transient"));
        let values = elements.iter().filter(|element| element.name == "AttributeValue").filter_map(|value| {
            let owner = value.parent.filter(|owner| inside(*owner))?;
            let owner = elements.get(owner).filter(|owner| owner.name == "Attribute")?;
            Some((owner.attributes.get("Name")?.clone(), value.text.trim().to_owned()))
        });
        let mut issuers =
            elements.iter().filter(|element| element.name == "Issuer" && element.parent == Some(assertion));
        Some(Self {
            issuer: issuers.next()?.text.trim().to_owned(),
            subject: subject.text.trim().to_owned(),
            subject_type: short.unwrap_or(format).to_owned(),
            recipient: attribute("SubjectConfirmationData", "Recipient"),
            issued_at: elements.get(assertion)?.attributes.get("IssueInstant").cloned(),
            not_after: attribute("Conditions", "NotOnOrAfter"),
            attributes: values.collect(),
        })
    }

    /// The values of the attribute `https://aws.amazon.com/SAML/Attributes/<name>`.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = |full: &str| full.strip_prefix("https://aws.amazon.com/SAML/Attributes/").map(str::to_owned);
        let found = self.attributes.iter().filter(move |(full, _)| named(full).as_deref() == Some(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Session tags: attributes `…/PrincipalTag:<key>`.
    pub(super) fn tags(&self) -> Vec<(String, String)> {
        let prefix = "https://aws.amazon.com/SAML/Attributes/PrincipalTag:";
        let tags = self.attributes.iter().filter_map(|(full, value)| Some((full.strip_prefix(prefix)?, value)));
        tags.map(|(key, value)| (key.to_owned(), value.clone())).collect()
    }
}

/// The `entityID` of an identity provider's metadata; none where the text is no such metadata.
pub(crate) fn issuer_of_metadata(text: &str) -> Option<String> {
    let elements = elements(text)?;
    let entity = elements.iter().find(|element| element.name == "EntityDescriptor")?;
    let is_provider = elements.iter().any(|element| element.name == "IDPSSODescriptor");
    entity.attributes.get("entityID").filter(|_| is_provider).cloned()
}

/// None where tags do not match. Document types are refused: nothing here expands entities.
fn elements(text: &str) -> Option<Vec<Element>> {
    let mut found: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        if let Some(element) = open.last().and_then(|index| found.get_mut(*index)) {
            element.text.push_str(&unescaped(before));
        }
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->")?.1;
            continue;
        }
        if let Some(data) = after.strip_prefix("![CDATA[") {
            let (data, following) = data.split_once("]]>")?;
            found.get_mut(*open.last()?)?.text.push_str(data);
            rest = following;
            continue;
        }
        let (tag, following) = after.split_once('>')?;
        rest = following;
        if tag.starts_with('!') {
            return None;
        }
        if tag.starts_with('?') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            let closed = found.get(open.pop()?)?;
            if closed.name != local(name.trim()) {
                return None;
            }
            continue;
        }
        let empty = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let element = Element {
            name: local(name).to_owned(),
            attributes: attributes_of(attributes)?,
            text: String::new(),
            parent: open.last().copied(),
        };
        if !empty {
            open.push(found.len());
        }
        found.push(element);
    }
    (open.is_empty() && !found.is_empty()).then_some(found)
}

fn attributes_of(text: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let quote = after.trim_start().chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, following) = after.trim_start().get(1..)?.split_once(quote)?;
        found.insert(local(name.trim()).to_owned(), unescaped(value));
        rest = following.trim_start();
    }
    Some(found)
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn unescaped(text: &str) -> String {
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    plain.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_tells_its_issuer() {
        let metadata = "<?xml version=\"1.0\"?><!-- x --><md:EntityDescriptor xmlns:md='urn' entityID=\"https://idp.example/a&amp;b\">\
                        <md:IDPSSODescriptor/></md:EntityDescriptor>";
        assert_eq!(issuer_of_metadata(metadata).as_deref(), Some("https://idp.example/a&b"));
        for broken in
            ["", "x", "<a>", "<a></b>", "<a/>", "<!DOCTYPE x><a/>", "<a b></a>", "<a b='c></a>", "<", "<a b=\"é"]
        {
            assert_eq!(issuer_of_metadata(broken), None, "{broken}");
        }
    }

    #[test]
    fn only_what_stands_in_the_assertion_counts() {
        let text = "<p:Response><a:Issuer>outside</a:Issuer><a:Assertion IssueInstant='2026-11-22T00:00:00Z'><a:Issuer>\
                    https://idp.example</a:Issuer><a:Subject><a:NameID Format='urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'>\
                    hanako</a:NameID></a:Subject><a:AttributeStatement><a:Attribute Name='https://aws.amazon.com/SAML/Attributes/Role'>\
                    <a:AttributeValue>one</a:AttributeValue><a:AttributeValue>two</a:AttributeValue></a:Attribute></a:AttributeStatement>\
                    </a:Assertion></p:Response>";
        let read = Assertion::read(text).unwrap();
        assert_eq!((read.issuer.as_str(), read.subject.as_str()), ("https://idp.example", "hanako"));
        assert_eq!(read.subject_type, "persistent");
        assert_eq!(read.values("Role").collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(read.values("RoleSessionName").count(), 0);
    }

    fn assertion(role: &str) -> String {
        format!(
            "<a:Assertion IssueInstant='2026-11-22T00:00:00Z'><a:Issuer>https://idp.example</a:Issuer><a:Subject><a:NameID>x</a:NameID>\
             </a:Subject>{}</a:Assertion>",
            attribute("Role", role)
        )
    }

    fn attribute(name: &str, value: &str) -> String {
        format!(
            "<a:AttributeStatement><a:Attribute Name='https://aws.amazon.com/SAML/Attributes/{name}'><a:AttributeValue>{value}\
             </a:AttributeValue></a:Attribute></a:AttributeStatement>"
        )
    }

    #[test]
    fn attributes_beside_the_assertion_do_not_count() {
        let (own, evil, tag) = (assertion("own"), attribute("Role", "evil"), attribute("PrincipalTag:team", "admins"));
        for text in [
            format!("<p:Response>{evil}{tag}{own}</p:Response>"),
            format!("<p:Response>{own}{evil}{tag}</p:Response>"),
            format!("<p:Response><p:Extensions>{evil}{tag}</p:Extensions>{own}</p:Response>"),
        ] {
            let read = Assertion::read(&text).unwrap();
            assert_eq!(read.values("Role").collect::<Vec<_>>(), ["own"], "{text}");
            assert_eq!(read.tags(), []);
        }
    }

    #[test]
    fn one_of_several_assertions_is_not_believed() {
        let (own, evil) = (assertion("own"), assertion("evil"));
        let nested = own.replace("<a:Subject>", &format!("<a:Advice>{evil}</a:Advice><a:Subject>"));
        for text in [format!("<p:Response>{own}{evil}</p:Response>"), format!("<p:Response>{nested}</p:Response>")] {
            assert!(Assertion::read(&text).is_none(), "{text}");
        }
        let without = "<p:Response><a:Issuer>x</a:Issuer><a:Assertion><a:Subject><a:NameID>x</a:NameID><a:Issuer>y</a:Issuer></a:Subject>\
                       </a:Assertion></p:Response>";
        assert!(Assertion::read(without).is_none(), "the issuer stands right below the assertion");
    }
}
