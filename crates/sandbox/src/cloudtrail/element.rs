//! `requestParameters` and `responseElements`: names with a small first letter, secrets left out or hidden.

use serde_json::{Map, Value};

use crate::wire::route::Service;

/// What stands in the place of what people wrote about themselves.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// Members that are left out wherever they stand.
const SECRET: [&str; 11] = [
    "tokenCode",
    "password",
    "newPassword",
    "oldPassword",
    "secretAccessKey",
    "servicePassword",
    "base32StringSeed",
    "qRCodePNG",
    "sAMLAssertion",
    "webIdentityToken",
    "privateKey",
];

/// Members that are hidden in records of the identity store and of signing in.
const PERSONAL: [&str; 33] = [
    "userName",
    "displayName",
    "name",
    "nickName",
    "profileUrl",
    "emails",
    "addresses",
    "phoneNumbers",
    "userType",
    "title",
    "preferredLanguage",
    "locale",
    "timezone",
    "photos",
    "website",
    "birthdate",
    "roles",
    "description",
    "attributeValue",
    "clientSecret",
    "deviceCode",
    "userCode",
    "verificationUriComplete",
    "code",
    "codeVerifier",
    "accessToken",
    "refreshToken",
    "idToken",
    "sessionToken",
    "externalIds",
    "filters",
    "operations",
    "extensions",
];

/// A JSON value as CloudTrail writes it; `null` for nothing.
pub(super) fn of(service: Service, value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let told = object(service, members);
            if told.is_empty() { Value::Null } else { Value::Object(told) }
        }
        _ => Value::Null,
    }
}

pub(super) fn object(service: Service, members: &Map<String, Value>) -> Map<String, Value> {
    let hides = matches!(service, Service::IdentityStore | Service::SsoOidc | Service::SsoPortal);
    let mut told = Map::new();
    for (name, value) in members {
        let name = small(service, name);
        if SECRET.contains(&name.as_str()) {
            continue;
        }
        let value =
            if hides && PERSONAL.contains(&name.as_str()) { Value::from(HIDDEN) } else { inner(service, value) };
        told.insert(name, value);
    }
    told
}

fn inner(service: Service, value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(object(service, members)),
        Value::Array(items) => Value::Array(items.iter().map(|item| inner(service, item)).collect()),
        other => other.clone(),
    }
}

/// The first letter small. S3 has names of its own for the bucket and the key.
fn small(service: Service, name: &str) -> String {
    match (service, name) {
        (Service::S3, "Bucket") => return "bucketName".to_owned(),
        (Service::S3, "MaxKeys") => return "max-keys".to_owned(),
        _ => {}
    }
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The elements of an answer in XML as JSON: `member`s are a list, what has no elements is a text.
pub(super) fn of_xml(service: Service, text: &str) -> Value {
    let value = Reader { rest: text }.elements(0);
    of(service, &value)
}

/// Reads what [`crate::wire::xml::Xml`] writes: elements without attributes, text escaped.
struct Reader<'a> {
    rest: &'a str,
}

/// Deeper answers do not exist.
const DEEPEST: usize = 32;

impl Reader<'_> {
    fn elements(&mut self, depth: usize) -> Value {
        let (mut members, mut items) = (Map::new(), Vec::new());
        let mut text = None;
        while let Some(at) = self.rest.find('<') {
            let (before, rest) = self.rest.split_at(at);
            if rest.starts_with("</") || depth > DEEPEST {
                text = Some(before);
                break;
            }
            let Some((name, rest)) = rest.get(1..).and_then(|rest| rest.split_once('>')) else { break };
            self.rest = rest;
            let value = self.elements(depth + 1);
            let end = format!("</{name}>");
            self.rest = self.rest.strip_prefix(end.as_str()).unwrap_or(self.rest);
            if name == "member" {
                items.push(value);
            } else {
                members.insert(name.to_owned(), value);
            }
        }
        if let Some(text) = text {
            self.rest = self.rest.get(text.len()..).unwrap_or_default();
        }
        match (members.is_empty(), items.is_empty()) {
            (true, false) => Value::Array(items),
            (true, true) if depth > 0 => Value::from(unescaped(text.unwrap_or_default())),
            _ => Value::Object(members),
        }
    }
}

fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#xD;", "\r");
    plain.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_in_xml_become_json() {
        let text = "<User><Path>/</Path><UserName>a&amp;b</UserName><Tags><member><Key>k</Key><Value></Value></member>\
                    </Tags></User><AccessKey><AccessKeyId>AKIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                    </AccessKey>";
        let told = of_xml(Service::Iam, text);
        let wanted = json!({
            "user": {"path": "/", "userName": "a&b", "tags": [{"key": "k", "value": ""}]},
            "accessKey": {"accessKeyId": "AKIA"},
        });
        assert_eq!(told, wanted);
        for odd in ["", "<", "<a", "<a><b></a>", "</a>", "x"] {
            of_xml(Service::Iam, odd);
        }
    }

    #[test]
    fn what_people_wrote_is_hidden() {
        let told = of(Service::IdentityStore, &json!({"IdentityStoreId": "d-1", "UserName": "hanako", "Emails": []}));
        assert_eq!(told, json!({"identityStoreId": "d-1", "userName": HIDDEN, "emails": HIDDEN}));
        assert_eq!(of(Service::SsoAdmin, &json!({})), Value::Null);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[<>/a-z&;]{0,60}") {
            of_xml(Service::Iam, &text);
        }
    }
}
