//! Bookmarks: what is read is written the same way, and names no file outside its folder.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trail::Bookmark;

fuzz_target!(|bytes: &[u8]| {
    let _ = Bookmark::read(bytes);
    let Ok(bookmark) = Bookmark::read_plain(bytes) else { return };
    assert!(bookmark.files.values().all(|name| !name.contains(['/', '\\']) && !name.starts_with('.')));
    if let Ok(file) = bookmark.write() {
        assert_eq!(Bookmark::read(&file).as_ref(), Ok(&bookmark));
    }
});
