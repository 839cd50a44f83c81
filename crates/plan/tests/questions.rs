//! Who can enter what, and why.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

use std::fmt::Write as _;

use model::{AccountState, Reading};
use plan::access::{self, AccessPath};
use plan::testing::World;

fn told(world: &World, paths: &[AccessPath]) -> String {
    let mut out = String::new();
    for path in paths {
        let user = path.user.as_ref().map_or("?".to_owned(), |user| user.to_string());
        let via = path.via.as_ref().map_or(String::new(), |group| format!(" through {group}"));
        let source = path.declared.as_ref().map_or("undeclared".to_owned(), ToString::to_string);
        let open = if path.is_open() { "open" } else { "closed" };
        let unknown = path.unknown.as_ref().map_or(String::new(), |reason| format!(" unknown: {reason}"));
        writeln!(out, "{user} {}{via}  {source}  {open}{unknown}", path.set).unwrap();
    }
    for line in access::unknown(&world.observed, &world.account("minimo-prod")) {
        writeln!(out, "? {line}").unwrap();
    }
    out
}

fn world() -> World {
    let mut world = World::sample();
    world.observe("ReadOnly", "minimo-prod", "group:minimo-dev");
    world.observe("ReadOnly", "minimo-prod", "group:gone");
    world.observe("ReadOnly", "minimo-prod", "user:left");
    world.add_group("nobody", &[]);
    world.observe("Developer", "minimo-prod", "group:nobody");
    world
}

#[test]
fn who_lists_every_path() {
    let mut world = world();
    let who = |world: &World| access::who(&world.observed, &world.declared, &world.account("minimo-prod"));
    insta::assert_snapshot!("who", told(&world, &who(&world)));
    world.set_state("minimo-prod", AccountState::Suspended);
    assert!(who(&world).iter().all(|path| !path.is_open()));
    world.observed.memberships.insert("g-minimo-dev".parse().unwrap(), Reading::unknown("throttled"));
    world.observed_set("Admin").provisioned = Reading::unknown("throttled");
    insta::assert_snapshot!("who_with_unknown_parts", told(&world, &who(&world)));
}

#[test]
fn why_lists_the_paths_of_one_person() {
    let world = world();
    let why = |user: &str| {
        let paths =
            access::why(&world.observed, &world.declared, &user.parse().unwrap(), &world.account("minimo-prod"));
        told(&world, &paths)
    };
    insta::assert_snapshot!("why", format!("{}---\n{}", why("u-taro"), why("u-sato")));
    assert_eq!(why("u-nobody"), "");
    let people = access::by_person(access::who(&world.observed, &world.declared, &world.account("minimo-prod")));
    assert_eq!(people.len(), 5, "hanako, sato, taro, one who left, and those without a person");
}
