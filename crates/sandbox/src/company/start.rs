//! The states a company can start in.

use serde_json::json;

use super::build::Builder;
use super::{Company, CompanyAccount, CompanyError, Part};
use crate::config::Config;
use crate::machine::Sandbox;

/// How a sandbox of a company begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Everything declared exists and is settled.
    Declared,
    /// The organization and its people exist; Identity Center has no permission sets.
    Untouched,
    /// Declared, and then some years went by. For the sample company: four sets were never made, two are out of date, one
    /// of them also stale in some accounts, some sixty assignments are missing, five exist that nobody declares, and one
    /// names a user who is gone.
    BeforeMigration,
}

/// Sets that do not exist yet before the migration.
const MISSING_SETS: [&str; 4] = ["NetworkAdmin", "DataEngineer", "MachineLearning", "SandboxAdmin"];

/// Assignments nobody declares: account, set, principal.
const UNDECLARED: [(&str, &str, &str); 5] = [
    ("minimo-prod", "Developer", "group:minimo-dev"),
    ("minimo-prod", "PlatformAdmin", "user:hanako.yamada@example.com"),
    ("finance-systems", "ReadOnly", "group:everyone"),
    ("hinata-prod", "Deploy", "group:contractors"),
    ("sandbox-backend", "PlatformAdmin", "user:taro.sato@example.com"),
];

impl Sandbox {
    /// An organization of a management and a delegated administrator account, with an Identity Center instance that holds
    /// nothing yet.
    pub fn empty(config: Config) -> Result<Self, CompanyError> {
        let account = |id: &str, name: &str, part| CompanyAccount {
            id: id.to_owned(),
            name: name.to_owned(),
            unit: "/".to_owned(),
            suspended: false,
            part,
            tags: Vec::new(),
        };
        let accounts = vec![
            account("534439589175", "management", Part::Management),
            account("154335349840", "identity", Part::Delegated),
        ];
        Self::with_company(config, &Company { accounts, ..Company::default() }, Start::Declared)
    }

    /// A sandbox of this company.
    pub fn with_company(config: Config, company: &Company, start: Start) -> Result<Self, CompanyError> {
        let mut builder = Builder::new(&config, company)?;
        match start {
            Start::Untouched => {}
            Start::Declared => declared(&mut builder, company)?,
            Start::BeforeMigration => before_migration(&mut builder, company)?,
        }
        Ok(Self::assemble(config, builder.world))
    }
}

pub(super) fn declared(builder: &mut Builder, company: &Company) -> Result<(), CompanyError> {
    for set in &company.permission_sets {
        builder.add_set(set)?;
    }
    for row in company.assigned()? {
        if let Some(found) = builder.row(&row.account, &row.permission_set, &row.principal) {
            builder.assign(found, &row.permission_set)?;
        }
    }
    Ok(())
}

fn before_migration(builder: &mut Builder, company: &Company) -> Result<(), CompanyError> {
    for set in &company.permission_sets {
        if MISSING_SETS.contains(&set.name.as_str()) {
            continue;
        }
        let mut then = set.clone();
        match set.name.as_str() {
            "Developer" => {
                then.session_duration = "PT4H".to_owned();
                then.managed_policies.retain(|policy| policy != "AmazonECS_FullAccess");
            }
            "LogViewer" => then.inline_policy = Some(old_logs("arn:aws:logs:*:*:log-group:/app/*")),
            _ => {}
        }
        builder.add_set(&then)?;
    }
    assign_in_two_waves(builder, company)?;
    for (account, set, principal) in UNDECLARED {
        if let Some(row) = builder.row(account, set, principal) {
            builder.assign(row, set)?;
        }
    }
    leave_an_orphan(builder)
}

/// LogViewer changed once between the waves: accounts of the first wave hold its older version.
fn assign_in_two_waves(builder: &mut Builder, company: &Company) -> Result<(), CompanyError> {
    let rows: Vec<_> = company.assigned()?.into_iter().filter(|row| !missing(row)).collect();
    let (first, second): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| !row.account.ends_with("-dev"));
    for (wave, rows) in [first, second].into_iter().enumerate() {
        if wave == 1
            && let Some(id) = builder.sets.get("LogViewer")
        {
            let newer = old_logs("arn:aws:logs:*:*:log-group:/app/service/*").to_string();
            builder.world.center.edit(*id, |content| content.inline = Some(newer));
        }
        for row in rows {
            if let Some(found) = builder.row(&row.account, &row.permission_set, &row.principal) {
                builder.assign(found, &row.permission_set)?;
            }
        }
    }
    Ok(())
}

/// The newest product's production, designers in staging, and the security team in two products were not given yet.
fn missing(row: &super::Assigned) -> bool {
    let product = |name: &str| row.account.starts_with(name);
    let security = row.principal == "group:security" && row.permission_set == "IncidentResponse";
    row.account == "wakaba-prod"
        || (row.principal == "group:designers" && row.account.ends_with("-stg"))
        || (security && (product("kakehashi-") || product("minato-")))
        || (row.principal == "group:executives" && row.permission_set == "CostExplorer")
}

fn old_logs(resource: &str) -> serde_json::Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["logs:StartQuery", "logs:StopQuery", "logs:FilterLogEvents"],
            "Resource": resource
        }]
    })
}

/// Somebody left; the user was deleted before the assignment.
fn leave_an_orphan(builder: &mut Builder) -> Result<(), CompanyError> {
    let user = builder.add_user("jiro.kanda@example.com", "神田", "次郎");
    if let Some(row) = builder.row("finance-systems", "ReadOnly", "user:jiro.kanda@example.com") {
        builder.assign(row, "ReadOnly")?;
    }
    builder.world.directory.remove_user(user);
    builder.principals.remove("user:jiro.kanda@example.com");
    Ok(())
}
