//! TRANSFER: a person, or goodbye when there is none.

use super::*;

fn leg_ends(cause: &str) -> CallEvent {
    CallEvent::SecondLegEnded { cause: cause.to_owned() }
}

#[test]
fn with_nobody_to_transfer_to_the_caller_hears_goodbye_and_the_agency_calls_back() {
    let mut line = Line::at_menu();
    line.around = Surroundings::default();
    assert_eq!(line.keys("2"), ["transfer failed", "play goodbye Recorded"]);
    assert_eq!(line.state(), State::Transfer);
    assert_eq!(line.heard(Prompt::Goodbye), ["hang up"]);
}

#[test]
fn a_transfer_that_fails_is_counted_and_hears_goodbye() {
    for cause in
        ["user_busy", "no_answer", "timeout", "call_rejected", "not_found", "unspecified", "new_cause"]
    {
        let mut line = Line::transferring();
        assert_eq!(line.tell(leg_ends(cause)), ["transfer failed", "play goodbye Recorded"], "{cause}");
        line.ignores(leg_ends(cause));
    }
}

#[test]
fn a_transfer_that_telnyx_refuses_hears_goodbye() {
    let mut line = Line::transferring();
    assert_eq!(line.refused(CommandKind::Transfer), ["transfer failed", "play goodbye Recorded"]);
}

#[test]
fn a_transfer_that_nobody_answers_for_is_over_at_its_deadline() {
    let mut line = Line::transferring();
    assert!(line.call.wait_ms().is_some_and(|ms| ms > 30_000));
    assert_eq!(line.hears_nothing_more(), ["transfer failed", "play goodbye Recorded"]);
}

#[test]
fn a_leg_that_ended_normally_before_its_bridge_was_told_is_no_failure() {
    let mut line = Line::transferring();
    assert_eq!(line.tell(leg_ends("normal_clearing")), NOTHING);
    assert_eq!(line.tell(CallEvent::Bridged), NOTHING);
    assert_eq!(line.tell(CallEvent::Hangup), NOTHING);
    assert_eq!(line.state(), State::Done);
}

#[test]
fn a_leg_cut_at_its_time_limit_was_talking_and_is_no_failure() {
    assert_eq!(Line::transferring().tell(leg_ends("time_limit")), NOTHING);
}

#[test]
fn a_leg_that_was_answered_and_dropped_without_a_bridge_leaves_the_caller_waiting_for_seconds_only() {
    let mut line = Line::transferring();
    assert_eq!(line.tell(leg_ends("normal_clearing")), NOTHING);
    assert_eq!(line.call.wait_ms(), Some(5_000));
    assert_eq!(line.hears_nothing_more(), ["transfer failed", "play goodbye Recorded"]);
}

#[test]
fn a_bridge_told_after_goodbye_began_keeps_the_caller_on_the_line() {
    let mut line = Line::transferring();
    line.hears_nothing_more();
    assert_eq!(line.tell(CallEvent::Bridged), NOTHING);
    assert!(line.call.wait_ms().is_some_and(|ms| ms > 3_600_000));
}

#[test]
fn a_caller_who_hangs_up_while_it_rings_is_no_failed_transfer_in_either_order() {
    let mut line = Line::transferring();
    assert_eq!(line.tell(leg_ends("originator_cancel")), NOTHING);
    line.tell(CallEvent::Hangup);
    assert_eq!(line.state(), State::Done);
    line.ignores(leg_ends("originator_cancel"));
}

#[test]
fn a_bridged_call_ends_when_its_legs_end() {
    let mut line = Line::bridged();
    assert_eq!(line.state(), State::Transfer);
    line.ignores(leg_ends("normal_clearing"));
    line.ignores(leg_ends("user_busy"));
    assert_eq!(line.tell(CallEvent::Hangup), NOTHING);
    assert_eq!(line.state(), State::Done);
}

#[test]
fn each_leg_tells_of_the_bridge_and_the_second_telling_changes_nothing() {
    Line::bridged().ignores(CallEvent::Bridged);
}

#[test]
fn a_bridged_call_is_left_alone_as_long_as_a_leg_can_last() {
    let mut line = Line::bridged();
    assert!(line.call.wait_ms().is_some_and(|ms| ms > 14_400_000));
    assert_eq!(line.hears_nothing_more(), ["hang up"]);
}

#[test]
fn the_end_of_the_transfer_prompt_changes_nothing() {
    let mut line = Line::transferring();
    let step = Some(line.call.step);
    line.ignores(CallEvent::PlaybackEnded {
        step,
        prompt: Some(Prompt::Transfer),
        status: PlaybackStatus::Ended,
    });
}

#[test]
fn a_transfer_prompt_that_cannot_be_played_is_spoken_while_the_phone_rings() {
    for by_command in [true, false] {
        let mut line = Line::transferring();
        let spoken = match by_command {
            true => line.refused(CommandKind::Play),
            false => line.playback(Prompt::Transfer, PlaybackStatus::Failed),
        };
        assert_eq!(spoken, ["prompt failed transfer", "play transfer Spoken"]);
        assert_eq!(line.refused(CommandKind::Play), NOTHING);
        assert_eq!(line.tell(CallEvent::Bridged), NOTHING);
        assert_eq!(line.call.phase, Phase::Bridged);
    }
}

#[test]
fn a_leg_that_ends_without_a_transfer_changes_nothing() {
    for mut line in
        [Line::ringing(), Line::at_menu(), Line::sending(), Line::at_goodbye(), Line::hanging_up()]
    {
        line.ignores(leg_ends("user_busy"));
    }
}
