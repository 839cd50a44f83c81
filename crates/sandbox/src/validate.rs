//! Checks a request against its shape, in AWS's order and words.

use std::fmt;

use serde_json::{Map, Value};

use crate::cloudtrail::is_hidden;
use crate::error::ApiError;
use crate::shape::{Kind, Model, Shape};
use crate::wire::route::Service;

/// Longer values are cut in messages.
const QUOTED_LIMIT: usize = 256;

/// One constraint a value does not keep.
#[derive(Debug)]
struct Violation {
    path: String,
    /// As it is quoted; empty where it is nobody's business.
    value: String,
    constraint: Constraint,
}

impl Violation {
    /// Whether IAM says it in words of its own.
    fn is_a_name(&self) -> bool {
        matches!(&self.constraint, Constraint::Pattern(pattern) if pattern == "[\\w+=,.@-]+")
    }
}

#[derive(Debug)]
enum Constraint {
    Required,
    Pattern(String),
    MinLength(i64),
    MaxLength(i64),
    MinValue(i64),
    MaxValue(i64),
    Enum(Vec<String>),
}

impl fmt::Display for Constraint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => write!(formatter, "Member must not be null"),
            Self::Pattern(pattern) => write!(formatter, "Member must satisfy regular expression pattern: {pattern}"),
            Self::MinLength(least) => write!(formatter, "Member must have length greater than or equal to {least}"),
            Self::MaxLength(most) => write!(formatter, "Member must have length less than or equal to {most}"),
            Self::MinValue(least) => write!(formatter, "Member must have value greater than or equal to {least}"),
            Self::MaxValue(most) => write!(formatter, "Member must have value less than or equal to {most}"),
            Self::Enum(values) => write!(formatter, "Member must satisfy enum value set: [{}]", values.join(", ")),
        }
    }
}

impl Constraint {
    /// The `Reason` of Organizations' InvalidInputException.
    fn organizations_reason(&self) -> &'static str {
        match self {
            Self::Required => "INPUT_REQUIRED",
            Self::Pattern(_) => "INVALID_PATTERN",
            Self::MinLength(_) => "MIN_LENGTH_EXCEEDED",
            Self::MaxLength(_) => "MAX_LENGTH_EXCEEDED",
            Self::MinValue(_) => "MIN_VALUE_EXCEEDED",
            Self::MaxValue(_) => "MAX_VALUE_EXCEEDED",
            Self::Enum(_) => "INVALID_ENUM",
        }
    }

    fn organizations_message(&self) -> String {
        match self {
            Self::Required => "You must specify all required parameters.".to_owned(),
            Self::Pattern(_) => "You provided a value that does not match the required pattern.".to_owned(),
            Self::Enum(_) => "You specified an invalid value for an enumerated parameter.".to_owned(),
            other => format!("You provided a value that is out of range: {other}."),
        }
    }
}

/// Checks the body of an operation that the service's table knows.
pub(crate) fn check(service: Service, model: &Model, input: &str, body: &Map<String, Value>) -> Result<(), ApiError> {
    let mut checker = Checker { service, model, violations: Vec::new() };
    if let Some(shape) = model.shapes.get(input) {
        checker.structure(shape, "", body)?;
    }
    match checker.violations.as_slice() {
        [] => Ok(()),
        [first, ..] if service == Service::Organizations => {
            Err(ApiError::new("InvalidInputException", first.constraint.organizations_message())
                .with("Reason", first.constraint.organizations_reason()))
        }
        [first, ..] if service == Service::Iam && first.is_a_name() => {
            let message = format!(
                "The specified value for {} is invalid. It must contain only alphanumeric characters and/or the following: \
                 +=,.@_-",
                first.path
            );
            Err(ApiError::new("ValidationError", message))
        }
        [first, ..] if service == Service::S3 && first.path == "maxBuckets" => {
            let message = "Argument max-buckets must be an integer between 1 and 10000";
            Err(ApiError::new("InvalidArgument", message).with("ArgumentName", "max-buckets"))
        }
        [first, ..] if service == Service::CloudTrail && first.path == "maxResults" => {
            Err(ApiError::new("InvalidMaxResultsException", message(&checker.violations)))
        }
        [first, ..] if service == Service::CloudTrail && first.path.starts_with("lookupAttributes") => {
            Err(ApiError::new("InvalidLookupAttributesException", message(&checker.violations)))
        }
        violations if service == Service::Athena => {
            let refused = ApiError::new("InvalidRequestException", message(violations));
            Err(refused.with("AthenaErrorCode", "INVALID_INPUT"))
        }
        violations if service.speaks_xml() => Err(ApiError::new("ValidationError", message(violations))),
        violations => Err(ApiError::validation(message(violations))),
    }
}

fn message(violations: &[Violation]) -> String {
    let texts: Vec<String> = violations
        .iter()
        .map(|Violation { path, value, constraint }| {
            let space = if value.is_empty() { "" } else { " " };
            format!("Value{space}{value} at '{path}' failed to satisfy constraint: {constraint}")
        })
        .collect();
    let plural = if violations.len() == 1 { "error" } else { "errors" };
    format!("{} validation {plural} detected: {}", violations.len(), texts.join("; "))
}

struct Checker<'a> {
    service: Service,
    model: &'a Model,
    violations: Vec<Violation>,
}

impl Checker<'_> {
    fn structure(&mut self, shape: &Shape, path: &str, body: &Map<String, Value>) -> Result<(), ApiError> {
        for (name, member) in &shape.members.0 {
            let here = join(path, &lower_first(name));
            match body.get(name) {
                None | Some(Value::Null) => {
                    if shape.required.contains(name) {
                        self.add(&here, "null".to_owned(), Constraint::Required);
                    }
                }
                Some(value) => self.value(member, &here, value)?,
            }
        }
        let given = shape.members.0.iter().filter(|(name, _)| body.get(name).is_some_and(|value| !value.is_null()));
        if shape.union && given.count() != 1 {
            return Err(ApiError::validation(format!("Exactly one member of the union at '{path}' must be set")));
        }
        Ok(())
    }

    fn value(&mut self, shape_name: &str, path: &str, value: &Value) -> Result<(), ApiError> {
        let Some(shape) = self.model.shapes.get(shape_name) else { return Ok(()) };
        match (shape.kind, value) {
            (Kind::Structure, Value::Object(body)) => self.structure(shape, path, body),
            (Kind::List, Value::Array(items)) => {
                self.size(shape, path, items.len(), || format!("'[{} items]'", items.len()));
                for (index, item) in items.iter().enumerate() {
                    if let Some(element) = &shape.element {
                        self.value(element, &format!("{path}.{}.member", index + 1), item)?;
                    }
                }
                Ok(())
            }
            (Kind::Map, Value::Object(entries)) => self.map(shape, path, entries),
            (Kind::String, Value::String(text)) => {
                self.text(shape, path, text);
                Ok(())
            }
            (Kind::Integer, Value::Number(number)) => {
                self.number(shape, path, number.as_i64().unwrap_or(i64::MAX));
                Ok(())
            }
            (Kind::Boolean, Value::Bool(_)) | (Kind::Timestamp, Value::Number(_)) | (Kind::Document, _) => Ok(()),
            (kind, other) => Err(unreadable(kind, other)),
        }
    }

    fn map(&mut self, shape: &Shape, path: &str, entries: &Map<String, Value>) -> Result<(), ApiError> {
        self.size(shape, path, entries.len(), || format!("'[{} entries]'", entries.len()));
        for (key, value) in entries {
            if let Some(key_shape) = shape.key.as_ref().and_then(|name| self.model.shapes.get(name)) {
                self.text(key_shape, &join(path, key), key);
            }
            if let Some(element) = &shape.element {
                self.value(element, &join(path, key), value)?;
            }
        }
        Ok(())
    }

    fn text(&mut self, shape: &Shape, path: &str, text: &str) {
        let secret = shape.sensitive || is_hidden(self.service, leaf(path));
        let quoted = || if secret { String::new() } else { quote(text) };
        if !shape.values.is_empty() && !shape.values.iter().any(|value| value == text) {
            self.add(path, quoted(), Constraint::Enum(shape.values.clone()));
        }
        self.size(shape, path, text.chars().count(), quoted);
        if let Some(pattern) = shape.pattern.as_ref().filter(|_| !shape.matches(text)) {
            self.add(path, quoted(), Constraint::Pattern(pattern.clone()));
        }
    }

    fn number(&mut self, shape: &Shape, path: &str, number: i64) {
        if let Some(least) = shape.min.filter(|least| number < *least) {
            self.add(path, format!("'{number}'"), Constraint::MinValue(least));
        }
        if let Some(most) = shape.max.filter(|most| number > *most) {
            self.add(path, format!("'{number}'"), Constraint::MaxValue(most));
        }
    }

    fn size(&mut self, shape: &Shape, path: &str, size: usize, quoted: impl Fn() -> String) {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        if let Some(least) = shape.min.filter(|least| size < *least) {
            self.add(path, quoted(), Constraint::MinLength(least));
        }
        if let Some(most) = shape.max.filter(|most| size > *most) {
            self.add(path, quoted(), Constraint::MaxLength(most));
        }
    }

    fn add(&mut self, path: &str, value: String, constraint: Constraint) {
        self.violations.push(Violation { path: path.to_owned(), value, constraint });
    }
}

/// The service could not even read the member.
fn unreadable(kind: Kind, value: &Value) -> ApiError {
    let found = match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(_) => "BOOLEAN_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    ApiError::new("SerializationException", format!("{found} can not be converted to {kind:?}"))
}

fn quote(text: &str) -> String {
    if text.chars().count() <= QUOTED_LIMIT {
        return format!("'{text}'");
    }
    let cut: String = text.chars().take(QUOTED_LIMIT).collect();
    format!("'{cut}...'")
}

/// The member that a path ends in, whatever its place in a list (`emails` of `emails.1.member`).
fn leaf(path: &str) -> &str {
    let of_list = |name: &&str| *name == "member" || name.bytes().all(|byte| byte.is_ascii_digit());
    path.rsplit('.').find(|name| !of_list(name)).unwrap_or_default()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape;
    use serde_json::json;

    fn told(service: Service, operation: &str, body: Value) -> String {
        let model = shape::of(service);
        let input = model.operations[operation].as_ref().unwrap();
        match check(service, model, input, body.as_object().unwrap()) {
            Ok(()) => "ok".to_owned(),
            Err(error) => format!("{}: {}", error.code, error.message),
        }
    }

    #[test]
    fn messages_are_aws_s() {
        let instance = "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6";
        let say = |operation: &str, body: Value| told(Service::SsoAdmin, operation, body);
        let messages = [
            say("CreatePermissionSet", json!({"InstanceArn": instance, "Name": "Ok"})),
            say("CreatePermissionSet", json!({"InstanceArn": instance})),
            say("CreatePermissionSet", json!({"InstanceArn": instance, "Name": "bad name", "Description": "権限"})),
            say("CreatePermissionSet", json!({"InstanceArn": instance, "Name": "n".repeat(33)})),
            say("CreatePermissionSet", json!({"InstanceArn": instance, "Name": 7})),
            say("TagResource", json!({"ResourceArn": instance, "Tags": [{"Key": "", "Value": "v"}, {"Key": "k"}]})),
            say("ListPermissionSets", json!({"InstanceArn": instance, "MaxResults": 101})),
            say(
                "ProvisionPermissionSet",
                json!({"InstanceArn": instance, "PermissionSetArn": "x", "TargetType": "OU"}),
            ),
            told(Service::Organizations, "DescribeAccount", json!({"AccountId": "1"})),
            told(Service::Organizations, "DescribeAccount", json!({})),
            told(
                Service::IdentityStore,
                "GetUserId",
                json!({"IdentityStoreId": "d-0123456789", "AlternateIdentifier": {}}),
            ),
            told(
                Service::IdentityStore,
                "CreateUser",
                json!({"IdentityStoreId": "d-0123456789", "UserName": "swordfish\u{1}", "Emails": [{"Value": "swordfish\u{1}"}]}),
            ),
            told(
                Service::IdentityStore,
                "ListUsers",
                json!({"IdentityStoreId": "d-0123456789", "Filters": [{"AttributePath": "", "AttributeValue": ""}]}),
            ),
            told(Service::Iam, "ChangePassword", json!({"OldPassword": "", "NewPassword": "swordfish".repeat(20)})),
        ];
        insta::assert_snapshot!(messages.join("\n"));
    }
}
