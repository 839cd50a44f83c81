//! Files of a catalog, one after the other, each under a line `#=> path`: reading never panics, every place it names is in the
//! file and can be shown, and formatting twice is formatting once.
#![no_main]

use catalog::{CatalogFiles, RenderOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let files = CatalogFiles::new(text.split("#=> ").filter_map(|file| file.split_once('\n')));
    let parsed = catalog::parse(&files);
    for diagnostic in &parsed.diagnostics {
        let Some(file) = files.files.get(&diagnostic.file) else { continue };
        let marked = file.get(diagnostic.span.start..diagnostic.span.end);
        assert!(marked.is_some(), "{diagnostic:?} is outside of its file");
    }
    let shown = catalog::render(&parsed.diagnostics, &files, &RenderOptions::default());
    assert_eq!(shown.is_empty(), parsed.diagnostics.is_empty());
    for (path, text) in &files.files {
        let Ok(once) = catalog::format(path, text) else { continue };
        assert_eq!(catalog::format(path, &once).as_ref(), Ok(&once), "formatting `{path}` again changes it");
    }
});
