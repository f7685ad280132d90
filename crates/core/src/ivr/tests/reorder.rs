//! R4: duplicates, copies and reorderings change nothing; an overtaking hang-up may leave fewer effects.

use proptest::prelude::*;

use super::properties::{agencies, cases};
use super::world::{GoodbyeTurn, LinkTurn, Story, TransferTurn, Turn, World};
use super::*;

/// Events told until nothing is on its way; a bound, so that a call that never ends fails.
const MOST_EVENTS: usize = 400;

/// Everything in the order in which it happened; what says that the call is over comes last and overtakes nothing.
fn once_in_order(story: &Story) -> World {
    let mut world = World::new(story);
    for _ in 0..MOST_EVENTS {
        let Some(at) = world.pending.iter().position(|t| !t.is_end()).or(world.pending.first().map(|_| 0))
        else {
            break;
        };
        world.tell(at, false);
    }
    world
}

/// Any order that respects cause, with copies. `picks` chooses the event and whether a copy of it stays on its way.
fn any_order(story: &Story, picks: &[u16], ends_may_overtake: bool) -> World {
    let mut world = World::new(story);
    let mut picks = picks.iter().cycle().copied();
    for told in 0..MOST_EVENTS {
        let others =
            |w: &World| (0..w.pending.len()).filter(|at| !w.pending[*at].is_end()).collect::<Vec<_>>();
        let mut eligible = if ends_may_overtake { vec![] } else { others(&world) };
        if eligible.is_empty() {
            eligible = (0..world.pending.len()).collect();
        }
        let pick = usize::from(picks.next().unwrap_or(0));
        let Some(at) = eligible.get(pick % eligible.len().max(1)) else { break };
        world.tell(*at, told < MOST_EVENTS / 2 && pick % 5 == 0);
    }
    world
}

fn stories() -> impl Strategy<Value = Story> {
    let keys =
        || prop::sample::select(vec!["1", "2", "9", "", "#", "777", OPEN, ON_HOLD, PHONE, OPTED_OUT, "555"]);
    let turn = prop_oneof![
        10 => Just(Turn::Right),
        5 => keys().prop_map(Turn::Keys),
        1 => Just(Turn::Silence),
        1 => Just(Turn::Unplayable),
        1 => keys().prop_map(Turn::HangsUpWith),
        1 => keys().prop_map(Turn::KeysThenHangsUp),
    ];
    let link =
        prop_oneof![4 => Just(LinkTurn::Sent), 1 => Just(LinkTurn::Refused), 1 => Just(LinkTurn::TooLate)];
    let transfer = prop_oneof![
        prop::sample::select(vec!["normal_clearing", "time_limit"]).prop_map(TransferTurn::Talks),
        prop::sample::select(vec!["user_busy", "no_answer", "timeout"]).prop_map(TransferTurn::Fails),
        Just(TransferTurn::Refused),
        Just(TransferTurn::Silence),
        Just(TransferTurn::CallerLeaves),
    ];
    let goodbye = prop_oneof![
        3 => Just(GoodbyeTurn::HeardOut),
        1 => Just(GoodbyeTurn::Silence),
        1 => Just(GoodbyeTurn::Unplayable),
        1 => Just(GoodbyeTurn::CallerLeaves),
    ];
    let answers = prop_oneof![8 => Just(0_usize), 1 => Just(1_usize), 1 => Just(2_usize)];
    let turns = proptest::collection::vec(turn, 0..14);
    let agency = agencies().prop_map(|(around, _)| around);
    (agency, answers, turns, link, transfer, goodbye, 0..4_usize, any::<bool>()).prop_map(
        |(around, unconfirmed_answers, turns, link, transfer, goodbye, refused_hang_ups, no_client_state)| {
            Story {
                around,
                unconfirmed_answers,
                turns,
                link,
                transfer,
                goodbye,
                refused_hang_ups,
                no_client_state,
            }
        },
    )
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn copies_and_any_order_that_respects_cause_leave_the_same_call_and_the_same_effects(
        story in stories(), picks in proptest::collection::vec(any::<u16>(), 1..60),
    ) {
        let once = once_in_order(&story);
        prop_assert_eq!(once.call.state, State::Done, "the story does not end");
        prop_assert!(once.pending.is_empty());

        let swapped = any_order(&story, &picks, false);
        prop_assert_eq!(&swapped.call, &once.call);
        prop_assert_eq!(&swapped.done, &once.done);

        let overtaken = any_order(&story, &picks, true);
        prop_assert_eq!(overtaken.call.state, State::Done);
        let more: Vec<_> = overtaken.done.difference(&once.done).collect();
        prop_assert!(more.is_empty(), "an overtaking hang-up made more: {:?}", more);
    }
}
