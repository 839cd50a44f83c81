//! Names brought into one form: widths, letter case, kana, and the ways to write Japanese in Latin letters.

use unicode_normalization::UnicodeNormalization;

/// NFKC in lower case: half- and full-width letters become one.
pub(super) fn folded(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase()
}

/// Letters and digits only, folded.
pub(super) fn letters(text: &str) -> String {
    folded(text).chars().filter(|letter| letter.is_alphanumeric()).collect()
}

/// Parts between anything that is no letter or digit, folded; digits at a part's end are dropped (`yhamano0312`), and whether any were.
pub(super) fn words(text: &str) -> (Vec<String>, bool) {
    let folded = folded(text);
    let mut had_digits = false;
    let parts = folded.split(|letter: char| !letter.is_alphanumeric());
    let words = parts.filter_map(|part| {
        let plain = part.trim_end_matches(|letter: char| letter.is_ascii_digit());
        had_digits |= plain.len() < part.len();
        (!plain.is_empty()).then(|| plain.to_owned())
    });
    let words = words.collect();
    (words, had_digits)
}

/// One way to write what may be written in several: `Ohno`, `Oono`, `Ōno`, `オオノ` and `おおの` become `ono`; `Shinji`, `Sinzi` become `sinzi`.
/// Different names may become one (Ono, Ohno): whoever compares has to expect several.
///
/// Each word has its own: the `h` of `goto-h` makes no long vowel.
pub(super) fn sound(text: &str) -> String {
    folded(text).split(|letter: char| !letter.is_alphanumeric()).map(sound_of_word).collect()
}

fn sound_of_word(word: &str) -> String {
    let mut latin = String::new();
    for letter in kana_to_latin(word).chars() {
        latin.push(match letter {
            'ā' => 'a',
            'ī' => 'i',
            'ū' | 'û' => 'u',
            'ē' => 'e',
            'ō' | 'ô' => 'o',
            other => other,
        });
    }
    const SOUNDS: [(&str, &str); 20] = [
        ("tch", "tt"),
        ("shi", "si"),
        ("chi", "ti"),
        ("tsu", "tu"),
        ("fu", "hu"),
        ("dzu", "zu"),
        ("du", "zu"),
        ("ji", "zi"),
        ("di", "zi"),
        ("sh", "sy"),
        ("ch", "ty"),
        ("j", "zy"),
        ("zyi", "zi"),
        ("mb", "nb"),
        ("mp", "np"),
        ("mm", "nm"),
        ("ye", "e"),
        ("ou", "o"),
        ("oo", "o"),
        ("uu", "u"),
    ];
    let mut text = SOUNDS.iter().fold(latin, |text, (from, to)| text.replace(from, to));
    // `oh` is a long o unless a vowel follows: Itoh, Ohta, but Yohei.
    while let Some(at) = long_oh(&text) {
        text.remove(at + 1);
    }
    text
}

fn long_oh(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    bytes.windows(2).enumerate().find_map(|(at, pair)| {
        let follows = bytes.get(at + 2);
        let is_vowel = follows.is_some_and(|byte| b"aiueoy".contains(byte));
        (pair == b"oh" && !is_vowel).then_some(at)
    })
}

/// Without its vowels: `yamada` is `ymd`.
pub(super) fn skeleton(text: &str) -> String {
    text.chars().filter(|letter| !"aeiou".contains(*letter)).collect()
}

/// Whether there is anything but Latin letters and digits.
pub(super) fn is_japanese(text: &str) -> bool {
    text.chars().any(|letter| letter.is_alphabetic() && !letter.is_ascii() && !"āīūēōûô".contains(letter))
}

/// Whether all letters are kana.
pub(super) fn is_kana(text: &str) -> bool {
    let mut letters = text.chars().filter(|letter| letter.is_alphanumeric()).peekable();
    letters.peek().is_some() && letters.all(|letter| matches!(letter, 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー'))
}

/// Kana into Latin letters; everything else stays.
fn kana_to_latin(text: &str) -> String {
    const ROWS: [(&str, &str); 16] = [
        ("アイウエオ", ""),
        ("カキクケコ", "k"),
        ("サシスセソ", "s"),
        ("タチツテト", "t"),
        ("ナニヌネノ", "n"),
        ("ハヒフヘホ", "h"),
        ("マミムメモ", "m"),
        ("ラリルレロ", "r"),
        ("ガギグゲゴ", "g"),
        ("ザジズゼゾ", "z"),
        ("ダヂヅデド", "d"),
        ("バビブベボ", "b"),
        ("パピプペポ", "p"),
        ("ァィゥェォ", ""),
        ("ヤ*ユ*ヨ", "y"),
        ("ワ***ヲ", "w"),
    ];
    let mut out = String::new();
    let mut doubled = false;
    for letter in text.chars() {
        let letter = match letter {
            'ぁ'..='ゖ' => char::from_u32(u32::from(letter) + 0x60).unwrap_or(letter),
            other => other,
        };
        let small = "ャュョ".chars().position(|one| one == letter);
        let found = ROWS
            .iter()
            .find_map(|(row, consonant)| row.chars().position(|one| one == letter).map(|at| (*consonant, at)));
        match (letter, small, found) {
            ('ッ', ..) => doubled = true,
            ('ー', ..) => {}
            ('ン', ..) => out.push('n'),
            (_, Some(at), _) => {
                // キ and a small ョ are `kyo`.
                if out.ends_with('i') {
                    out.pop();
                }
                out.push('y');
                out.extend("auo".chars().nth(at));
            }
            (_, _, Some((consonant, at))) => {
                if std::mem::take(&mut doubled) {
                    out.push_str(consonant);
                }
                out.push_str(consonant);
                out.extend("aiueo".chars().nth(at));
            }
            (other, ..) => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_written_in_many_ways() {
        for (sounds, writings) in [
            ("ono", vec!["Ono", "Ohno", "OONO", "Ōno", "オオノ", "おおの", "ｵｵﾉ", "Ｏｎｏ"]),
            ("ito", vec!["Ito", "Itou", "Itoh", "イトウ"]),
            ("sinzi", vec!["Shinji", "Sinzi", "シンジ", "ｼﾝｼﾞ", "しんじ"]),
            ("tutiya", vec!["Tsuchiya", "tutiya", "ツチヤ"]),
            ("syota", vec!["Shota", "Shouta", "syota", "ショウタ"]),
            ("zyuniti", vec!["Jun-ichi", "Junichi", "ジュンイチ"]),
            ("hattori", vec!["Hattori", "ハットリ"]),
            ("honma", vec!["Honma", "Homma", "ホンマ"]),
            ("yohei", vec!["Yohei", "Youhei", "ヨウヘイ"]),
            ("inoe", vec!["Inoue", "Inouye", "イノウエ"]),
            ("huzii", vec!["Fujii", "hujii", "フジイ"]),
        ] {
            for writing in writings {
                assert_eq!(sound(writing), sounds, "{writing}");
            }
        }
        assert_eq!((sound("goto-h"), sound("gotoh")), ("gotoh".to_owned(), "goto".to_owned()));
        assert_eq!(words("yhamano0312"), (vec!["yhamano".to_owned()], true));
        assert_eq!(words("Yamada_Ｈ-dev").0, ["yamada", "h", "dev"]);
        assert!(is_kana("ﾔﾏﾀﾞ ハナコ".nfkc().collect::<String>().as_str()) && !is_kana("山田") && !is_kana(""));
    }
}
