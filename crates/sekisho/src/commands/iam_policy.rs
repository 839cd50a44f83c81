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
    let partition = instance_arn.as_ref().and_then(|arn| arn.as_str().split(':').nth(1)).unwrap_or("aws").to_owned();
    let options = aws::PolicyOptions {
        partition,
        instance_arn,
        kms_key_arn: arguments.kms_key.clone(),
        inspection_role: arguments.inspection_role.clone(),
    };
    let policy = match arguments.scope {
        PolicyScope::Delegated => aws::iam_policy(&Scope::Delegated, &options),
        PolicyScope::Management => aws::iam_policy(&Scope::Management, &options),
        PolicyScope::Inventory => aws::inventory_policy(aws::InventoryPart::Caller, &options),
        PolicyScope::Log => {
            let bucket = arguments.bucket.as_deref().unwrap_or_default();
            aws::log_policy(&options.partition, bucket, options.kms_key_arn.as_deref())
        }
        PolicyScope::RetirementRole => aws::retirement_policy(&options),
        PolicyScope::InventoryRole => aws::inventory_policy(aws::InventoryPart::Role, &options),
    };
    console.data(&format!("{}\n", policy.trim_end()))?;
    Ok(Exit::Done)
}
