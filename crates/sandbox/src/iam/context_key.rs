//! Which condition keys policies ask for.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Context, Family, Reply, simulation};
use crate::authorize::rights::Source;
use crate::error::ApiError;
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: Family =
    &[("GetContextKeysForCustomPolicy", of_texts), ("GetContextKeysForPrincipalPolicy", of_principal)];

fn of_texts(context: &mut Context<'_>) -> Reply {
    told(&inputs(context)?)
}

fn of_principal(context: &mut Context<'_>) -> Reply {
    let arn = context.required("PolicySourceArn")?.to_owned();
    let (mut sources, _) = simulation::of_principal(context, &arn)?;
    sources.extend(inputs(context)?);
    told(&sources)
}

fn inputs(context: &Context<'_>) -> Result<Vec<Source>, ApiError> {
    let texts = context.form.texts("PolicyInputList").into_iter().enumerate();
    texts.map(|(number, text)| simulation::input(format!("PolicyInputList.{}", number + 1), text)).collect()
}

fn told(sources: &[Source]) -> Reply {
    let mut keys = BTreeSet::new();
    for document in sources.iter().filter_map(|source| serde_json::from_str::<Value>(&source.text).ok()) {
        gather(&document, &mut keys);
    }
    Ok(Some(Xml::default().texts("ContextKeyNames", keys)))
}

/// Keys of `Condition` and variables (`${aws:username}`) anywhere.
fn gather(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == "Condition" {
                    let operators = member.as_object().into_iter().flatten();
                    let named = operators.filter_map(|(_, keys)| keys.as_object()).flatten();
                    keys.extend(named.map(|(key, _)| key.clone()));
                }
                gather(member, keys);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, keys)),
        Value::String(text) => {
            let starts = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
            let names = starts.map(|(name, _)| name.split(',').next().unwrap_or(name).trim());
            keys.extend(names.filter(|name| name.contains(':')).map(str::to_owned));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
