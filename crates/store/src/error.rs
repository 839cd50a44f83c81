//! Turning what databases say into [`StoreError`], without secrets.

use ports::StoreError;

/// An event or a plan that does not become JSON; its types rule that out.
pub(crate) fn unwritable(error: serde_json::Error) -> StoreError {
    StoreError::Database { message: format!("the journal cannot be written as JSON: {error}") }
}

/// A number outside of what the database can hold.
pub(crate) fn out_of_range(_: std::num::TryFromIntError) -> StoreError {
    StoreError::Database { message: "a sequence number is out of range".to_owned() }
}

/// Names the place a database error came from, and hides the password should the driver have repeated it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The URL without password.
    pub(crate) name: String,
    /// What must not be shown.
    pub(crate) secret: Option<String>,
}

impl Place {
    /// Hides the secret.
    pub(crate) fn redact(&self, text: &str) -> String {
        match &self.secret {
            Some(secret) if !secret.is_empty() => text.replace(secret.as_str(), "***"),
            _ => text.to_owned(),
        }
    }

    /// The state cannot be believed.
    pub(crate) fn damaged(&self, message: impl Into<String>) -> StoreError {
        StoreError::Damaged { place: self.name.clone(), message: message.into() }
    }

    /// What the driver said.
    pub(crate) fn database(&self, error: &sqlx::Error) -> StoreError {
        if let sqlx::Error::Database(inner) = error {
            // SQLite: 11 is SQLITE_CORRUPT, 26 SQLITE_NOTADB. PostgreSQL: class XX002 is index, XX001 data corruption.
            let code = inner.code().unwrap_or_default();
            if ["11", "26", "XX001", "XX002"].contains(&code.as_ref()) {
                return self.damaged(self.redact(inner.message()));
            }
        }
        StoreError::Database { message: format!("the state at {}: {}", self.name, self.redact(&error.to_string())) }
    }

    /// What went wrong with the schema.
    pub(crate) fn migration(&self, error: &sqlx::migrate::MigrateError) -> StoreError {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(version) => StoreError::Database {
                message: format!(
                    "the state at {} was written by a newer Sekisho (its schema has version {version}): use that one",
                    self.name
                ),
            },
            sqlx::migrate::MigrateError::Execute(inner) | sqlx::migrate::MigrateError::ExecuteMigration(inner, _) => {
                self.database(inner)
            }
            other => StoreError::Database {
                message: format!("the schema of {}: {}", self.name, self.redact(&other.to_string())),
            },
        }
    }
}
