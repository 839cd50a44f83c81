use engine::iam_users::{Stages, Standing, StockSummary};

use model::iam_user::IamUserRef;
use model::id::AccountId;
use model::retirement_history::{HeldUser, HistoryStage, RetirementProgress, StageDay};

use super::{PageWords, lines, page, stages};
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
    insta::assert_snapshot!("progress_page_japanese", page(&three(), None, &PageWords::japanese(), day));
    let english = page(&three(), None, &PageWords::english(), day);
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
    let page = page(&standings, None, &PageWords::japanese(), day);
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
        let page = page(&standings, None, &PageWords::english(), day);
        assert!(page.ends_with("</html>\n") && !page.contains("NaN"), "{page}");
    }
}

/// Two days of a retirement.
fn retirement() -> RetirementProgress {
    let stages = |counts: [usize; 8]| HistoryStage::ALL.into_iter().zip(counts).collect();
    let day = |day: &str, counts, held_back| StageDay {
        at: format!("{day}T23:59:59Z").parse().unwrap(),
        stages: stages(counts),
        held_back,
    };
    let user = |name: &str, stage, because: &[&str], text: Option<&str>| HeldUser {
        user: IamUserRef { account: AccountId::new("111122223333").unwrap(), name: name.to_owned() },
        stage,
        since: "2026-11-20T09:00:00Z".parse().unwrap(),
        because: because.iter().map(|kind| (*kind).to_owned()).collect(),
        text: text.map(str::to_owned),
    };
    RetirementProgress {
        days: vec![
            day("2026-10-01", [120, 30, 2, 48, 0, 0, 0, 0], 7),
            day("2026-11-22", [10, 30, 3, 12, 5, 20, 4, 116], 2),
        ],
        held_back: vec![
            user("taro", HistoryStage::Quiet, &["complaint", "used_since"], Some("the <weekly> report")),
            user("jiro", HistoryStage::Announced, &["not_signed_in", "something_new"], None),
        ],
        stays: vec![
            user("batch", HistoryStage::Kept, &["not_a_persons"], None),
            user("vendor", HistoryStage::Reduced, &["reduced"], Some("contract until March")),
        ],
    }
}

#[test]
fn the_journal_tells_stages_over_time() {
    let text = |words| write(&stages::lines(&retirement(), words, day), &Screen::paper());
    insta::assert_snapshot!("stages_english", text(&stages::ENGLISH));
    insta::assert_snapshot!("stages_japanese", text(&stages::JAPANESE));
    let page = page(&three(), Some(&retirement()), &PageWords::japanese(), day);
    insta::assert_snapshot!("stages_page_japanese", page.split_once("<h2>廃止").map(|(_, section)| section).unwrap());
    assert!(!page.contains("<weekly>"), "text of people is no HTML");
}

#[test]
fn every_kind_of_reason_has_its_words() {
    for kind in stages::KINDS {
        assert!(stages::ENGLISH.reason(kind) != kind && stages::JAPANESE.reason(kind) != kind, "{kind}");
    }
}
