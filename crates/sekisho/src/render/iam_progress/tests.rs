use engine::iam_users::{Stages, Standing, StockSummary};

use super::{PageWords, lines, page};
use crate::render::layout::write;
use crate::render::style::Screen;

fn standing(day: &str, stages: Stages, keys: [usize; 4], in_production: Option<usize>) -> Standing {
    Standing {
        as_of: format!("{day}T09:00:00Z").parse().unwrap(),
        summary: StockSummary {
            users: stages.usable + stages.switched_off,
            active_keys: keys.iter().sum(),
            ..StockSummary::default()
        },
        stages,
        new_users: 0,
        users_without_first_day: 0,
        key_ages: keys,
        in_production,
        production_unread: 0,
    }
}

fn three() -> Vec<Standing> {
    vec![
        standing("2026-09-01", Stages { usable: 200, ..Stages::default() }, [20, 40, 90, 70], Some(31)),
        standing(
            "2026-10-01",
            Stages { usable: 120, switched_off: 60, deleted: 15, unknown: 5 },
            [10, 30, 40, 20],
            Some(12),
        ),
        standing(
            "2026-11-15",
            Stages { usable: 30, switched_off: 40, deleted: 130, unknown: 0 },
            [6, 10, 8, 1],
            Some(2),
        ),
    ]
}

fn day(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

#[test]
fn it_is_told_in_text_and_as_a_page() {
    insta::assert_snapshot!("progress_text", write(&lines(&three(), day), &Screen::paper()));
    insta::assert_snapshot!("progress_page_japanese", page(&three(), &PageWords::japanese(), day));
    let english = page(&three(), &PageWords::english(), day);
    assert!(english.contains("Of 200 IAM users on 2026-09-01, 30 can still sign in on 2026-11-15"), "{english}");
    assert!(!english.contains("NaN") && !english.contains("inf"));
}

#[test]
fn production_that_was_not_read_is_not_empty() {
    let mut standings = three();
    standings[1].in_production = None;
    standings[1].production_unread = 1;
    let told = write(&lines(&standings, day), &Screen::paper());
    let row = |text: &str| text.lines().find(|line| line.contains("production")).map(str::to_owned);
    let cells = row(&told).unwrap();
    assert!(cells.ends_with("31          unknown     2"), "{cells}");
    let page = page(&standings, &PageWords::japanese(), day);
    assert!(page.contains("<th scope=\"row\">本番に入れるユーザー</th><td>31</td><td>不明</td><td>2</td>"), "{page}");
    for standing in &mut standings {
        standing.in_production = None;
        standing.production_unread = 0;
    }
    assert_eq!(row(&write(&lines(&standings, day), &Screen::paper())), None, "nobody asked");
}

#[test]
fn one_day_and_none_make_a_page_too() {
    for standings in [Vec::new(), three().into_iter().take(1).collect::<Vec<_>>()] {
        let page = page(&standings, &PageWords::english(), day);
        assert!(page.ends_with("</html>\n") && !page.contains("NaN"), "{page}");
    }
}
