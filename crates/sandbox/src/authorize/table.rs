//! What each operation needs: `data/authorization.tsv`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::wire::route::Service;

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// `iam:ListUsers`
    pub(crate) action: &'static str,
    /// Kinds of resources; see [`super::resource`].
    pub(crate) kinds: Vec<&'static str>,
}

impl Row {
    /// Whether everybody may, as nobody can be denied GetCallerIdentity.
    pub(crate) fn is_free(&self) -> bool {
        self.kinds.first() == Some(&"-")
    }
}

/// By service and operation.
static ROWS: LazyLock<HashMap<&'static str, HashMap<&'static str, Row>>> = LazyLock::new(|| {
    let lines = include_str!("../../data/authorization.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut rows: HashMap<_, HashMap<_, _>> = HashMap::new();
    for line in lines {
        let fields: Vec<&'static str> = line.split('\t').collect();
        if let [service, operation, action, kinds] = fields.as_slice() {
            let row = Row { action, kinds: kinds.split(' ').collect() };
            rows.entry(*service).or_default().insert(*operation, row);
        }
    }
    rows
});

pub(crate) fn of(service: Service, operation: &str) -> Option<&'static Row> {
    ROWS.get(service.name())?.get(operation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape;

    #[test]
    fn every_served_operation_has_a_row_and_every_row_an_operation() {
        let mut served = 0;
        for service in Service::ALL {
            let model = shape::of(service);
            for operation in model.operations.keys() {
                let row = of(service, operation).unwrap_or_else(|| panic!("no row for {operation}"));
                // S3 names its actions by itself
                if service != Service::S3 {
                    assert_eq!(row.action, format!("{}:{operation}", service.signing_name()));
                }
                served += 1;
            }
        }
        assert_eq!(ROWS.values().map(HashMap::len).sum::<usize>(), served);
    }

    #[test]
    fn every_action_is_one_of_aws_s() {
        // what a token in the place of a signature opens is nobody's action
        for row in
            ROWS.values().flat_map(HashMap::values).filter(|row| !row.is_free() || row.action.starts_with("sts:"))
        {
            assert!(policy::catalogue::contains(row.action), "{}", row.action);
        }
    }
}
