//! `requestParameters` and `responseElements`: names with a small first letter, secrets left out or hidden.

use serde_json::{Map, Value};

use crate::wire::route::Service;

/// What stands in the place of what people wrote about themselves.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// Members that are left out wherever they stand.
const SECRET: [&str; 16] = [
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
    "addPrivateKey",
    "serviceCredentialSecret",
    "authenticationCode1",
    "authenticationCode2",
    "sSECustomerKey",
];

/// Members that are hidden in records of the identity store and of signing in.
const PERSONAL: [&str; 34] = [
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
    "externalId",
    "filters",
    "operations",
    "extensions",
];

/// What stands in the place of names and addresses in records of Organizations, as its documentation shows them.
const STARS: &str = "****";

/// Members that Organizations tells so.
const OF_ACCOUNTS: [&str; 4] = ["accountName", "email", "masterAccountEmail", "notes"];

/// Kinds of a handshake's parties and resources whose `id` or `value` says who somebody is.
const NAMING: [&str; 4] = ["EMAIL", "MASTER_EMAIL", "MASTER_NAME", "NOTES"];

/// Whether a value of this member, its first letter small, stands in no record and in no message.
pub(crate) fn is_hidden(service: Service, name: &str) -> bool {
    let among = |list: &[&str]| list.iter().any(|member| member.eq_ignore_ascii_case(name));
    among(&SECRET) || (keeps_people(service) && among(&PERSONAL))
}

/// Whether the service's records tell nothing of people.
fn keeps_people(service: Service) -> bool {
    matches!(service, Service::IdentityStore | Service::SsoOidc | Service::SsoPortal)
}

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
    let is = |list: &[&str], name: &str| list.iter().any(|member| member.eq_ignore_ascii_case(name));
    let kind = members.get("Type").and_then(Value::as_str);
    let names_somebody = kind.is_some_and(|kind| NAMING.contains(&kind));
    let mut told = Map::new();
    for (name, value) in members {
        let name = small(service, name);
        let value = match service {
            _ if is(&SECRET, &name) => continue,
            _ if keeps_people(service) && is(&PERSONAL, &name) => Value::from(HIDDEN),
            Service::Organizations if is(&OF_ACCOUNTS, &name) && value.is_string() => Value::from(STARS),
            Service::Organizations if matches!(name.as_str(), "id" | "value") && names_somebody => Value::from(STARS),
            _ => inner(service, value),
        };
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
    use crate::shape;
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

    /// Whether the values of a sensitive member show below this shape, and where.
    fn shows(service: Service, shape: &str, path: &str, found: &mut Vec<String>, depth: usize) {
        let model = shape::of(service);
        let Some(shape) = model.shapes.get(shape).filter(|_| depth < 12) else { return };
        for (name, member) in &shape.members.0 {
            let small = small(service, name);
            let starred = service == Service::Organizations && (OF_ACCOUNTS.contains(&small.as_str()) || small == "id");
            if is_hidden(service, &small) || starred {
                continue;
            }
            let here = format!("{path}.{small}");
            if model.shapes[member].sensitive {
                found.push(here.clone());
            }
            shows(service, member, &here, found, depth + 1);
        }
        if let Some(element) = &shape.element {
            if model.shapes[element].sensitive {
                found.push(path.to_owned());
            }
            shows(service, element, path, found, depth + 1);
        }
    }

    #[test]
    fn what_aws_calls_sensitive_is_in_no_record() {
        let mut found = Vec::new();
        let mut sensitive = 0;
        for service in Service::ALL {
            let model = shape::of(service);
            sensitive += model.shapes.values().filter(|shape| shape.sensitive).count();
            for (operation, input) in &model.operations {
                if let Some(input) = input {
                    shows(service, input, operation, &mut found, 0);
                }
            }
        }
        assert!(sensitive > 15, "{sensitive}");
        // objects are data events, which are not recorded
        found.retain(|path| !path.contains("Object."));
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn secrets_of_answers_are_left_out() {
        // members of answers that botocore's models mark
        for name in ["secretAccessKey", "servicePassword", "serviceCredentialSecret", "base32StringSeed", "qRCodePNG"] {
            assert!(is_hidden(Service::Iam, name), "{name}");
        }
        for name in ["accessToken", "idToken", "refreshToken", "clientSecret"] {
            assert!(is_hidden(Service::SsoOidc, name), "{name}");
        }
        assert!(is_hidden(Service::SsoPortal, "sessionToken") && is_hidden(Service::SsoPortal, "SECRETACCESSKEY"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[<>/a-z&;]{0,60}") {
            of_xml(Service::Iam, &text);
        }
    }
}
