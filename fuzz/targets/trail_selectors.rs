//! Event selectors: reading never panics, every class has an answer, and what was read is kept as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trail::Bookmark;
use trail::selectors::Recording;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut recording) = Recording::parse(bytes) else { return };
    for account in [None, Some("111122223333")] {
        for class in recording.classes() {
            let _ = recording.of_class(account, &class);
        }
        let _ = recording.of_class(account, "data");
    }
    let mut bookmark = Bookmark::default();
    bookmark.note_recording(recording.clone(), 0);
    if let Ok(file) = bookmark.write() {
        assert_eq!(Bookmark::read(&file), Ok(bookmark));
    }
    recording.keep_buckets(&["logs"]);
});
