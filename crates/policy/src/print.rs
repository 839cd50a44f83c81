//! [`Policy`] → text.

use crate::json::Writer;
use crate::policy::{Clause, Condition, Policy, Principal, PrincipalClause, Scalar, Statement};
use crate::span::Text;

impl Policy {
    /// The policy as JSON with two spaces of indentation, elements in AWS's customary order. A list of one is printed as a scalar.
    /// Reading it back gives an equal policy. Characters beyond Latin-1, which AWS's pattern refuses, are escaped.
    #[must_use]
    pub fn to_json_pretty(&self) -> String {
        let mut writer = Writer::new(true);
        write_policy(&mut writer, self);
        writer.finish()
    }

    /// The policy as JSON without any whitespace: the form to send and to measure.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut writer = Writer::new(false);
        write_policy(&mut writer, self);
        writer.finish()
    }
}

impl Statement {
    /// The statement as JSON without whitespace.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut writer = Writer::new(false);
        write_statement(&mut writer, self);
        writer.finish()
    }
}

fn write_policy(writer: &mut Writer, policy: &Policy) {
    writer.open('{');
    if let Some(version) = policy.declared_version {
        writer.name("Version");
        writer.string(version.name());
    }
    if let Some(id) = &policy.id {
        writer.name("Id");
        writer.string(id);
    }
    writer.name("Statement");
    writer.open('[');
    for statement in &policy.statements {
        write_statement(writer, statement);
    }
    writer.close(']');
    writer.close('}');
}

fn write_statement(writer: &mut Writer, statement: &Statement) {
    writer.open('{');
    if let Some(sid) = &statement.sid {
        writer.name("Sid");
        writer.string(sid);
    }
    writer.name("Effect");
    writer.string(statement.effect.name());
    if let Some(principal) = &statement.principal {
        write_principal(writer, principal);
    }
    write_clause(writer, "Action", "NotAction", &statement.action);
    if let Some(resource) = &statement.resource {
        write_clause(writer, "Resource", "NotResource", resource);
    }
    if !statement.conditions.is_empty() {
        write_conditions(writer, &statement.conditions);
    }
    writer.close('}');
}

fn write_clause(writer: &mut Writer, positive: &str, negated: &str, clause: &Clause) {
    writer.name(if clause.negated { negated } else { positive });
    write_strings(writer, &clause.values);
}

fn write_strings(writer: &mut Writer, values: &[Text]) {
    if let [single] = values {
        writer.string(single);
        return;
    }
    writer.open('[');
    for value in values {
        writer.string(value);
    }
    writer.close(']');
}

fn write_principal(writer: &mut Writer, clause: &PrincipalClause) {
    writer.name(if clause.negated { "NotPrincipal" } else { "Principal" });
    match &clause.who {
        Principal::Everyone => writer.string("*"),
        Principal::Listed(listed) => {
            writer.open('{');
            for (kind, values) in listed {
                writer.name(kind);
                write_strings(writer, values);
            }
            writer.close('}');
        }
    }
}

fn write_conditions(writer: &mut Writer, conditions: &[Condition]) {
    writer.name("Condition");
    writer.open('{');
    let mut written: Vec<&str> = Vec::new();
    for condition in conditions {
        if written.contains(&condition.operator.as_str()) {
            continue;
        }
        written.push(&condition.operator);
        writer.name(&condition.operator);
        writer.open('{');
        for same in conditions.iter().filter(|other| other.operator == condition.operator) {
            writer.name(&same.key);
            let [single] = same.values.as_slice() else {
                writer.open('[');
                same.values.iter().for_each(|value| write_scalar(writer, value));
                writer.close(']');
                continue;
            };
            write_scalar(writer, single);
        }
        writer.close('}');
    }
    writer.close('}');
}

fn write_scalar(writer: &mut Writer, scalar: &Scalar) {
    match scalar {
        Scalar::String(text) => writer.string(text),
        Scalar::Number(_) | Scalar::Bool(_) => writer.raw(scalar.text()),
    }
}
