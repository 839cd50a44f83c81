//! `sekisho iam-policy`

use model::change::Scope;
use model::id::InstanceArn;

use crate::cli::{IamPolicyArguments, PolicyScope};
use crate::console::Console;
use crate::error::{CommandError, Exit};

pub(super) fn run(arguments: &IamPolicyArguments, console: &Console) -> Result<Exit, CommandError> {
    let instance_arn = arguments
        .instance
        .as_deref()
        .map(InstanceArn::new)
        .transpose()
        .map_err(|error| CommandError::new("`--instance` is no instance").because(&error))?;
    let scope = match arguments.scope {
        PolicyScope::Delegated => Scope::Delegated,
        PolicyScope::Management => Scope::Management,
    };
    let partition = instance_arn.as_ref().and_then(|arn| arn.as_str().split(':').nth(1)).unwrap_or("aws").to_owned();
    let options = aws::PolicyOptions {
        partition,
        instance_arn,
        kms_key_arn: arguments.kms_key.clone(),
        inspection_role: arguments.inspection_role.clone(),
    };
    console.data(&format!("{}\n", aws::iam_policy(&scope, &options).trim_end()))?;
    Ok(Exit::Done)
}
