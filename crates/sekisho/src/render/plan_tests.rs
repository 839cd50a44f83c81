//! What plans look like: read the snapshots, they are the specification.

use super::plan_text::Fold;
use super::plan_view::Named;
use super::style::Screen;
use super::{plan_json, plan_markdown, plan_text, world};

const NEXT: &str = "Apply with: sekisho apply plan.json";

#[test]
fn text_in_three_lengths() {
    let (plan, observed) = (world::rich_plan(), world::observed());
    let named = Named { plan: &plan, observed: &observed, folder: "access" };
    insta::assert_snapshot!("plan_text", plan_text::render(&named, Fold::NORMAL, Some(NEXT), &Screen::paper()));
    insta::assert_snapshot!("plan_text_brief", plan_text::render(&named, Fold::BRIEF, None, &Screen::paper()));
    let narrow = Screen { width: 60, wrap: true, ..Screen::paper() };
    insta::assert_snapshot!("plan_text_narrow", plan_text::render(&named, Fold::NORMAL, None, &narrow));
}

#[test]
fn an_empty_plan() {
    let (plan, observed) = (world::plan(Vec::new()), world::observed());
    let named = Named { plan: &plan, observed: &observed, folder: "access" };
    insta::assert_snapshot!("plan_text_empty", plan_text::render(&named, Fold::NORMAL, None, &Screen::paper()));
    insta::assert_snapshot!("plan_markdown_empty", plan_markdown::render(&named));
}

#[test]
fn markdown_and_json() {
    let (plan, observed) = (world::rich_plan(), world::observed());
    let named = Named { plan: &plan, observed: &observed, folder: "access" };
    insta::assert_snapshot!("plan_markdown", plan_markdown::render(&named));
    let mut value = serde_json::to_value(plan_json::v1(&named)).unwrap();
    let changes = value["changes"].as_array_mut().unwrap();
    // One of each kind is enough to see the shape.
    let mut seen = std::collections::BTreeSet::new();
    changes.retain(|change| seen.insert(change["kind"].as_str().unwrap().to_owned()));
    insta::assert_json_snapshot!("plan_json", value);
}

#[test]
fn colour_changes_no_word() {
    let (plan, observed) = (world::rich_plan(), world::observed());
    let named = Named { plan: &plan, observed: &observed, folder: "access" };
    let plain = plan_text::render(&named, Fold::NORMAL, None, &Screen::paper());
    let coloured = plan_text::render(&named, Fold::NORMAL, None, &Screen { color: true, ..Screen::paper() });
    assert_ne!(plain, coloured);
    assert_eq!(plain, anstream::adapter::strip_str(&coloured).to_string());
    assert!(!plain.contains('\u{1b}'));
}

#[test]
fn a_comment_never_exceeds_the_limit_of_github() {
    let observed = world::observed();
    let operations = (0..3_000)
        .map(|number| {
            let name = format!("Set-{}", number / 10);
            world::assign(&name, 1 + number % 40, world::user(&format!("somebody-{number}")), 7)
        })
        .collect();
    let plan = world::plan(operations);
    let named = Named { plan: &plan, observed: &observed, folder: "access" };
    let text = plan_markdown::render(&named);
    assert!(text.chars().count() <= plan_markdown::LIMIT, "{}", text.chars().count());
    assert!(text.contains("3,000 assignments to add"), "{text}");
}

#[test]
fn names_cannot_break_out_of_the_comment() {
    let mut observed = world::observed();
    let model::PrincipalId::Group(id) = world::group("minimo-dev") else { panic!("a group") };
    let groups = observed.groups.value_mut().unwrap();
    groups.get_mut(&id).unwrap().display_name = "```\n</details> @everybody \u{1b}[31m".into();
    let plan = world::plan(vec![world::assign("ReadOnly", 2, world::group("minimo-dev"), 3)]);
    let named = Named { plan: &plan, observed: &observed, folder: "access" };
    let text = plan_markdown::render(&named);
    assert!(text.contains("````diff"), "{text}");
    assert!(!text.contains('\u{1b}'));
}
