//! A form of awsQuery as the JSON that the request tables describe, so that both protocols are checked by one code.

use serde_json::{Map, Value};

use super::query::Form;
use crate::shape::{Kind, Model, Shape};

/// Items of one list that are read; the longest list of a served operation has a thousand.
const LONGEST_LIST: usize = 10_000;

/// The members of the operation's input that the form has.
pub(crate) fn of(model: &Model, input: &str, form: &Form) -> Map<String, Value> {
    model.shapes.get(input).map_or_else(Map::new, |shape| structure(model, shape, "", form))
}

fn structure(model: &Model, shape: &Shape, prefix: &str, form: &Form) -> Map<String, Value> {
    let mut body = Map::new();
    for (name, member) in &shape.members.0 {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        if form.has(&path)
            && let Some(value) = value(model, member, &path, form)
        {
            body.insert(name.clone(), value);
        }
    }
    body
}

/// What cannot be read stays a text, which validation then refuses.
fn value(model: &Model, shape: &str, path: &str, form: &Form) -> Option<Value> {
    let shape = model.shapes.get(shape)?;
    let text = || form.get(path).map(Value::from);
    match shape.kind {
        Kind::Structure => Some(Value::Object(structure(model, shape, path, form))),
        Kind::List => {
            let element = shape.element.as_deref()?;
            let paths = (1..=LONGEST_LIST).map(|number| format!("{path}.member.{number}"));
            let items = paths.take_while(|path| form.has(path)).filter_map(|path| value(model, element, &path, form));
            Some(Value::Array(items.collect()))
        }
        Kind::Integer => form.get(path)?.parse::<i64>().ok().map(Value::from).or_else(text),
        Kind::Boolean => form.get(path)?.parse::<bool>().ok().map(Value::from).or_else(text),
        Kind::String | Kind::Timestamp | Kind::Map | Kind::Document => text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape;
    use crate::wire::route::Service;
    use serde_json::json;

    #[test]
    fn lists_and_structures_are_read() {
        let model = shape::of(Service::Iam);
        let form =
            Form::parse("Action=CreateUser&UserName=a&Tags.member.1.Key=k&Tags.member.1.Value=&Tags.member.2.Key=l");
        let input = model.operations["CreateUser"].as_ref().unwrap();
        let body = Value::Object(of(model, input, &form));
        assert_eq!(body, json!({"UserName": "a", "Tags": [{"Key": "k", "Value": ""}, {"Key": "l"}]}));
        let form = Form::parse("ActionNames.member.1=iam:GetUser&MaxItems=x&PolicySourceArn=arn");
        let input = model.operations["SimulatePrincipalPolicy"].as_ref().unwrap();
        let body = Value::Object(of(model, input, &form));
        assert_eq!(body, json!({"PolicySourceArn": "arn", "ActionNames": ["iam:GetUser"], "MaxItems": "x"}));
    }
}
