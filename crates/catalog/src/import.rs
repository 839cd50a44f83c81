//! [`Observed`] → a catalog that declares just that: the plan right after an import is empty.

mod assignments;
mod rows;
mod sets;
pub(crate) mod text;

use std::collections::BTreeMap;

use model::{Observed, Rules};

use crate::catalog::DEFAULT_DEPLOYMENT;
use crate::files::{CatalogFiles, FileKind};
use crate::schema::header;
use crate::yaml::scalar;

/// Writes a catalog of what was observed: permission sets with their inline policies as files, and assignments, grouped.
///
/// Left out are sets that AWS or Control Tower keep for themselves (`AWS…`), with their assignments, and sets of which a
/// part could not be read; `sekisho.yaml` lists them. What has no name any more is written by id.
#[must_use]
pub fn import(observed: &Observed) -> CatalogFiles {
    let mut catalog = CatalogFiles::default();
    let left_out = sets::write(observed, &mut catalog);
    assignments::write(observed, &mut catalog);
    catalog.files.insert("sekisho.yaml".to_owned(), settings(observed, &left_out));
    catalog
}

fn settings(observed: &Observed, left_out: &[String]) -> String {
    let mut text = header(FileKind::Settings).to_owned();
    text.push_str("# Written by `sekisho import` from what Identity Center held.\n\n");
    text.push_str(&format!("deployment: {}\n", scalar(&deployment(observed))));
    text.push_str(&format!("instance: {}\n", scalar(observed.instance.instance.as_str())));
    text.push_str(&format!("region: {}\n", scalar(&observed.instance.primary_region)));
    text.push_str(concat!(
        "\n# Where the journal is kept: runs that share it know what Sekisho created, and so what it may remove.\n",
        "# state: postgres://sekisho@db.example.com/sekisho\n",
        "\n# What Sekisho may remove. Nothing yet: additive means only what Sekisho itself created. Once this catalog is the\n",
        "# only place where access is given, let it remove what is not declared, account by account:\n",
        "# ownership:\n",
        "#   - mode: exclusive\n",
        "#     accounts: sandbox-*\n",
        "\n# The way in that no run may close. Put your administrators here.\n",
        "# lockout:\n",
        "#   - principals: [group:platform-admins]\n",
        "#     permission_sets: [AdministratorAccess]\n",
    ));
    if !left_out.is_empty() {
        text.push_str("\n# Not in this catalog:\n");
        for line in left_out {
            text.push_str(&format!("#   {line}\n"));
        }
    }
    text
}

/// The name under which sets are tagged already, where there is just one.
fn deployment(observed: &Observed) -> String {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for set in observed.permission_sets.values() {
        if let Some(name) = set.tags.value().and_then(|tags| tags.get(Rules::DEPLOYMENT_TAG)) {
            *names.entry(name).or_default() += 1;
        }
    }
    let usable = |name: &str| {
        !name.trim().is_empty()
            && name.len() <= 256
            && name.chars().all(|character| character.is_ascii_alphanumeric() || "_.:/=+-@ ".contains(character))
    };
    match names.into_keys().collect::<Vec<_>>().as_slice() {
        [name] if usable(name) => (*name).to_owned(),
        _ => DEFAULT_DEPLOYMENT.to_owned(),
    }
}
